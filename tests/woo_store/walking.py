"""What the tests of a real store do again and again."""

import spine_kit as kit
from playwright.sync_api import expect
from storefront import open_checkout


def left(comeback, store, page, path, person, *products):
    """Somebody fills a cart, types phone and address, ticks the box and leaves."""
    for product in products or store.products[:1]:
        page.goto(f"{store.url}/?{product}")
    checkout = open_checkout(page, store.url + path, comeback.wording)
    expect(checkout.box()).not_to_be_checked()
    checkout.contact(person)
    checkout.tick()
    checkout.address(person)
    return checkout


def texted(comeback, store):
    """The store's background jobs run, and what is due goes out. All texts so far."""
    states = comeback.hear(store)
    assert states and set(states) <= {"applied", "ignored"}, comeback.story()
    comeback.stock_codes()
    kit.work(comeback)
    return kit.texts(comeback)


def only_text(comeback, store):
    found = texted(comeback, store)
    assert len(found) == 1, comeback.story()
    return found[0]


def lines(page, store):
    """What lies in this visitor's cart: names and quantities."""
    told = page.context.request.get(f"{store.url}/wp-json/wc/store/v1/cart").json()
    return {item["name"]: item["quantity"] for item in told["items"]}
