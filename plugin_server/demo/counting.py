"""The story's numbers. What was texted is what the carrier saw; what was kept is compared with what was
answered 200; only what we alone can know comes from our tables."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from plugin_server.store import numbers, shops
from plugin_server.store.tx import Tx
from plugin_server.wiring import Machine

UNDECIDED = text(
    "SELECT count(*) FROM (SELECT state, deadline FROM touches"
    " UNION ALL SELECT state, deadline FROM notices) AS texts WHERE deadline < :now"
    " AND state NOT IN ('sent', 'delivered', 'undelivered', 'never_known', 'skipped', 'cancelled', 'expired')"
)
KEPT = text("SELECT DISTINCT encode(digest, 'hex') AS digest FROM events WHERE state <> 'new'")
COMPLIANT = ("last look", "holdout", "deadline", "template", "link", "sequence", "")


@dataclass(frozen=True, slots=True)
class Promise:
    """One thing that must hold, and whether it did."""

    name: str
    found: int
    wanted: int

    @property
    def kept(self) -> bool:
        return self.found == self.wanted


def count(machine: Machine, saw: dict[str, Any], seconds: float) -> dict[str, Any]:
    """The table as it goes to JSON. `saw`: the sandbox's own summary."""
    with machine.db.system() as c:
        sums, rules, held = _ours(machine, c)
        undecided = c.execute(UNDECIDED, {"now": machine.clock.now()}).scalar_one()
        kept = {row.digest for row in c.execute(KEPT)}
    refusals = {rule: n for rule, n in rules.most_common() if rule not in COMPLIANT}
    return {
        "events_in": saw["deliveries"],
        "carts": sums["carts"],
        "abandoned": sums["abandoned"],
        "texted": saw["texts"],
        "held": held,
        "refused": sum(refusals.values()),
        "delivered": sums["delivered"],
        "clicked": sums["clicked"],
        "recovered": sums["recovered"],
        "revenue": float(round(sums["revenue"], 2)),
        "opt_outs": sums["opt_outs"],
        "max_texts_per_touch": saw["max_texts_per_ref"],
        "texts_after_purchase": saw["texts_after_purchase"],
        "touches_undecided": undecided,
        "events_lost": len(set(saw["delivery_hashes"]) - kept),
        "refused_by_rule": refusals,
        "seconds": round(seconds, 1),
        "texts_at_night": saw["texts_at_night"],
        "texts_without_consent": saw["texts_without_consent"],
        "texts_after_stop": saw["texts_after_stop"],
        "ended_otherwise": {rule or "none": n for rule, n in rules.most_common() if rule in COMPLIANT},
    }


def promises(table: dict[str, Any]) -> list[Promise]:
    """What must hold of every story, whatever its seed and whatever was killed."""
    zeros = (
        "texts_after_purchase touches_undecided events_lost texts_at_night texts_without_consent texts_after_stop"
    ).split()
    return [
        Promise("max_texts_per_touch", table["max_texts_per_touch"], 1),
        *(Promise(name, table[name], 0) for name in zeros),
    ]


def _ours(machine: Machine, c: Connection) -> tuple[Counter[str], Counter[str], int]:
    sums: Counter[str] = Counter()
    rules: Counter[str] = Counter()
    held = 0
    for installed in shops.everyone(c, machine.secrets.vault):
        tx = Tx(c, installed.shop, machine.secrets)
        funnel = numbers.funnel(tx)
        sums.update({k: v for k, v in funnel.items() if k != "cost_currency"})
        rules.update(numbers.skipped_by_rule(tx))
        held += numbers.ever_held(tx)
    return sums, rules, held
