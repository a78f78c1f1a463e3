"""Stores hear of a STOP, sooner or later, once; and their echo of it changes nothing."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
import requests
from rq import Queue
from spine_kit import (
    PERSON,
    PHONE,
    buy,
    change,
    everything,
    faults,
    forms,
    link_in,
    one,
    reply,
    rows,
    settle,
    skip,
    texted,
    texts,
    work,
)
from sqlalchemy.exc import DBAPIError

from plugin_server.jobs import clock, errands, queues, rereading
from plugin_server.store import errands as store
from plugin_server.store import people, shops
from plugin_server.store.tx import Tx
from sequences.ports import PersonRef, StoreConsent, Told

OTHER = "+12125550187"


@pytest.fixture(params=["mugs", "wool"])
def shop(request) -> str:
    return request.param


def on_record(spine, shop: str, phone: str = PHONE) -> str:
    """What the store has on record of this number: its state there, "" for nothing."""
    found = spine.world.get(f"/sandbox/shops/{shop}/consent?phone={phone[1:]}")
    if shop == "mugs":
        return found["state"].lower()
    return next((meta.get("_comeback_sms_consent", "") for meta in found["orders"].values()), "")


def shop_id(spine, shop: str = "mugs") -> int:
    return rows(spine, "SELECT id FROM shops WHERE key = :key", key=spine.keys[shop])[0].id


def add(spine, kind: str = "opt_out", phone: str = PHONE, shop: str = "mugs", ago: int = 0, **more) -> None:
    """An errand about something that was said `ago` seconds ago."""
    with spine.machine.db.shop(shop_id(spine, shop)) as c:
        installed = shops.by_id(c, spine.machine.secrets.vault, shop_id(spine, shop))
        tx = Tx(c, installed.shop, spine.machine.secrets)
        store.add(tx, kind, phone, spine.machine.clock.now() - timedelta(seconds=ago), **more)


def waits(spine) -> list:
    return rows(spine, "SELECT * FROM errands ORDER BY shop_id, id")


class Answering:
    """A platform that answers as told, and what it was told: for what no pretend store can be made to do."""

    def __init__(self, spine, monkeypatch, *answers: Told) -> None:
        self.left, self.heard = list(answers), []
        monkeypatch.setattr(type(spine.machine), "platform", lambda _machine, _name: self)

    def tell_consent(self, shop, credentials, person: PersonRef, consent: StoreConsent) -> Told:
        self.heard.append((shop.domain, person, consent))
        return self.left.pop(0) if self.left else Told(kind="told")


# -- the way of a STOP


def test_a_stop_reaches_the_store_and_comes_back_harmless(spine, shop) -> None:
    texted(spine, shop)
    reply(spine, "STOP", shop)
    settle(spine)
    assert [row.state for row in waits(spine)] == ["new"]
    before = len(rows(spine, "SELECT id FROM events"))
    assert errands.run(spine.machine) == 1
    assert on_record(spine, shop) == "unsubscribed"
    assert [row.state for row in waits(spine)] == ["done"]
    settle(spine)
    echo = rows(spine, "SELECT state, note FROM events ORDER BY id")[before:]
    assert [row.state for row in echo] == ["applied"], [row._asdict() for row in echo]
    assert errands.run(spine.machine) == 0
    assert len(waits(spine)) == 1
    assert one(spine, "suppressions").lifted_at is None


def test_no_text_follows_the_stores_echo(spine, shop) -> None:
    """WooCommerce's is a change of the order, which looks like a shopper who came back to the cart."""
    texted(spine, shop)
    reply(spine, "STOP", shop)
    settle(spine)
    errands.run(spine.machine)
    for _ in range(4):
        work(spine)
        skip(spine, hours=12)
    assert spine.world.get("/sandbox/summary")["texts_after_stop"] == 0
    assert len(waits(spine)) == 1


