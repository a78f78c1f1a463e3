"""Discounts and their codes in a Shopify store.

A discount is made once, with its first code; codes are unique in a store whatever their case, so that first code is
also what keeps a repeated call from making a second discount. Further codes are added in bulk, which the store does in
its own time (shopify.dev/docs/api/admin-graphql/latest/mutations/discountRedeemCodeBulkAdd).
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from marshmallow import fields

from connectors.delivery import Credentials
from connectors.platforms.shopify.access import client
from connectors.platforms.shopify.admin import AdminClient, Throttled
from connectors.platforms.shopify.discount_inputs import OPERATIONS, discount_input
from connectors.wire import Count, Flag, Part, StoreTime, Text, Wire
from sequences.cart import Shop
from sequences.code_ports import CodesMade, NewPool, PoolMade
from sequences.errors import ComebackError
from sequences.ports import Told

BATCH = 250  # of an input array: shopify.dev/docs/api/usage/limits
MENDED_AFTER = 1800.0  # seconds
Values = Mapping[str, Any]
A = TypeVar("A", PoolMade, CodesMade, Told)


class UserError(Wire):
    code = Text()
    field = fields.List(Text(), load_default=list, allow_none=True)


class CodeNode(Wire):
    code = Text(required=True)
    errors = Part(UserError(), many=True)


class CodePage(Wire):
    nodes = Part(CodeNode(), many=True, required=True)


class Body(Wire):
    title = Text()
    codes = Part(CodePage())


class Node(Wire):
    id = Text(required=True)
    codeDiscount = Part(Body())


class Job(Wire):
    id = Text(required=True)
    createdAt = StoreTime()
    done = Flag()
    failedCount = Count()
    codes = Part(CodePage())


class Result(Wire):
    codeDiscountNode = Part(Node())
    bulkCreation = Part(Job())
    userErrors = Part(UserError(), many=True, required=True)


class Answer(Wire):
    made = Part(Result())
    added = Part(Result())
    closed = Part(Result())
    found = Part(Node())
    job = Part(Job())


ANSWER = Answer()


class ShopifyCodes:
    """`sequences.code_ports.Codes` for one store. Scopes: read_discounts, write_discounts."""

    batch = BATCH
    tidies_after: timedelta | None = None

    def __init__(self, shop: Shop, credentials: Credentials) -> None:
        self._shop, self._credentials = shop, credentials

    def make(self, pool: NewPool) -> PoolMade:
        return self._answer(PoolMade, lambda admin: _make(admin, pool))

    def add(self, pool_id: str, codes: Sequence[str]) -> CodesMade:
        return self._answer(CodesMade, lambda admin: _add(admin, pool_id, codes))

    def added(self, pool_id: str, job: str, codes: Sequence[str]) -> CodesMade:
        return self._answer(CodesMade, lambda admin: _added(admin, pool_id, job, codes))

    def close(self, pool_id: str) -> Told:
        return self._answer(Told, lambda admin: _close(admin, pool_id))

    def tidy(self, pool_id: str) -> Told:
        """A pool is one discount here, and a merchant may want to look it up."""
        return Told(kind="needless")

    def _answer(self, kind: type[A], ask: Callable[[AdminClient], A]) -> A:
        try:
            return ask(client(self._shop, self._credentials))
        except Throttled as e:
            return kind(kind="retry_later", detail=str(e), retry_after=e.seconds)
        except (
            ComebackError
        ) as e:  # nothing is wrong with the discount: somebody must mend the way to the store
            wait = MENDED_AFTER if e.permanent else None
            return kind(kind="retry_later", detail=str(e), retry_after=wait)


def _run(admin: AdminClient, name: str, part: str, **variables: Any) -> Any:
    return ANSWER.read(admin.run(name, variables))[part]


def _make(admin: AdminClient, pool: NewPool) -> PoolMade:
    result = _run(admin, OPERATIONS[pool.discount.kind], "made", discount=discount_input(pool))
    errors = result["userErrors"] if result else ()
    if not errors:
        node = result["codeDiscountNode"] if result else None
        if node is None:
            return PoolMade(kind="retry_later", detail="the store said neither yes nor no")
        return PoolMade(kind="made", id=node["id"])
    if any(error["code"] == "TAKEN" for error in errors):
        return _taken(admin, pool)
    return PoolMade(kind=_verdict(errors), detail=_said("the discount", errors))


def _taken(admin: AdminClient, pool: NewPool) -> PoolMade:
    """By ourselves, if an earlier call landed whose answer was lost: the title tells."""
    found = _run(admin, "DiscountOfCode", "found", code=pool.code)
    if found and (found["codeDiscount"] or {}).get("title") == pool.title:
        return PoolMade(kind="made", id=found["id"], detail="it had been made before")
    return PoolMade(kind="taken", detail="the code is another discount's")


def _add(admin: AdminClient, pool_id: str, codes: Sequence[str]) -> CodesMade:
    given = [{"code": code} for code in codes[:BATCH]]
    result = _run(admin, "AddCodes", "added", id=pool_id, codes=given)
    if result and result["userErrors"]:
        errors = result["userErrors"]
        if _run(admin, "CodesOfDiscount", "found", id=pool_id) is None:
            return CodesMade(kind="gone", detail="the store knows no such discount any more")
        return CodesMade(kind=_verdict(errors), detail=_said("codes", errors))
    if not result or not result["bulkCreation"]:
        return CodesMade(kind="retry_later", detail="the store said neither yes nor no")
    job = result["bulkCreation"]
    return CodesMade(kind="pending", job=job["id"], begun=job["createdAt"])


def _added(admin: AdminClient, pool_id: str, job: str, codes: Sequence[str]) -> CodesMade:
    found = _run(admin, "CodesAdded", "job", job=job, each=False)
    if found is None:
        return CodesMade(kind="refused", detail="the store knows nothing of adding these codes")
    if not found["done"]:
        return CodesMade(kind="pending", job=job, begun=found["createdAt"])
    if found["failedCount"] == 0:
        return CodesMade(kind="done", ready=tuple(codes))
    each = _run(admin, "CodesAdded", "job", job=job, each=True)
    nodes = each["codes"]["nodes"] if each and each["codes"] else ()
    return _sorted(admin, pool_id, codes, {node["code"].casefold(): node["errors"] or () for node in nodes})


def _sorted(
    admin: AdminClient, pool_id: str, codes: Sequence[str], said: Mapping[str, Sequence[Values]]
) -> CodesMade:
    """A code that is taken may be so by this very discount, from a call whose answer was lost. What failed inside the
    store, or wasn't spoken of, may be asked for again."""
    told = {code: said[code.casefold()] for code in codes if code.casefold() in said}
    ready = {code for code, errors in told.items() if not errors}
    failed = {code: errors for code, errors in told.items() if errors}
    taken = [code for code, errors in failed.items() if any(e["code"] == "TAKEN" for e in errors)]
    ready |= set(_there(admin, pool_id, taken)) if taken else set()
    never = {code for code, errors in failed.items() if _verdict(errors) == "refused"} - ready
    detail = _said("codes", [error for code in sorted(never) for error in failed[code]]) if never else ""
    return CodesMade(kind="done", ready=tuple(sorted(ready)), refused=tuple(sorted(never)), detail=detail)


