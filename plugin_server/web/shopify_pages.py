"""The app's pages, in a shop's admin or, for an app that isn't embedded, in a window of their own."""

from collections.abc import Sequence
from http import HTTPStatus

from flask import Response, current_app, render_template

from connectors.platforms.shopify import install
from connectors.platforms.shopify.domains import ADMIN, admin_url
from plugin_server.install.fixing import to_fix
from plugin_server.install.progress import first_reading
from plugin_server.install.shopify import Opened
from plugin_server.store import watermarks
from plugin_server.store.shops import Installed
from plugin_server.store.tx import Tx
from plugin_server.store.watermarks import Watermark
from plugin_server.web.asking import Asking
from plugin_server.wiring import Machine
from sequences.errors import ComebackError

POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'"
FRAMED = (
    "; script-src https://cdn.shopify.com; img-src 'self' data: https://cdn.shopify.com;"
    " connect-src 'self' https://*.shopify.com https://*.shopifysvc.com; frame-src https://*.shopify.com;"
    f" frame-ancestors https://{{domain}} {ADMIN}"
)
ALONE = "; img-src 'self' data:; frame-ancestors 'none'"


def page(
    template: str, domain: str, /, status: int = HTTPStatus.OK, *, framed: bool = True, **values: object
) -> Response:
    """A page that this shop's admin, and nobody else, may show in a frame. `domain`: a checked one. Not `framed`: one
    that nobody may, without App Bridge, which would lead back into the admin."""
    client_id = machine().settings.shopify_client_id if framed else ""
    said = render_template(template, client_id=client_id, **values)
    return Response(
        said,
        status,
        {
            "Cache-Control": "no-store",
            # The address holds a session token; no other site is told more than where it comes from.
            "Referrer-Policy": "strict-origin",
            "Content-Security-Policy": POLICY + (FRAMED.format(domain=domain) if framed else ALONE),
        },
    )


def first_page(found: Opened, *, framed: bool = True) -> Response:
    """What stands in the way of texts, the worst first."""
    shop, marks = found.installed.shop, _marks(found.installed)
    # Outside of the frame it's we who ask for leave: Shopify asks for what its configuration names, where it installs.
    ask_at = "" if framed else f"/auth/shopify?shop={shop.domain}"
    return page(
        "shopify_home.html",
        shop.domain,
        framed=framed,
        shop=shop,
        fixes=to_fix(found, install.SCOPES, ask_at, trouble=next((m.note for m in marks if m.note), "")),
        reading=first_reading(marks),
        plans=_plans(shop.domain),
    )


def failed(
    domain: str, error: ComebackError, status: HTTPStatus | None = None, *, framed: bool = True
) -> Response:
    """`status`: by the error, unless it is said."""
    usual = HTTPStatus.BAD_GATEWAY if error.permanent else HTTPStatus.SERVICE_UNAVAILABLE
    return page("shopify_failed.html", domain, status or usual, framed=framed, why=str(error))


def moved(to: str) -> Response:
    return Response(
        "", HTTPStatus.FOUND, {"Location": to, "Cache-Control": "no-store"}, mimetype="text/plain"
    )


def stranger() -> Response:
    said = "This app is opened from a shop's admin at Shopify.\n"
    return Response(said, HTTPStatus.NOT_FOUND, {"Cache-Control": "no-store"}, mimetype="text/plain")


def app_url(domain: str) -> str:
    """The app, as the shop's admin opens it. `domain`: a checked one."""
    return admin_url(domain, f"/apps/{machine().settings.shopify_client_id}")


def _marks(installed: Installed) -> Sequence[Watermark]:
    here = machine()
    with here.db.shop(installed.shop.id) as c:
        return watermarks.of_shop(Tx(c, installed.shop, here.secrets))


def _plans(domain: str) -> str:
    """Where the merchant chooses a plan: a page of Shopify's; '' without the app's handle."""
    handle = machine().settings.shopify_app_handle
    return admin_url(domain, f"/charges/{handle}/pricing_plans") if handle else ""


def asking() -> Asking:
    found: Asking = current_app.extensions["asking"]
    return found


def machine() -> Machine:
    found: Machine = current_app.extensions["machine"]
    return found
