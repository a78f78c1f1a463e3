"""The shops as a person sees them: pick goods, type a phone, leave or buy; come back by a link."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Blueprint, abort, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sandbox import places, shops
from sandbox.catalog import PRODUCTS, Line, subtotal
from sandbox.shop_form import MOST_OF_ONE, first_try, linked_lines, quantities, troubles, typed
from sandbox.shopify.routes import store_of as shopify_store
from sandbox.storefront import LineView, NotPossible, UnknownThing
from sandbox.woocommerce.order_json import SYMBOLS
from sandbox.woocommerce.state import PAYABLE
from sandbox.woocommerce.store import WooStore, line_view
from sandbox.world import World

bp = Blueprint("shop", __name__)

SECRETS = ("key", "locale", "pay_for_order")  # of a link, never part of a landing page


@bp.errorhandler(UnknownThing)
def unknown(trouble: UnknownThing) -> ResponseReturnValue:
    return render_template("shop_gone.html", why=str(trouble)), 404


@bp.errorhandler(NotPossible)
def not_possible(trouble: NotPossible) -> ResponseReturnValue:
    return render_template("shop_gone.html", why=str(trouble)), 409


# -- the shop page


@bp.get("/shop/<shop>")
def shop_page(shop: str) -> ResponseReturnValue:
    return render_shop(store := shops.find(world(), shop), first_try(store), [])


@bp.post("/shop/<shop>")
def shop_form(shop: str) -> ResponseReturnValue:
    """Update the cart, leave it, or buy it: the three buttons."""
    store, form = shops.find(world(), shop), request.form
    action = form.get("action")
    problems = troubles(store, form) if action in ("leave", "buy") else []
    if problems or action not in ("leave", "buy"):
        return render_shop(store, form, problems), 422 if problems else 200
    cart = store.open_cart(typed(form, store))
    if action == "buy":
        return redirect(url_for("shop.thanks", shop=shop, order=store.buy(cart.token)), 303)
    return redirect(url_for("shop.left", shop=shop, token=cart.token), 303)


def render_shop(store: shops.AnyStore, form: Mapping[str, str], problems: list[tuple[str, str]]) -> str:
    chosen = quantities(form)
    lines = [line_view(Line(product, chosen[product.sku])) for product in PRODUCTS if chosen.get(product.sku)]
    total = sum((line.price * line.quantity for line in lines), Decimal("0.00"))
    return render_template(
        "shop.html",
        store=store,
        products=PRODUCTS,
        chosen=chosen,
        lines=lines,
        total=total,
        form=form,
        problems=problems,
        countries=sorted(places.COUNTRIES.values(), key=lambda country: country.name),
        most=MOST_OF_ONE,
    )


@bp.get("/shop/<shop>/left/<token>")
def left(shop: str, token: str) -> ResponseReturnValue:
    store = shops.find(world(), shop)
    return render_template("shop_left.html", store=store, cart=store.view(token))


@bp.get("/shop/<shop>/thanks/<order>")
def thanks(shop: str, order: str) -> ResponseReturnValue:
    store = shops.find(world(), shop)
    token = order if isinstance(store, WooStore) else store.order(order).checkout.token
    return render_template("shop_thanks.html", store=store, cart=store.view(token), order=order)


# -- coming back to a Shopify checkout


@bp.route("/shopify/<domain>/<int:shop_id>/checkouts/ac/<cart_token>/recover", methods=["GET", "POST"])
def recover(domain: str, shop_id: int, cart_token: str) -> ResponseReturnValue:
    store = shopify_store(domain)
    if store is None or store.shop.shop_id != shop_id:
        abort(404)
    checkout = store.checkout_of_cart(cart_token)
    if request.args.get("key") != checkout.key:
        raise UnknownThing("this recovery link is not complete: its key is missing or wrong")
    if checkout.completed_at is not None:
        return redirect(url_for("shop.thanks", shop=store.id, order=checkout.order_id), 302)
    if request.method == "POST":
        return pay_or_leave(store, checkout.token)
    code = request.args.get("discount") or request.cookies.get("discount_code")
    store.visit(checkout.token, landing_site(), code)
    return render_checkout(store, checkout.token, code)


def pay_or_leave(store: shops.AnyStore, token: str) -> ResponseReturnValue:
    if request.form.get("action") == "leave":
        return redirect(url_for("shop.left", shop=store.id, token=token), 303)
    return redirect(url_for("shop.thanks", shop=store.id, order=store.buy(token)), 303)


def render_checkout(store: shops.AnyStore, token: str, code: str | None) -> str:
    cart = store.view(token)
    refused = code if code and code.lower() != (cart.discount_code or "").lower() else None
    return render_template("shop_checkout.html", store=store, cart=cart, refused=refused, ask_contact=False)


# -- coming back to WooCommerce


@bp.route("/woo/<shop>/checkout/order-pay/<order>/", methods=["GET", "POST"])
def order_pay(shop: str, order: str) -> ResponseReturnValue:
    store = woo_store(shop)
    found = store.order(order)
    if request.args.get("key") != found.key:
        raise UnknownThing("this payment link is not complete: its key is missing or wrong")
    if found.bought_as is not None or found.status in ("processing", "completed"):
        return redirect(url_for("shop.thanks", shop=shop, order=found.bought_as or found.id), 302)
    if found.status not in PAYABLE:
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
            order = store.place(typed(request.form, store), session["lines"], session["coupon"], request.url)
            return redirect(url_for("shop.thanks", shop=shop, order=order), 303)
    page = render_template(
        "shop_checkout.html", **rebuilt(store, session), problems=problems, form=request.form
    )
    return page, 422 if problems else 200


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


# -- shared


def landing_site() -> str:
    """Path (as the shop has it) and query of this visit without what is secret in the link."""
    path = re.sub(r"^/shopify/[^/]+", "", request.path)
    query = [(k, v) for k, v in parse_qsl(urlsplit(request.url).query) if k not in SECRETS]
    return path + (f"?{urlencode(query)}" if query else "")


def woo_store(shop: str) -> WooStore:
    store = shops.find(world(), shop)
    if not isinstance(store, WooStore):
        raise UnknownThing(f"{shop!r} is not a WooCommerce shop")
    return store


@bp.app_template_filter("price")
def price(amount: Decimal, currency: str) -> str:
    """Money for people: "$12.50"."""
    symbol = SYMBOLS.get(currency)
    return f"{symbol}{amount:.2f}" if symbol else f"{amount:.2f} {currency}"


@bp.app_template_filter("line_total")
def line_total(line: LineView) -> Decimal:
    return line.price * line.quantity


def world() -> World:
    found: World = current_app.extensions["world"]
    return found
