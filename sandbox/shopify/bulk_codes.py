"""Codes added to a discount in bulk: asked for at once, made a little later, each with its own fate."""

from datetime import timedelta
from typing import Any

from sandbox.shopify import discount_errors as errors
from sandbox.shopify import discounts
from sandbox.shopify.objects import gid, moment
from sandbox.shopify.records import Records
from sandbox.shopify.redeem import Bulk

Object = dict[str, Any]
TAKES = timedelta(seconds=3)


def bulk_add(store: Records, args: Object) -> Object:
    """discountRedeemCodeBulkAdd."""
    wanted = [item["code"] for item in args["codes"]]
    discount = discounts.by_id(store, args["discountId"])
    if discount is None:
        wrong = errors.user_error(["discountId"], "INVALID", "Code discount does not exist.")
    elif not wanted:
        wrong = errors.user_error(["codes"], "BLANK", "Codes can't be blank")
    elif store.world.faults.codes_refused:
        wrong = errors.user_error(["codes"], "INVALID", "Codes can't be added to this discount.")
    else:
        bulk = Bulk(store.new_id(), discount, wanted, store.now())
        store.bulks[bulk.id] = bulk
        late = timedelta(seconds=store.world.faults.codes_late_seconds)
        store.world.clock.after(TAKES + late, lambda: run(store, bulk))
        return {"bulkCreation": bulk_object(bulk), "userErrors": []}
    return {"bulkCreation": None, "userErrors": [wrong]}


def run(store: Records, bulk: Bulk) -> None:
    """What the store does in its own time."""
    fail = store.world.faults.codes_fail
    with store.world.lock:
        for code in bulk.wanted:
            wrong = errors.code_error(["code"], code, store.codes)
            if wrong is None and fail and store.world.roll(fail):
                wrong = errors.user_error(["code"], "INTERNAL_ERROR", "Something went wrong")
            if wrong is None:
                bulk.made[code] = discounts.another(store, bulk.discount, code)
            else:
                bulk.errors[code] = wrong
        bulk.done = True


def bulk_creation(store: Records, args: Object) -> Object | None:
    """discountRedeemCodeBulkCreation."""
    found = next((b for b in store.bulks.values() if bulk_gid(b) == args["id"]), None)
    return bulk_object(found) if found else None


def bulk_gid(bulk: Bulk) -> str:
    return gid("DiscountRedeemCodeBulkCreation", bulk.id)


def bulk_object(bulk: Bulk) -> Object:
    return {
        "id": bulk_gid(bulk),
        "done": bulk.done,
        "createdAt": moment(bulk.created_at),
        "codesCount": len(bulk.wanted),
        "importedCount": len(bulk.made),
        "failedCount": len(bulk.errors),
        "codes": [code_result(bulk, code) for code in bulk.wanted],
    }


def code_result(bulk: Bulk, code: str) -> Object:
    made, wrong = bulk.made.get(code), bulk.errors.get(code)
    return {
        "code": code,
        "errors": [wrong] if wrong else [],
        "discountRedeemCode": discounts.redeem_code(made) if made else None,
    }
