"""A sale is claimed only by a text that came before it. What the carrier says later is judged with all the rest."""

import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import permutations, product
from typing import Any

import order_kit as ok
import pytest
import requests
import spine_kit as kit

from plugin_server.applying.apply import apply
from plugin_server.applying.effect import Here
from plugin_server.store import shops
from plugin_server.store.tx import Tx
from sequences.cart import Order
from sequences.events import DeliveryReported, OrderChanged, OrderPlaced
from sequences.money import Money

NEVER = "the text never reached the phone"
LATE = "the text reached the phone only after the order"


def report(spine, status: str, at: datetime, step: int = 0, code: str = "") -> None:
    """The carrier says what became of the text of that step, and when."""
    (touch,) = kit.rows(spine, "SELECT id FROM touches WHERE step = :step", step=step)
    told = kit.report(touch.id, status, code, timestamp=at.strftime("%Y-%m-%dT%H:%M:%SZ"))
    assert kit.carrier(spine, told).status_code == 200
    kit.settle(spine)


def click(spine) -> None:
    requests.get(kit.link_in(spine), headers=kit.PERSON, timeout=5, allow_redirects=False)


def bought_an_hour_after(spine) -> datetime:
    """Somebody got a text, of whose fate the carrier said nothing, and bought. Returns when."""
    key = kit.texted(spine)
    ok.unreported(spine)
    kit.skip(spine, hours=1)
    now = spine.world.status().now
    ok.order(spine, checkout_token=key)
    assert ok.claims(spine) == [("order:7001", "same_checkout", "accepted", 0)]
    kit.skip(spine, minutes=10)
    return now.replace(microsecond=0)


@pytest.mark.parametrize(
    ("status", "minutes", "stands", "why"),
    [
        ("delivered", -30, "delivered", ""),
        ("delivered", 0, "delivered", ""),
        ("delivered", 1, "", LATE),
        ("rejected", -30, "", NEVER),
        ("undeliverable", 5, "", NEVER),
        ("submitted", 5, "accepted", ""),
    ],
)
def test_a_claim_without_a_report_is_judged_anew_when_it_comes(spine, status, minutes, stands, why) -> None:
    at = bought_an_hour_after(spine)
    report(spine, status, at + timedelta(minutes=minutes), code="1300" if status == "rejected" else "")
    assert [claim[2] for claim in ok.claims(spine)] == ([stands] if stands else [])
    found = kit.one(spine, "recoveries", "state, reason, amount")
    assert found == ("standing" if stands else "undone", why, Decimal(24))
    cart = kit.one(spine, "carts", "state, reason")
    assert cart == (("recovered", "tied by same_checkout") if stands else ("bought", why))
    undone = kit.rows(spine, "SELECT reason FROM traces WHERE outcome = 'undone'")
    assert [row.reason for row in undone] == ([why] if why else [])


def test_a_text_that_was_delivered_after_all_claims_whichever_report_comes_first(spine) -> None:
    at = bought_an_hour_after(spine)
    report(spine, "rejected", at - timedelta(minutes=50), code="1300")
    assert ok.claims(spine) == []
    report(spine, "delivered", at - timedelta(minutes=40))
    report(spine, "delivered", at + timedelta(minutes=5))  # the same again, at a later time
    assert ok.claims(spine) == [("order:7001", "same_checkout", "delivered", 0)]
    assert kit.states(spine) == kit.states(spine, "attempts") == ["delivered"]
    assert kit.one(spine, "carts").state == "recovered"


@pytest.mark.parametrize(("status", "minutes"), [("rejected", -30), ("delivered", 5)])
def test_whoever_opened_the_link_before_buying_has_read_it_whatever_the_carrier_says(
    spine, status, minutes
) -> None:
    key = kit.texted(spine)
    ok.unreported(spine)
    kit.skip(spine, minutes=30)
    click(spine)
    kit.skip(spine, minutes=30)
    now = spine.world.status().now
    ok.order(spine, checkout_token=key)
    click(spine)  # once more, to look at what they bought
    report(spine, status, now + timedelta(minutes=minutes), code="1300" if minutes < 0 else "")
    assert ok.claims(spine) == [("order:7001", "same_checkout", "read", 0)]


