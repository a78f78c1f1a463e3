"""A first overview: what happened to the carts of the pretend shops, and why."""

from http import HTTPStatus

from flask import Blueprint, Response, abort, current_app, render_template

from plugin_server.store import carts, numbers, shops, traces
from plugin_server.store.shops import Installed
from plugin_server.store.tx import Tx
from plugin_server.web import wording
from plugin_server.wiring import Machine

bp = Blueprint("overview", __name__)
SHOWN = 100
bp.add_app_template_filter(wording.money)


@bp.get("/")
def index() -> Response:
    """Every shop with its numbers."""
    machine = _machine()
    with machine.db.system() as c:
        found = shops.everyone(c, machine.secrets.vault)
    return _page("overview.html", shops=[(s, _numbers(machine, s)) for s in found])


@bp.get("/overview/<key>")
def shop(key: str) -> Response:
    """One shop: the funnel, what was refused by which rule, the latest carts."""
    machine = _machine()
    installed = _installed(machine, key)
    with machine.db.shop(installed.shop.id) as c:
        tx = Tx(c, installed.shop, machine.secrets)
        found, rules = numbers.funnel(tx), numbers.skipped_by_rule(tx)
        return _page(
            "overview_shop.html",
            shop=installed.shop,
            numbers=found,
            funnel=wording.funnel(found),
            rules=[(rule, n, wording.ended_by(machine.rulebook, rule)) for rule, n in rules.items()],
            carts=numbers.recent_carts(tx, SHOWN),
        )


@bp.get("/overview/<key>/carts/<int:cart_id>")
def cart(key: str, cart_id: int) -> Response:
    """One cart and the trace of why it was or wasn't texted."""
    machine = _machine()
    installed = _installed(machine, key)
    with machine.db.shop(installed.shop.id) as c:
        tx = Tx(c, installed.shop, machine.secrets)
        row = carts.by_id(tx, cart_id)
        if row is None:
            abort(HTTPStatus.NOT_FOUND)
        lines = wording.trace(traces.read(tx, cart_id))
    return _page("overview_cart.html", shop=installed.shop, row=row, lines=lines)


def _machine() -> Machine:
    machine: Machine = current_app.extensions["machine"]
    return machine


def _installed(machine: Machine, key: str) -> Installed:
    with machine.db.system() as c:
        installed = shops.by_key(c, machine.secrets.vault, None, key)
    if installed is None:
        abort(HTTPStatus.NOT_FOUND)
    return installed


def _numbers(machine: Machine, installed: Installed) -> dict[str, object]:
    with machine.db.shop(installed.shop.id) as c:
        return numbers.funnel(Tx(c, installed.shop, machine.secrets))


def _page(template: str, **values: object) -> Response:
    machine = _machine()
    page = render_template(
        template,
        **values,
        now=machine.clock.now(),
        sandbox=machine.settings.vonage_url,  # shops, carrier and phones of a demo live at one address
        platforms=wording.PLATFORMS,
    )
    return Response(page, headers={"Cache-Control": "no-store"})
