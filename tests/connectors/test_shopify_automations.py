"""Which other tools write to a shop's shoppers: the question fits the real schemas, the answer is read with care."""

import pytest
from graphql import build_client_schema, parse, validate
from raw_http import RawServer, reply
from shopify_cast import admin_schema, contract

from connectors import http
from connectors.platforms.shopify.admin import AdminClient, NotReached, operation
from connectors.platforms.shopify.automations import cart_automations
from sequences.standing_down import Automation

ACTIVITY = {
    "title": "Abandoned checkout",
    "status": "ACTIVE",
    "tactic": "ABANDONED_CART",
    "sourceAndMedium": "Postscript: SMS Marketing Referral",
    "marketingChannelType": "REFERRAL",
    "utmParameters": {"medium": "sms"},
    "app": {"title": "Postscript: SMS Marketing"},
}
DENIED = {"message": "Access denied for marketingActivities field.", "extensions": {"code": "ACCESS_DENIED"}}


def asked(answer, status=200):
    with RawServer(lambda seen: reply(status, answer)) as s:
        return cart_automations(AdminClient(s.url, "t", http.session(allow_private=True, read=2)))


def found(*activities):
    return asked({"data": {"marketingActivities": {"nodes": list(activities)}}})


@pytest.mark.parametrize("version", ["2026-10", "2026-07"])
def test_the_question_fits_the_real_schema(version):
    contract(f"admin/admin_{version}.json.gz")
    schema = build_client_schema(admin_schema(version), assume_valid=True)
    assert validate(schema, parse(operation("CartAutomations"))) == []


def test_an_automation_is_read_with_what_it_sends():
    assert found(ACTIVITY) == (
        Automation(
            app="Postscript: SMS Marketing", title="Abandoned checkout", kind="texts", status="ACTIVE"
        ),
    )
    mails = ACTIVITY | {"utmParameters": None, "marketingChannelType": "EMAIL", "sourceAndMedium": "Email"}
    assert [one.kind for one in found(mails | {"app": {"title": "Seguno"}})] == ["mails"]


def test_what_an_app_calls_itself_isnt_taken_for_what_this_activity_sends():
    """Shopify's source begins with the app's name, which lists all that the app can do."""
    app = "Klaviyo: Email Marketing & SMS"
    source = {"sourceAndMedium": f"{app} Referral", "app": {"title": app}, "utmParameters": {"medium": None}}
    assert [one.kind for one in found(ACTIVITY | source)] == ["unknown"]


@pytest.mark.parametrize(
    "status", ["PAUSED", "DRAFT", "DELETED", "INACTIVE", "SCHEDULED", "UNDEFINED", "A_NEW_ONE"]
)
def test_what_isnt_at_work_isnt_counted(status):
    assert found(ACTIVITY | {"status": status}) == ()


def test_a_message_counts_if_it_is_about_carts():
    message = ACTIVITY | {"tactic": "MESSAGE"}
    titles = ["Your cart is waiting", "Black Friday", "Checkout recovery", "Cartier"]
    assert [one.title for one in found(*(message | {"title": t} for t in titles))] == [titles[0], titles[2]]


def test_one_that_is_listed_twice_is_one():
    assert len(found(ACTIVITY, ACTIVITY)) == 1


def test_a_tool_that_says_little_is_named_by_what_it_says():
    bare = ACTIVITY | {
        "title": "",
        "sourceAndMedium": "",
        "utmParameters": None,
        "app": {"title": "Attentive"},
    }
    assert found(bare) == (Automation(app="Attentive", title="", kind="unknown", status="ACTIVE"),)
    assert found() == ()


def test_without_leave_to_see_them_nothing_is_known_of_them():
    assert asked({"errors": [DENIED], "data": None}) is None
    assert asked({"errors": "[API] Invalid API key"}, 401) is None


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ({"data": {"marketingActivities": None}}, 200),
        ({"data": {"marketingActivities": {"nodes": [{"title": 7, "status": None}]}}}, 200),
        ({"errors": "out of order"}, 503),
    ],
)
def test_a_shop_that_cant_be_asked_now_is_no_shop_without_other_tools(answer, status):
    with pytest.raises(NotReached):
        asked(answer, status)
