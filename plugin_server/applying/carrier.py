"""What the carrier says: reports of what became of a text, and what people wrote back."""

import uuid

from compliance.optout import classify
from plugin_server.applying.effect import Effect, Here
from plugin_server.store import attempts, people, touches, traces
from sequences.events import DeliveryReported, TextReceived
from sequences.trace import Line


def reported(here: Here, event: DeliveryReported) -> Effect:
    touch_id = _touch_id(event.ref)
    about = attempts.report(here.tx, touch_id, event) if touch_id else None
    if about is None or touch_id is None:
        return Effect("ignored", "a report on a text that we didn't send")
    cart_id, phone = about
    facts = {"code": event.code} if event.code else {}
    line = Line(at=event.at, check="report", outcome=event.status, reason=event.detail, facts=facts)
    traces.write(here.tx, cart_id, [line], touch_id)
    if event.opted_out:
        _stop(here, phone, f"the carrier blocks it: its owner opted out ({event.code})")
    return Effect("applied", cart_id=cart_id)


def received(here: Here, event: TextReceived) -> Effect:
    """STOP takes effect in the transaction that stores the reply."""
    intent = classify(event.text)
    if not people.keep_reply(here.tx, event, intent.kind, intent.rule):
        return Effect("stale", "this reply is known")
    phone = here.tx.phone(event.sender)
    assert phone is not None  # noqa: S101  (a reply has a sender)
    carts = people.carts_with_phone(here.tx, phone)
    line = Line(at=event.at, check="reply", outcome=intent.kind, facts={"rule": intent.rule})
    traces.write_many(here.tx, [(cart_id, None, line) for cart_id in carts[-1:]])
    if intent.kind == "stop":
        _stop(here, phone, f"replied with an opt-out ({intent.rule})")
    return Effect("applied", cart_id=carts[-1] if carts else None)


def _stop(here: Here, phone: bytes, why: str) -> None:
    people.suppress(here.tx, phone, why, here.now)
    touches.cancel_for_phone(here.tx, phone, "opted out", here.now)


def _touch_id(ref: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(ref)
    except ValueError:
        return None
