"""Carts that the companion plugin tells of, through the whole machine: one cart, one text, and none after a no."""

import json
from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest
import snapshot_kit as sk
import spine_kit as kit
from snapshot_kit import CART_ID, KEY, OTHER_ID, WORDS, body, order_told, placed, plain, removal, send

from plugin_server.store import carts, consents
from plugin_server.store.tx import Tx
from plugin_server.web import intake


@pytest.fixture
def fresh(monkeypatch, request):
    """A machine that remembers no shop's secrets from before the plugin had one."""
    monkeypatch.setattr(intake, "REMEMBERED_SECONDS", 0.0)
    return request.getfixturevalue("spine")


@pytest.fixture
def paired(fresh):
    spine = fresh
    sk.pair(spine)
    kit.at_noon(spine)
    return spine


def known(spine, names=(KEY,)):
    found = sk.wool(spine)
    with spine.machine.db.shop(found.shop.id) as c:
        row = carts.find(Tx(c, found.shop, spine.machine.secrets), names)
    assert row is not None
    return row


def reasons(spine) -> list[tuple[str, str]]:
    return [(r.state, r.reason) for r in kit.rows(spine, "SELECT state, reason FROM carts ORDER BY id")]


def wait_for_texts(spine) -> list[dict]:
    """Two hours and a day pass, as far as any text of these carts goes."""
    for minutes in (31, 31, 61):
        kit.skip(spine, minutes=minutes)
        kit.work(spine)
    return kit.texts(spine)


def evidence(spine) -> list[tuple[str, dict]]:
    rows = kit.rows(spine, "SELECT state, facts FROM consents ORDER BY seq")
    return [(row.state, json.loads(row.facts)) for row in rows]


# -- the way from a snapshot to a text


def test_a_snapshot_becomes_a_text_with_the_plugins_own_way_back(paired) -> None:
    told = body(paired)
    assert send(paired, "cart.updated", told).status_code == 200
    assert reasons(paired) == [("open", "")]
    kit.skip(paired, minutes=31)
    kit.settle(paired)
    assert reasons(paired) == [("abandoned", "")]
    kit.skip(paired, minutes=31)
    kit.work(paired)
    (text,) = kit.texts(paired)
    assert text["to"] == kit.PHONE
    target = kit.one(paired, "links", "sealed IS NOT NULL AS there").there
    assert target
    ((state, facts),) = evidence(paired)
    assert state == "given"
    assert (facts["wording"], facts["wording_version"], facts["form"]) == (WORDS, "3", "block")
    assert (facts["program"], facts["action"]) == ("cart_reminders", "ticked the box")
    assert facts["url"].endswith("/checkout/")


def test_the_link_in_the_text_leads_to_the_restore_link_with_the_mark_and_the_code(paired) -> None:
    kit.plan(
        paired,
        "wool",
        steps=[{"delay": 3600, "offer": {"kind": "percent", "value": "10%", "code": "WOOL10"}}],
    )
    told = body(paired)
    send(paired, "cart.updated", told)
    assert len(wait_for_texts(paired)) == 1
    answer = kit.requests.get(kit.link_in(paired), headers=kit.PERSON, timeout=5, allow_redirects=False)
    assert answer.headers["Location"].startswith(told["cart"]["restore_url"] + "&utm_source=sms")
    assert answer.headers["Location"].endswith("&comeback_coupon=WOOL10")


OWN_WORDS = "{{ shop.name }}: your cart waits for you at {{ cart.link }}"


@pytest.mark.parametrize(("plugin", "said"), [(True, False), (False, True)])
def test_a_code_that_the_link_can_not_carry_is_said_whatever_the_merchants_words(fresh, plugin, said) -> None:
    sk.pair(fresh, version="")
    offer = {"kind": "percent", "value": "10%", "code": "WOOL10"}
    kit.plan(fresh, "wool", steps=[{"delay": 3600, "texts": {"en": OWN_WORDS}, "offer": offer}])
    kit.at_noon(fresh)
    if plugin:
        send(fresh, "cart.updated", body(fresh))
    else:
        placed(fresh, mark="")
    (text,) = wait_for_texts(fresh)
    assert ("your cart waits for you" in text["text"]) is not said
    assert ("WOOL10" in text["text"]) is said