def test_the_stores_echo_is_one_more_withdrawal_on_file(spine) -> None:
    texted(spine)
    reply(spine, "STOP")
    settle(spine)
    errands.run(spine.machine)
    settle(spine)
    lines = rows(spine, "SELECT state, source FROM consents ORDER BY seq")
    assert [(line.state, line.source) for line in lines][-2:] == [
        ("withdrawn", "opt-out: stop"),
        ("withdrawn", "shopify"),
    ]


def test_the_button_on_the_links_page_reaches_the_store_too(spine, shop) -> None:
    texted(spine, shop)
    assert requests.post(f"{link_in(spine)}/stop", headers=PERSON, timeout=5).status_code == 200
    errands.run(spine.machine)
    assert on_record(spine, shop) == "unsubscribed"


def test_what_the_store_told_us_isnt_told_back(spine) -> None:
    texted(spine)
    spine.world.post("/sandbox/shops/mugs/consent", {"phone": PHONE, "state": "UNSUBSCRIBED"})
    settle(spine)
    assert waits(spine) == []


def test_a_confirmed_yes_reaches_the_store(spine, shop) -> None:
    key = texted(spine, shop)
    buy(spine, key, shop)
    add(spine, "opt_in", shop=shop)
    assert errands.run(spine.machine) == 1
    assert on_record(spine, shop) == "subscribed"
    assert [row.state for row in waits(spine)] == ["done"]


def test_a_yes_from_a_number_that_is_suppressed_by_now_isnt_told(spine) -> None:
    texted(spine)
    add(spine, "opt_in")
    with spine.machine.db.shop(shop_id(spine)) as c:
        installed = shops.by_id(c, spine.machine.secrets.vault, shop_id(spine))
        tx = Tx(c, installed.shop, spine.machine.secrets)
        people.suppress(tx, tx.phone(PHONE), "by the merchant", spine.machine.clock.now(), "merchant")
    errands.run(spine.machine)
    assert [row.state for row in waits(spine)] == ["needless"]
    assert on_record(spine, "mugs") == "subscribed"  # by the tick, as before
    assert spine.world.get(f"/sandbox/shops/mugs/consent?phone={PHONE[1:]}")["level"] == "SINGLE_OPT_IN"


# -- a store that can't be told


def test_a_store_that_is_down_hears_of_it_once_it_is_up_again(spine, shop) -> None:
    texted(spine, shop)
    add(spine, shop=shop)
    faults(spine, store_error=1)
    assert [errands.run(spine.machine) for _ in range(3)] == [1, 0, 0]
    (row,) = waits(spine)
    assert (row.state, row.tries, bool(row.note), row.lease_until) == ("new", 1, True, None)
    faults(spine, store_error=0)
    skip(spine, minutes=1)
    assert errands.run(spine.machine) == 1
    assert on_record(spine, shop) == "unsubscribed"


def test_waits_double_from_a_minute_to_six_hours(spine, monkeypatch) -> None:
    later = Told(kind="retry_later", detail="not now")
    Answering(spine, monkeypatch, *[later] * 12)
    add(spine)
    minutes = []
    for _ in range(12):
        assert errands.run(spine.machine) == 1
        now, (row,) = spine.machine.clock.now(), waits(spine)
        minutes.append(round((row.due_at - now).total_seconds() / 60))
        skip(spine, seconds=(row.due_at - now).total_seconds() + 1)
    assert minutes == [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360, 360]


def test_a_store_that_names_a_time_is_given_that_time(spine, monkeypatch) -> None:
    Answering(spine, monkeypatch, Told(kind="retry_later", detail="busy", retry_after=600))
    add(spine)
    errands.run(spine.machine)
    (row,) = waits(spine)
    assert 590 <= (row.due_at - spine.machine.clock.now()).total_seconds() <= 600


def test_a_refusal_waits_for_somebody_to_mend_it(spine) -> None:
    texted(spine)
    add(spine)
    change(spine, "UPDATE shops SET credentials = '' WHERE key = :key", key=spine.keys["mugs"])
    errands.run(spine.machine)
    (row,) = waits(spine)
    assert "the shop must open the app" in row.note
    assert (row.due_at - spine.machine.clock.now()) > timedelta(hours=5)


