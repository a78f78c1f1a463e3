"""One cart told of by webhooks and by re-reading its store: neither makes it poorer."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from sequences.cart import Address, Cart, ConsentClaim, Contact, Dropped, Line
from sequences.events import CartChanged, Reading
from sequences.merging import added, joined, reread
from sequences.money import Money
from sequences.reread_ports import FakeRereader, Page

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
PHONE, OTHER = "+14155552671", "+12015550123"
MUG = Line(
    title="Mug", quantity=1, price=Money(Decimal("12.50"), "USD"), product_id="7", variant_id="42", sku="M"
)
AGREED = ConsentClaim(phone=PHONE, state="subscribed", at=AT, source="shopify checkout")
ON_RECORD = ConsentClaim(phone=OTHER, state="subscribed", at=AT, source="shopify")
TOLD = Cart(
    key="checkout:t1",
    aliases=("cart:c1", "name:#1"),
    created_at=AT,
    updated_at=AT,
    total=Money(Decimal("12.50"), "USD"),
    lines=(MUG,),
    contact=Contact(phone=PHONE, email="dana@example.com", first_name="Dana"),
    consent=(AGREED,),
    recovery_link="https://shop.example/a",
    locale="en-US",
)
FOUND = replace(
    TOLD,
    key="name:#1",
    aliases=("cart:c1",),
    updated_at=AT + timedelta(minutes=5),
    total=Money(Decimal("25.00"), "USD"),
    lines=(replace(MUG, quantity=2, product_id="", variant_id=""),),
    contact=Contact(phone=OTHER, email="account@example.com", customer_id="7001", last_name="Doe"),
    consent=(ON_RECORD,),
    locale="en",
)


def test_what_is_no_newer_is_no_news() -> None:
    assert reread(TOLD, replace(FOUND, updated_at=AT)) is None
    assert reread(TOLD, replace(FOUND, updated_at=AT - timedelta(seconds=1))) is None


def test_a_newer_state_of_the_cart_keeps_what_only_webhooks_know() -> None:
    cart = reread(TOLD, FOUND)
    assert (cart.key, cart.aliases) == ("checkout:t1", ("cart:c1", "name:#1"))
    assert (cart.contact.phone, cart.contact.email) == (PHONE, "dana@example.com")
    assert (cart.contact.customer_id, cart.contact.last_name) == ("7001", "Doe")
    assert set(cart.consent) == {AGREED, ON_RECORD}
    assert (cart.updated_at, cart.total.amount, cart.locale) == (FOUND.updated_at, Decimal("25.00"), "en-US")
    assert [(line.quantity, line.product_id, line.variant_id) for line in cart.lines] == [(2, "7", "42")]


def test_a_cart_that_only_re_reading_knows_takes_the_newer_number() -> None:
    first = replace(FOUND, contact=Contact(phone=PHONE, first_name="Dana"))
    cart = reread(first, replace(FOUND, updated_at=FOUND.updated_at + timedelta(minutes=1)))
    assert (cart.key, cart.contact.phone, cart.contact.last_name) == ("name:#1", OTHER, "Doe")
    lost = reread(
        first, replace(FOUND, updated_at=FOUND.updated_at + timedelta(minutes=1), contact=Contact())
    )
    assert lost.contact == first.contact


def test_an_emptied_cart_is_empty_and_a_shortened_list_of_lines_is_not() -> None:
    more = replace(TOLD, lines=(MUG, replace(MUG, title="Pot", sku="P")), total=Money(Decimal("30"), "USD"))
    shown = replace(FOUND, lines=(replace(MUG, product_id=""),), total=more.total)
    assert reread(more, shown).lines == more.lines
    assert reread(more, replace(shown, total=Money(Decimal("12.50"), "USD"))).lines == (MUG,)
    assert reread(more, replace(shown, lines=())).lines == ()


def test_a_number_that_cant_be_texted_is_remembered_only_where_there_is_none_that_can() -> None:
    bad = Contact(dropped=(Dropped(where="phone", reason="words"),))
    assert reread(replace(TOLD, contact=bad), FOUND).contact.dropped == ()
    assert reread(TOLD, replace(FOUND, contact=bad)).contact.dropped == ()
    assert (
        reread(replace(TOLD, contact=bad), replace(FOUND, contact=Contact())).contact.dropped == bad.dropped
    )


def test_what_is_bought_stays_bought() -> None:
    bought = replace(TOLD, completed_at=AT)
    assert reread(bought, FOUND).completed_at == AT


def test_a_webhook_that_comes_late_gives_the_cart_its_name_and_consent_and_keeps_the_newer_state() -> None:
    cart = joined(FOUND, TOLD)
    assert (cart.key, set(cart.aliases)) == ("checkout:t1", {"cart:c1", "name:#1"})
    assert (cart.contact.phone, cart.total, cart.updated_at) == (PHONE, FOUND.total, FOUND.updated_at)
    assert set(cart.consent) == {AGREED, ON_RECORD}


def test_of_two_words_of_one_moment_the_webhooks_is_the_fuller() -> None:
    cart = joined(replace(FOUND, updated_at=AT), TOLD)
    assert (cart.total, cart.lines, cart.contact.phone) == (TOLD.total, TOLD.lines, PHONE)
    without = replace(TOLD, contact=Contact(), recovery_link=None)
    assert joined(replace(FOUND, updated_at=AT), without).contact.phone == OTHER


def test_nothing_is_learnt_from_another_cart_or_from_a_name_that_is_known() -> None:
    assert joined(TOLD, replace(TOLD, updated_at=AT - timedelta(minutes=1))) is None
    assert joined(FOUND, replace(TOLD, aliases=("cart:c1",))) is None
    assert joined(replace(TOLD, key="checkout:t0"), TOLD) is None


def test_a_webhook_of_the_moment_that_we_know_adds_what_it_knows_and_takes_nothing_away() -> None:
    first = replace(TOLD, contact=Contact(email="dana@example.com"), consent=())
    assert added(first, TOLD) == replace(TOLD)
    assert added(TOLD, first) is None
    assert added(TOLD, TOLD) is None
    assert added(first, replace(TOLD, updated_at=AT - timedelta(seconds=1))) is None


PHONES = st.sampled_from([None, PHONE, OTHER])
CLAIMS = st.lists(st.sampled_from([AGREED, ON_RECORD, replace(AGREED, state="unsubscribed")]), max_size=2)


@st.composite
def carts(draw, key: str, aliases: tuple[str, ...]) -> Cart:
    return Cart(
        key=key,
        aliases=aliases,
        created_at=AT,
        updated_at=AT + timedelta(minutes=draw(st.integers(0, 3))),
        total=Money(Decimal(draw(st.integers(0, 2))), "USD"),
        lines=tuple(draw(st.lists(st.builds(replace, st.just(MUG), quantity=st.integers(1, 2)), max_size=2))),
        contact=Contact(phone=draw(PHONES), email=draw(st.sampled_from([None, "a@example.com"]))),
        shipping=draw(st.sampled_from([None, Address(country="US")])),
        consent=tuple(draw(CLAIMS)),
        recovery_link=draw(st.sampled_from([None, "https://shop.example/a"])),
        completed_at=draw(st.sampled_from([None, AT])),
    )


WEBHOOKS = carts("checkout:t1", ("cart:c1", "name:#1"))
READINGS = carts("name:#1", ("cart:c1",))


def no_poorer(cart: Cart, before: Cart) -> None:
    assert {cart.key, *cart.aliases} >= {before.key, *before.aliases}
    assert cart.key not in cart.aliases
    assert set(cart.consent) >= set(before.consent)
    for name in ("shipping", "recovery_link", "completed_at"):
        assert getattr(cart, name) or not getattr(before, name), name
    assert cart.contact.phone or not before.contact.phone
    assert cart.contact.email or not before.contact.email


@given(WEBHOOKS, READINGS)
def test_re_reading_never_makes_a_cart_poorer_and_twice_is_once(told: Cart, found: Cart) -> None:
    cart = reread(told, found)
    if found.updated_at <= told.updated_at:
        assert cart is None
        return
    no_poorer(cart, told)
    assert cart.key == told.key
    assert (cart.updated_at, cart.total) == (found.updated_at, found.total)
    assert told.contact.phone in (None, cart.contact.phone)
    assert reread(cart, found) is None
    assert added(cart, cart) is None


@given(WEBHOOKS, READINGS)
def test_whichever_comes_first_the_cart_ends_up_with_the_same_names_number_and_consent(told, found) -> None:
    cart = joined(found, told)
    no_poorer(cart, told)
    no_poorer(cart, found)
    assert joined(cart, told) is None
    other_way = reread(told, found)
    if other_way is not None:
        assert cart.key == other_way.key
        assert set(cart.consent) == set(other_way.consent)
        assert cart.contact.phone == other_way.contact.phone
        assert cart.total == other_way.total


def test_the_fake_pages_like_a_store() -> None:
    things = [(AT + timedelta(minutes=n), Reading(events=(CartChanged(cart=TOLD),))) for n in range(5)]
    store = FakeRereader(things={"checkouts": things}, troubles=[Page(kind="retry_later", detail="busy")])
    assert store.page("checkouts", AT).kind == "retry_later"
    first = store.page("checkouts", AT + timedelta(minutes=1))
    assert (len(first.readings), first.expected, first.cursor) == (2, 4, "2")
    last = store.page("checkouts", AT + timedelta(minutes=1), first.cursor)
    assert (len(last.readings), last.expected, last.cursor) == (2, None, "")
    assert store.page("orders", AT) == Page(kind="page", expected=0)
