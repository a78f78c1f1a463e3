"""What is asked of a store about the coupons of a pool. Everything raises StoreError, and BadDelivery for a coupon that
can't be read."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from connectors.platforms.woocommerce.client import PER_PAGE, Store
from connectors.platforms.woocommerce.coupon_spec import COUPON, ENDS, FIELDS, POOL
from connectors.platforms.woocommerce.errors import NotFound, NotJson
from connectors.wire import store_time
from sequences.errors import BadValue

MOST = 100  # of a batch: more are refused with 413
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Head:
    """The first coupon of a pool. `ends`: when the pool does, None if its mark was lost; `row`: all that the store
    tells of it."""

    name: str
    ends: datetime | None
    there: bool  # False: in the trash
    row: Row


def head(store: Store, pool_id: str) -> Head | None:
    """None if it was deleted, or is no coupon of ours any more."""
    try:
        row = store.get(f"coupons/{pool_id}")
    except NotFound:
        return None
    known = COUPON.read(row)
    meta = known["meta_data"]
    if not meta.get(POOL):
        return None
    return Head(meta[POOL], _time(meta.get(ENDS, "")), known["status"] != "trash", row)


def _time(text: str) -> datetime | None:
    try:
        return store_time(text)
    except BadValue:
        return None


def of_code(store: Store, code: str) -> Row | None:
    rows = store.get("coupons", code=code, per_page=1)
    return next(iter(_rows(rows)), None)


def in_pool(row: Row | None, name: str) -> bool:
    return row is not None and COUPON.read(row)["meta_data"].get(POOL) == name


def newest(store: Store, name: str) -> Iterator[dict[str, Any]]:
    """The hundred that were made last. A search finds words of codes and descriptions, so others may be among them."""
    rows = store.get("coupons", search=name, orderby="id", order="desc", per_page=PER_PAGE, _fields=FIELDS)
    yield from (COUPON.read(row) for row in _rows(rows) if in_pool(row, name))


def unused(store: Store, name: str) -> Iterator[dict[str, Any]]:
    """All of the pool that stand in no order."""
    for page in store.pages("coupons", search=name, orderby="id", order="asc", _fields=FIELDS):
        known = (COUPON.read(row) for row in _rows(page) if in_pool(row, name))
        yield from (coupon for coupon in known if not coupon["usage_count"])


def batch(store: Store, act: Literal["create", "update", "delete"], things: Sequence[object]) -> list[Row]:
    """One call for `MOST` at most. Returns what became of each, in their order: it itself, or `{"id", "error"}`."""
    answer = store.post("coupons/batch", {act: list(things)})
    rows = _rows(answer.get(act) if isinstance(answer, dict) else None)
    if len(rows) != len(things):
        raise NotJson("the store's answer should tell of each coupon in the batch")
    return rows


def in_batches(
    store: Store, act: Literal["create", "update", "delete"], things: Iterable[object]
) -> Iterator[Row]:
    waiting = list(things)
    for start in range(0, len(waiting), MOST):
        yield from batch(store, act, waiting[start : start + MOST])


def _rows(found: object) -> list[Row]:
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise NotJson("the store's answer should be a list of coupons")
    return found
