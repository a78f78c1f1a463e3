"""What the carrier says became of a text."""

import uuid

from plugin_server.applying import recovering
from plugin_server.applying.effect import Effect, Here
from plugin_server.applying.stopping import stop
from plugin_server.gathering import hygiene
from plugin_server.store import attempts, confirmations, consents, notice_ends, people, traces, usage
from sequences.events import DeliveryReported
from sequences.trace import Line


def reported(here: Here, event: DeliveryReported) -> Effect:
    """A report on a reminder, or on one of the other texts."""
    ref = _ref(event.ref)
    if event.opted_out or event.dead or event.absent:
        consents.hold(here.tx)  # before the rows: whoever else needs both takes the chain first
    about = ref and (_reminder(here, ref, event) or notice_ends.report(here.tx, ref, event))
    if not about:
        return Effect("ignored", "a report on a text that we didn't send", forget=True)
    phone, cart_id = about
    if event.opted_out and ref and not _outdated(here, phone, event):
        why = f"the carrier blocks it: its owner opted out ({event.code})"
        to = attempts.recipient(here.tx, ref) or confirmations.text_of(here.tx, ref).get("to")
        stop(here.tx, phone, to, why, "carrier", here.now, at=event.at)
    given_up = hygiene.bounced(here.tx, phone, event, here.now)
    if given_up and cart_id is not None:
        line = Line(at=event.at, check="report", outcome="retired", reason=given_up)
        traces.write(here.tx, cart_id, [line], ref or None)
    return Effect("applied", cart_id=cart_id, phone=phone)


def _reminder(here: Here, ref: uuid.UUID, event: DeliveryReported) -> tuple[bytes, int | None] | None:
    if here.counts_usage:  # before the report: segments as we counted them, not as the carrier does
        usage.count_reported(here.tx, ref, event.status, here.now)
    about = attempts.report(here.tx, ref, event)
    if about is None:
        return None
    cart_id, phone = about
    facts = {"code": event.code} if event.code else {}
    line = Line(at=event.at, check="report", outcome=event.status, reason=event.detail, facts=facts)
    traces.write(here.tx, cart_id, [line], ref)
    recovering.of_cart(here.tx, cart_id, here.sequence.attribution, here.now)
    return phone, cart_id


def _outdated(here: Here, phone: bytes, event: DeliveryReported) -> bool:
    """A report from before their START says nothing of now."""
    row = people.suppression(here.tx, phone)
    return row is not None and row.lifted_at is not None and event.at <= row.lifted_at


def _ref(ref: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(ref)
    except ValueError:
        return None
