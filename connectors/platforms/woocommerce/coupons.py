"""Coupons in a WooCommerce store, each good for one order: a pool is those that carry its name (see `coupon_spec`).

The pool's id is that of its first coupon. Codes are unique in a store whatever their case, so a call whose answer was
lost is safe to repeat: what is taken is looked at, and counts as made if it has the pool's name.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from connectors.delivery import Credentials
from connectors.platforms.woocommerce import coupon_calls as calls
from connectors.platforms.woocommerce.client import Store
from connectors.platforms.woocommerce.coupon_settings import hindrance
from connectors.platforms.woocommerce.coupon_spec import (
    COUPON,
    described,
    first_coupon,
    further_coupon,
    hindrances,
    moment,
    pool_name,
)
from connectors.platforms.woocommerce.errors import NotJson, Refused, StoreError
from sequences.cart import Shop
from sequences.code_ports import CodesMade, NewPool, PoolMade
from sequences.errors import BadDelivery
from sequences.ports import Told

TAKEN = "woocommerce_rest_coupon_code_already_exists"
MENDED_AFTER = 1800.0  # seconds
STILL_AT_IT = 60.0
"""Seconds for which a store may go on with a request that it didn't answer in time. It looks whether a code is free
and then writes it, so the same request beside the first could make two of one code."""
SECONDS = 60.0
"""After so long a pool that takes many requests is put off."""
KEPT = timedelta(days=7)
LONG_AGO = "2000-01-01T12:00:00Z"
GONE = "the pool's first coupon is no longer in the store"
Row = Mapping[str, Any]
A = TypeVar("A", PoolMade, CodesMade, Told)


class WooCodes:
    """`sequences.code_ports.Codes` for one store."""

    batch = calls.MOST
    tidies_after: timedelta | None = KEPT

    def __init__(self, shop: Shop, credentials: Credentials) -> None:
        self._shop, self._credentials = shop, credentials

    def make(self, pool: NewPool) -> PoolMade:
        if why := next(hindrances(pool.discount, self._shop.currency), ""):
            return PoolMade(kind="refused", detail=why)
        return self._answer(PoolMade, lambda store: _make(store, pool))

    def add(self, pool_id: str, codes: Sequence[str]) -> CodesMade:
        return self._answer(CodesMade, lambda store: _add(store, pool_id, codes[: self.batch]))

    def added(self, pool_id: str, job: str, codes: Sequence[str]) -> CodesMade:
        """There are no jobs: what is asked for is made before the answer."""
        return self.add(pool_id, codes)

    def close(self, pool_id: str) -> Told:
        """After the pool's end, when its codes have ended by themselves: those whose end somebody put off end, too."""
        return self._answer(Told, lambda store: _close(store, pool_id))

    def tidy(self, pool_id: str) -> Told:
        return self._answer(Told, lambda store: _tidy(store, pool_id))

    def _answer(self, kind: type[A], ask: Callable[[Store], A]) -> A:
        try:
            store = Store(self._shop.domain, self._credentials)
            store.until = time.monotonic() + SECONDS
            return ask(store)
        except (
            StoreError
        ) as e:  # nothing is wrong with the coupons: the store is out of reach, or shuts us out
            wait = MENDED_AFTER if e.permanent else max(e.retry_after or 0.0, STILL_AT_IT)
            return kind(kind="retry_later", detail=str(e), retry_after=wait)
        except BadDelivery as e:
            why = f"a coupon in the store's answer can't be read: {e}"
            return kind(kind="retry_later", detail=why, retry_after=MENDED_AFTER)


# -- making


