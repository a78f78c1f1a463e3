"""Short links: back to the cart, and out of the texts.

A code opens exactly the address that was sealed when its text was made, so there is nothing to redirect
elsewhere. Machines that preview links get a page without the address.
"""

from http import HTTPStatus

from flask import Blueprint, Response, current_app, redirect, render_template, request
from sqlalchemy import Connection

from plugin_server.applying.stopping import stop as stop_texts
from plugin_server.store import carts, links, shops, traces
from plugin_server.store.links import LinkRow
from plugin_server.store.tx import Tx
from plugin_server.web import visitors
from plugin_server.wiring import Machine
from sequences.trace import Line

bp = Blueprint("links", __name__)
PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


@bp.get("/r/<code>")
def follow(code: str) -> Response:
    machine: Machine = current_app.extensions["machine"]
    with machine.db.system() as c:
        found = _open(machine, c, code)
        if found is None:
            return _page("link_unknown.html", HTTPStatus.NOT_FOUND)
        link, tx = found
        visitor, now = visitors.kind(request.method, request.headers), machine.clock.now()
        if link.sealed is None or now >= link.expires_at:
            return _page("link_expired.html", HTTPStatus.GONE, shop=tx.shop)
        links.click(tx, code, visitor, now)
        if visitor == "bot":
            return _page("link_preview.html", HTTPStatus.OK, shop=tx.shop)
        traces.write(tx, link.cart_id, [Line(at=now, check="click", outcome="person")], link.touch_id)
        target = tx.unseal(link.sealed)["target"]
    answer = redirect(target, HTTPStatus.FOUND)
    answer.headers.update(PRIVATE)
    return answer  # type: ignore[return-value]


@bp.route("/r/<code>/stop", methods=["GET", "POST"])
def stop(code: str) -> Response:
    """The way out for whoever can't, or won't, reply STOP. Opening it changes nothing; the button does."""
    machine: Machine = current_app.extensions["machine"]
    with machine.db.system() as c:
        found = _open(machine, c, code)
        if found is None:
            return _page("link_unknown.html", HTTPStatus.NOT_FOUND)
        link, tx = found
        if request.method == "POST":
            _opt_out(machine, tx, link)
        return _page("stop.html", HTTPStatus.OK, shop=tx.shop, code=code, done=request.method == "POST")


def _open(machine: Machine, c: Connection, code: str) -> tuple[LinkRow, Tx] | None:
    """The link and its shop's transaction, narrowed to that shop."""
    link = links.find(c, code)
    installed = shops.by_id(c, machine.secrets.vault, link.shop_id) if link else None
    if link is None or installed is None:
        return None
    machine.db.narrow(c, link.shop_id)
    return link, Tx(c, installed.shop, machine.secrets)


def _opt_out(machine: Machine, tx: Tx, link: LinkRow) -> None:
    now, row = machine.clock.now(), carts.by_id(tx, link.cart_id)
    phone = tx.phone(row.cart.contact.phone) if row and row.cart else None
    if row is None or row.cart is None or phone is None:
        return  # the shopper was erased, and is suppressed already
    stop_texts(tx, phone, row.cart.contact.phone, "opted out on the link's page", "link", now)
    line = Line(at=now, check="opt-out", outcome="stop", reason="on the link's page")
    traces.write(tx, link.cart_id, [line], link.touch_id)


def _page(template: str, status: HTTPStatus, **values: object) -> Response:
    return Response(render_template(template, **values), status, PRIVATE)
