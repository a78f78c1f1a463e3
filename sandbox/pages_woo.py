"""The ways back into a pretend WooCommerce store: to pay an order, by core's checkout link, by the plugin's."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sandbox import places, shops
from sandbox.catalog import subtotal
from sandbox.pages_shop import landing_site, not_possible, pay_or_leave, render_checkout, unknown, world
from sandbox.shop_form import linked_lines, troubles, typed
from sandbox.storefront import NotPossible, UnknownThing
from sandbox.woocommerce.ordering import bought
from sandbox.woocommerce.state import PAYABLE
from sandbox.woocommerce.store import WooStore, line_view

bp = Blueprint("woo_pages", __name__)
bp.register_error_handler(UnknownThing, unknown)
bp.register_error_handler(NotPossible, not_possible)

MARK_LASTS = timedelta(days=7)  # the plugin's mark of a visit by a restore link


@bp.route("/woo/<shop>/checkout/order-pay/<order>/", methods=["GET", "POST"])
def order_pay(shop: str, order: str) -> ResponseReturnValue:
    store = woo_store(shop)
    found = store.order(order)
    if request.args.get("key") != found.key:
        raise UnknownThing("this payment link is not complete: its key is missing or wrong")
    if found.bought_as is not None or bought(found):
        return redirect(url_for("shop.thanks", shop=shop, order=found.bought_as or found.id), 302)
    if found.status not in (*PAYABLE, "checkout-draft"):
        raise NotPossible(f"order {order} can't be paid any more: it is {found.status}")
    if request.method == "POST":
        return pay_or_leave(store, order)
    code = request.args.get("coupon") or request.args.get("discount")
    store.visit(order, landing_site(), code)
    return render_checkout(store, order, code)


@bp.get("/woo/<shop>/checkout-link/")
def checkout_link(shop: str) -> ResponseReturnValue:
    """Core's link (10.0 on): rebuilds a cart, applies a coupon, keeps every other parameter."""
    store, args = woo_store(shop), request.args.to_dict()
    if not store.shop.rebuilds:
        raise UnknownThing("this store knows no such page")
    lines = linked_lines(args.pop("products", ""))
    if not lines:
        return redirect(f"{store.shop.home_url}/cart/?wc_error=nothing-to-add", 302)
    with store.world.lock:
        session = f"{store.world.dice.getrandbits(128):032x}"
        store.sessions[session] = {"lines": lines, "coupon": args.pop("coupon", None)}
    return redirect(f"{store.shop.home_url}/checkout/?{urlencode({**args, 'session': session})}", 302)


@bp.route("/woo/<shop>/checkout/", methods=["GET", "POST"])
def woo_checkout(shop: str) -> ResponseReturnValue:
    """The checkout of a rebuilt cart; who the shopper is must be typed again."""
    store = woo_store(shop)
    session = store.sessions.get(request.args.get("session", ""))
    if session is None:
        raise UnknownThing("this cart is gone: its session has ended")
    problems = []
    if request.method == "POST":
        problems = [trouble for trouble in troubles(store, request.form) if trouble[0] != "products"]
        if not problems:
            return redirect(url_for("shop.thanks", shop=shop, order=placed(store, session)), 303)
    page = render_template(
        "shop_checkout.html", **rebuilt(store, session), problems=problems, form=request.form
    )
    return page, 422 if problems else 200


def placed(store: WooStore, session: dict[str, Any]) -> str:
    request_, cart = typed(request.form, store), store.kept(session.get("cart", ""))
    if cart is None:
        return store.place(request_, session["lines"], session["coupon"], request.url)
    fresh = store.now() - session["came_at"] < MARK_LASTS
    marks = {"utm_id": session["ref"]} if session["ref"] and fresh else {}
    return store.buy_cart(cart, request_, session["coupon"], marks, request.url)


@bp.get("/woo/<shop>/cart/")
def woo_cart(shop: str) -> ResponseReturnValue:
    """Where a link leads that isn't good (any more): it changes nothing and tells nothing."""
    store = woo_store(shop)
    why = "This link can't bring your cart back: it is too old, was used, or is not whole."
    return render_template(
        "shop_gone.html",
        why=why if "comeback_refused" in request.args else "Your cart is empty.",
        store=store,
    ), 200


def rebuilt(store: WooStore, session: dict[str, Any]) -> dict[str, Any]:
    lines, goods = session["lines"], subtotal(session["lines"])
    coupon = store.usable(session["coupon"], goods)
    off = coupon.takes_off(goods) if coupon else Decimal("0.00")
    cart = {
        "lines": [line_view(line) for line in lines],
        "subtotal": goods,
        "discount": off,
        "total": goods - off,
    }
    cart["discount_code"] = coupon.code if coupon else None
    return {
        "store": store,
        "cart": cart,
        "refused": None if coupon else session["coupon"],
        "ask_contact": True,
        "countries": sorted(places.COUNTRIES.values(), key=lambda country: country.name),
    }


def woo_store(shop: str) -> WooStore:
    store = shops.find(world(), shop)
    if not isinstance(store, WooStore):
        raise UnknownThing(f"{shop!r} is not a WooCommerce shop")
    return store
