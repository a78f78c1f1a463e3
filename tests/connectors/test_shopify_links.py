"""The way back into a checkout."""

from urllib.parse import parse_qs, urlsplit

import pytest
from shopify_cast import recorded

from connectors.platforms.shopify import connector
from sequences.errors import BadValue

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
