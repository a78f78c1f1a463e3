"""Numbers that nothing reaches are retired, and the list is looked over: what is in it, and what to do about it."""

from dataclasses import dataclass
from datetime import datetime

from plugin_server.store import consents, list_figures, notices, people, subscribers, touches
from plugin_server.store.list_figures import Figures
from plugin_server.store.tx import Tx
from sequences.events import DeliveryReported

ABSENT_DAYS = 3
"""Different days (UTC) on which nobody was reached, none reached between: then the number is as good as dead."""


def bounced(tx: Tx, phone: bytes, event: DeliveryReported, now: datetime) -> str | None:
    """Retire the number if this report says, or completes, that nothing reaches it. Returns why, else None.

    Call it once the report is applied: it counts with the others. A number that doesn't exist goes at once (CTIA
    Messaging Principles 5.1.5: deactivated numbers), one where nobody is goes after three days. Only a person's own
    text brings it back.
    """
    if event.opted_out or not (event.dead or event.absent) or _outdated(tx, phone, event):
        return None
    if event.dead:
        why = f"the carrier says that it takes no texts ({event.code})"
    elif list_figures.failed_days(tx, phone, event.code) >= ABSENT_DAYS:
        why = f"nobody was reached on {ABSENT_DAYS} different days ({event.code})"
    else:
        return None
    retire(tx, phone, why, now)
    return why


def retire(tx: Tx, phone: bytes, why: str, now: datetime) -> None:
    """No more texts to this number, until its owner writes. An opt-out in force stays what it is."""
    consents.hold(tx)  # before any row: the list is brought up to date below
    people.suppress(tx, phone, why, now, "bounced")
    touches.cancel_for_phone(tx, phone, "the number is retired", now)
    notices.cancel(tx, phone, "the number is retired", now)
    subscribers.refresh(tx, [phone])


def _outdated(tx: Tx, phone: bytes, event: DeliveryReported) -> bool:
    """Reports come late and out of order: somebody was reached, or wrote, after this one's time; or it is told
    again."""
    row = people.suppression(tx, phone)
    if row is not None and (row.lifted_at is None or row.lifted_at > event.at):
        return True
    last = list_figures.last_delivery(tx, phone)
    return last is not None and last >= event.at


@dataclass(frozen=True, slots=True)
class Report:
    """A shop's list as it is, and what could be done about it, in sentences."""

    figures: Figures
    advice: tuple[str, ...]


def report(tx: Tx, now: datetime) -> Report:
    figures = list_figures.read(tx, now)
    return Report(figures, advice(figures))


def advice(f: Figures) -> tuple[str, ...]:
    """What a merchant could do, the most useful first. Pure."""
    subscribed, retired = f.states["subscribed"], f.states["retired"]
    listed = subscribed + f.states["pending"]
    many_retired = retired > listed * 0.05 and retired > 10
    told = (
        (not listed, NOBODY),
        (f.unproven, f"{f.unproven} of {subscribed} subscribers are unproven: {UNPROVEN}"),
        (f.pending_stale, f"{f.pending_stale} people were asked to confirm {STALE}"),
        (f.silent, f"{f.silent} subscribers got none of the texts of {SILENT}"),
        (many_retired, f"{retired} numbers were retired, much for a list of {listed}: {RETIRED}"),
        (f.refused, f"{f.refused} rows of imported files were refused: {REFUSED}"),
    )
    return tuple(words for wanted, words in told if wanted)


NOBODY = "Nobody can be texted yet: gather consent at checkout, on the sign-up page, or import it."
UNPROVEN = (
    "where the rules want a confirmed consent they are asked to confirm first. An import with confirmation times and"
    " replies would prove it."
)
STALE = (
    f"more than {list_figures.STALE.days} days ago and never did: leave them alone unless they sign up again."
)
SILENT = (
    f"the last {list_figures.SILENT.days} days: their numbers may have changed hands. Ask them by e-mail."
)
RETIRED = "nothing reached them. Look where they came from."
REFUSED = "the report of the import (--report) says which."
