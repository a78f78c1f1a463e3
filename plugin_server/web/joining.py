"""The hosted sign-up page: a form that needs no script and no cookie, and says the same to everyone.

Whether a number is new, known or opted out is never told here: anybody may type anybody's number.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus

from flask import Blueprint, Response, current_app, request

from compliance.evidence import Person
from compliance.phones import Phone
from message_templates.cleaning import one_line
from plugin_server.gathering import disclosing, form_tokens, joining, page_values, qr
from plugin_server.gathering.disclosing import Version
from plugin_server.gathering.page_values import Typed
from plugin_server.store.tx import Tx
from plugin_server.web import addresses, join_codes
from plugin_server.web.join_page import TOKEN, Page, answer, html, open_page, render
from plugin_server.web.limits import Limits

bp = Blueprint("joining", __name__)
FORM = "sign-up page"
ACTION = "ticked a box that was empty"
HOUR, DAY = 3600, 86400
PER_ADDRESS = 10  # sign-ups in an hour, at one shop
PER_SHOP = 300  # an hour: each may cost the shop a text, and whoever sends from many addresses lives by that
PER_NUMBER = 5  # lines of evidence in a day: a request for confirmation has its own, stricter rules
LARGEST_FORM = 16 * 1024
Errors = Mapping[str, tuple[str, Mapping[str, str]]]


@bp.route("/join/<code>", methods=["GET", "POST"])
def page(code: str) -> Response:
    request.max_content_length = LARGEST_FORM
    found = open_page(code)
    if not isinstance(found, Page):
        return found
    now = found.machine.clock.now()
    return _sign_up(found, now) if request.method == "POST" else _form(found, now)


@bp.get("/join/<code>/qr.svg")
def code_image(code: str) -> Response:
    found = open_page(code)
    if not isinstance(found, Page):
        return found
    return Response(qr.svg(found.url), mimetype="image/svg+xml", headers={"Cache-Control": "max-age=3600"})


@bp.get("/join/<code>/poster")
def poster(code: str) -> Response:
    """A6, to be printed and put on the counter."""
    found = open_page(code)
    return render(found, "join_poster.html") if isinstance(found, Page) else found


def _form(
    page: Page, now: datetime, said: Typed | None = None, errors: Errors | None = None, status: int = 200
) -> Response:
    """The form with a token for the disclosure that is on it, kept as it is shown."""
    parts = disclosing.parts(page.installed.shop.name, page.plan, page.language)
    clean = html(page, "join.html", parts=parts, said=Typed(), errors={})
    digest = hashlib.sha256(clean.encode()).hexdigest()
    with join_codes.inside(page.machine, page.installed) as tx:
        version = disclosing.keep(tx, FORM, page.language, disclosing.as_text(parts), digest, now)
    token = form_tokens.make(
        page.machine.secrets.phone_key,
        shop=page.installed.join_code,
        form=FORM,
        locale=page.language,
        version=version.number,
        now=now,
    )
    body = clean if said is None else html(page, "join.html", parts=parts, said=said, errors=errors or {})
    return answer(page, body.replace(TOKEN, token, 1), status)


def _sign_up(page: Page, now: datetime) -> Response:
    said = page_values.typed(request.form)
    if said.trap:  # a machine: it is told what everybody is told
        return render(page, "join_done.html", phone=said.phone, confirms=True)
    key, code = page.machine.secrets.phone_key, page.installed.join_code
    shown = form_tokens.read(key, said.token, shop=code, form=FORM, now=now)
    checked = page_values.check(said, page.plan, page.countries, page.language, now.date())
    if shown is None:
        return _form(page, now, said, {"form": ("stale", {}), **checked.errors}, HTTPStatus.BAD_REQUEST)
    if checked.phone is None:
        return _form(page, now, said, checked.errors, HTTPStatus.UNPROCESSABLE_ENTITY)
    address = addresses.of(request.environ, page.machine.settings.proxies)
    near = addresses.neighbourhood(address)
    if not (
        _allowed(page, "sign-ups of an address", near, PER_ADDRESS, HOUR)
        and _allowed(page, "sign-ups of a shop", "", PER_SHOP, HOUR)
    ):
        return _form(page, now, said, {"form": ("many", {})}, HTTPStatus.TOO_MANY_REQUESTS)
    with join_codes.inside(page.machine, page.installed) as tx:
        version = disclosing.shown(tx, FORM, shown.locale, shown.version)
        if version is None:
            return _form(page, now, said, {"form": ("stale", {})}, HTTPStatus.BAD_REQUEST)
        if _allowed(page, "sign-ups of a number", checked.phone.e164, PER_NUMBER, DAY):
            _join(tx, page, said, checked.phone, version, shown, address, now)
    confirms = joining.needs_proof(page.machine.rulebook, checked.phone)
    return render(page, "join_done.html", phone=checked.phone.e164, confirms=confirms)


def _join(
    tx: Tx,
    page: Page,
    said: Typed,
    phone: Phone,
    version: Version,
    shown: form_tokens.Shown,
    address: str,
    now: datetime,
) -> None:
    gate = page_values.SAID_AGE.format(age=page.plan.min_age) if page.plan.min_age else ""
    signup = joining.SignUp(
        phone=phone,
        at=now,
        source=FORM,
        action=f"{ACTION}; {gate}" if gate else ACTION,
        wording=version.wording,
        locale=shown.locale,
        version=f"{FORM}/{shown.locale}/{version.number}",
        form=FORM,
        url=page.url,
        mark=f"shown as {shown.nonce}",
        person=Person(name=one_line(said.name), ip=address, user_agent=_agent()),
    )
    joining.join(tx, page.installed, page.machine.rulebook, signup, now)


def _agent() -> str:
    return one_line(request.headers.get("User-Agent", ""))[:500]


def _allowed(page: Page, what: str, who: str, most: int, seconds: int) -> bool:
    """Counted for each shop by itself, and by a keyed hash: Redis learns no address and no number."""
    limits: Limits = current_app.extensions["limits"]
    name = f"{page.installed.join_code} {what} {who}".encode()
    return limits.allows(
        what, hmac.digest(page.machine.secrets.phone_key, name, hashlib.sha256)[:16], most, seconds
    )
