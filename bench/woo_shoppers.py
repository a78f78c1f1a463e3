"""Shoppers at a WooCommerce checkout, as requests of their browsers: each yields its name and the seconds it took."""

import re
import time
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any
from urllib.parse import urlencode

import requests

PATIENCE = 60.0
NUMBERS = count(int(time.time()) % 10_000_000)
NAMES = ("Dagmar", "Dagmara", "Dagmarella")
"""Corrected again and again: each is something that the plugin has to write down."""
CONSENT = "comeback/sms-consent"

Took = tuple[str, float]


def at_block(store: str, product: int, *, consents: bool, buys: bool) -> Iterator[Took]:
    """The checkout block's calls of the Store API."""
    asking = requests.Session()
    api = f"{store}/wp-json/wc/store/v1"
    # A browser's cookies and nonce, not a Cart-Token: that would be another way through the store.
    asking.headers["Nonce"] = timed(asking, "GET", f"{api}/cart")[0].headers["Nonce"]
    timed(asking, "POST", f"{api}/cart/add-item", json={"id": product, "quantity": 1})
    who = address()
    yield update(asking, api, who, "block: phone typed")
    ticked = {CONSENT: True} if consents else {}
    _, took = timed(asking, "PUT", f"{api}/checkout", json={"additional_fields": ticked})
    yield "block: box ticked", took
    for name in NAMES:
        yield update(asking, api, {**who, "first_name": name}, "block: update-customer")
    if not buys:
        return
    order = {
        "billing_address": who,
        "shipping_address": who,
        "payment_method": "cod",
        "additional_fields": ticked,
    }
    _, took = timed(asking, "POST", f"{api}/checkout", json=order)
    yield "block: checkout", took


def update(asking: requests.Session, api: str, who: Mapping[str, str], name: str) -> Took:
    body = {"billing_address": who, "shipping_address": {k: v for k, v in who.items() if k != "email"}}
    return name, timed(asking, "POST", f"{api}/cart/update-customer", json=body)[1]


def at_classic(store: str, path: str, product: int, *, consents: bool, buys: bool) -> Iterator[Took]:
    """The classic checkout's page and its two calls."""
    asking = requests.Session()
    timed(asking, "GET", f"{store}/", params={"add-to-cart": str(product)})
    page, took = timed(asking, "GET", store + path)
    yield "classic: page", took
    nonces = [found(rf'{name}":"(\w+)', page.text) for name in ("update_order_review_nonce",)]
    nonces.append(found(r'name="woocommerce-process-checkout-nonce" value="(\w+)"', page.text))
    form = {f"billing_{name}": value for name, value in address().items()}
    form["payment_method"] = "cod"
    if consents:  # the box, and what says that it was shown
        names = re.findall(r'<input[^>]*name="([^"]*comeback[^"]*)"', page.text)
        assert names, "the plugin's box isn't on the page"
        form.update(dict.fromkeys(names, "1"))
    for name in NAMES:
        form["billing_first_name"] = name
        body = {"security": nonces[0], "post_data": urlencode(form)}
        _, took = timed(asking, "POST", f"{store}/", params={"wc-ajax": "update_order_review"}, data=body)
        yield "classic: update_order_review", took
    if not buys:
        return
    form["woocommerce-process-checkout-nonce"] = nonces[1]
    answer, took = timed(asking, "POST", f"{store}/", params={"wc-ajax": "checkout"}, data=form)
    assert answer.json()["result"] == "success", answer.text[:500]
    yield "classic: checkout", took


def timed(asking: requests.Session, method: str, url: str, **more: Any) -> tuple[requests.Response, float]:
    begun = time.perf_counter()
    answer = asking.request(method, url, timeout=PATIENCE, **more)
    took = time.perf_counter() - begun
    assert answer.ok, f"{method} {url}: {answer.status_code} {answer.text[:500]}"
    return answer, took


def found(pattern: str, text: str) -> str:
    hit = re.search(pattern, text)
    assert hit, f"nothing on the page looks like {pattern}"
    return hit[1]


def address() -> dict[str, str]:
    """A new fictional person."""
    return {
        "first_name": "Dagmarella",
        "last_name": "Exemplarova",
        "email": f"bench{next(NUMBERS)}@example.com",
        "phone": "(212) 555-0142",
        "address_1": "1 Main Street",
        "city": "New York",
        "state": "NY",
        "postcode": "10001",
        "country": "US",
    }
