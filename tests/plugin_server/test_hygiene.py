"""Numbers that nothing reaches are retired, and come back only by their owner's own text."""

import json
import uuid
from datetime import timedelta

import pytest
from list_kit import ANN, BEN, CLEO, DEE, NOW, confirmed, given, person, two_shops
from spine_kit import PHONE, change, one, rows, texted
from tests_settings import ROOT

from connectors.channels.vonage_sms.codes import classify
from connectors.channels.vonage_sms.reports import reading
from plugin_server import create_app
from plugin_server.gathering import hygiene
from plugin_server.gathering.hygiene import advice
from plugin_server.store import people, shops, subscribers
from plugin_server.store.list_figures import Figures
from plugin_server.store.tx import Tx
from sequences.events import DeliveryReported

DAY = timedelta(days=1)


@pytest.fixture
def lists(database_url, tmp_path):
    found = two_shops(database_url, tmp_path)
    found.append(given(ANN, NOW - 30 * DAY, proven=True))
    yield found
    found.db.close()


def told(code: str, at=NOW, status: str = "rejected") -> DeliveryReported:
    """A report as the carrier sends it, read by its channel."""
    said = {
        "channel": "sms", "message_uuid": str(uuid.uuid4()), "to": "14155552671", "from": "12015550123",
        "client_ref": str(uuid.uuid4()), "status": status, "timestamp": at.isoformat(),
        **({"error": {"title": code}} if code else {}),
    }  # fmt: skip
    (event,) = reading(json.dumps(said).encode()).events
    return event


def reported(lists, event: DeliveryReported, phone: str = ANN, shop: str = "mugs") -> str | None:
    """As the carrier's reports are applied: first the text's row, then what it means for the number."""
    with lists.tx(shop) as tx:
        tx.run(
            "INSERT INTO notices (shop_id, id, kind, phone_hash, asked_at, due_at, deadline, state, code, decided_at,"
            " committed_at) VALUES (:shop_id, gen_random_uuid(), 'help_reply', :p, :at, :at, :at, :state, :code, :at,"
            " :at)",
            p=tx.phone(phone),
            at=event.at,
            state="sent" if event.status == "submitted" else event.status,
            code=event.code,
        )
        return hygiene.bounced(tx, tx.phone(phone), event, NOW)


def stops(lists) -> list[str]:
    return [row.kind for row in lists.rows("SELECT kind FROM suppressions WHERE lifted_at IS NULL")]


@pytest.mark.parametrize("code", ["1050", "1170", "1190", "1300", "1310"])
def test_a_number_that_takes_no_texts_is_retired_at_once(lists, code) -> None:
    why = reported(lists, told(code))
    assert code in why
    assert (lists.state(ANN), stops(lists)) == ("retired", ["bounced"])


@pytest.mark.parametrize("code", ["1000", "1210", "1070", "1220", "1330", "1240", "9999", ""])
def test_what_is_not_the_numbers_fault_retires_nobody(lists, code) -> None:
    for day in range(5):
        assert reported(lists, told(code, NOW - day * DAY)) is None
    assert (lists.state(ANN), stops(lists)) == ("subscribed", [])


def test_a_code_on_a_report_that_isnt_final_says_nothing(lists) -> None:
    assert reported(lists, told("1190", status="submitted")) is None
    assert lists.state(ANN) == "subscribed"


def test_nobody_there_on_three_days_is_as_good_as_dead(lists) -> None:
    assert classify("1180") == "absent"
    for days_ago in (5, 5, 3):  # three times, but two days
        assert reported(lists, told("1180", NOW - days_ago * DAY)) is None
    assert lists.state(ANN) == "subscribed"
    assert "3 different days" in reported(lists, told("1180", NOW - DAY))
    assert (lists.state(ANN), stops(lists)) == ("retired", ["bounced"])


def test_a_delivery_between_begins_the_count_anew(lists) -> None:
    for days_ago, code, status in [(9, "1180", "rejected"), (8, "1180", "rejected"), (7, "", "delivered")]:
        assert reported(lists, told(code, NOW - days_ago * DAY, status)) is None
    for days_ago in (6, 5):
        assert reported(lists, told("1180", NOW - days_ago * DAY)) is None
    assert reported(lists, told("1180", NOW - DAY)) is not None


def test_a_report_that_comes_after_a_later_delivery_retires_nobody(lists) -> None:
    reported(lists, told("", NOW, "delivered"))
    assert reported(lists, told("1190", NOW - DAY)) is None
    assert lists.state(ANN) == "subscribed"


def test_the_failures_of_another_number_or_shop_dont_count(lists) -> None:
    lists.append(given(ANN), shop="wool")
    for days_ago in (4, 3):
        reported(lists, told("1180", NOW - days_ago * DAY), BEN)
        reported(lists, told("1180", NOW - days_ago * DAY), ANN, "wool")
    assert reported(lists, told("1180", NOW - DAY)) is None
    assert reported(lists, told("1180", NOW - DAY), ANN, "wool") is not None
    assert (lists.state(ANN), lists.state(ANN, "wool")) == ("subscribed", "retired")


def test_retiring_ends_what_waits_for_the_number(lists) -> None:
    with lists.tx() as tx:
        tx.run(
            "INSERT INTO notices (shop_id, id, kind, phone_hash, asked_at, due_at, deadline) VALUES"
            " (:shop_id, gen_random_uuid(), 'consent_request', :p, :now, :now, :now)",
            p=tx.phone(ANN),
            now=NOW,
        )
    reported(lists, told("1190"))
    assert lists.rows("SELECT state FROM notices WHERE kind = 'consent_request'")[0].state == "cancelled"


