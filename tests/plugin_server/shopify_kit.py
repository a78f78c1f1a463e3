"""A shop that opens the app in its admin, as Shopify's pages do."""

from urllib.parse import parse_qsl

import requests
from spine_kit import rows, wait_idle
from sqlalchemy import text

from plugin_server.jobs import ingest
from plugin_server.store import shops

TEA = "tea.myshopify.com"


def open_shop(spine, id: str = "tea", **more) -> None:
    """A shop at Shopify that doesn't have the app yet."""
    s = spine.machine.settings
    facts = {"name": "Tea & Co", "currency": "GBP", "country": "GB", "locale": "en-GB"}
    app = {"client_id": s.shopify_client_id, "webhook_secret": s.shopify_client_secret}
    hook = {"webhook_url": f"{spine.url}/webhooks/shopify"}
    spine.world.post(
        "/sandbox/shops",
        {"id": id, "platform": "shopify", "domain": f"{id}.myshopify.com", **facts, **app, **hook, **more},
    )


def session_token(spine, id: str = "tea", **more) -> str:
    return spine.world.post(f"/sandbox/shops/{id}/session-token", more)["token"]


def query(spine, id: str = "tea", **more) -> str:
    return spine.world.post(f"/sandbox/shops/{id}/session-token", more)["query"]


def open_app(spine, id: str = "tea", **more) -> requests.Response:
    """The merchant opens the app: its first page is asked for as a document."""
    return requests.get(f"{spine.url}/?{query(spine, id, **more)}", timeout=30, allow_redirects=False)


def fetch(spine, token: str) -> requests.Response:
    return requests.get(
        spine.url, headers={"Authorization": f"Bearer {token}"}, timeout=30, allow_redirects=False
    )


def found(spine, domain: str = TEA):
    with spine.machine.db.system() as c:
        return shops.by_domain(c, spine.machine.secrets.vault, "shopify", domain)


def kept(spine, domain: str = TEA):
    return spine.machine.keeper.kept(found(spine, domain).shop)


def apply_webhooks(spine) -> list[str]:
    """Apply what came in; the states of all events, oldest first."""
    wait_idle(spine)
    ingest.run(spine.machine)
    return [row.state for row in rows(spine, "SELECT state FROM events ORDER BY id")]


def change_tokens(spine, **columns) -> None:
    """Set columns of the only row of tokens."""
    with spine.machine.db.system() as c:
        for name, value in columns.items():
            c.execute(text(f"UPDATE shop_tokens SET {name} = :v"), {"v": value})  # noqa: S608


def pairs(address: str) -> dict[str, str]:
    return dict(parse_qsl(address.partition("?")[2], keep_blank_values=True))


__all__ = [name for name in dir() if not name.startswith("_") and name not in ("json", "text", "tokens")]