def _there(admin: AdminClient, pool_id: str, codes: Sequence[str]) -> tuple[str, ...]:
    """Which of these are codes of the discount, looking at its newest."""
    found = _run(admin, "CodesOfDiscount", "found", id=pool_id)
    page = found["codeDiscount"]["codes"] if found and found["codeDiscount"] else None
    known = {node["code"].casefold() for node in page["nodes"]} if page else set()
    return tuple(code for code in codes if code.casefold() in known)


def _close(admin: AdminClient, pool_id: str) -> Told:
    result = _run(admin, "CloseDiscount", "closed", id=pool_id)
    if result is None:
        return Told(kind="retry_later", detail="the store said neither yes nor no")
    errors = result["userErrors"]
    if any("id" in (error["field"] or ()) for error in errors):
        return Told(kind="needless", detail="the store knows no such discount any more")
    return Told(kind=_verdict(errors), detail=_said("an end", errors)) if errors else Told(kind="told")


def _verdict(errors: Sequence[Values]) -> Any:
    """DiscountErrorCode: only what broke inside the store may work another time."""
    return "retry_later" if all(e["code"] in ("INTERNAL_ERROR", "") for e in errors) else "refused"


def _said(what: str, errors: Sequence[Values]) -> str:
    each = [f"{e['code'] or 'no code'} at {'.'.join(e['field'] or ()) or 'no field'}" for e in errors[:3]]
    return f"the store refused {what}: {', '.join(each)}"
