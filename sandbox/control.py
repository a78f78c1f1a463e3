"""The sandbox's own API: the clock, the faults, the carrier's accounts, the ledger. JSON in and out."""

import dataclasses
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, current_app, jsonify, request
from flask.typing import ResponseReturnValue

from sandbox.courier import is_loopback
from sandbox.people import TooMany
from sandbox.population import NoShops, populate
from sandbox.vonage.account import BadAccount, read_account
from sandbox.vonage.carrier import NobodyToAnswer
from sandbox.world import Faults, World

bp = Blueprint("control", __name__)

_FAULTS = {field.name: field.type for field in dataclasses.fields(Faults)}


class BadRequest(ValueError):
    """The request can't be followed; the text says what to change."""


@bp.errorhandler(BadRequest)
@bp.errorhandler(BadAccount)
@bp.errorhandler(NobodyToAnswer)
@bp.errorhandler(NoShops)
@bp.errorhandler(TooMany)
def refuse(trouble: ValueError) -> ResponseReturnValue:
    return jsonify({"error": str(trouble)}), 422


@bp.get("/sandbox/clock")
def clock() -> ResponseReturnValue:
    return jsonify({"now": _stamp(_world().clock.now())})


@bp.post("/sandbox/clock/skip")
def skip() -> ResponseReturnValue:
    seconds = _body().get("seconds")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= 366 * 86400:
        raise BadRequest("seconds must be a number from 0 to a year: the clock only moves forward")
    return jsonify({"now": _stamp(_world().clock.skip(timedelta(seconds=seconds)))})


@bp.get("/sandbox/status")
def status() -> ResponseReturnValue:
    world = _world()
    upcoming = world.clock.next_timer()
    return jsonify(
        {
            "now": _stamp(world.clock.now()),
            "idle": world.idle(),
            "next_timer": _stamp(upcoming) if upcoming else None,
        }
    )


@bp.route("/sandbox/faults", methods=["GET", "POST"])
def faults() -> ResponseReturnValue:
    world = _world()
    if request.method == "POST":
        wanted = {name: _fault(name, value) for name, value in _body().items()}
        with world.lock:
            for name, value in wanted.items():
                setattr(world.faults, name, value)
    return jsonify(dataclasses.asdict(world.faults))


@bp.route("/sandbox/hosts", methods=["GET", "POST"])
def hosts() -> ResponseReturnValue:
    """Where names lead to in this world: {"https://comeback.example": "http://127.0.0.1:8100"}."""
    world = _world()
    if request.method == "POST":
        wanted = {str(name).rstrip("/"): str(there).rstrip("/") for name, there in _body().items()}
        if not all(is_loopback(there) for there in wanted.values()):
            raise BadRequest("a name must lead to this machine: the sandbox calls nobody else")
        with world.lock:
            world.hosts |= wanted
    return jsonify(world.hosts)


@bp.post("/sandbox/carrier")
def carrier() -> ResponseReturnValue:
    account = read_account(_body())
    _world().carrier.set_up(account)
    return jsonify({"application_id": account.application_id, "numbers": sorted(account.numbers)})


@bp.post("/sandbox/phones/<number>/reply")
def reply(number: str) -> ResponseReturnValue:
    body = _body()
    text, to = body.get("text"), body.get("to")
    if not isinstance(text, str) or not text.strip():
        raise BadRequest('text must say something: {"text": "STOP"}')
    phone = "+" + number.lstrip("+")
    return jsonify({"from": phone, "to": _world().carrier.answer(phone, text, to)})


@bp.post("/sandbox/population")
def population() -> ResponseReturnValue:
    body = {"carts": 200, "seed": 1, "days": 3, **_body()}
    numbers = {name: body[name] for name in ("carts", "seed", "days")}
    if any(isinstance(n, bool) or not isinstance(n, int) for n in numbers.values()):
        raise BadRequest("carts, seed and days must be whole numbers")
    if not 1 <= numbers["carts"] <= 5_000 or not 1 <= numbers["days"] <= 60:
        raise BadRequest("carts must be 1 to 5000, days 1 to 60")
    return jsonify({"shoppers": populate(_world(), **numbers)})


@bp.get("/sandbox/ledger")
def ledger() -> ResponseReturnValue:
    world = _world()
    world.carrier.tally.catch_up()
    kind = request.args.get("kind")
    since = request.args.get("since_seq", -1, type=int)
    with world.ledger.lock:
        entries = [dict(e) for e in world.ledger.entries if e["seq"] > since and kind in (None, e["kind"])]
    answer = json.dumps({"entries": entries}, default=_plain, ensure_ascii=False)
    return current_app.response_class(answer, mimetype="application/json")


@bp.get("/sandbox/summary")
def summary() -> ResponseReturnValue:
    return jsonify(_world().carrier.tally.summary())


def _world() -> World:
    world: World = current_app.extensions["world"]
    return world


def _body() -> Mapping[str, Any]:
    body = request.get_json(force=True, silent=True)
    if not isinstance(body, dict):
        raise BadRequest("the body must be a JSON object")
    return body


def _fault(name: str, value: Any) -> float | bool:
    if name not in _FAULTS:
        raise BadRequest(f"no fault is called {name!r}; there are: {', '.join(sorted(_FAULTS))}")
    if _FAULTS[name] is bool:
        if not isinstance(value, bool):
            raise BadRequest(f"{name} must be true or false")
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadRequest(f"{name} must be a number")
    if value < 0 and "skew" not in name:
        raise BadRequest(f"{name} must be a number from 0 on")
    if not name.endswith("_seconds") and value > 1:
        raise BadRequest(f"{name} is a probability: 0 to 1")
    return float(value)


def _stamp(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")


def _plain(value: Any) -> str:
    return _stamp(value) if isinstance(value, datetime) else str(value)
