"""Consent, erasure, and the end of an installation."""

from datetime import datetime

from plugin_server.applying.claims import evidence_of
from plugin_server.applying.effect import Effect, Here
from plugin_server.applying.stopping import ANSWERS
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
    erasure.shop(here.tx)
    return Effect("applied", "all data of the shop was deleted", forget=True)


def uninstalled(here: Here, event: Uninstalled) -> Effect:
    """May come twice: the second time there is nothing left to do. May come late: who came back since stays."""
    since = here.installed.installed_at
    if event.at is not None and since is not None and event.at < since:
        return Effect("stale", "the shop has installed the app again since")
    tokens.forget(here.tx.connection, here.tx.shop.id)
    here.tx.run("UPDATE shops SET state = 'uninstalled' WHERE id = :shop_id AND state = 'active'")
    ended = touches.cancel_for_shop(here.tx, "the shop uninstalled", here.now)
    return Effect("applied", f"{ended} touch(es) cancelled")


def scopes(here: Here, event: ScopesChanged) -> Effect:
    before = here.installed.facts.get("scopes_at")
    if event.at is not None and before and event.at < datetime.fromisoformat(str(before)):
        return Effect("stale", "permissions changed again since")
    told = {"scopes": sorted(event.granted), "scopes_at": event.at.isoformat() if event.at else None}
    shops.describe(here.tx.connection, here.tx.shop.id, told)
    tokens.set_scopes(here.tx.connection, here.tx.shop.id, event.granted)
    return Effect("applied", "permissions are now: " + ", ".join(event.granted))


def stock(here: Here, event: StockChanged) -> Effect:
    people.set_stock(here.tx, event.product_id, event.in_stock, event.quantity, event.at or here.now)
    return Effect("applied")
