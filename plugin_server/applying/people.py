"""Consent, erasure, and the end of an installation."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from plugin_server.applying.claims import evidence_of
from plugin_server.applying.effect import Effect, Here
from plugin_server.applying.stopping import ANSWERS
from plugin_server.install.tokens import lock_shop
from plugin_server.store import consents, data_requests, erasure, notices, people, shops, tokens, touches
from sequences.events import (
    ConsentChanged,
    DataRequested,
    ScopesChanged,
    ShopperErased,
    ShopRemoved,
    StockChanged,
    Uninstalled,
)

# shop/redact comes this long after the end that it is about; shop and person may have come back meanwhile.
# shopify.dev/docs/apps/build/compliance/privacy-law-compliance
AFTER_THE_END = timedelta(hours=48)
CLOCKS_DIFFER = timedelta(minutes=1)
LONG_AGO = datetime.min.replace(tzinfo=UTC)
BACK = "the shop has installed the app again since"


def consent(here: Here, event: ConsentChanged) -> Effect:
    consents.append(here.tx, evidence_of([event.claim]), here.now)
    phone = here.tx.phone(event.claim.phone)
    assert phone is not None  # noqa: S101  (a claim has a phone)
    if event.claim.state in ("unsubscribed", "redacted"):
        reason = "consent was withdrawn at the store"
        touches.cancel_for_phone(here.tx, phone, reason, here.now)
        notices.cancel(here.tx, phone, reason, here.now, spare=ANSWERS)
    carts = people.carts_with_phone(here.tx, phone)
    return Effect("applied", cart_id=carts[-1] if carts else None, phone=phone)


def erased(here: Here, event: ShopperErased) -> Effect:
    carts = erasure.shopper(here.tx, event, here.now)
    return Effect("applied", f"{len(carts)} cart(s) erased", forget=True)


def data_requested(here: Here, event: DataRequested) -> Effect:
    """Handing it over is a person's work, within 30 days: `comeback data-requests` shows it until it is done."""
    carts = erasure.carts_of(here.tx, event)
    data_requests.add(here.tx, event, here.now)
    return Effect(
        "applied",
        "a shopper asked for their data: it waits for an answer",
        carts[-1] if carts else None,
        forget=True,  # whom it names is kept with the request
    )


def removed(here: Here, event: ShopRemoved) -> Effect:
    """What was asked for because of an end that is none any more isn't done: a shop that is back needs its opt-outs and
    its evidence, and the next end will be told anew. A shop whose end we never heard of is erased all the same."""
    shop = here.tx.shop
    lock_shop(here.tx.connection, shop.domain)  # who brings it in at this moment comes first
    row = here.tx.rows("SELECT state, installed_at, facts FROM shops WHERE id = :shop_id")[0]
    ended = min(event.at or here.now, here.now) - AFTER_THE_END
    if row.state == "active" and _sign_of_life(row.installed_at, row.facts) > ended:
        return Effect("stale", f"not erased: {BACK}")
    erasure.shop(here.tx)
    return Effect("applied", "all data of the shop was deleted", forget=True)


def _sign_of_life(installed_at: datetime, facts: Mapping[str, Any]) -> datetime:
    """When the shop last let us in: it was installed, or answered us. An uninstalled one does neither."""
    heard = facts.get("heard_at")
    return max(installed_at, datetime.fromisoformat(heard)) if heard else installed_at


def uninstalled(here: Here, event: Uninstalled) -> Effect:
    """May come twice: the second time there is nothing left to do. May come late: who came back since stays, also who
    does at this very moment."""
    lock_shop(here.tx.connection, here.tx.shop.domain)
    since = here.tx.rows("SELECT installed_at FROM shops WHERE id = :shop_id")[0].installed_at
    if event.at is not None and event.at < since:
        return Effect("stale", BACK)
    tokens.forget(here.tx.connection, here.tx.shop.id)
    here.tx.run(
        "UPDATE shops SET state = 'uninstalled', uninstalled_at = :at WHERE id = :shop_id AND state = 'active'",
        at=event.at or here.now,
    )
    ended = touches.cancel_for_shop(here.tx, "the shop uninstalled", here.now)
    return Effect("applied", f"{ended} touch(es) cancelled")


def scopes(here: Here, event: ScopesChanged) -> Effect:
    """May come late: what the shop has told us of its permissions since counts."""
    lock_shop(here.tx.connection, here.tx.shop.domain)
    facts = here.tx.rows("SELECT facts FROM shops WHERE id = :shop_id")[0].facts
    if event.at is not None and event.at < _permissions_known(facts):
        return Effect("stale", "permissions changed again since")
    told = {"scopes": sorted(event.granted), "scopes_at": event.at.isoformat() if event.at else None}
    tokens.set_scopes(here.tx.connection, here.tx.shop.id, event.granted)
    shops.describe(here.tx.connection, here.tx.shop.id, told)
    return Effect("applied", "permissions are now: " + ", ".join(event.granted))


def _permissions_known(facts: Mapping[str, Any]) -> datetime:
    """As of when. What the shop answered us is held to be older than it is: its clock and ours differ."""
    told, heard = facts.get("scopes_at"), facts.get("heard_at")
    known = [datetime.fromisoformat(told)] if told else []
    return max(
        [*known, *([datetime.fromisoformat(heard) - CLOCKS_DIFFER] if heard else [])], default=LONG_AGO
    )


def stock(here: Here, event: StockChanged) -> Effect:
    people.set_stock(here.tx, event.product_id, event.in_stock, event.quantity, event.at or here.now)
    return Effect("applied")
