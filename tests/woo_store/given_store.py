"""The store that these tests were given: what they know of it, and what it says when asked with its key."""

import os
import shlex
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import requests

from connectors.platforms.woocommerce import Store
from connectors.platforms.woocommerce.client import canonical

NEEDED = ("COMEBACK_WOO_URL", "COMEBACK_WOO_KEY", "COMEBACK_WOO_SECRET")
PATIENCE = 120.0  # seconds
WHY_NOT = f'no store was given: {", ".join(NEEDED)} (docs/testing.md, "Against a real WooCommerce")'


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenStore:
    """`products`: what is put into carts, as queries. `gateway`: the id of one whose orders count as bought;
    `unpaid_gateway`: of one that leads away and leaves its orders pending.
    `cron`: the command that runs the store's due background jobs. `admin`: "user:password" of wp-admin."""

    url: str
    key: str
    secret: str = field(repr=False)
    products: tuple[str, ...] = ()
    cron: str = ""
    admin: str = field(default="", repr=False)
    gateway: str = "cod"
    unpaid_gateway: str = ""

    @property
    def credentials(self) -> Mapping[str, str]:
        return {"consumer_key": self.key, "consumer_secret": self.secret, "allow_private": "1"}

    @property
    def api(self) -> Store:
        return Store(self.url, self.credentials)

    def tell_all(self) -> None:
        """Run its background jobs until the plugin has nothing left to send: it lets half a minute pass."""
        until = time.monotonic() + PATIENCE
        self.run_jobs()
        while self.plugin.get("connection")["waiting"]:
            assert time.monotonic() < until, "the plugin never sends what it has: does the store's cron run?"
            time.sleep(2)
            self.run_jobs()

    @property
    def plugin(self) -> Store:
        return Store(self.url, self.credentials, version="wc-comeback/v1")

    def run_jobs(self) -> None:
        """What the store's cron would do: its plugin and its webhooks send what they have."""
        if self.cron:
            subprocess.run(shlex.split(self.cron), check=True, stdout=subprocess.DEVNULL, timeout=120)
        else:
            requests.get(f"{self.url}/wp-cron.php?doing_wp_cron", timeout=120)

    def order(self, number: int) -> Any:
        return self.api.get(f"orders/{number}")

    def marks(self, number: int) -> dict[str, Any]:
        """An order's meta."""
        return {row["key"]: row["value"] for row in self.order(number)["meta_data"]}

    def coupon(self, code: str) -> Any:
        (found,) = self.api.get("coupons", code=code)
        return found


def checkouts() -> list[str]:
    return os.environ.get("COMEBACK_WOO_CHECKOUTS", "/checkout/").split()


def given() -> GivenStore:
    """Skips the test if no store was given."""
    url, key, secret = (os.environ.get(name, "") for name in NEEDED)
    if not (url and key and secret):
        pytest.skip(WHY_NOT)
    store = GivenStore(
        url=canonical(url),
        key=key,
        secret=secret,
        cron=os.environ.get("COMEBACK_WOO_CRON", ""),
        admin=os.environ.get("COMEBACK_WOO_ADMIN", ""),
        gateway=os.environ.get("COMEBACK_WOO_GATEWAY", "cod"),
        unpaid_gateway=os.environ.get("COMEBACK_WOO_UNPAID_GATEWAY", ""),
        products=tuple(os.environ.get("COMEBACK_WOO_PRODUCTS", "").split()),
    )
    return store if store.products else with_products(store)


def with_products(store: GivenStore) -> GivenStore:
    """A simple product, and a variation if there is one."""
    simple = store.api.get("products", type="simple", status="publish", stock_status="instock", per_page=1)
    assert simple, "the store sells no simple product"
    found = [f"add-to-cart={simple[0]['id']}"]
    for parent in store.api.get("products", type="variable", status="publish", per_page=1):
        one = store.api.get(f"products/{parent['id']}/variations", per_page=1)[0]
        chosen = "".join(f"&attribute_{a['name'].lower()}={a['option']}" for a in one["attributes"])
        found.append(f"add-to-cart={parent['id']}&variation_id={one['id']}{chosen}")
    return replace(store, products=tuple(found))