def test_after_a_week_it_is_given_up_in_sight(spine, monkeypatch, capfd) -> None:
    no = Told(kind="refused", detail="the plan is frozen")
    Answering(spine, monkeypatch, *[no] * 100)
    add(spine)
    for _ in range(40):
        errands.run(spine.machine)
        (row,) = waits(spine)
        if row.state != "new":
            break
        skip(spine, hours=6, seconds=5)
    assert (row.state, row.sealed, row.tries) == ("given_up", None, 28)
    assert row.note == "given up after 28 tries: the plan is frozen"
    assert not store_waits(spine)


def store_waits(spine) -> bool:
    with spine.machine.db.system() as c:
        return store.waiting(c, spine.machine.clock.now())


def test_what_was_a_week_old_when_it_came_is_tried_all_the_same(spine, monkeypatch) -> None:
    heard = Answering(spine, monkeypatch, Told(kind="retry_later"), Told(kind="told")).heard
    add(spine, ago=8 * 86400)
    errands.run(spine.machine)
    skip(spine, minutes=2)
    errands.run(spine.machine)
    assert len(heard) == 2
    assert [row.state for row in waits(spine)] == ["done"]


def test_one_stores_outage_keeps_no_other_store_waiting(spine, monkeypatch) -> None:
    """The one that is down is asked once, not once for each of its errands."""
    texted(spine, "wool")
    for n in range(20):
        add(spine, phone=f"+121255501{n:02}")
    add(spine, shop="wool")
    broken = shops_at_nobody(spine, "mugs")
    assert errands.run(spine.machine) == 2
    broken()
    assert on_record(spine, "wool") == "unsubscribed"
    tries = [row.tries for row in waits(spine)]
    assert sorted(tries) == [0] * 19 + [1, 1]
    skip(spine, minutes=1)
    assert errands.run(spine.machine) == 20
    assert {row.state for row in waits(spine)} == {"done", "needless"}


def shops_at_nobody(spine, shop: str):
    """This shop's store can't be reached until the returned function is called."""
    real = type(spine.machine).store_secrets

    def nowhere(machine, installed):
        secrets = dict(real(machine, installed))
        return (
            {**secrets, "api_base": "http://127.0.0.1:9"}
            if installed.shop.key == spine.keys[shop]
            else secrets
        )

    patch = pytest.MonkeyPatch()
    patch.setattr(type(spine.machine), "store_secrets", nowhere)
    return patch.undo


def test_a_store_that_hangs_keeps_no_other_store_waiting(spine, monkeypatch) -> None:
    hanging, told = threading.Event(), threading.Event()

    class Slow:
        def tell_consent(self, shop, credentials, person, consent) -> Told:
            if "mugs" in shop.domain:
                assert told.wait(10), "the other store was never told"
                hanging.set()
            else:
                told.set()
            return Told(kind="told")

    monkeypatch.setattr(type(spine.machine), "platform", lambda _machine, _name: Slow())
    add(spine)
    add(spine, phone=OTHER)
    add(spine, shop="wool")
    assert errands.run(spine.machine) == 3
    assert hanging.is_set()


def test_one_shops_errands_are_run_one_after_the_other(spine, monkeypatch) -> None:
    """So that a YES can't overtake the STOP that followed it."""
    at_once, most, lock = [0], [0], threading.Lock()

    class Watching:
        def tell_consent(self, shop, credentials, person, consent) -> Told:
            with lock:
                at_once[0] += 1
                most[0] = max(most[0], at_once[0])
            threading.Event().wait(0.05)
            with lock:
                at_once[0] -= 1
            return Told(kind="told")

    monkeypatch.setattr(type(spine.machine), "platform", lambda _machine, _name: Watching())
    for n in range(8):
        add(spine, phone=f"+121255501{n:02}")
    while errands.run(spine.machine):
        pass
    assert most == [1]
    assert {row.state for row in waits(spine)} == {"done"}


# -- rows and leases


