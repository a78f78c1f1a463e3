"""When a cart becomes abandoned, which touches it gets, and what ends them. Pure: rows in, decisions out."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sequences.cart import Cart
from sequences.one_plan import resting
from sequences.sequence import Sequence
from sequences.trace import Line

CartState = Literal["open", "abandoned", "bought", "recovered", "expired", "erased"]


def is_news(known: datetime | None, told: datetime, state: CartState = "open") -> bool:
    """Newest wins by the store's own timestamps.

    Of two deliveries with one timestamp the later may know more (a checkout's create and update), so it
    counts while the cart is open; after that it is a repetition, and must not wake the cart again.
    """
    return known is None or told > known or (told == known and state == "open")


@dataclass(frozen=True, slots=True)
class Next:
    """What a delivery makes of a cart: its state, why, and whether its planned touches end."""

    state: CartState
    reason: str = ""
    cancels: bool = False


def after_change(state: CartState, cart: Cart, removed: bool = False) -> Next:
    """The state that a changed checkout leads to. A bought, recovered or erased cart stays what it is.

    A shopper who comes back to an abandoned cart is shopping again: it opens anew, its touches end, and
    idleness is counted from this change.
    """
    if state in ("bought", "recovered", "erased"):
        return Next(state)
    if cart.completed_at is not None:
        return Next("bought", "the store says this checkout was completed", cancels=True)
    if removed:
        return Next("expired", "the store removed the cart", cancels=True)
    if not cart.lines:
        return Next("expired", "the cart was emptied", cancels=True)
    if state == "abandoned":
        return Next("open", "the shopper came back to it", cancels=True)
    return Next("open")


@dataclass(frozen=True, slots=True, kw_only=True)
class Touch:
    """One planned message: which step (from 0), when it is due, and until when it makes sense."""

    step: int
    due_at: datetime
    deadline: datetime


@dataclass(frozen=True, slots=True)
class Plan:
    """What an idle cart gets. No touches: `why` says so."""

    touches: tuple[Touch, ...]
    trace: tuple[Line, ...]


def plan(
    cart: Cart,
    left_at: datetime,
    sequence: Sequence,
    most: int | None,
    now: datetime,
    rests_until: datetime | None = None,
) -> Plan:
    """The touches for a cart idle since `left_at`. `most`: how many texts the rulebook lets a cart have; `rests_until`:
    its person got a reminder of another cart, and the first of this one waits until then, the later ones with it.

    Every touch shares the cart's deadline: past it a reminder is dropped, never sent late (CART-04).
    """
    if not sequence.on:
        return _nothing(now, "the shop's sequence is off")
    if cart.contact.phone is None:
        return _nothing(now, _unreachable(cart))
    deadline = left_at + sequence.deadline
    if now >= deadline:
        return _nothing(now, "we learned of it only after the deadline")
    steps = [(n, left_at + step.delay) for n, step in enumerate(sequence.steps) if step.on]
    if not steps:
        return _nothing(now, "no step of the sequence is on")
    kept = steps if most is None else steps[:most]
    soonest = max(steps[0][1], left_at + sequence.idle(cart.stage))
    rest = rests_until if rests_until is not None and rests_until > soonest else None
    # All come later, so that the first keeps to the rest and none comes closer to the one before: two that are overdue,
    # since we learned of the cart late, would come at once.
    first = max(rest or soonest, now if len(kept) > 1 else soonest)
    later = max(timedelta(0), first - steps[0][1])
    put_off = tuple(Touch(step=n, due_at=at + later, deadline=deadline) for n, at in kept)
    touches = tuple(t for t in put_off if not later or t.due_at < deadline)
    if rest and not touches:
        return _nothing(now, f"{resting(rest)}, when this cart's deadline has passed")
    if not touches:
        return _nothing(now, "the first step would come after the deadline")
    lines = _planned(now, touches, len(steps) - len(kept))
    return Plan(touches, (*lines, *_put_off(now, rest, len(kept) - len(touches))))


def _put_off(now: datetime, rest: datetime | None, dropped: int) -> Iterator[Line]:
    if rest:
        yield Line(at=now, check="plan", outcome="put off", reason=resting(rest))
    if dropped:
        why = f"{dropped} later step(s): they would come after the deadline"
        yield Line(at=now, check="plan", outcome="left out", reason=why)


def _planned(now: datetime, touches: tuple[Touch, ...], left_out: int) -> tuple[Line, ...]:
    lines = [
        Line(
            at=now,
            check="plan",
            outcome="planned",
            reason=f"step {t.step + 1} is due {t.due_at:%Y-%m-%d %H:%M} UTC",
            facts={"step": t.step, "due_at": t.due_at.isoformat()},
        )
        for t in touches
    ]
    if left_out:
        why = "carriers there allow one text for a cart (CART-03)"
        lines.append(
            Line(at=now, check="plan", outcome="left out", reason=f"{left_out} later step(s): {why}")
        )
    return tuple(lines)


def _nothing(now: datetime, why: str) -> Plan:
    return Plan((), (Line(at=now, check="plan", outcome="nothing", reason=why),))


def _unreachable(cart: Cart) -> str:
    if not cart.contact.dropped:
        return "no phone was given"
    return "; ".join(f"{d.where} can't be texted: {d.reason}" for d in cart.contact.dropped)


def back_off(tries: int) -> timedelta:
    """How long to wait before trying again what failed `tries` times: 1, 2, 4 … at most 30 minutes."""
    return timedelta(minutes=min(30, 2 ** max(0, tries - 1)))
