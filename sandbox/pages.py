"""The start page and the buttons that skip time."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, abort, current_app, redirect, render_template, request
from flask.typing import ResponseReturnValue

from sandbox.world import World

bp = Blueprint("pages", __name__)

_LONGEST = 7 * 86400
_COUNTS = (
    ("Carts", "carts"), ("Orders", "orders"), ("Texts", "texts"), ("Clicks", "clicks"),
    ("Link previews", "previews"), ("Opt-outs", "opt_outs"),
)  # fmt: skip


@bp.get("/")
def index() -> ResponseReturnValue:
    world = _world()
    summary = world.carrier.tally.summary()
    return render_template(
        "index.html",
        shops=sorted(world.stores.values(), key=lambda store: store.name),
        phones=len(world.carrier.phones),
        counts=[(title, summary[name]) for title, name in _COUNTS],
    )


@bp.post("/skip")
def skip() -> ResponseReturnValue:
    seconds = request.form.get("seconds", type=int)
    if seconds is None or not 0 <= seconds <= _LONGEST:
        abort(422, "The clock skips forward, by a week at most.")
    _world().clock.skip(timedelta(seconds=seconds))
    return redirect(_local(request.form.get("next")), 303)


@bp.app_context_processor
def shared() -> dict[str, Any]:
    return {"sandbox_now": _world().clock.now(), "app_url": _world().app_url}


def _local(target: str | None) -> str:
    """A path on this site, whatever was asked for."""
    safe = target and target.startswith("/") and not target.startswith(("//", "/\\"))
    return target if target and safe else "/"


def _world() -> World:
    world: World = current_app.extensions["world"]
    return world