def test_of_two_snapshots_the_later_revision_counts_however_they_come(paired) -> None:
    at = sk.now(paired)
    newer, older = body(paired, at=at, revision=2), body(paired, at=at, revision=1)
    newer["cart"]["total"] = "99.00"
    send(paired, "cart.updated", newer)
    send(paired, "cart.updated", older)
    cart = known(paired).cart
    assert (cart.revision, str(cart.total.amount)) == (2, "99.00")


# -- the order that a cart became


def test_a_snapshot_and_its_pending_order_are_one_cart_and_one_text(paired) -> None:
    told = body(paired)
    send(paired, "cart.updated", told)
    number = placed(paired, phone=None)
    assert len(reasons(paired)) == 1
    row = known(paired, [f"order:{number}"])
    assert row.id == known(paired).id
    assert (row.cart.stage, row.cart.contact.phone) == ("payment", kit.PHONE)
    assert row.cart.recovery_link == told["cart"]["restore_url"]
    assert len(wait_for_texts(paired)) == 1
    kit.buy(paired, number, "wool")
    kit.work(paired)
    assert [state for state, _ in reasons(paired)] == ["recovered"]


def test_an_order_that_comes_first_learns_of_its_snapshot(paired) -> None:
    told = body(paired)
    number = placed(paired, phone=None, consent=False)
    assert known(paired, [f"order:{number}"]).cart.contact.phone is None
    send(paired, "cart.updated", told)
    assert len(reasons(paired)) == 1
    cart = known(paired, [f"order:{number}"]).cart
    assert (cart.stage, cart.contact.phone, cart.recovery_link) == (
        "payment",
        kit.PHONE,
        told["cart"]["restore_url"],
    )
    assert len(wait_for_texts(paired)) == 1


def test_a_placed_order_is_left_alone_for_an_hour(paired) -> None:
    send(paired, "cart.updated", body(paired))
    placed(paired)
    kit.skip(paired, minutes=45)
    kit.settle(paired)
    assert reasons(paired) == [("open", "")]
    kit.skip(paired, minutes=16)
    kit.settle(paired)
    assert reasons(paired) == [("abandoned", "")]


def test_nobody_is_texted_who_bought(paired) -> None:
    send(paired, "cart.updated", body(paired))
    kit.buy(paired, placed(paired), "wool")
    assert wait_for_texts(paired) == []
    assert [state for state, _ in reasons(paired)] == ["bought"]


def test_a_snapshot_that_comes_after_the_purchase_wakes_nobody(paired) -> None:
    late = body(paired)
    kit.buy(paired, placed(paired), "wool")
    kit.settle(paired)
    send(paired, "cart.updated", late)
    assert wait_for_texts(paired) == []


def test_a_bought_cart_stays_bought_whatever_the_plugin_says(paired) -> None:
    send(paired, "cart.updated", body(paired))
    kit.buy(paired, placed(paired), "wool")
    kit.settle(paired)
    kit.skip(paired, minutes=1)
    send(paired, "cart.updated", body(paired, revision=5))
    send(paired, "cart.removed", removal(paired, "emptied", revision=6))
    assert [state for state, _ in reasons(paired)] == ["bought"]


@pytest.mark.parametrize(("status", "method"), [("on-hold", "bacs"), ("processing", "cod")])
def test_what_is_paid_later_ends_the_reminders(paired, status, method) -> None:
    send(paired, "cart.updated", body(paired))
    number = placed(paired)
    order_told(paired, number, status=status, payment_method=method)
    assert [state for state, _ in reasons(paired)] == ["bought"]


# -- cancelled by the clock


def cancelled(spine, number: str, **changes) -> None:
    stamp = sk.now(spine).strftime("%Y-%m-%dT%H:%M:%S")
    order_told(spine, number, status="cancelled", date_modified_gmt=stamp, **changes)


