"""Pages about a WooCommerce store: while it is connected, and inside its wp-admin."""

from collections.abc import Sequence
from http import HTTPStatus
from urllib.parse import urlsplit

from flask import Response, current_app, render_template

from plugin_server.install.progress import first_reading
from plugin_server.install.woo_fixing import to_fix
from plugin_server.install.woo_progress import goes_on, next_thing, steps
from plugin_server.store import numbers, watermarks
from plugin_server.store.connects import Attempt
from plugin_server.store.shops import Installed
from plugin_server.store.tx import Tx
from plugin_server.store.watermarks import Watermark
from plugin_server.web import wording
from plugin_server.web.asking import Asking
from plugin_server.web.limits import Limits
from plugin_server.wiring import Machine

# A form that leads on to a store is stopped by browsers unless the store may be a form's goal.
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; base-uri 'none';"
    " form-action 'self' {forms}; frame-ancestors {frames}"
)
PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
WAIT = 3
"""Seconds after which a page that tells how far something is looks again."""
WAIT_IN_FRAME = 15


def page(
    template: str, status: int = HTTPStatus.OK, *, frames: str = "'none'", forms: str = "", **values: object
) -> Response:
    policy = POLICY.format(forms=forms, frames=frames).replace("'self' ;", "'self';")
    return Response(
        render_template(template, **values), status, {**PRIVATE, "Content-Security-Policy": policy}
    )


def form(store: str = "", problem: str = "", status: int = HTTPStatus.OK, *, keys: bool = False) -> Response:
    """Which store it is. `keys`: the part for keys is open."""
    by_store = callable_by_stores()
    return page(
        "woo_connect.html",
        status,
        forms="https: http:",
        store=store,
        problem=problem,
        by_store=by_store,
        keys=keys or not by_store,
        ours=machine().settings.public_url,
    )


def progress(attempt: Attempt, installed: Installed | None) -> Response:
    """How far it is; looks again by itself as long as that is of use."""
    found = steps(attempt, installed, marks(installed) if installed else ())
    over = attempt.state == "waiting" and machine().clock.now() >= attempt.expires_at
    return page(
        "woo_return.html",
        store=attempt.store,
        attempt=attempt,
        installed=installed,
        steps=found,
        over=over,
        wait=WAIT if goes_on(found) and not over else 0,
        next_thing=next_thing(attempt.trouble) if attempt.state == "failed" else "",
        admin=f"{admin_url(installed)}/wp-admin/" if installed else "",
    )


def frame(installed: Installed) -> Response:
    """The shop's first page in its wp-admin: what stands in the way of texts, the worst first; then its numbers."""
    here, shop = machine(), installed.shop
    rows = marks(installed)
    with here.db.shop(shop.id) as c:
        counted = numbers.funnel(Tx(c, shop, here.secrets))
    reading = first_reading(rows)
    fixes = to_fix(installed, f"{here.settings.public_url}/connect/woocommerce", _trouble(rows))
    return page(
        "woo_frame.html",
        frames=origin(installed),
        shop=shop,
        fixes=fixes,
        reading=reading,
        numbers=counted,
        funnel=wording.funnel(counted),
        revenue=wording.money(counted["revenue"], shop.currency),
        store_origin=origin(installed),
        wait=WAIT_IN_FRAME if reading else 0,
    )


def refused(why: str, installed: Installed | None = None) -> Response:
    """Whoever asks proved nothing. In its store's frame the page offers to ask for another token."""
    frames = origin(installed) if installed else "'none'"
    return page(
        "woo_refused.html",
        HTTPStatus.UNAUTHORIZED,
        frames=frames,
        why=why,
        store_origin=frames if installed else "",
    )


def admin_url(installed: Installed) -> str:
    """Where this store's wp-admin is: WordPress may stand elsewhere than its shop window."""
    return str(installed.facts.get("admin_url") or installed.shop.domain)


def origin(installed: Installed) -> str:
    """Of the pages that may show ours in a frame."""
    parts = urlsplit(admin_url(installed))
    return f"{parts.scheme}://{parts.netloc}"


def marks(installed: Installed) -> Sequence[Watermark]:
    here = machine()
    with here.db.shop(installed.shop.id) as c:
        return watermarks.of_shop(Tx(c, installed.shop, here.secrets))


def _trouble(rows: Sequence[Watermark]) -> str:
    return next((row.note for row in rows if row.note), "")


def callable_by_stores() -> bool:
    """A store posts its key to https only."""
    return machine().settings.public_url.startswith("https://")


def limits() -> Limits:
    found: Limits = current_app.extensions["limits"]
    return found


def asking() -> Asking:
    found: Asking = current_app.extensions["asking"]
    return found


def machine() -> Machine:
    found: Machine = current_app.extensions["machine"]
    return found
