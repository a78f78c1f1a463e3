"""The phones: who got what, and a screen on which to read and answer it."""

from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sandbox.autolink import autolink
from sandbox.vonage.carrier import Carrier, NobodyToAnswer

bp = Blueprint("phone", __name__)
bp.add_app_template_filter(autolink)

QUICK_REPLIES = ("Y", "STOP", "HELP", "When do you restock?")
_LISTED = 200


@bp.get("/phone")
def phones() -> ResponseReturnValue:
    if wanted := request.args.get("number"):
        return redirect(url_for("phone.phone", number=_e164(wanted)))
    carrier = _carrier()
    latest = list(carrier.phones.latest())
    threads = [
        {
            "number": number,
            "last": bubble,
            "at": bubble.at.astimezone(ZoneInfo(carrier.tally.zone(number))),
            "name": (bubble.shop or bubble.other) if bubble.incoming else "You",
        }
        for number, bubble in latest[:_LISTED]
    ]
    return render_template(
        "phone_list.html", threads=threads, more=len(latest) if len(latest) > _LISTED else None
    )


@bp.get("/phone/<number>")
def phone(number: str) -> ResponseReturnValue:
    if (proper := _e164(number)) != number:
        return redirect(url_for("phone.phone", number=proper))
    return render_template("phone.html", **_screen(number))


@bp.get("/phone/<number>/bubbles")
def bubbles(number: str) -> ResponseReturnValue:
    return render_template("phone_bubbles.html", **_screen(_e164(number)))


@bp.post("/phone/<number>/reply")
def reply(number: str) -> ResponseReturnValue:
    text = (request.form.get("quick") or request.form.get("text") or "").strip()
    proper = _e164(number)
    if text:
        try:
            _carrier().answer(proper, text, request.form.get("to"))
        except NobodyToAnswer as trouble:
            abort(422, str(trouble))
    return redirect(url_for("phone.phone", number=proper), 303)


def _screen(number: str) -> dict[str, Any]:
    carrier = _carrier()
    carrier.tally.catch_up()
    zone = carrier.tally.zone(number)
    talk = carrier.phones.talk(number)
    senders = _senders(carrier, [b.other for b in talk])
    local = carrier.world.clock.now().astimezone(ZoneInfo(zone))
    return {
        "number": number,
        "bubbles": talk,
        "zone": ZoneInfo(zone),
        "where": f"{zone.rpartition('/')[2].replace('_', ' ')} · {local:%a %H:%M} local time",
        "senders": senders,
        "latest": senders[0][0] if senders else None,
        "many": len(senders) > 1,
        "quick": QUICK_REPLIES,
    }


def _senders(carrier: Carrier, others: list[str]) -> list[tuple[str, str]]:
    """Numbers that can be answered with their shops' names: those who texted, the latest first, else all."""
    known = {n.digits: n for n in carrier.numbers()}
    texted = [other for other in dict.fromkeys(reversed(others)) if other in known]
    stores = carrier.world.stores
    return [
        (digits, stores[shop].name if (shop := known[digits].shop) in stores else shop or digits)
        for digits in texted or known
    ]


def _e164(number: str) -> str:
    digits = "".join(c for c in number if c in "0123456789")
    if not 7 <= len(digits) <= 15 or digits[0] == "0":
        abort(404, "A phone has a number like +12125550123: country code first, 7 to 15 digits.")
    return "+" + digits


def _carrier() -> Carrier:
    carrier: Carrier = current_app.extensions["world"].carrier
    return carrier
