"""What is held on a person can be handed over, forgotten, and doesn't stay longer than it may."""

import io
import json
import zipfile
from datetime import timedelta

import pytest
from click.testing import CliRunner
from spine_kit import (
    LONDON,
    NAMES,
    PHONE,
    buy,
    change,
    errand,
    everything,
    one,
    reply,
    rows,
    settle,
    skip,
    texted,
    work,
)
from tests_settings import ROOT

from plugin_server.cli.privacy import data_request, erase, opt_out
from plugin_server.jobs import retention
from plugin_server.privacy import handing_over, person
from plugin_server.store import data_requests, shops
from plugin_server.store.tx import Tx
from sequences.events import DataRequested


def within(spine, shop="mugs"):
    """A transaction of the shop."""
    with spine.machine.db.system() as c:
        installed = shops.by_key(c, spine.machine.secrets.vault, None, spine.keys[shop])
    return installed, spine.machine.db.shop(installed.shop.id)


def held(spine, shop="mugs", **names) -> dict:
    installed, scope = within(spine, shop)
    with scope as c:
        tx = Tx(c, installed.shop, spine.machine.secrets)
        return person.everything(tx, DataRequested(**names))


def years(spine, n: int) -> None:
    for _ in range(n):
        skip(spine, days=365)


@pytest.fixture
def known(spine):
    """Somebody who was texted, wrote back, bought, and opted out."""
    key = texted(spine)
    reply(spine, "is it dishwasher-safe?")
    work(spine)
    buy(spine, key)
    work(spine)
    skip(spine, minutes=5)
    reply(spine, "STOP")
    work(spine)
    return spine


@pytest.mark.parametrize("names", [{"phone": PHONE}, {"email": NAMES["email"]}])
def test_everything_about_a_person_is_found_by_each_of_their_names(known, names) -> None:
    found = held(known, **names)
    assert found["carts"][0]["contact"]["first_name"] == NAMES["first_name"]
    assert "/r/" in found["texts_sent"][0]["text"]
    assert found["texts_sent"][-1]["kind"] == "opt out confirmation"
    assert [text["text"] for text in found["texts_received"]] == ["is it dishwasher-safe?", "STOP"]
    assert [line["state"] for line in found["consent"]][-1] == "withdrawn"
    assert found["opt_outs"][0]["kind"] == "stop"
    assert found["orders"] and found["why_texted_or_not"]
    assert "recovery_link" not in json.dumps(person.plain(found))


def test_of_another_person_nothing_is_found(known) -> None:
    found = held(known, phone="+12125550199")
    assert all(not found[section] for section in handing_over.TITLES)
    assert all(not held(known, "wool", phone=PHONE)[section] for section in handing_over.TITLES)


def test_the_zip_holds_a_page_for_people_and_data_for_machines(known) -> None:
    change(known, "UPDATE shops SET name = '<b>Mugs</b>' WHERE platform = 'shopify'")
    made = handing_over.as_zip(held(known, phone=PHONE), known.machine.clock.now())
    archive = zipfile.ZipFile(io.BytesIO(made))
    assert sorted(archive.namelist()) == ["data.html", "data.json"]
    page = archive.read("data.html").decode()
    assert "&lt;b&gt;Mugs" in page and "<b>Mugs" not in page
    assert all(title in page.replace("&#39;", "'") for title in handing_over.TITLES.values())
    assert json.loads(archive.read("data.json"))["texts_received"][0]["text"] == "is it dishwasher-safe?"


def test_a_request_through_the_store_waits_in_sight_until_it_is_answered(known) -> None:
    errand(known, "data-request", phone=PHONE)
    settle(known)
    installed, scope = within(known)
    with scope as c:
        tx = Tx(c, installed.shop, known.machine.secrets)
        (asked,) = data_requests.every(tx)
        assert asked.names is not None and asked.names.phone == PHONE
        assert asked.answer_by - asked.asked_at == timedelta(days=30)
        assert data_requests.answered(tx, asked.request_id, known.machine.clock.now())
        assert data_requests.every(tx) == []
        assert not data_requests.answered(tx, asked.request_id, known.machine.clock.now())
    assert PHONE not in everything(known.machine.db.url)


