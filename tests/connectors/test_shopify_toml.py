"""The app's configuration at Shopify and the code say the same: topics, scopes, version, addresses."""

import re
import tomllib
from urllib.parse import urlsplit

import pytest
import requests
from flask import Flask
from shopify_cast import ROOT

from connectors import registry
from connectors.platforms.shopify import install
from connectors.platforms.shopify.admin import API_VERSION
from connectors.platforms.shopify.topics import READERS
from plugin_server.cli import COMMANDS
from plugin_server.loading import about
from plugin_server.web import door, shopify, shopify_auth

APP = tomllib.loads((ROOT / "shopify.app.toml").read_text("utf-8"))
SUBSCRIPTIONS = APP["webhooks"]["subscriptions"]
# Shopify takes these three from `compliance_topics` only.
COMPLIANCE = {"customers/data_request", "customers/redact", "shop/redact"}
# shopify.dev/docs/api/webhooks: the scope that each topic needs.
NEEDS = {
    "checkouts": "read_orders",
    "orders": "read_orders",
    "carts": "read_orders",
    "customers_marketing_consent": "read_customers",
    "app": "",
}


def topics(kind: str) -> list[str]:
    return [topic for subscription in SUBSCRIPTIONS for topic in subscription.get(kind, ())]


def test_every_topic_that_the_code_reads_is_subscribed_to_and_no_other():
    subscribed = topics("topics") + topics("compliance_topics")
    assert len(subscribed) == len(set(subscribed)), "Shopify's CLI takes no topic twice at one address"
    assert set(subscribed) == set(READERS)


def test_the_topics_of_privacy_law_stand_where_shopify_looks_for_them():
    assert set(topics("compliance_topics")) == COMPLIANCE
    assert COMPLIANCE.isdisjoint(topics("topics"))


def test_payloads_come_in_the_version_that_the_admin_api_is_spoken_in():
    assert APP["webhooks"]["api_version"] == API_VERSION


def test_no_payload_is_trimmed_or_filtered():
    assert {key for one in SUBSCRIPTIONS for key in one} == {"topics", "compliance_topics", "uri"}


def test_the_scopes_are_those_that_the_code_asks_for():
    assert APP["access_scopes"]["scopes"].split(",") == list(install.SCOPES)
    assert APP["access_scopes"]["optional_scopes"] == list(install.OPTIONAL_SCOPES)
    assert "use_legacy_install_flow" not in APP["access_scopes"]


@pytest.mark.parametrize("topic", topics("topics"))
def test_the_scopes_cover_every_topic(topic):
    wanted = NEEDS[topic.split("/")[0]]
    assert not wanted or install.missing_scopes((wanted,), install.SCOPES) == ()


def test_every_delivery_goes_to_the_door_that_finds_the_shop_by_its_header():
    for subscription in SUBSCRIPTIONS:
        address = door.ADDRESS.fullmatch(subscription["uri"])
        assert address is not None, subscription
        assert address.groups() == ("shopify", None)
    assert "shopify" in registry.platforms()


def test_every_redirect_leads_to_a_page_of_ours_at_the_apps_own_address():
    app = Flask(__name__)
    app.register_blueprint(shopify.bp)
    app.register_blueprint(shopify_auth.bp)
    home = urlsplit(APP["application_url"])
    assert app.url_map.bind("").match(home.path) == ("shopify.home", {})
    for url in APP["auth"]["redirect_urls"]:
        there = urlsplit(url)
        assert (there.scheme, there.netloc) == ("https", home.netloc)
        assert app.url_map.bind("").match(there.path) == ("shopify_auth.callback", {})
        assert there.path == shopify_auth.CALLBACK


def test_it_is_embedded_named_and_nobodys_yet():
    assert (APP["embedded"], APP["client_id"]) == (True, "")
    assert 0 < len(APP["name"]) <= 30, "Shopify's CLI takes no longer name"
    assert urlsplit(APP["application_url"]).hostname.endswith(".example")


def test_the_addresses_are_served(spine):
    unsigned = {
        requests.post(spine.url + one["uri"], data=b"{}", timeout=10).status_code for one in SUBSCRIPTIONS
    }
    assert unsigned == {401}
    for url in APP["auth"]["redirect_urls"]:
        answer = requests.get(spine.url + urlsplit(url).path, timeout=10, allow_redirects=False)
        assert (answer.status_code, answer.text) == (400, "the request isn't Shopify's\n")


# -- docs/shopify.md, which leads through it

QUOTED = (".py", ".html")
GUIDE = (ROOT / "docs" / "shopify.md").read_text("utf-8")


def test_the_guide_names_only_settings_and_commands_that_there_are():
    settings = set(re.findall(r"\b(?:COMEBACK_[A-Z_]+|DATABASE_URL|REDIS_URL)\b", GUIDE))
    assert settings > {"COMEBACK_SHOPIFY_CLIENT_ID", "COMEBACK_SHOPIFY_OLD_CLIENT_SECRET"}
    assert settings <= {name for name, _, _ in about()}
    commands = set(re.findall(r"bin/comeback ([a-z-]+)", GUIDE))
    assert {"set-sender", "trace"} < commands <= set(COMMANDS)


def test_the_guide_quotes_what_is_really_said():
    said = "".join(
        path.read_text("utf-8") for path in (ROOT / "plugin_server").rglob("*") if path.suffix in QUOTED
    )
    said += "".join(
        path.read_text("utf-8") for path in (ROOT / "connectors" / "platforms" / "shopify").glob("*.py")
    )
    for words in (
        "a shop lets us in no more",
        "the shop has installed the app again since",
        "This app is opened from a shop's admin at Shopify.",
        "Shopify doesn't know this app",
        "the session token is for another app",
        "SMS consent at checkout is off",
        "Permissions are missing",
        "There is no number to text from yet",
        "Comeback is installed in",
        "nothing is parked",
    ):
        assert words in GUIDE
        assert words in said, words