def _make(store: Store, pool: NewPool) -> PoolMade:
    if why := hindrance(store, pool.discount):
        return PoolMade(kind="refused", detail=why)
    try:
        made = COUPON.read(store.post("coupons", first_coupon(pool)))
        if made["code"] != pool_name(pool.code):
            return PoolMade(
                kind="refused", detail="the store gave the coupon another code than it was asked for"
            )
        return PoolMade(kind="made", id=made["id"])
    except Refused as e:
        if e.code != TAKEN:
            return PoolMade(kind="refused", detail=f"the store refused the coupon: {e}")
    row = calls.of_code(store, pool.code)
    if (
        row is not None
        and calls.in_pool(row, pool_name(pool.code))
        and row.get("description") == described(pool)
    ):
        return PoolMade(kind="made", id=COUPON.read(row)["id"], detail="it had been made before")
    return PoolMade(kind="taken", detail="the code is another coupon's")


def _add(store: Store, pool_id: str, codes: Sequence[str]) -> CodesMade:
    head = calls.head(store, pool_id)
    if head is None or not head.there:
        return CodesMade(kind="gone", detail=GONE)
    try:
        rows = calls.batch(store, "create", [further_coupon(head.row, code) for code in codes])
    except (Refused, NotJson) as e:
        if e.status == 413 and len(codes) > 1:  # by the store's own filter, or a proxy's limit
            return _add(store, pool_id, codes[: len(codes) // 2])
        if isinstance(e, NotJson):
            raise
        return CodesMade(kind="refused", detail=f"the store refused the coupons: {e}")
    return _sorted(store, head.name, dict(zip(codes, rows, strict=True)))


def _sorted(store: Store, name: str, rows: Mapping[str, Row]) -> CodesMade:
    """What became of each. Of what broke inside the store nothing is said: it may be asked for again."""
    errors = {code: error for code, row in rows.items() if isinstance(error := row.get("error"), dict)}
    ready = {code for code, row in rows.items() if row.get("code") == pool_name(code)}
    ready |= set(_there(store, name, [code for code, error in errors.items() if error.get("code") == TAKEN]))
    never = sorted(code for code, error in errors.items() if code not in ready and _final(error))
    reasons = sorted({str(errors[code].get("code") or "no code")[:60] for code in never})
    detail = f"the store refused codes: {', '.join(reasons)}" if never else ""
    return CodesMade(kind="done", ready=tuple(sorted(ready)), refused=tuple(never), detail=detail)


def _final(error: Row) -> bool:
    data = error.get("data")
    status = data.get("status") if isinstance(data, dict) else None
    return not (isinstance(status, int) and status >= 500)


def _there(store: Store, name: str, codes: Sequence[str]) -> Iterator[str]:
    """Which of these are coupons of the pool: among its newest, as after a repeated call, or looked up one by one."""
    missing = {pool_name(code): code for code in codes}
    for coupon in calls.newest(store, name) if len(missing) > 1 else ():
        if coupon["code"] in missing:
            yield missing.pop(coupon["code"])
    yield from (code for code in missing.values() if calls.in_pool(calls.of_code(store, code), name))


# -- ending


def _close(store: Store, pool_id: str) -> Told:
    head = calls.head(store, pool_id)
    if head is None:
        return Told(kind="needless", detail=GONE)
    over = LONG_AGO if head.ends is None else moment(head.ends)
    late = [c for c in calls.unused(store, head.name) if not _ended(c, head)]
    ended = list(calls.in_batches(store, "update", [{"id": c["id"], "date_expires": over} for c in late]))
    return Told(kind="told", detail=f"ended {len(ended)} of its coupons" if ended else "")


def _ended(coupon: Row, head: calls.Head) -> bool:
    expires = coupon["date_expires_gmt"]
    return expires is not None and head.ends is not None and expires <= head.ends


def _tidy(store: Store, pool_id: str) -> Told:
    """The first goes last: by it the others are found, should this break off."""
    head = calls.head(store, pool_id)
    if head is None:
        return Told(kind="needless", detail=GONE)
    numbers = [coupon["id"] for coupon in calls.unused(store, head.name)]
    first = [number for number in numbers if number == pool_id]
    others = [number for number in numbers if number != pool_id]
    gone = [*calls.in_batches(store, "delete", others), *calls.in_batches(store, "delete", first)]
    return Told(kind="told", detail=f"took {len(gone)} coupons out of the store that nobody had used")
