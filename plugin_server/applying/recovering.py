"""What orders count as, judged from all that is known by now: again with each order, and with each carrier's report.

What follows is written over what was judged before, so that it doesn't matter what came first.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from plugin_server.store import carts, recoveries, touches, traces
from plugin_server.store.recoveries import Standing
from plugin_server.store.tx import Tx
from sequences.attribution import Attributed, Match, Verdict, attribute, tie
from sequences.trace import Line


def of_cart(tx: Tx, cart_id: int, window: timedelta, now: datetime) -> None:
    """Something new is known of a cart's texts: what its orders count as may change. Usually there are none yet."""
    order_key = recoveries.pointing_to(tx, cart_id)
    if order_key is not None:
        of_order(tx, order_key, window, now)


def of_order(tx: Tx, order_key: str, window: timedelta, now: datetime) -> list[int]:
    """Something new is known of an order. Returns the carts that it and its competitors closed or brought back."""
    standings = recoveries.together(tx, order_key, window)
    verdicts = attribute([s.purchase for s in standings])
    for standing in standings:
        verdict = verdicts[standing.purchase.key]
        if isinstance(verdict, Attributed):
            recoveries.recover(tx, standing, verdict)
        else:
            recoveries.undo(tx, standing.purchase.key, verdict.reason)
    pointed_to = sorted({m.cart_id for s in standings for m in s.purchase.matches})
    return [cart_id for cart_id in pointed_to if _close(tx, cart_id, standings, verdicts, now)]


@dataclass(frozen=True, slots=True)
class _Closing:
    """The order that closes a cart, by which rule, and as what it counts."""

    standing: Standing
    match: Match
    verdict: Verdict

    @property
    def came_back(self) -> bool:
        return isinstance(self.verdict, Attributed) and self.verdict.match.cart_id == self.match.cart_id

    @property
    def reason(self) -> str:
        if isinstance(self.verdict, Attributed):
            tied = f"tied by {self.match.rule.name}"
            return tied if self.came_back else "the text of another cart led to this order"
        return self.verdict.reason

    def line(self, now: datetime, outcome: str) -> Line:
        facts = {"order": self.standing.purchase.key, "rule": self.match.rule.name}
        return Line(at=now, check="order", outcome=outcome, reason=self.reason, facts=facts)


def _close(
    tx: Tx, cart_id: int, standings: list[Standing], verdicts: dict[str, Verdict], now: datetime
) -> bool:
    """The cart came back, or was bought, or neither: then it stays as it is."""
    known = carts.by_id(tx, cart_id)
    if known is None or known.state == "erased":
        return False
    closing = _closing(cart_id, known.order_key, standings, verdicts)
    closed = known.state in ("bought", "recovered")
    if closing is None or (closing.standing.taken_back and not closed):
        return False
    key, state = closing.standing.purchase.key, "recovered" if closing.came_back else "bought"
    if (known.state, known.order_key, known.reason) == (state, key, closing.reason):
        return True
    carts.turn(tx, cart_id, state, closing.reason, key)
    touches.cancel(tx, [cart_id], f"bought ({key})", now)
    undone = state == "bought" and (known.state == "recovered" or closing.standing.taken_back)
    traces.write(tx, cart_id, [closing.line(now, "undone" if undone else state)])
    return True


def _closing(
    cart_id: int, order_key: str | None, standings: list[Standing], verdicts: dict[str, Verdict]
) -> _Closing | None:
    """The order with which this cart came back; else the one that it became, by the surest rule; else the one with
    which it seemed to have come back."""
    found = []
    for standing in standings:
        purchase, verdict = standing.purchase, verdicts[standing.purchase.key]
        match = tie(m for m in purchase.matches if m.cart_id == cart_id)
        if match is None:
            continue
        closing = _Closing(standing, match, verdict)
        became = tie(purchase.matches) == match
        if closing.came_back or became or purchase.key == order_key:
            weight = (not closing.came_back, not became, bool(purchase.void), match.rule)
            found.append(((*weight, purchase.at, purchase.key), closing))
    return min(found, key=lambda each: each[0])[1] if found else None
