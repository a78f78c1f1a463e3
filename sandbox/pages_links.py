"""Links into a Shopify shop that make a checkout: cart permalinks, discount links, and the checkout they end in."""

from urllib.parse import urlsplit

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sandbox import places
from sandbox.pages_shop import landing_site, not_possible, unknown
from sandbox.shop_form import troubles, typed
from sandbox.shopify import permalinks
from sandbox.shopify.routes import store_of
from sandbox.shopify.store import ShopifyStore
from sandbox.storefront import NotPossible, UnknownThing

bp = Blueprint("shop_links", __name__)
bp.register_error_handler(UnknownThing, unknown)
bp.register_error_handler(NotPossible, not_possible)

CODE = "discount_code"  # the cookie that a discount link leaves


@bp.get("/shopify/<domain>/cart/<goods>")
@bp.get("/shopify/<domain>/<locale>/cart/<goods>")
def permalink(domain: str, goods: str, locale: str | None = None) -> ResponseReturnValue:
    """A new checkout for each click; then on to it, with the query, as the shop's own redirect does."""
    store = shop(domain)
    wanted = permalinks.read(goods, request.args.to_dict(), request.cookies.get(CODE))
    checkout = permalinks.open_checkout(store, wanted, landing_site(), locale)
    store.world.ledger.write("permalink", shop=store.id, **permalinks.facts(checkout))
    here = f"/shopify/{domain}/{store.shop.shop_id}/checkouts/cn/{checkout.token}"
    query = request.query_string.decode()
    return redirect(f"{here}?{query}" if query else here, 302)


@bp.route("/shopify/<domain>/<int:shop_id>/checkouts/cn/<token>", methods=["GET", "POST"])
def checkout(domain: str, shop_id: int, token: str) -> ResponseReturnValue:
    """The checkout of a permalink: who the shopper is must be typed; then buy, or leave."""
    store = shop(domain)
    found = store.checkout(token)
    if found.completed_at is not None:
        return redirect(url_for("shop.thanks", shop=store.id, order=found.order_id), 302)
    problems: list[tuple[str, str]] = []
    if request.method == "POST":
        problems = [trouble for trouble in troubles(store, request.form) if trouble[0] != "products"]
        if not problems:
            return finish(store, token)
    wanted = request.args.get("discount", "").partition(",")[0]
    page = render_template(
        "shop_checkout.html",
        store=store,
        cart=store.view(token),
        refused=wanted if wanted and not found.discount_code else None,
        ask_contact=True,
        countries=sorted(places.COUNTRIES.values(), key=lambda country: country.name),
        problems=problems,
        form=request.form or filled_in(),
    )
    return page, 422 if problems else 200


def finish(store: ShopifyStore, token: str) -> ResponseReturnValue:
    store.tell_contact(token, typed(request.form, store))
    if request.form.get("action") == "leave":
        store.leave(token)
        return redirect(url_for("shop.left", shop=store.id, token=token), 303)
    return redirect(url_for("shop.thanks", shop=store.id, order=store.buy(token)), 303)


def filled_in() -> dict[str, str]:
    query = request.args.to_dict()
    return {field: query[name] for name, field in permalinks.TYPED.items() if query.get(name)}


@bp.get("/shopify/<domain>/discount/<code>")
def discount(domain: str, code: str) -> ResponseReturnValue:
    """Remembers the code for this browser and goes on to a page of the same shop, good code or not."""
    store = shop(domain)
    target = urlsplit(request.args.get("redirect", "/"))
    inside = not target.scheme and not target.netloc and target.path.startswith("/") and target.path != "/"
    query = f"?{target.query}" if target.query else ""
    home = url_for("shop.shop_page", shop=store.id)
    answer = make_response(redirect(f"/shopify/{domain}{target.path}{query}" if inside else home, 302))
    answer.set_cookie(CODE, code, path=f"/shopify/{domain}/", httponly=True, samesite="Lax")
    return answer


def shop(domain: str) -> ShopifyStore:
    store = store_of(domain)
    if store is None:
        abort(404)
    return store
