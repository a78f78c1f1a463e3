"""Lists of the REST API: filters, order and pages, with core's checks of the parameters."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.woocommerce.errors import invalid_param
from sandbox.woocommerce.php import parse, truthy
from sandbox.woocommerce.state import Order
from sandbox.woocommerce.store import WooStore

STATUSES = [
    "any",
    "trash",
    "auto-draft",
    "pending",
    "processing",
    "on-hold",
    "completed",
    "cancelled",
    "refunded",
    "failed",
    "checkout-draft",
]

DRAFT = "checkout-draft"  # shown only to those who ask for drafts and nothing else (seen on 11.0.1)


@dataclass(frozen=True, slots=True)
class Listed:
    """One page and the totals for X-WP-Total and X-WP-TotalPages."""

    items: list[Any]
    total: int
    pages: int
    page: int


def page_of(items: list[Any], query: Mapping[str, str]) -> Listed:
    size, page = whole(query, "per_page", 10, 1, 100), whole(query, "page", 1, 1, None)
    pages = -(-len(items) // size)
    past = page > pages and pages > 0
    return Listed(items[(page - 1) * size : page * size], len(items), 0 if past else pages, page)


def whole(query: Mapping[str, str], name: str, default: int, least: int, most: int | None) -> int:
    text = query.get(name, str(default))
    if not text.isdigit():
        raise invalid_param(name, f"{name} is not of type integer.", "rest_invalid_type")
    if int(text) < least or (most is not None and int(text) > most):
        if most is None:
            reason = f"{name} must be greater than or equal to {least}"
        else:
            reason = f"{name} must be between {least} (inclusive) and {most} (inclusive)"
        raise invalid_param(name, reason, "rest_out_of_bounds")
    return int(text)


def find_orders(store: WooStore, query: Mapping[str, str]) -> list[Order]:
    """The orders that the query's filters leave, in the order it asks for (default: newest first)."""
    wanted = statuses(query)
    pool = list(store.orders.values()) + (list(store.trash.values()) if "trash" in wanted else [])
    found = [order for order in pool if order.status in wanted or "any" in wanted]
    if wanted != [DRAFT]:
        found = [order for order in found if order.status != DRAFT]
    for name in ("include", "exclude"):
        if query.get(name):
            ids = {part.strip() for part in query[name].split(",")}
            found = [order for order in found if (str(order.id) in ids) == (name == "include")]
    if query.get("search"):
        found = [order for order in found if says(order, query["search"].lower())]
    if query.get("customer") not in (None, "", "0"):
        found = []  # every shopper here is a guest
    return in_order([order for order in found if in_time(store, order, query)], query)


def statuses(query: Mapping[str, str]) -> list[str]:
    wanted = [part.strip() for part in query.get("status", "any").split(",")]
    for place, status in enumerate(wanted):
        if status not in STATUSES:
            reason = f"status[{place}] is not one of {', '.join(STATUSES[:-1])}, and {STATUSES[-1]}."
            raise invalid_param("status", reason, "rest_not_in_enum")
    return wanted


def says(order: Order, words: str) -> bool:
    """Core's search looks through id, names, e-mail and phone."""
    if order.anonymized:
        return words == str(order.id)
    request = order.request
    texts = (str(order.id), request.first_name, request.last_name, request.email, request.phone)
    return any(words in text.lower() for text in texts if text)


def in_time(store: WooStore, order: Order, query: Mapping[str, str]) -> bool:
    """after, before, modified_after, modified_before: to the second, site time unless dates_are_gmt. One with an offset
    becomes site time first (WP_Date_Query), and is then taken for UTC all the same (seen on WooCommerce 11.0.1)."""
    gmt = truthy(query.get("dates_are_gmt"))
    for name in ("after", "before", "modified_after", "modified_before"):
        if query.get(name):
            moment = order.modified_at if name.startswith("modified") else order.created_at
            limit = given_time(name, query[name], store.shop.zone, gmt)
            moment = moment.replace(microsecond=0)
            if not (moment > limit if name.endswith("after") else moment < limit):
                return False
    return True


def given_time(name: str, text: str, zone: str, gmt: bool) -> datetime:
    try:
        wall = parse(text, zone).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    except ValueError:
        raise invalid_param(name, "Invalid date.", "rest_invalid_date") from None
    return wall.replace(tzinfo=UTC if gmt else ZoneInfo(zone))


def in_order(orders: list[Order], query: Mapping[str, str]) -> list[Order]:
    by, way = query.get("orderby", "date"), query.get("order", "desc")
    if by not in ("date", "id", "include", "title", "slug", "modified"):
        reason = "orderby is not one of date, id, include, title, slug, and modified."
        raise invalid_param("orderby", reason, "rest_not_in_enum")
    if way not in ("asc", "desc"):
        raise invalid_param("order", "order is not one of asc and desc.", "rest_not_in_enum")

    def place(order: Order) -> tuple[datetime, int]:
        return (order.modified_at if by == "modified" else order.created_at).replace(microsecond=0), order.id

    return sorted(orders, key=place, reverse=way == "desc")