def test_whoever_is_erased_leaves_no_open_request_behind(known) -> None:
    errand(known, "data-request", phone=PHONE)
    settle(known)  # else the store's two deliveries may come in either order
    errand(known, "redact", phone=PHONE)
    settle(known)
    assert one(known, "data_requests", "sealed").sealed is None


def test_proof_of_consent_stays_without_the_person_and_still_verifies(known) -> None:
    before = len(rows(known, "SELECT FROM consents"))
    errand(known, "redact", phone=PHONE)
    settle(known)
    lines = rows(known, "SELECT state, personal, source FROM consents ORDER BY seq")
    assert len(lines) > before
    assert all(line.personal is None for line in lines)
    assert lines[-1].state == "noted"


def test_what_a_removed_shop_held_is_gone_entirely(known) -> None:
    errand(known, "uninstall")
    settle(known)
    errand(known, "shop-redact")
    settle(known)
    for table in (
        "consents",
        "consent_anchors",
        "suppressions",
        "notices",
        "errands",
        "subscribers",
        "carts",
    ):
        left = rows(
            known,
            f"SELECT FROM {table} t JOIN shops s ON s.id = t.shop_id WHERE s.platform = 'shopify'",
        )
        assert left == [], table


# -- how long things are kept


def test_carts_and_texts_lose_what_they_say_of_a_person_after_their_period(known) -> None:
    assert retention.run(known.machine).emptied == 0
    years(known, 2)
    skip(known, days=35)
    assert retention.run(known.machine).emptied > 0
    assert PHONE not in everything(known.machine.db.url)
    cart = one(known, "carts")
    assert (cart.sealed, cart.phone_hash, cart.state) == (None, None, "recovered")
    assert one(known, "recoveries", "state").state == "standing"
    for table in ("attempts", "notices", "replies"):
        assert all(r.sealed is None for r in rows(known, f"SELECT sealed FROM {table}"))  # noqa: S608
    assert retention.run(known.machine).emptied == 0


def test_the_opt_out_outlasts_everything_else(known) -> None:
    years(known, 6)
    retention.run(known.machine)
    assert one(known, "suppressions", "lifted_at").lifted_at is None
    assert rows(known, "SELECT FROM consents WHERE state = 'withdrawn'")


def test_consent_that_stands_is_kept_however_old(spine) -> None:
    texted(spine, **LONDON)
    change(spine, "UPDATE shops SET country = 'GB'")
    years(spine, 20)
    assert retention.run(spine.machine).retired == 0


def test_each_country_has_its_own_period(spine) -> None:
    book = spine.machine.rulebook
    assert retention.period(book, "US", "opt_out") >= timedelta(days=3650)
    for country in ("US", "GB", "DE", "FR", "AU"):
        assert retention.period(book, country, "opt_out") >= timedelta(days=5 * 365)
        assert retention.period(book, country, "cart") <= timedelta(days=366)


def test_how_somebody_said_no_is_chosen_not_written(spine, embedded, monkeypatch) -> None:
    """Evidence can't be changed: a merchant's own words would name somebody for as long as it is kept."""
    settings = {
        "COMEBACK_WIRING": "sandbox",
        "COMEBACK_DATA_DIR": str(ROOT / ".data" / "tests"),
        "DATABASE_URL": spine.machine.db.url,
        "REDIS_URL": embedded.redis_url,
        "COMEBACK_CLOCK_URL": "",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    refused = CliRunner().invoke(opt_out, ["mugs.myshopify.com", PHONE, "--why", "Ann told Bob"])
    assert refused.exit_code == 2
    assert rows(spine, "SELECT FROM suppressions") == []
    done = CliRunner().invoke(opt_out, ["mugs.myshopify.com", PHONE, "--why", "voice mail"])
    assert done.exit_code == 0, done.output
    assert one(spine, "suppressions", "reason").reason == "told the merchant: voice mail"
    assert json.loads(one(spine, "consents", "facts").facts)["note"] == "told the merchant: voice mail"


def test_the_commands_say_what_is_missing() -> None:
    for command in (data_request, erase):
        args = ["mugs", "--out", "x.zip"] if command is data_request else ["mugs", "--yes"]
        result = CliRunner().invoke(command, args)
        assert result.exit_code == 2 and "name the person" in result.output
