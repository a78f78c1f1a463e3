"""The shops as a person sees them: pick goods, type a phone, leave or buy; come back by a link."""

import re
from collections.abc import Mapping
from decimal import Decimal
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Blueprint, abort, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sandbox import places, shops
from sandbox.catalog import PRODUCTS, Line
from sandbox.shop_form import MOST_OF_ONE, first_try, quantities, troubles, typed
from sandbox.shopify.routes import store_of as shopify_store
from sandbox.storefront import LineView, NotPossible, UnknownThing
from sandbox.woocommerce.order_json import SYMBOLS
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
    kept = store.kept(token) if isinstance(store, WooStore) else None
    told = kept is None or kept.caught
    return render_template("shop_left.html", store=store, cart=store.view(token), told=told)


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


# -- shared


def landing_site() -> str:
    """Path (as the shop has it) and query of this visit without what is secret in the link."""
    path = re.sub(r"^/shopify/[^/]+", "", request.path)
    query = [(k, v) for k, v in parse_qsl(urlsplit(request.url).query) if k not in SECRETS]
    return path + (f"?{urlencode(query)}" if query else "")


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