def test_an_order_that_the_store_let_lapse_is_as_abandoned_as_before(paired) -> None:
    told = body(paired)
    send(paired, "cart.updated", told)
    number = placed(paired)
    kit.skip(paired, minutes=61)
    kit.settle(paired)
    planned = kit.rows(paired, "SELECT state, due_at FROM touches ORDER BY step")
    cancelled(paired, number)
    assert reasons(paired) == [("abandoned", "")]
    assert kit.rows(paired, "SELECT state, due_at FROM touches ORDER BY step") == planned
    assert known(paired).cart.recovery_link == told["cart"]["restore_url"]


def test_without_the_plugin_its_cart_is_rebuilt_by_link_and_a_late_word_of_it_changes_nothing(paired) -> None:
    number = placed(paired, mark="")
    kit.skip(paired, minutes=61)
    kit.settle(paired)
    cancelled(paired, number)
    row = known(paired, [f"order:{number}"])
    assert (row.state, row.cart.restores) == ("abandoned", True)
    assert "/checkout-link/?products=" in row.cart.recovery_link
    order_told(paired, number)
    assert known(paired, [f"order:{number}"]).cart.recovery_link == row.cart.recovery_link


def test_a_lapsed_order_that_we_never_heard_of_is_a_cart_as_old_as_it_is(paired) -> None:
    kit.faults(paired, webhook_late=1.0, webhook_late_seconds=10_000_000)
    number = kit.leave_cart(paired, "wool")
    kit.skip(paired, minutes=62)
    cancelled(paired, number)
    row = known(paired, [f"order:{number}"])
    assert (row.state, row.cart.stage) == ("abandoned", "payment")
    assert sk.now(paired) - row.active_at > timedelta(minutes=61)


@pytest.mark.parametrize("version", ["10.0.1", ""])
def test_a_lapsed_order_that_can_not_be_rebuilt_is_over(spine, version) -> None:
    sk.pair(spine, version=version)
    kit.at_noon(spine)
    number = placed(spine, mark="")
    kit.skip(spine, minutes=61)
    kit.settle(spine)
    cancelled(spine, number)
    assert reasons(spine) == [("expired", "the order was cancelled")]


def test_what_was_bought_on_account_and_cancelled_wakes_nobody(paired) -> None:
    send(paired, "cart.updated", body(paired))
    number = placed(paired)
    order_told(paired, number, status="on-hold")
    kit.skip(paired, minutes=61)
    cancelled(paired, number)
    assert [state for state, _ in reasons(paired)] == ["bought"]
    assert kit.one(paired, "orders").status == "cancelled"
    assert wait_for_texts(paired) == []


@pytest.mark.parametrize("plugin", [True, False])
def test_whoever_left_an_order_that_the_store_let_lapse_is_reminded(paired, plugin) -> None:
    if plugin:
        send(paired, "cart.updated", body(paired))
    placed(paired, mark=CART_ID if plugin else "")
    kit.skip(paired, minutes=61)
    assert kit.requests.post(f"{paired.world.url}/sandbox/shops/wool/cancel-unpaid", json={}, timeout=9).ok
    kit.work(paired)
    assert kit.rows(paired, "SELECT count(*) AS n FROM events WHERE state = 'applied'")[0].n >= 2
    assert len(kit.texts(paired)) == 1
    answer = kit.requests.get(kit.link_in(paired), headers=kit.PERSON, timeout=5, allow_redirects=False)
    assert ("/?comeback=" if plugin else "/checkout-link/") in answer.headers["Location"]


def test_whoever_saw_their_order_cancelled_by_the_merchant_is_not(paired) -> None:
    send(paired, "cart.updated", body(paired))
    number = placed(paired)
    kit.skip(paired, minutes=50)
    paired.world.post(f"/sandbox/orders/wool/{number}/cancel", {})
    assert wait_for_texts(paired) == []
    assert kit.rows(paired, "SELECT rule FROM touches")[0].rule == "last look"


# -- emptied, and taken back


def test_an_emptied_cart_is_over_until_its_shopper_fills_it_again(paired) -> None:
    send(paired, "cart.updated", body(paired))
    kit.skip(paired, minutes=2)
    send(paired, "cart.removed", removal(paired, "emptied"))
    assert reasons(paired) == [("expired", "the cart was emptied")]
    kit.skip(paired, minutes=2)
    send(paired, "cart.updated", body(paired, revision=3))
    assert reasons(paired)[0][0] == "open"
    assert len(wait_for_texts(paired)) == 1


