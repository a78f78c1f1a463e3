"""The JSON API: consents that were given elsewhere, the state of a number, opting out.

A key opens one shop. Phones stand in bodies, never in addresses, which logs keep. The contract is `openapi.json`.
"""

import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from http import HTTPStatus
from pathlib import Path

from flask import Blueprint, Response, current_app, jsonify, request
from marshmallow import ValidationError

from compliance.consent import scope_of
from compliance.evidence import Person
from compliance.phones import NotAPhone, Phone, parse
from plugin_server.applying.stopping import stop
from plugin_server.gathering import joining, keys
from plugin_server.jobs import situations
from plugin_server.store import confirmations, consents, people, shops
from plugin_server.store.shops import Installed
from plugin_server.store.tx import Tx
from plugin_server.web import api_bodies
from plugin_server.web.limits import Limits
from plugin_server.web.problems import of_fields, problem
from plugin_server.wiring import Machine

bp = Blueprint("api", __name__, url_prefix="/api/v1")
LARGEST_BODY = 16 * 1024
PER_KEY, MINUTE, DAY = 600, 60, 86400
AHEAD = timedelta(minutes=5)  # clocks of shops differ from ours
OPENAPI = Path(__file__).parent / "openapi.json"
NO_KEY = "Send a key of this shop as Authorization: Bearer … (bin/comeback api-key makes one)."
Work = Callable[[Tx, Installed, datetime], Response]


def opened(work: Work) -> Callable[[str], Response]:
    """The way in: the key, how often, the body; then one transaction that sees this shop only."""

    @wraps(work)
    def route(code: str) -> Response:
        request.max_content_length = LARGEST_BODY
        machine: Machine = current_app.extensions["machine"]
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        with machine.db.system() as c:
            found = keys.opens(c, key.strip(), code) if scheme.lower() == "bearer" else None
            installed = shops.by_id(c, machine.secrets.vault, found) if found is not None else None
        if installed is None:
            return problem(HTTPStatus.UNAUTHORIZED, NO_KEY, headers={"WWW-Authenticate": "Bearer"})
        if not _limits().allows("calls of a key", _hashed(machine, key.strip()), PER_KEY, MINUTE):
            detail = f"More than {PER_KEY} calls in a minute."
            return problem(HTTPStatus.TOO_MANY_REQUESTS, detail, headers={"Retry-After": str(MINUTE)})
        try:
            with machine.db.shop(installed.shop.id) as c:
                return work(Tx(c, installed.shop, machine.secrets), installed, machine.clock.now())
        except ValidationError as error:
            return of_fields(error)

    return route


@bp.post("/shops/<code>/subscribers")
@opened
def subscribe(tx: Tx, installed: Installed, now: datetime) -> Response:
    """Keep a consent that was given elsewhere, and ask for its confirmation where the rules want one."""
    body = api_bodies.loaded(api_bodies.SUBSCRIBER, _json())
    given = body["consent"]
    if given["at"] > now + AHEAD:
        raise ValidationError({"consent": {"at": ["In the future."]}})
    phone = _phone(body, installed)
    machine = _machine()
    rulebook = machine.rulebook
    if not rulebook.enabled(phone.country):
        raise ValidationError({"phone": [f"Numbers in {phone.country} can't be texted."]})
    if not _same_again(machine, installed):
        detail = "This Idempotency-Key came with another body before."
        return problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail)
    signup = joining.SignUp(
        phone=phone,
        at=given["at"],
        source="API",
        action=api_bodies.ACTIONS[given["action"]],
        wording=given["wording"],
        locale=body.get("locale", ""),
        form="API",
        url=api_bodies.without_query(given["source_url"]) or "",
        person=Person(
            name=body.get("name", ""),
            email=body.get("email", ""),
            ip=given.get("ip", ""),
            user_agent=given.get("user_agent", ""),
        ),
    )
    joined = joining.join(tx, installed, rulebook, signup, now)
    answer = jsonify({"state": joined.state, "scope": scope_of(given["wording"]), "detail": joined.why})
    answer.status_code = HTTPStatus.CREATED if joined.kept else HTTPStatus.OK
    if joined.state == "opted_out":
        answer.status_code = HTTPStatus.ACCEPTED
    return answer


@bp.post("/shops/<code>/lookup")
@opened
def lookup(tx: Tx, installed: Installed, now: datetime) -> Response:
    """Where a number stands."""
    phone = _phone(api_bodies.loaded(api_bodies.LOOKUP, _json()), installed)
    hashed = tx.phone(phone.e164) or b""
    known = situations.of_number(tx, hashed, phone.e164, None, now)
    consent = known.consent
    requests = confirmations.requests_to(tx, [hashed]).get(hashed, [])
    asked = not consent.proven and any(request.open or request.waiting for request in requests)
    states = {"given": "subscribed", "pending": "pending", "withdrawn": "opted_out", "none": "unknown"}
    return jsonify(
        {
            "state": "opted_out" if known.suppression else states[consent.state] if not asked else "pending",
            "scope": consent.scope,
            "confirmed": consent.proven,
            "since": consent.given_at.isoformat() if consent.given_at else None,
        }
    )


@bp.post("/shops/<code>/opt-outs")
@opened
def opt_out(tx: Tx, installed: Installed, now: datetime) -> Response:
    """No more texts to this number. Only its owner can undo it, by a text of theirs."""
    body = api_bodies.loaded(api_bodies.OPT_OUT, _json())
    phone = _phone(body, installed)
    hashed = tx.phone(phone.e164) or b""
    consents.hold(tx)
    before = people.suppressed(tx, [hashed]).get(hashed)
    if before is None or before.kind == "bounced":
        stop(tx, hashed, phone.e164, f"through the API: {api_bodies.REASONS[body['reason']]}", "store", now)
    return jsonify({"state": "opted_out"})


@bp.get("/openapi.json")
def contract() -> Response:
    return Response(OPENAPI.read_bytes(), mimetype="application/json")


def _json() -> object:
    """Raises ValidationError: what isn't JSON has no fields to name."""
    try:
        return json.loads(request.get_data())
    except (ValueError, RecursionError):
        raise ValidationError("The body is no JSON.") from None


def _phone(body: dict[str, str], installed: Installed) -> Phone:
    phone = parse(body["phone"], body.get("country") or installed.shop.country)
    if isinstance(phone, NotAPhone):
        raise ValidationError({"phone": [f"No text reaches this number: {phone.reason.replace('_', ' ')}."]})
    return phone


def _same_again(machine: Machine, installed: Installed) -> bool:
    """With an Idempotency-Key: is this the body that it came with first? The consent itself is kept once anyway."""
    key = request.headers.get("Idempotency-Key", "")
    if not key:
        return True
    content = hmac.digest(machine.secrets.phone_key, request.get_data(), hashlib.sha256)
    return _limits().same("idempotency key", _hashed(machine, f"{installed.join_code} {key}"), content, DAY)


def _hashed(machine: Machine, name: str) -> bytes:
    return hmac.digest(machine.secrets.phone_key, name.encode("utf-8", "surrogatepass"), hashlib.sha256)[:16]


def _machine() -> Machine:
    machine: Machine = current_app.extensions["machine"]
    return machine


def _limits() -> Limits:
    limits: Limits = current_app.extensions["limits"]
    return limits