def test_a_machine_that_looks_at_a_link_has_read_nothing(spine) -> None:
    at = bought_an_hour_after(spine)
    kit.change(
        spine,
        "INSERT INTO clicks (shop_id, code, visitor, at) SELECT shop_id, code, 'bot', :at FROM links",
        at=at - timedelta(minutes=30),
    )
    report(spine, "rejected", at - timedelta(minutes=50), code="1300")
    assert ok.claims(spine) == []


def test_a_text_of_which_nobody_knows_claims_nothing_until_it_is_known_or_read(spine) -> None:
    kit.due(spine)
    kit.faults(spine, carrier_5xx=1, carrier_5xx_accepts=0)
    kit.work(spine)
    assert kit.states(spine) == ["unknown"]
    (cart,) = kit.rows(spine, "SELECT key FROM carts")
    kit.skip(spine, hours=1)
    now = spine.world.status().now
    token = cart.key.removeprefix("checkout:")
    ok.order(spine, checkout_token=token)
    assert ok.claims(spine) == []
    kit.change(
        spine,
        "INSERT INTO clicks (shop_id, code, visitor, at) SELECT shop_id, code, 'person', :at FROM links",
        at=now - timedelta(minutes=5),
    )
    kit.skip(spine, minutes=1)
    ok.order(spine, "orders/updated", checkout_token=token, created_at=now.isoformat())
    assert ok.claims(spine) == [("order:7001", "same_checkout", "read", 0)]


def test_a_changed_window_changes_no_order_that_is_known(spine) -> None:
    at = bought_an_hour_after(spine)
    kit.plan(spine, attribution=60)
    report(spine, "delivered", at - timedelta(minutes=50))
    assert ok.claims(spine) == [("order:7001", "same_checkout", "delivered", 0)]


# -- which of several texts


def texted_twice(spine) -> str:
    """In London, where carriers allow it: after an hour and after a day."""
    kit.plan(spine, steps=[{"delay": 3600}, {"delay": 86400}])
    key = kit.texted(spine, **kit.LONDON)
    kit.skip(spine, hours=24, minutes=5)
    kit.work(spine)
    kit.skip(spine, minutes=5)
    kit.work(spine)
    assert kit.states(spine) == ["delivered", "delivered"]
    kit.skip(spine, hours=1)
    return key


def test_the_text_that_led_to_the_order_claims_it_and_not_merely_the_last(spine) -> None:
    key = texted_twice(spine)
    first, last = ok.links(spine)
    ok.own_code(spine, "BACK-7H2K-Q9M4", step=0)
    code = {"discount_codes": [{"code": "BACK-7H2K-Q9M4"}]}

    def claimed_by(**marks) -> int:
        kit.change(spine, "DELETE FROM orders")
        ok.order(spine, checkout_token=key, **marks)
        ((_, rule, _, step),) = ok.claims(spine)
        assert rule == "same_checkout"
        return step

    assert claimed_by() == 1
    assert claimed_by(**code) == 0
    assert claimed_by(landing_site=f"/?utm_id={first.ref}") == 0
    assert claimed_by(landing_site=f"/?utm_id={last.ref}") == 1
    assert claimed_by(landing_site=f"/?utm_id={last.ref}", **code) == 0
    assert claimed_by(note_attributes=[{"name": "recovery_ref", "value": first.ref}]) == 0
    kit.change(
        spine,
        "UPDATE attempts SET state = 'undelivered', delivered_at = NULL WHERE touch_id = :touch",
        touch=last.touch_id,
    )
    assert claimed_by(landing_site=f"/?utm_id={last.ref}") == 0, "the last one never arrived"
    kit.change(spine, "UPDATE attempts SET state = 'delivered', delivered_at = handed_at")
    kit.change(
        spine,
        "INSERT INTO clicks (shop_id, code, visitor, at) VALUES (:shop, :code, 'person', :at)",
        shop=first.shop_id,
        code=first.code,
        at=spine.world.status().now - timedelta(minutes=5),
    )
    assert claimed_by() == 0
    kit.plan(spine, attribution=3600 * 12)
    assert claimed_by(**code) == 1, "the first was too long ago"


# -- in any order


@dataclass(frozen=True)
class Story:
    """What happened to one text and one order, whichever word of it comes first. Minutes count from the hand-over."""

    delivered: int | None  # minutes
    failed: bool
    read: bool
    refunded: bool
    end: str  # "", cancelled, deleted

    @property
    def claims(self) -> Decimal | None:
        """What stands in the end, by itself: none of our code."""
        arrived = self.delivered is not None and self.delivered <= 60
        silent = self.delivered is None and not self.failed
        if self.end or not (self.read or arrived or silent):
            return None
        return Decimal(20) if self.refunded else Decimal(24)


