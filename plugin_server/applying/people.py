"""Consent, erasure, and the end of an installation."""

from plugin_server.applying.effect import Effect, Here
from plugin_server.store import erasure, people, touches
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
    people.claim(here.tx, (event.claim,))
    phone = here.tx.phone(event.claim.phone)
    assert phone is not None  # noqa: S101  (a claim has a phone)
    if event.claim.state in ("unsubscribed", "redacted"):
        touches.cancel_for_phone(here.tx, phone, "consent was withdrawn at the store", here.now)
    carts = people.carts_with_phone(here.tx, phone)
    return Effect("applied", cart_id=carts[-1] if carts else None)


def erased(here: Here, event: ShopperErased) -> Effect:
    carts = erasure.shopper(here.tx, event, here.now)
    return Effect("applied", f"{len(carts)} cart(s) erased", forget=True)


def data_requested(here: Here, event: DataRequested) -> Effect:
    """Answering is a person's work, within 30 days: it stays in sight until somebody did it."""
    carts = erasure.carts_of(here.tx, event)
    note = f"a shopper asked for their data (request {event.request_id}): answer it"
    return Effect("parked", note, carts[-1] if carts else None)


def removed(here: Here, event: ShopRemoved) -> Effect:
    erasure.shop(here.tx)
    return Effect("applied", "all data of the shop was deleted", forget=True)


def uninstalled(here: Here, event: Uninstalled) -> Effect:
    """May come twice: the second time there is nothing left to do."""
    here.tx.run("UPDATE shops SET state = 'uninstalled' WHERE id = :shop_id AND state = 'active'")
    ended = touches.cancel_for_shop(here.tx, "the shop uninstalled", here.now)
    return Effect("applied", f"{ended} touch(es) cancelled")


def scopes(here: Here, event: ScopesChanged) -> Effect:
    return Effect("applied", "permissions are now: " + ", ".join(event.granted))


def stock(here: Here, event: StockChanged) -> Effect:
    people.set_stock(here.tx, event.product_id, event.in_stock, event.quantity, event.at or here.now)
    return Effect("applied")
