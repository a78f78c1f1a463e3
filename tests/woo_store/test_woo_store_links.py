"""A restore link brings a cart back and nothing else, to whoever holds it; one that isn't right changes nothing."""

import re

import pytest
from walking import left, lines

PATH = "/checkout/"


@pytest.fixture
def link(comeback, store, devices, person):
    """The link of a cart that somebody left."""
    page = devices()
    left(comeback, store, page, PATH, person, *store.products[:2])
    comeback.hear(store)
    return comeback.snapshots()[-1]["cart"]["restore_url"]


def parts(link):
    found = re.fullmatch(r"(.*\?comeback=)([0-9a-f]{32})\.([0-9]+)\.([0-9a-f]{32})", link)
    assert found, link
    return found.groups()


def spoilt(link):
    """Links that look like it: forged, made to last, of another cart, cut short, and no link at all."""
    address, cart, expires, mac = parts(link)
    flipped = format(int(mac[0], 16) ^ 1, "x") + mac[1:]
    return (
        f"{address}{cart}.{expires}.{flipped}",
        f"{address}{cart}.{int(expires) + 86_400}.{mac}",
        f"{address}{cart[::-1]}.{expires}.{mac}",
        f"{address}{cart}.{expires}.{'0' * 32}",
        f"{address}{cart}.{expires}.{mac[:31]}",
        f"{address}{cart}.{expires}",
        f"{address}{cart}.-1.{mac}",
        f"{address}",
        f"{address.replace('comeback=', 'comeback[]=')}{cart}.{expires}.{mac}",
        f"{address}%00%27%22%3Cscript%3E",
    )


def test_links_that_are_not_right_change_nothing(comeback, store, devices, link):
    for bad in spoilt(link):
        page = devices()
        page.goto(f"{store.url}/?{store.products[0]}")
        before = lines(page, store)
        answer = page.goto(f"{bad}&comeback_coupon=FREE&utm_id=x")
        assert answer.ok and "comeback=" not in page.url, bad
        assert lines(page, store) == before and before, bad
        page.context.close()


def test_a_link_adds_what_is_lacking_logs_nobody_in_and_shows_nobody(comeback, store, devices, link, person):
    page = devices()
    page.goto(f"{store.url}/?{store.products[0]}")
    before = lines(page, store)
    answer = page.goto(link)
    assert answer.ok
    assert before.items() <= lines(page, store).items() and len(lines(page, store)) == 2
    again = page.goto(link)
    assert again.ok and sum(lines(page, store).values()) == 2
    told = page.context.request.get(f"{store.url}/wp-json/wc/store/v1/cart").text().casefold()
    seen = told + page.content().casefold()
    for secret in (
        person.email,
        person.phone,
        person.e164,
        person.first_name,
        person.last_name,
        person.address,
    ):
        assert secret.casefold() not in seen
    assert not any("logged_in" in cookie["name"] for cookie in page.context.cookies())


def test_a_link_leaves_no_trace_of_itself_in_addresses_and_caches(store, devices, link):
    page = devices()
    first = page.context.request.get(link, max_redirects=0)
    assert first.status == 302 and "comeback" not in first.headers["location"]
    assert "no-store" in first.headers["cache-control"]
    assert first.headers["referrer-policy"] == "no-referrer"


def test_the_link_of_a_cart_that_was_bought_is_spent(comeback, store, devices, person):
    checkout = left(comeback, store, devices(), PATH, person)
    comeback.hear(store)
    link = comeback.snapshots()[-1]["cart"]["restore_url"]
    checkout.pay(store.gateway)
    other = devices()
    other.goto(link)
    assert lines(other, store) == {} and "comeback=" not in other.url