class Told:
    """Applies events to a cart whose text was handed over, again and again from the start."""

    def __init__(self, spine, key: str) -> None:
        self.spine, self.key = spine, key
        attempt = kit.one(spine, "attempts")
        self.ref, self.at = str(attempt.touch_id), attempt.committed_at
        machine = spine.machine
        with machine.db.system() as c:
            found = shops.by_key(c, machine.secrets.vault, None, spine.keys["mugs"])
        assert found is not None
        self.installed = found

    def after(self, minutes: int) -> datetime:
        return self.at + timedelta(minutes=minutes)

    def _order(self, minutes: int, **changes: Any) -> Order:
        return (
            Order(
                key="order:1",
                status="paid",
                created_at=self.after(60),
                updated_at=self.after(minutes),
                total=Money(Decimal(24), "USD"),
                checkout_key=f"checkout:{self.key}",
            )
            if not changes
            else replace(self._order(minutes), **changes)
        )

    def events(self, story: Story) -> list[Any]:
        report = {"ref": self.ref, "provider_id": "p"}
        told: list[Any] = [
            DeliveryReported(status="submitted", at=self.after(0), **report),
            OrderPlaced(order=self._order(60)),
        ]
        if story.delivered is not None:
            told.append(DeliveryReported(status="delivered", at=self.after(story.delivered), **report))
        if story.failed:
            told.append(DeliveryReported(status="undelivered", at=self.after(20), **report))
        back = Money(Decimal(4), "USD") if story.refunded else None
        if story.refunded:
            told.append(OrderChanged(order=self._order(70, refunded=back), change="refunded"))
        if story.end == "cancelled":
            gone = self._order(80, refunded=back, status="cancelled")
            told.append(OrderChanged(order=gone, change="cancelled"))
        if story.end == "deleted":
            nothing = self._order(
                0, status="deleted", total=Money(Decimal(0), "USD"), created_at=self.after(-9999)
            )
            told.append(OrderChanged(order=nothing, change="deleted"))
        return told

    def stands(self, story: Story, told: list[Any]) -> Decimal | None:
        """What stands after these events, each told in a transaction as a delivery is."""
        machine = self.spine.machine
        with machine.db.shop(self.installed.shop.id) as c:
            tx = Tx(c, self.installed.shop, machine.secrets)
            self._afresh(tx, story)
            here = Here(tx, self.installed, self.after(90), machine.rulebook, lambda words: False)
            for event in told:
                apply(here, event)
            row = tx.one("SELECT amount FROM recoveries WHERE shop_id = :shop_id AND state = 'standing'")
            cart = tx.one("SELECT state FROM carts WHERE shop_id = :shop_id")
            assert cart is not None and (cart.state == "recovered") == (row is not None), cart.state
        return None if row is None else row.amount

    def _afresh(self, tx: Tx, story: Story) -> None:
        for sql in (
            "DELETE FROM orders WHERE shop_id = :shop_id",
            "DELETE FROM clicks WHERE shop_id = :shop_id",
            "UPDATE carts SET state = 'abandoned', reason = '', order_key = NULL WHERE shop_id = :shop_id",
            "UPDATE attempts SET state = 'accepted', delivered_at = NULL WHERE shop_id = :shop_id",
        ):
            tx.run(sql)
        if story.read:
            tx.run(
                "INSERT INTO clicks (shop_id, code, visitor, at) SELECT shop_id, code, 'person', :at FROM links"
                " WHERE shop_id = :shop_id",
                at=self.after(50),
            )


STORIES = [
    Story(*facts)
    for facts in product(
        [None, 30, 65], [False, True], [False, True], [False, True], ["", "cancelled", "deleted"]
    )
]


def test_what_stands_in_the_end_doesnt_depend_on_the_order_in_which_it_is_told(spine) -> None:
    told = Told(spine, kit.texted(spine))
    dice = random.Random(7)
    assert len({story.claims for story in STORIES}) == 3
    for story in STORIES:
        ways = list(permutations(told.events(story)))
        for way in dice.sample(ways, min(3, len(ways))):
            again = [*way, *dice.sample(way, 1)]  # and one of them comes twice
            names = [getattr(e, "change", getattr(e, "status", "placed")) for e in again]
            assert told.stands(story, again) == story.claims, (story, names)