def test_only_the_newest_word_waits(spine) -> None:
    add(spine, "opt_in", ago=60)
    add(spine, "opt_out", ago=30)
    add(spine, "opt_out", phone=OTHER)
    assert [(row.kind, row.state, row.sealed is None) for row in waits(spine)] == [
        ("opt_in", "needless", True),
        ("opt_out", "new", False),
        ("opt_out", "new", False),
    ]


def test_an_older_word_that_comes_late_doesnt_end_the_newer(spine) -> None:
    texted(spine)
    add(spine, "opt_out")
    add(spine, "opt_in", ago=60)
    while errands.run(spine.machine):
        pass
    assert on_record(spine, "mugs") == "unsubscribed"
    assert [row.state for row in waits(spine)] == ["done", "needless"]


def test_nothing_is_written_if_what_it_tells_of_isnt(spine) -> None:
    with pytest.raises(RuntimeError), spine.machine.db.shop(shop_id(spine)) as c:
        installed = shops.by_id(c, spine.machine.secrets.vault, shop_id(spine))
        store.add(Tx(c, installed.shop, spine.machine.secrets), "opt_out", PHONE, datetime.now(UTC))
        raise RuntimeError("the transaction fails")
    assert waits(spine) == []


def test_a_delay_is_waited_for(spine) -> None:
    add(spine, delay=90)
    assert errands.run(spine.machine) == 0
    skip(spine, seconds=91)
    assert errands.run(spine.machine) == 1


def test_a_clock_that_is_ahead_puts_nothing_off(spine) -> None:
    add(spine, ago=-86400 * 400)
    assert errands.run(spine.machine) == 1


def test_a_lost_worker_costs_a_repetition(spine) -> None:
    texted(spine)
    add(spine)
    with spine.machine.db.system() as c:
        lost = store.claim(c, spine.machine.clock.now(), 600)
    assert errands.run(spine.machine) == 0
    change(spine, "UPDATE errands SET lease_until = clock_timestamp() - interval '1 second'")
    assert errands.run(spine.machine) == 1
    (row,) = waits(spine)
    assert (row.state, row.tries) == ("done", 2)
    settle_late(spine, lost)
    assert waits(spine)[0] == row


def settle_late(spine, errand) -> None:
    """The lost worker comes back: its lease holds nothing any more."""
    with spine.machine.db.shop(errand.shop_id) as c:
        installed = shops.by_id(c, spine.machine.secrets.vault, errand.shop_id)
        tx, now = Tx(c, installed.shop, spine.machine.secrets), spine.machine.clock.now()
        store.finish(tx, errand, "needless", "late", now)
        store.put_off(tx, errand, "late", now, now)


def test_a_word_that_comes_while_the_older_one_is_told_is_told_next(spine, monkeypatch) -> None:
    class Meanwhile:
        heard: list[str] = []

        def tell_consent(self, shop, credentials, person, consent) -> Told:
            self.heard.append(consent.state)
            if len(self.heard) == 1:
                add(spine, "opt_out")
            return Told(kind="told")

    monkeypatch.setattr(type(spine.machine), "platform", lambda _machine, _name: Meanwhile())
    add(spine, "opt_in", ago=1)
    while errands.run(spine.machine):
        pass
    assert Meanwhile.heard == ["subscribed", "unsubscribed"]
    assert [(row.state, row.lease_until) for row in waits(spine)] == [("needless", None), ("done", None)]


@pytest.mark.parametrize("state", ["uninstalled", "removed"])
def test_a_shop_that_left_is_told_nothing(spine, monkeypatch, state) -> None:
    heard = Answering(spine, monkeypatch).heard
    add(spine)
    change(spine, "UPDATE shops SET state = :state WHERE key = :key", state=state, key=spine.keys["mugs"])
    errands.run(spine.machine)
    assert heard == []
    assert [(row.state, row.note) for row in waits(spine)] == [("needless", f"the shop is {state}")]


