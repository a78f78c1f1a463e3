"""The carrier's API: `POST /v1/messages`, with the misfortunes that are switched on."""

import threading
import uuid
from datetime import timedelta

from flask import Blueprint, current_app, jsonify, request
from flask.typing import ResponseReturnValue

from sandbox.hang_up import HangUp
from sandbox.vonage import orders, problems
from sandbox.vonage.auth import account_of
from sandbox.vonage.carrier import Carrier
from sandbox.vonage.orders import Refused
from sandbox.vonage.problems import Problem
from sandbox.world import World

bp = Blueprint("vonage", __name__)


@bp.post("/v1/messages")
@bp.post("/vonage/v1/messages")
def messages() -> ResponseReturnValue:
    world: World = current_app.extensions["world"]
    raw = request.get_data()
    try:
        return _answer(world, world.carrier, raw)
    except Refused as refused:
        return _problem(refused.problem)


def _answer(world: World, carrier: Carrier, raw: bytes) -> ResponseReturnValue:
    faults, roll = world.faults, world.roll
    if faults.carrier_401:
        raise Refused(problems.unauthorized("the sandbox was told to refuse"))
    account = account_of(request.headers.get("Authorization"), carrier.accounts, world.clock.now())
    if faults.carrier_402:
        raise Refused(problems.LOW_BALANCE)
    if roll(faults.carrier_429):
        raise Refused(problems.THROTTLED)
    order = orders.read(raw)
    if roll(faults.carrier_hangup):
        if roll(faults.carrier_hangup_accepts):
            carrier.take(account, order)
        return HangUp()
    if roll(faults.carrier_5xx):
        if roll(faults.carrier_5xx_accepts):
            carrier.take(account, order)
        raise Refused(problems.internal(500 if roll(0.5) else 503))
    message = carrier.take(account, order)
    if roll(faults.carrier_slow):
        _wait(world, faults.carrier_slow_seconds)
    workflow = {"workflow_id": uuid.uuid4().hex} if order.failover else {}
    return jsonify({"message_uuid": message.uuid, **workflow}), 202


def _wait(world: World, seconds: float) -> None:
    """Let sandbox time pass: a skipped clock ends the wait."""
    passed = threading.Event()
    world.clock.after(timedelta(seconds=seconds), passed.set)
    passed.wait(seconds + 1)


def _problem(problem: Problem) -> ResponseReturnValue:
    answer = jsonify(problem.body(uuid.uuid4().hex))
    answer.content_type = "application/problem+json" if problem.status == 422 else "application/json"
    return answer, problem.status
