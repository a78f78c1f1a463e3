"""What changed in a store since a moment, page by page: the webhooks that never came, which core doesn't send again.

A page is asked for by time, not by its number: "what changed at `at` or later, oldest change first". Whatever changes
meanwhile moves to the end and is read there; whatever goes (to the trash) moves nothing. Only a crowd, more than a page
that changed within one second, as when a merchant changes many orders at once, has no other order than its ids. It is
read page by page from its last: an order can only leave that second, and then only what was read already moves.

Not found: what was put in the trash, which is in no list. An unpaid order there ends as the last look sees it gone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from connectors.delivery import Credentials
from connectors.platforms.woocommerce.client import PER_PAGE, Listed, Store
from connectors.platforms.woocommerce.errors import NotJson, StoreError
from connectors.platforms.woocommerce.links import RELEASE
from connectors.platforms.woocommerce.reading import read_rest
from connectors.platforms.woocommerce.schema import ORDER
from connectors.wire import store_time
from sequences.cart import Shop
from sequences.errors import BadDelivery, BadValue
from sequences.events import Reading
from sequences.reread_ports import Page, What

WHATS: tuple[What, ...] = ("orders",)
LAG: Mapping[What, timedelta] = {
    # By the store's clock, which may be a quarter of an hour off: farther, and over http it takes no key of ours.
    "orders": timedelta(minutes=20),
}
FIELDS = ",".join(ORDER.fields)
SECOND = timedelta(seconds=1)
NO_DRAFTS_SINCE = (10, 9, 0)
Kind = Literal["any", "checkout-draft"]
KINDS: tuple[Kind, ...] = (
    "any",
    "checkout-draft",
)  # purchases first: whoever bought must be known before carts are


@dataclass(frozen=True, slots=True)
class Place:
    """Where a reading is. `page`: of the crowd that changed at `at`; 0: not in a crowd; below 0: that page of it,
    counted upwards, since the store doesn't tell (or hasn't told yet) how many there are."""

    kind: Kind
    at: datetime
    page: int = 0

    def __str__(self) -> str:
        return f"{self.kind} {_moment(self.at)} {self.page}"


class WooRereader:
    """A `sequences.reread_ports.Rereader`."""

    lag = LAG

    def __init__(self, shop: Shop, credentials: Credentials) -> None:
        self._shop, self._credentials = shop, credentials

    def page(self, what: What, since: datetime, cursor: str = "") -> Page:
        start = Place("any", since.astimezone(UTC).replace(microsecond=0))
        place = _place(cursor) if cursor else start
        if place is None:
            return Page(kind="refused", detail="this is no place in a reading of a WooCommerce store")
        try:
            return self._page(place, start, first=not cursor)
        except StoreError as e:
            kind: Literal["refused", "retry_later"] = "refused" if e.permanent else "retry_later"
            return Page(kind=kind, detail=str(e), retry_after=e.retry_after)

    def _page(self, place: Place, start: Place, *, first: bool) -> Page:
        found = _ask(Store(self._shop.domain, self._credentials), place)
        following = _following(place, found)
        if following is None and place.kind == "any" and _makes_drafts(self._shop.version):
            following = replace(start, kind="checkout-draft")
        return Page(
            kind="page",
            readings=tuple(_read(row, self._shop) for row in found.rows),
            cursor=str(following or ""),
            expected=found.total if first else None,
        )


def _makes_drafts(version: str) -> bool:
    """Whether the block checkout writes an order before "Place order": up to 10.8 (github.com/woocommerce/woocommerce
    pull request 64155). Of a version that isn't known, it may."""
    found = RELEASE.match(version)
    return found is None or tuple(int(part or 0) for part in found.groups()) < NO_DRAFTS_SINCE


def _ask(store: Store, place: Place) -> Listed:
    """`modified_after` and `modified_before` leave their own second out (WP_Date_Query)."""
    query: dict[str, Any] = {
        "status": place.kind,
        "modified_after": place.at - SECOND,
        "dates_are_gmt": True,
        "per_page": PER_PAGE,
        "_fields": FIELDS,
    }
    if not place.page:
        return store.listed("orders", **query, orderby="modified", order="asc")
    crowd = {"modified_before": place.at + SECOND, "orderby": "id", "order": "asc", "page": abs(place.page)}
    return store.listed("orders", **query, **crowd)


def _following(place: Place, found: Listed) -> Place | None:
    """None after the last page of this kind."""
    if place.page:
        return _in_crowd(place, found)
    if not (found.pages > 1 if found.pages is not None else len(found.rows) >= PER_PAGE):
        return None
    last = max(filter(None, map(_changed_at, found.rows)), default=None)
    if last is None:
        raise NotJson("none of a hundred orders says when it changed")
    if last < place.at:
        raise NotJson(
            "the store gave older orders than it was asked for: something there undoes `modified_after`"
        )
    return replace(place, at=last) if last > place.at else replace(place, page=-1)


def _in_crowd(place: Place, found: Listed) -> Place:
    beyond = Place(place.kind, place.at + SECOND)
    if place.page > 0:
        return replace(place, page=place.page - 1) if place.page > 1 else beyond
    if found.pages is not None:
        return replace(place, page=found.pages) if found.pages > 1 else beyond
    return replace(place, page=place.page - 1) if len(found.rows) >= PER_PAGE else beyond


def _changed_at(row: object) -> datetime | None:
    try:
        at = row.get("date_modified_gmt") if isinstance(row, dict) else None
        return store_time(at, naive_is_utc=True)
    except BadValue:
        return None


def _read(row: Any, shop: Shop) -> Reading:
    """One that can't be read doesn't hide the others."""
    try:
        return read_rest(row, shop)
    except BadDelivery as e:
        return Reading(notes=(f"an order can't be read: {e}",))


def _place(cursor: str) -> Place | None:
    kind, _, rest = cursor.partition(" ")
    at, _, page = rest.partition(" ")
    try:
        return next(Place(known, store_time(at), int(page)) for known in KINDS if known == kind)
    except (ValueError, BadValue, StopIteration):
        return None


def _moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
