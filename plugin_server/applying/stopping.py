"""No more texts: what every way of saying no leads to, in the transaction that learned of it."""

from datetime import datetime

from compliance.evidence import Evidence, Person
from plugin_server.store import confirmations, consents, errands, notices, people, subscribers, touches
from plugin_server.store.tx import Tx

ANSWERS = ("opt_out_confirmation", "help_reply")
"""These may still leave: one confirms the opt-out, the other answers a question."""

ACTIONS = {
    "stop": "wrote that they want no texts",
    "carrier": "the carrier reported that they opted out with it",
    "link": "pressed the button on the opt-out page",
    "store": "consent was withdrawn at the store",
    "merchant": "told the merchant that they want no texts",
    "erased": "was erased",
}


def stop(
    tx: Tx,
    phone: bytes,
    e164: str | None,
    why: str,
    kind: str,
    now: datetime,
    *,
    at: datetime | None = None,
    person: Person | None = None,
) -> None:
    """Suppress, write the evidence, cancel what waits, tell the store (unless it told us).

    `e164` may be unknown (an erased cart, a report that names only our reference): then there is nobody to write
    evidence about or to name to the store, but the hash is enough to stop the next text.
    """
    consents.hold(tx)  # before the rows: whoever else needs both takes the chain first
    people.suppress(tx, phone, why, now, kind)
    touches.cancel_for_phone(tx, phone, "opted out", now)
    notices.cancel(tx, phone, "opted out", now, spare=ANSWERS)
    confirmations.close(tx, phone, now)  # a YES to an earlier question counts no more (OPT-09)
    if e164 is not None:
        _write_down(tx, e164, why, kind, now, at or now, person or Person())
    subscribers.refresh(tx, [phone])


def _write_down(tx: Tx, e164: str, why: str, kind: str, now: datetime, at: datetime, person: Person) -> None:
    line = Evidence(
        phone=e164,
        state="withdrawn",
        at=at,
        source=f"opt-out: {kind}",
        action=ACTIONS[kind],
        note=why,
        person=person,
    )
    consents.append(tx, [line], now)
    if kind not in ("store", "erased"):
        errands.add(tx, "opt_out", e164, at)
