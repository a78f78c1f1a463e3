"""One cart, told of by its own snapshots and by the order that was made of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from sequences.cart import Cart, ConsentClaim, Contact, Line
from sequences.engine import plan
from sequences.merging import joined, outnumbered, together
from sequences.money import Money
from sequences.sequence import Sequence, Step, load

LEFT = datetime(2026, 11, 24, 17, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
MUG = Line(title="Mug", quantity=1, price=Money(Decimal(12), "USD"))
PHONE = "+12125550142"
TICK = ConsentClaim(phone=PHONE, state="subscribed", at=LEFT, source="woocommerce checkout", wording="carts")
SEEN = Cart(
    key="checkout:c",
    created_at=LEFT,
    updated_at=LEFT,
    total=Money(Decimal(12), "USD"),
    lines=(MUG,),
    contact=Contact(phone=PHONE, email="ann@example.com"),
    consent=(TICK,),
    recovery_link="https://s.example/?comeback=c.1.m",
    restores=True,
    revision=3,
)
ORDER = Cart(
    key="order:7",
    aliases=("checkout:c",),
    created_at=LEFT + MINUTE,
    updated_at=LEFT + MINUTE,
    total=Money(Decimal(15), "USD"),
    lines=(MUG,),
    contact=Contact(email="ann@work.example", customer_id="4"),
    recovery_link="https://s.example/pay",
    stage="payment",
)


def merged(known: Cart, told: Cart) -> Cart:
    """As applying does it."""
    made = joined(known, told) or together(known, told)
    assert made is not None
    return made


def test_an_order_adds_to_its_snapshot_and_takes_nothing_away() -> None:
    both = merged(SEEN, ORDER)
    assert (both.key, both.aliases) == ("order:7", ("checkout:c",))
    assert (both.stage, both.total.amount, both.updated_at) == ("payment", Decimal(15), LEFT + MINUTE)
    assert (both.contact.phone, both.contact.email, both.contact.customer_id) == (
        PHONE,
        "ann@work.example",
        "4",
    )
    assert (both.consent, both.recovery_link, both.restores) == ((TICK,), SEEN.recovery_link, True)


def test_a_late_snapshot_adds_to_its_order() -> None:
    both = merged(ORDER, SEEN)
    assert (both.key, both.aliases) == ("order:7", ("checkout:c",))
    assert (both.stage, both.total.amount, both.updated_at) == ("payment", Decimal(15), LEFT + MINUTE)
    assert (both.contact.phone, both.contact.email, both.consent) == (PHONE, "ann@work.example", (TICK,))
    assert both.recovery_link == SEEN.recovery_link


def test_told_again_the_order_still_takes_nothing_away() -> None:
    again = replace(ORDER, updated_at=LEFT + HOUR, contact=Contact(phone="+12125550143"))
    both = merged(merged(SEEN, ORDER), again)
    assert (both.key, both.revision, both.recovery_link) == ("order:7", 3, SEEN.recovery_link)
    assert both.contact.phone == "+12125550143", "the newest word on how to reach them counts"
    assert TICK in both.consent


def test_a_newer_snapshot_of_a_placed_cart_counts_and_the_order_stays_known() -> None:
    later = replace(SEEN, updated_at=LEFT + HOUR, revision=4, lines=(replace(MUG, quantity=2),))
    both = merged(merged(SEEN, ORDER), later)
    assert (both.key, both.aliases, both.revision) == ("order:7", ("checkout:c",), 4)
    assert (both.lines[0].quantity, both.stage) == (2, "payment")


def test_told_the_same_again_nothing_changes() -> None:
    both = merged(SEEN, ORDER)
    assert merged(both, SEEN) == both
    assert merged(both, ORDER) == both


def test_two_snapshots_are_one_teller_and_the_newer_replaces_the_older() -> None:
    assert together(SEEN, replace(SEEN, revision=4)) is None
    assert together(ORDER, replace(ORDER, updated_at=LEFT + HOUR)) is None, "so are two words of one order"


@pytest.mark.parametrize(
    ("seconds", "revision", "older"), [(0, 2, True), (0, 3, False), (0, 4, False), (1, 2, False)]
)
def test_of_snapshots_of_one_second_the_lower_number_is_the_older(seconds, revision, older) -> None:
    told = replace(SEEN, updated_at=LEFT + timedelta(seconds=seconds), revision=revision)
    assert outnumbered(SEEN, told) is older


def test_an_order_has_no_number_and_is_never_outnumbered() -> None:
    assert not outnumbered(SEEN, replace(ORDER, updated_at=LEFT))


# -- at the payment


def due(cart: Cart, now: datetime = LEFT, **changes) -> list[timedelta]:
    made = plan(cart, LEFT, replace(Sequence(), **changes), None, now)
    return [touch.due_at - LEFT for touch in made.touches]


def test_a_placed_order_gets_its_first_reminder_no_sooner_than_it_counts_as_abandoned() -> None:
    steps = (Step(delay=HOUR / 2), Step(delay=2 * HOUR))
    placed = replace(merged(SEEN, ORDER), stage="payment")
    assert due(SEEN, steps=steps) == [HOUR / 2, 2 * HOUR]
    assert due(placed, steps=steps) == [HOUR, 2.5 * HOUR], "the later ones keep their distance"
    assert due(placed, steps=steps, idle_unpaid=3 * HOUR) == [3 * HOUR, 4.5 * HOUR]
    assert due(placed, idle_unpaid=timedelta(0)) == [HOUR, 24 * HOUR]


def test_who_may_wait_for_payment_past_the_deadline_gets_nothing_and_it_is_said_why() -> None:
    placed = merged(SEEN, ORDER)
    made = plan(placed, LEFT, replace(Sequence(), idle_unpaid=48 * HOUR), None, LEFT)
    assert made.touches == ()
    assert "after the deadline" in made.trace[0].reason


def test_each_stage_has_its_own_patience() -> None:
    made = load({"idle_after": 600, "idle_unpaid": 7200})
    assert (made.idle("cart"), made.idle("payment")) == (timedelta(minutes=10), 2 * HOUR)
    assert load({}).idle("payment") == HOUR