@pytest.mark.parametrize("kind", ["stop", "merchant", "erased"])
def test_an_opt_out_stays_an_opt_out(lists, kind) -> None:
    with lists.tx() as tx:
        people.suppress(tx, tx.phone(ANN), "said so", NOW - DAY, kind)
    assert reported(lists, told("1190")) is None
    assert stops(lists) == [kind]


def test_a_person_who_wrote_after_the_failure_is_reached_and_a_stop_outlives_the_retirement(lists) -> None:
    reported(lists, told("1190", NOW - 2 * DAY))
    with lists.tx() as tx:
        people.lift(tx, tx.phone(ANN), NOW - DAY)
        subscribers.refresh(tx, [tx.phone(ANN)])
    assert lists.state(ANN) == "subscribed"
    assert reported(lists, told("1190", NOW - 2 * DAY)) is None  # told again, late
    assert lists.state(ANN) == "subscribed"
    assert reported(lists, told("1190", NOW)) is not None  # dead again since
    with lists.tx() as tx:
        people.suppress(tx, tx.phone(ANN), "wrote STOP", NOW, "stop")
    assert stops(lists) == ["stop"]


def test_failed_reminders_count_like_other_texts(spine) -> None:
    texted(spine)
    attempt = one(spine, "attempts")
    change(spine, "UPDATE attempts SET state = 'undelivered', code = '1190'")
    with spine.machine.db.system() as c:
        from_shop = shops.by_id(c, spine.machine.secrets.vault, attempt.shop_id)
    with spine.machine.db.shop(attempt.shop_id) as c:
        tx = Tx(c, from_shop.shop, spine.machine.secrets)
        assert hygiene.bounced(tx, tx.phone(PHONE), told("1190", attempt.reported_at), attempt.reported_at)
    assert [r.kind for r in rows(spine, "SELECT kind FROM suppressions")] == ["bounced"]


# -- the report


def test_the_report_counts_what_is_there(lists) -> None:
    lists.imported(
        lists.file(confirmed(BEN), person(CLEO), person(CLEO), person("+1"), {"Phone": DEE, "Status": "stop"})
    )
    lists.append(given("+34612345678", NOW - 20 * DAY, state="requested", source="request"))
    lists.append(given("+4915123456789", NOW - DAY, state="pending"))
    reported(lists, told("", NOW - DAY, "submitted"), CLEO)
    reported(lists, told("1000", NOW - DAY), BEN)
    reported(lists, told("", NOW - 2 * DAY, "delivered"), BEN)
    reported(lists, told("1190"), ANN)
    with lists.tx() as tx:
        found = hygiene.report(tx, NOW)
    f = found.figures
    assert f.states == {"subscribed": 2, "pending": 2, "unsubscribed": 1, "retired": 1}
    assert f.countries == {"DE": 1, "ES": 1, "GB": 1, "US": 1}
    assert f.sources == {"import": 2, "checkout": 1, "request": 1}
    assert (f.unproven, f.silent, f.pending_stale) == (1, 1, 1)
    assert f.pending_since == NOW - 20 * DAY
    assert f.opt_outs == (("2026-11", "bounced", 1), ("2026-11", "store", 1))
    assert (f.imports, f.duplicates, f.refused) == (1, 1, 1)
    assert len(found.advice) == 4


def test_a_consent_that_was_proven_before_a_withdrawal_proves_nothing_after_it(lists) -> None:
    lists.append(given(ANN, NOW - 9 * DAY, state="withdrawn"), given(ANN, NOW - 8 * DAY))
    with lists.tx() as tx:
        assert hygiene.report(tx, NOW).figures.unproven == 1


def test_the_report_of_one_shop_says_nothing_of_another(lists) -> None:
    with lists.tx("wool") as tx:
        found = hygiene.report(tx, NOW)
    assert sum(found.figures.states.values()) == 0
    assert found.advice == (
        "Nobody can be texted yet: gather consent at checkout, on the sign-up page, or import it.",
    )


def test_advice_is_given_only_where_there_is_something_to_do() -> None:
    fine = Figures(
        states={"subscribed": 100, "pending": 3, "unsubscribed": 9, "retired": 5},
        countries={}, sources={}, unproven=0, pending_since=None, pending_stale=0, opt_outs=(), silent=0,
        imports=1, duplicates=4, refused=0,
    )  # fmt: skip
    assert advice(fine) == ()


def test_the_command_shows_the_report_and_makes_the_list_anew(lists, embedded, monkeypatch) -> None:
    monkeypatch.setenv("COMEBACK_WIRING", "sandbox")
    monkeypatch.setenv("COMEBACK_DATA_DIR", str(ROOT / ".data" / "tests"))
    monkeypatch.setenv("DATABASE_URL", lists.db.url)
    monkeypatch.setenv("REDIS_URL", embedded.redis_url)
    with lists.tx() as tx:
        tx.run("DELETE FROM subscribers")
    runner = create_app().test_cli_runner()
    assert "subscribed: 0" in runner.invoke(args=["hygiene", "mugs.example"]).output
    shown = runner.invoke(args=["hygiene", "mugs.example", "--rebuild", "--json"])
    assert json.loads(shown.stdout)["figures"]["states"]["subscribed"] == 1
    plain = runner.invoke(args=["hygiene", "mugs.example"]).stdout
    assert "countries: US 1" in plain
    assert ANN[1:] not in plain + shown.stdout
    assert runner.invoke(args=["hygiene", "etsy"]).exit_code == 2
