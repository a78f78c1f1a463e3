"""The way back into a checkout."""

from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shopify_cast import DOMAIN, recorded

from connectors.platforms.shopify import connector
from connectors.platforms.shopify.links import LONGEST, permalink
from sequences.cart import Line
from sequences.errors import BadValue
from sequences.money import Money

LINK = recorded("checkouts_update.json")["abandoned_checkout_url"]


def query(link: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(link).query)


def test_code_and_campaign_are_added_and_the_key_stays():
    made = connector.recovery_link(LINK, code="BACK 10&x", utm={"utm_campaign": "cart", "utm_id": "k7"})
    assert made.startswith(LINK + "&")
    assert query(made)["discount"] == ["BACK 10&x"]
    assert query(made)["utm_source"] == ["sms"]
    assert query(made)["utm_id"] == ["k7"]


def test_without_a_code_there_is_no_discount():
    assert "discount" not in query(connector.recovery_link(LINK))


def test_what_was_there_before_under_our_names_is_replaced():
    made = connector.recovery_link(
        LINK + "&discount=OLD&utm%5Fsource=ad&dis=1", code="NEW", utm={"utm_source": "email"}
    )
    assert query(made)["discount"] == ["NEW"]
    assert query(made)["utm_source"] == ["email"]
    assert query(made)["dis"] == ["1"]


@pytest.mark.parametrize(
    ("link", "made"),
    [
        ("https://a.example/r", "https://a.example/r?utm_source=sms&utm_medium=sms&discount=C"),
        ("https://a.example/r?", "https://a.example/r?utm_source=sms&utm_medium=sms&discount=C"),
        (
            "https://a.example/r?key=a%2Bb&x#f",
            "https://a.example/r?key=a%2Bb&x&utm_source=sms&utm_medium=sms&discount=C#f",
        ),
        (
            "http://127.0.0.1:8080/r?key=1",
            "http://127.0.0.1:8080/r?key=1&utm_source=sms&utm_medium=sms&discount=C",
        ),
    ],
)
def test_every_kind_of_link_keeps_its_own_bytes(link, made):
    assert connector.recovery_link(link, code="C") == made


@pytest.mark.parametrize(
    "link",
    [
        "",
        "javascript:alert(1)",
        "//a.example/r",
        "ftp://a.example/",
        "https://",
        "https://[",
        "https://shop@evil.example/",
        "/r",
    ],
)
def test_what_is_no_web_address_is_refused(link):
    with pytest.raises(BadValue, match="recovery_link"):
        connector.recovery_link(link)


# -- permalinks


def goods(variant: str, quantity: int = 1) -> Line:
    return Line(title="Mug", quantity=quantity, price=Money(Decimal(1), "USD"), variant_id=variant)


def test_a_permalink_names_goods_and_numbers():
    assert permalink(DOMAIN, [goods("601", 2), goods("602")]) == f"https://{DOMAIN}/cart/601:2,602:1"
    assert (
        permalink(DOMAIN, [goods("601", 2), goods("602", 0), goods("601")]) == f"https://{DOMAIN}/cart/601:3"
    )


@pytest.mark.parametrize(
    ("domain", "lines"),
    [
        (DOMAIN, []),
        (DOMAIN, [goods("601", 0)]),
        (DOMAIN, [goods("601"), goods("")]),
        (DOMAIN, [goods("601?discount=FREE")]),
        (DOMAIN, [goods("601\n")]),
        (DOMAIN, [goods("0")]),
        (DOMAIN, [goods("٧")]),
        ("evil.example", [goods("601")]),
        ("demo-shop.myshopify.com@evil.example", [goods("601")]),
    ],
)
def test_what_would_not_bring_back_the_whole_cart_is_no_permalink(domain, lines):
    assert permalink(domain, lines) is None


def test_a_cart_that_is_too_long_for_a_link_has_none_rather_than_a_part_of_it():
    many = [goods(str(40_000_000_000_000 + n)) for n in range(200)]
    most = max(n for n in range(200) if permalink(DOMAIN, many[:n]))
    longest = permalink(DOMAIN, many[:most])
    assert longest and LONGEST - 20 < len(longest) <= LONGEST
    assert longest.count(":1") == most > 100
    assert permalink(DOMAIN, many[: most + 1]) is None


def test_a_permalink_carries_our_mark_into_the_order():
    made = connector.recovery_link(
        f"https://{DOMAIN}/cart/601:2,602:1", code="BACK 10&x", utm={"utm_id": "k7"}
    )
    assert made.startswith(f"https://{DOMAIN}/cart/601:2,602:1?")
    assert query(made) == {
        "utm_source": ["sms"],
        "utm_medium": ["sms"],
        "utm_id": ["k7"],
        "discount": ["BACK 10&x"],
        "attributes[recovery_ref]": ["k7"],
    }


@pytest.mark.parametrize(
    "given",
    ["attributes[recovery_ref]=old", "attributes%5Brecovery_ref%5D=old", "attributes[recovery_ref]=old&x=1"],
)
def test_a_mark_that_was_there_before_is_replaced(given):
    made = connector.recovery_link(f"https://{DOMAIN}/cart/601:2?{given}", utm={"utm_id": "k7"})
    assert query(made)["attributes[recovery_ref]"] == ["k7"]


@pytest.mark.parametrize(
    ("link", "marked"),
    [
        (f"https://{DOMAIN}/cart/601:2", True),
        (f"https://{DOMAIN}/fr/cart/601:2", True),
        (f"https://{DOMAIN}/pt-BR/cart/601:2,7:1/", True),
        (LINK, False),
        (f"https://{DOMAIN}/cart", False),
        (f"https://{DOMAIN}/cart/c/Z2NwLXVz?key=1", False),
        (f"https://{DOMAIN}/cart/601:2/more", False),
        (f"https://{DOMAIN}/checkouts/ac/cart/601:2/recover", False),
    ],
)
def test_only_a_permalink_gets_an_attribute(link, marked):
    made = connector.recovery_link(link, code="C", utm={"utm_id": "k7"})
    assert ("attributes[recovery_ref]" in query(made)) is marked
    assert "attributes[recovery_ref]" not in query(connector.recovery_link(link, code="C"))


TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


@given(st.dictionaries(st.integers(1, 2**60), st.integers(1, 99), min_size=1, max_size=20), TEXT, TEXT, TEXT)
def test_a_permalink_says_when_it_is_read_what_it_was_told_and_nothing_more(wanted, code, mark, campaign):
    link = permalink(DOMAIN, [goods(str(variant), n) for variant, n in wanted.items()])
    made = urlsplit(connector.recovery_link(link, code=code, utm={"utm_id": mark, "utm_campaign": campaign}))
    assert (made.scheme, made.hostname) == ("https", DOMAIN)
    pairs = [pair.split(":") for pair in made.path.removeprefix("/cart/").split(",")]
    assert {int(variant): int(n) for variant, n in pairs} == wanted
    assert parse_qs(made.query, strict_parsing=True) == {
        "utm_source": ["sms"],
        "utm_medium": ["sms"],
        "utm_id": [mark],
        "utm_campaign": [campaign],
        "discount": [code],
        "attributes[recovery_ref]": [mark],
    }