def test_a_shop_whose_plan_cant_be_read_stops_no_other(spine) -> None:
    texted(spine, "wool")
    add(spine, "opt_out")
    add(spine, "opt_out", shop="wool")
    change(spine, "UPDATE shops SET sequence = '{\"steps\": 7}' WHERE key = :key", key=spine.keys["mugs"])
    errands.run(spine.machine)
    assert on_record(spine, "wool") == "unsubscribed"
    assert [row.state for row in waits(spine)] == ["new", "done"]


# -- who is named, and who is forgotten


def test_the_store_gets_every_name_that_the_newest_cart_gives(spine, monkeypatch) -> None:
    texted(spine)
    heard = Answering(spine, monkeypatch).heard
    add(spine)
    errands.run(spine.machine)
    ((_, person, consent),) = heard
    known = spine.world.get(f"/sandbox/shops/mugs/consent?phone={PHONE[1:]}")["customer_id"]
    assert person == PersonRef(phone=PHONE, email="dagmarella@example.com", customer_id=known)
    assert (consent.state, consent.level) == ("unsubscribed", "")


def test_names_given_with_the_errand_come_first(spine, monkeypatch) -> None:
    texted(spine)
    heard = Answering(spine, monkeypatch).heard
    add(spine, "opt_in", email="other@example.com", customer_id="7")
    errands.run(spine.machine)
    ((_, person, consent),) = heard
    assert (person.email, person.customer_id) == ("other@example.com", "7")
    assert (consent.state, consent.level) == ("subscribed", "confirmed_opt_in")


def test_nobody_is_named_in_the_clear_and_nobody_once_it_is_over(spine, database_url, monkeypatch) -> None:
    Answering(spine, monkeypatch, Told(kind="retry_later", detail=f"no {PHONE}, no {PHONE[1:]}"))
    add(spine)
    errands.run(spine.machine)
    dump = everything(database_url)
    assert [form for form in forms(PHONE[1:]) if form in dump] == []
    skip(spine, minutes=1)
    errands.run(spine.machine)
    assert [(row.state, row.sealed) for row in waits(spine)] == [("done", None)]


def test_a_person_who_was_erased_isnt_named_to_the_store(spine, monkeypatch) -> None:
    texted(spine)
    add(spine)
    spine.world.post("/sandbox/shops/mugs/redact", {"phone": PHONE})
    settle(spine)
    heard = Answering(spine, monkeypatch).heard
    errands.run(spine.machine)
    assert heard == []
    assert [(row.state, row.sealed) for row in waits(spine)] == [("needless", None)]


def test_one_shop_sees_no_errand_of_another(spine) -> None:
    add(spine)
    with spine.machine.db.shop(shop_id(spine, "wool")) as c:
        assert not store.waiting(c, spine.machine.clock.now())
        assert store.claim(c, spine.machine.clock.now(), 60) is None
    with spine.machine.db.system() as c:
        mugs = shops.by_id(c, spine.machine.secrets.vault, shop_id(spine, "mugs")).shop
    with pytest.raises(DBAPIError), spine.machine.db.shop(shop_id(spine, "wool")) as c:
        store.add(Tx(c, mugs, spine.machine.secrets), "opt_out", PHONE, datetime.now(UTC))
    assert len(waits(spine)) == 1


# -- the clock asks


def test_the_clock_asks_for_errands_once_and_only_if_one_is_due(spine, embedded) -> None:
    connection = queues.impatient(embedded.redis_url)
    by_name = {name: Queue(f"{name}-of-this-test", connection=connection) for name in queues.NAMES}
    rereading.run(spine.machine)
    try:
        clock.tick(spine.machine, "me", by_name)
        assert by_name[queues.ERRANDS].count == 0
        add(spine)
        for _ in range(2):
            clock.tick(spine.machine, "me", by_name)
        assert [job.func_name for job in by_name[queues.ERRANDS].jobs] == [
            "plugin_server.jobs.worker.work_errands"
        ]
    finally:
        for queue in by_name.values():
            queue.delete(delete_jobs=True)
    assert texts(spine) == []