def test_an_older_snapshot_that_comes_late_does_not_fill_an_emptied_cart(paired) -> None:
    late = body(paired)
    kit.skip(paired, minutes=2)
    send(paired, "cart.removed", removal(paired, "emptied"))
    send(paired, "cart.updated", late)
    assert [state for state, _ in reasons(paired)] == ["expired"]
    assert wait_for_texts(paired) == []


def test_an_emptied_cart_says_nothing_of_the_order_that_it_became(paired) -> None:
    send(paired, "cart.updated", body(paired))
    placed(paired)
    kit.skip(paired, minutes=1)
    send(paired, "cart.removed", removal(paired, "emptied", revision=9))
    assert reasons(paired) == [("open", "")]


def test_no_text_rests_on_a_tick_that_was_taken_away(paired) -> None:
    send(paired, "cart.updated", body(paired))
    kit.skip(paired, minutes=31)
    kit.settle(paired)
    assert "planned" in kit.states(paired)
    send(paired, "cart.removed", removal(paired, "unticked"))
    assert reasons(paired) == [("expired", "its shopper took back the tick that it rested on")]
    assert set(kit.states(paired)) == {"cancelled"}
    assert [(state, facts["action"]) for state, facts in evidence(paired)] == [
        ("given", "ticked the box"),
        ("withdrawn", "took the tick away"),
    ]
    # Not even with another cart, whose box stayed empty: the order alone makes no claim.
    placed(paired, mark="", consent=False)
    assert wait_for_texts(paired) == []


def test_a_snapshot_from_before_the_tick_was_taken_away_gives_nothing(paired) -> None:
    late = body(paired)
    kit.skip(paired, minutes=2)
    send(paired, "cart.removed", removal(paired, "unticked"))
    send(paired, "cart.updated", late)
    assert evidence(paired) == []
    assert wait_for_texts(paired) == []


def test_a_tick_that_was_taken_away_late_spares_the_one_set_since(paired) -> None:
    send(paired, "cart.updated", body(paired))
    before = sk.now(paired)
    kit.skip(paired, minutes=5)
    send(paired, "cart.updated", body(paired, revision=3))
    send(paired, "cart.removed", removal(paired, "unticked", at=before + timedelta(minutes=1)))
    assert [state for state, _ in reasons(paired)] == ["open"]
    assert [state for state, _ in evidence(paired)] == ["given", "given"]
    assert len(wait_for_texts(paired)) == 1


def test_a_tick_taken_away_at_the_payment_is_taken_away(paired) -> None:
    send(paired, "cart.updated", body(paired))
    placed(paired, consent=False)
    kit.skip(paired, minutes=1)
    send(paired, "cart.removed", removal(paired, "unticked"))
    assert evidence(paired)[-1][0] == "withdrawn"
    assert wait_for_texts(paired) == []


# -- forgotten, and gone


def erase(spine, **names) -> None:
    assert send(spine, "shopper.erased", plain(spine, **names)).status_code == 200


@pytest.mark.parametrize(
    "names",
    [{"phones": ["(212) 555-0142"]}, {"emails": [kit.NAMES["email"].upper()]}, {"cart_ids": [CART_ID]}],
)
def test_whoever_the_plugin_says_was_erased_is_never_texted(paired, names) -> None:
    late = body(paired, revision=2)
    send(paired, "cart.updated", body(paired))
    kit.skip(paired, minutes=31)
    kit.settle(paired)
    erase(paired, **names)
    assert [state for state, _ in reasons(paired)] == ["erased"]
    send(paired, "cart.updated", late)
    kit.skip(paired, minutes=1)
    send(paired, "cart.updated", body(paired, cart_id=OTHER_ID))
    assert wait_for_texts(paired) == []
    assert kit.one(paired, "suppressions").reason == "erased"


