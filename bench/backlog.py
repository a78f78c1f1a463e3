"""Touches that are due, as the jobs leave them: cart, consent and touch, each of a shopper of their own."""

import json
import secrets
import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import text

from plugin_server.applying.claims import evidence_of
from plugin_server.jobs import offering
from plugin_server.store import carts, code_pools, consents, shops, touches
from plugin_server.store.tx import Tx
from plugin_server.wiring import Machine
from sequences.cart import Address, Cart, ConsentClaim, Contact, Line
from sequences.codec import encode
from sequences.engine import Touch
from sequences.money import Money
from sequences.offers import Discount, codes
from sequences.sequence import Offer, Sequence

# 555-01xx stays unassigned in every area code: 100 numbers each, here of New York, California, Texas, Florida …
AREAS = "212 315 415 510 213 310 619 214 512 713 305 407 813 312 215 412 614 216 313 617".split()
MOST = 100 * len(AREAS)
IDLE = timedelta(minutes=61)
TEN = Discount(kind="percent", percent=Decimal(10))
OFFER = text("UPDATE shops SET sequence = jsonb_set(sequence, '{steps,0,offer}', CAST(:offer AS jsonb))")


def refill(machine: Machine, key: str, wanted: int, now: datetime) -> None:
    """An empty database but for the shop, then `wanted` (at most `MOST`) touches due at `now`."""
    with machine.db.system() as c:
        for table in ("attempts", "clicks", "links", "touches", "traces", "cart_names", "carts"):
            c.execute(text(f"DELETE FROM {table}"))  # noqa: S608
        installed = shops.by_key(c, machine.secrets.vault, None, key)
    assert installed is not None and wanted <= MOST
    with machine.db.shop(installed.shop.id) as c:
        tx = Tx(c, installed.shop, machine.secrets)
        for n in range(wanted):
            _add(tx, _cart(n, now - IDLE), installed.sequence, now)


def stock(machine: Machine, key: str, wanted: int, now: datetime) -> None:
    """The first step gives a discount, and `wanted` codes for it are ready, as the job that looks after pools leaves
    them."""
    with machine.db.system() as c:
        for table in ("codes", "code_pools"):
            c.execute(text(f"DELETE FROM {table}"))  # noqa: S608
        c.execute(OFFER, {"offer": json.dumps(encode(Offer(discount=TEN)))})
        installed = shops.by_key(c, machine.secrets.vault, None, key)
    assert installed is not None
    with machine.db.shop(installed.shop.id) as c:
        tx = Tx(c, installed.shop, machine.secrets)
        offering.need(tx, TEN, now, now)
        (pool,) = tx.rows(
            "UPDATE code_pools SET state = 'open', discount_id = 'bench', due_at = ends_at"
            " WHERE shop_id = :shop_id RETURNING id"
        )
        code_pools.ask_for(tx, pool.id, codes(TEN.prefix, wanted, secrets.randbelow))
        code_pools.mark(tx, code_pools.asked(tx, pool.id, 2 * wanted), "ready")


def _add(tx: Tx, cart: Cart, sequence: Sequence, now: datetime) -> None:
    left_at = cart.updated_at
    cart_id = carts.add(tx, cart, "open", "", None)
    carts.abandon(tx, cart_id, now)
    consents.append(tx, evidence_of(cart.consent), now)
    due = left_at + sequence.steps[0].delay
    touches.plan(tx, cart_id, [Touch(step=0, due_at=due, deadline=left_at + sequence.deadline)])


def _cart(n: int, left_at: datetime) -> Cart:
    token, phone = uuid.uuid4().hex, f"+1{AREAS[n // 100]}55501{n % 100:02}"
    mug = Line(title="Blue mug", quantity=2, price=_usd("18.00"))
    address = Address(first_name="Dana", country="US", region="NY", postcode="10001", city="New York")
    claim = ConsentClaim(phone=phone, state="subscribed", at=left_at, source="shopify checkout")
    return Cart(
        key=f"checkout:{token}",
        aliases=(f"cart:{uuid.uuid4().hex}",),
        created_at=left_at,
        updated_at=left_at,
        total=_usd("43.50"),
        lines=(mug, replace(mug, title="Tea towel", quantity=1, price=_usd("7.50"))),
        contact=Contact(
            phone=phone, email=f"dana{n}@example.com", first_name="Dana", customer_id=str(9000 + n)
        ),
        shipping=address,
        billing=address,
        consent=(claim,),
        recovery_link=f"https://mugs.myshopify.com/checkouts/ac/{token}/recover?key={uuid.uuid4().hex}",
        locale="en-US",
    )


def _usd(amount: str) -> Money:
    return Money(Decimal(amount), "USD")
