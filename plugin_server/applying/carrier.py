"""What the carrier says became of a text."""

import uuid

from plugin_server.applying.effect import Effect, Here
from plugin_server.applying.stopping import stop
from plugin_server.gathering import hygiene
from plugin_server.store import attempts, notice_ends, traces
from sequences.events import DeliveryReported
from sequences.trace import Line


def reported(here: Here, event: DeliveryReported) -> Effect:
    """A report on a reminder, or on one of the other texts."""
    ref = _ref(event.ref)
    about = ref and (_reminder(here, ref, event) or notice_ends.report(here.tx, ref, event))
    if not about:
        return Effect("ignored", "a report on a text that we didn't send")
    phone, cart_id = about
    if event.opted_out:
        why = f"the carrier blocks it: its owner opted out ({event.code})"
        stop(here.tx, phone, None, why, "carrier", here.now)
    given_up = hygiene.bounced(here.tx, phone, event, here.now)
    if given_up and cart_id is not None:
        line = Line(at=event.at, check="report", outcome="retired", reason=given_up)
        traces.write(here.tx, cart_id, [line], ref or None)
    return Effect("applied", cart_id=cart_id)


def _reminder(here: Here, ref: uuid.UUID, event: DeliveryReported) -> tuple[bytes, int | None] | None:
    about = attempts.report(here.tx, ref, event)
    if about is None:
        return None
    cart_id, phone = about
    facts = {"code": event.code} if event.code else {}
    line = Line(at=event.at, check="report", outcome=event.status, reason=event.detail, facts=facts)
    traces.write(here.tx, cart_id, [line], ref)
    return phone, cart_id


def _ref(ref: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(ref)
    except ValueError:
        return None
