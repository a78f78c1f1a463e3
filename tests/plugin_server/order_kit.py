"""Orders of our own making, and what is needed to tie them."""

import json
from typing import Any

import spine_kit as kit

ELSE = {"phone": "+12125550143", "email": "other@example.com"}


def told(spine, **more) -> bytes:
    """An order as Shopify tells of it, a moment later each time."""
    now = spine.world.status().now
    order = {
        "id": 7001,
        "name": "#7001",
        "created_at": now.isoformat(),
        "updated_at": now.isoformat(),
        "total_price": "24.00",
        "currency": "USD",
        "financial_status": "paid",
    }
    return json.dumps({**order, **more}).encode()


def refund(amount: str, currency: str = "USD") -> dict:
    transaction = {"kind": "refund", "status": "success", "amount": amount, "currency": currency}
    return {"refunds": [{"transactions": [transaction]}]}


def order(spine, topic: str = "orders/create", **more) -> None:
    """Shopify tells of an order, and we hear of it."""
    kit.shopify(spine, topic, told(spine, **more))
    kit.settle(spine)


def cart(spine, key: str) -> Any:
    (row,) = kit.rows(spine, "SELECT * FROM carts WHERE key = :key", key=f"checkout:{key}")
    return row


def cart_token(spine) -> str:
    """Of the only cart: what Shopify calls the cart before its checkout."""
    (row,) = kit.rows(spine, "SELECT name FROM cart_names WHERE name LIKE 'cart:%'")
    return row.name.removeprefix("cart:")


def claims(spine) -> list[tuple]:
    """What stands: the order, the rule, how it is known that the text came before, the step of the text."""
    return [
        tuple(row)
        for row in kit.rows(
            spine,
            "SELECT r.order_key, r.rule, r.proof, t.step FROM recoveries r JOIN touches t ON t.id = r.touch_id"
            " WHERE r.state = 'standing' ORDER BY r.order_key",
        )
    ]


def own_code(spine, code: str = "BACK-7H2K-Q9M4", step: int = 0) -> None:
    """As if a pool had given this code to the text of that step."""
    kit.change(
        spine,
        "WITH pool AS (INSERT INTO code_pools (shop_id, spec, starts_at, ends_at, state)"
        " SELECT id, '{}', now(), now(), 'open' FROM shops WHERE key = :shop RETURNING shop_id, id)"
        " INSERT INTO codes (shop_id, code, pool_id, state, touch_id)"
        " SELECT pool.shop_id, :code, pool.id, 'given', t.id FROM pool JOIN touches t"
        " ON t.shop_id = pool.shop_id AND t.step = :step",
        code=code,
        step=step,
        shop=spine.keys["mugs"],
    )
    kit.change(
        spine,
        "UPDATE links SET offer_code = c.code FROM codes c WHERE c.touch_id = links.touch_id AND c.code = :code",
        code=code,
    )


def links(spine) -> list[Any]:
    """Of the texts, the first step's first."""
    return kit.rows(spine, "SELECT l.* FROM links l JOIN touches t ON t.id = l.touch_id ORDER BY t.step")


def unreported(spine) -> None:
    """As if the carrier had taken the texts and said no more of them."""
    kit.change(spine, "UPDATE attempts SET state = 'accepted', delivered_at = NULL, reported_at = NULL")
    kit.change(spine, "UPDATE touches SET state = 'sent' WHERE state = 'delivered'")
