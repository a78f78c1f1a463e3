"""What tests of re-reading do again and again: webhooks are lost, the store is read again, watermarks are looked at."""

import re

import spine_kit as kit
from shopify_kit import open_shop
from sqlalchemy import text

from connectors.platforms.shopify.admin import operation
from plugin_server.jobs import rereading
from plugin_server.store import watermarks

MUGS = {"id": "mugs", "platform": "shopify", "domain": "mugs.myshopify.com", "name": "Mugs & More"}
# So many checkouts stand on a page.
PAGE = int(re.findall(r"abandonedCheckouts\(first: (\d+)", operation("CheckoutsSince"))[0])


def deaf(spine) -> None:
    """From now on no webhook of the mugs shop leaves."""
    _listen(spine, "")


def hearing(spine) -> None:
    """Webhooks leave again; those that were lost stay lost."""
    _listen(spine, f"{spine.url}/webhooks/shopify")


def _listen(spine, url: str) -> None:
    s = spine.machine.settings
    app = {"client_id": s.shopify_client_id, "webhook_secret": s.shopify_client_secret}
    spine.world.post("/sandbox/shops", {**MUGS, **app, "webhook_url": url})


def only_shopify(spine) -> None:
    """The shop at WooCommerce isn't read."""
    kit.change(
        spine, "DELETE FROM watermarks WHERE shop_id IN (SELECT id FROM shops WHERE platform = 'woocommerce')"
    )


def watched(spine, back: dict | None = None) -> None:
    """The mugs shop is read from now on, as if all before were known; no other is."""
    only_shopify(spine)
    now = spine.machine.clock.now()
    with spine.machine.db.system() as c:
        watermarks.begin(c, shop_id(spine), dict.fromkeys(("orders", "checkouts"), now), now)
        c.execute(text("UPDATE watermarks SET read_at = :now"), {"now": now})


def shop_id(spine, shop: str = "mugs") -> int:
    return kit.rows(spine, "SELECT id FROM shops WHERE key = :key", key=spine.keys[shop])[0].id


def read_again(spine) -> int:
    """All that is due, until nothing is."""
    turns = 0
    for _ in range(200):
        done = rereading.run(spine.machine)
        turns += done
        if not done:
            return turns
    raise AssertionError(f"it is never done: {marks(spine)}")


def marks(spine) -> dict:
    """The watermarks by what they are of."""
    return {row.what: row for row in kit.rows(spine, "SELECT * FROM watermarks ORDER BY what DESC")}


def heal(spine) -> None:
    """Ten minutes later, what is due is read; then clock and workers do what follows."""
    kit.skip(spine, minutes=11)
    read_again(spine)
    kit.work(spine)


def traced(spine) -> list[str]:
    return [
        r.reason for r in kit.rows(spine, "SELECT reason FROM traces WHERE \"check\" = 'reread' ORDER BY id")
    ]


__all__ = [
    "MUGS",
    "PAGE",
    "deaf",
    "heal",
    "hearing",
    "marks",
    "only_shopify",
    "open_shop",
    "read_again",
    "shop_id",
    "traced",
    "watched",
]