def test_an_order_that_wordpress_emptied_takes_the_cart_it_was_with_it(paired) -> None:
    send(paired, "cart.updated", body(paired))
    number = placed(paired)
    emptied = {"email": "deleted@site.invalid", "phone": "+00000000000"}
    order_told(paired, number, billing=emptied)
    assert [state for state, _ in reasons(paired)] == ["erased"]
    assert wait_for_texts(paired) == []


def test_an_order_that_wordpress_emptied_takes_a_cart_it_only_names_with_it(paired) -> None:
    send(paired, "cart.updated", body(paired))
    marks = [{"key": "_anonymized", "value": "yes"}, {"key": "_comeback_cart", "value": CART_ID}]
    kit.faults(paired, webhook_late=1.0, webhook_late_seconds=10_000_000)
    number = kit.leave_cart(paired, "wool")
    order_told(paired, number, meta_data=marks)
    assert [state for state, _ in reasons(paired)] == ["erased"]
    assert wait_for_texts(paired) == []


def test_a_store_that_disconnects_sends_no_more_texts(paired) -> None:
    send(paired, "cart.updated", body(paired))
    kit.skip(paired, minutes=31)
    kit.settle(paired)
    send(paired, "store.disconnected", plain(paired))
    assert wait_for_texts(paired) == []
    assert sk.wool(paired).state == "uninstalled"


# -- the door


def events(spine) -> list:
    return kit.rows(spine, "SELECT state, note FROM events ORDER BY id")


def test_a_copy_of_the_store_is_kept_out_of_the_carts_and_named(paired) -> None:
    told = body(paired)
    told["store"] = "https://staging.wool.example"
    assert send(paired, "cart.updated", told).status_code == 200
    (event,) = events(paired)
    assert event.state == "parked"
    assert "staging.wool.example" in event.note
    assert reasons(paired) == []


def test_a_delivery_is_taken_once_within_five_minutes_and_never_after(paired) -> None:
    told, name = json.dumps(body(paired)).encode(), "a" * 36
    at = sk.now(paired)
    for _ in range(2):
        assert send(paired, "cart.updated", told, delivery=name, at=at).status_code == 200
    kit.skip(paired, minutes=4)
    assert send(paired, "cart.updated", told, delivery=name, at=at).status_code == 200
    assert send(paired, "cart.updated", told, delivery=name).status_code == 200, "tried again, signed anew"
    kit.skip(paired, minutes=2)
    assert send(paired, "cart.updated", told, delivery=name, at=at).status_code == 401
    assert len(events(paired)) == 1


def test_a_refusal_tells_the_time_by_the_clock_that_judged_it(paired) -> None:
    answer = send(paired, "cart.updated", body(paired), at=sk.now(paired) - timedelta(hours=1))
    assert answer.status_code == 401
    told = answer.raw.headers.getlist("Date")[-1]  # the tests' server adds its own before; granian doesn't
    assert abs(parsedate_to_datetime(told) - sk.now(paired)) < timedelta(seconds=5)


def test_another_shops_secret_and_another_shops_address_are_refused(paired) -> None:
    told = body(paired)
    assert send(paired, "cart.updated", told, secret="another shop's").status_code == 401
    webhook = sk.wool(paired).credentials["webhook_secret"]
    assert send(paired, "cart.updated", told, secret=webhook).status_code == 401
    assert send(paired, "cart.updated", told, shop="mugs").status_code == 404
    assert events(paired) == []


def test_evidence_keeps_where_it_came_from_apart_and_forgets_it(paired) -> None:
    send(paired, "cart.updated", body(paired))
    found = sk.wool(paired)
    with paired.machine.db.shop(found.shop.id) as c:
        tx = Tx(c, found.shop, paired.machine.secrets)
        sealed = tx.one("SELECT personal FROM consents WHERE shop_id = :shop_id").personal
        assert tx.unseal(bytes(sealed))["ip"] == "203.0.113.7"
        assert consents.claims(tx, [tx.phone(kit.PHONE)])
    assert "203.0.113.7" not in kit.everything(paired.machine.db.url)
    erase(paired, phones=[kit.PHONE])
    assert kit.rows(paired, "SELECT personal FROM consents WHERE state = 'given'")[0].personal is None
