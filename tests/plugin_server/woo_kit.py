"""What tests of the shop at WooCommerce do again and again: its store is asked, its webhooks are lost."""

from connectors.platforms.woocommerce.client import Store
from plugin_server.store import shops


def store_of(spine) -> Store:
    """The store, asked as we ask it."""
    with spine.machine.db.system() as c:
        installed = shops.by_key(c, spine.machine.secrets.vault, None, spine.keys["wool"])
    assert installed is not None
    return Store(installed.shop.domain, spine.machine.store_secrets(installed))


def coupons(spine) -> dict[str, dict]:
    """What really stands in the store, by code."""
    return {row["code"]: row for page in store_of(spine).pages("coupons") for row in page}


def deaf(spine) -> None:
    """From now on no webhook of the store leaves; core never sends a lost one again."""
    store = store_of(spine)
    for row in store.get("webhooks", per_page=100):
        store.put(f"webhooks/{row['id']}", {"status": "paused"})
