"""Reads the ledger in its order and counts what must not happen: the sandbox's figures come from here."""

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sandbox import replies, zones
from sandbox.phones import e164
from sandbox.world import Ledger

ANSWER_WITHIN = timedelta(minutes=10)  # a text this soon after a person's own is an answer, once

Entry = dict[str, Any]
Key = tuple[str, str]  # sandbox shop id, phone in E.164


@dataclass
class Known:
    """What one phone and one shop have had with each other so far."""

    bought: dict[str, bool] = field(default_factory=dict)  # by cart token
    consent: bool = False
    opt_out: Entry | None = None
    asked: tuple[datetime, str] | None = None  # the person's last text, until it is answered


class Tally:
    """Folds ledger entries, oldest first. A text entry gets its flags when it is read:

    `after_purchase`: every cart that phone had opened in that shop was bought by then. `night`: 21:00 to
    08:00 where its owner lives. `without_consent`: no cart of that phone in that shop had the box ticked.
    `after_stop`: the phone had opted out and the shop's server had acknowledged it; the one confirmation and
    answers to HELP are allowed (47 CFR 64.1200(a)(12)). An `answer` to a person's own text is no violation.
    """

    def __init__(self, ledger: Ledger, homes: Mapping[str, str]) -> None:
        self._ledger = ledger
        self._homes = homes
        self._seen = 0
        self._known: dict[Key, Known] = {}
        self._carts: dict[Key, str] = {}  # (shop, cart token) -> phone
        self._typed: dict[Key, str] = {}  # (shop, phone as typed) -> phone
        self._addresses: dict[str, str] = {}  # phone -> zone of the last address seen
        self._lock = threading.RLock()
        self.counts: Counter[str] = Counter()
        self._refs: Counter[str] = Counter()
        self._recipients: set[str] = set()
        self._hashes: list[str] = []

    def catch_up(self) -> None:
        """Read what was written since the last time."""
        with self._lock:
            with self._ledger.lock:
                fresh = self._ledger.entries[self._seen :]
            for entry in fresh:
                read = getattr(self, f"_{entry['kind']}", None)
                if read is not None:
                    read(entry)
            self._seen += len(fresh)

    def zone(self, phone: str) -> str:
        """Where the phone's owner lives: as planned, else by the last address, by the number, or UTC."""
        with self._lock:
            address = self._addresses.get(phone)
        return self._homes.get(phone) or address or zones.zone_of_number(phone) or "UTC"

    def summary(self) -> dict[str, Any]:
        """The figures of GET /sandbox/summary."""
        with self._lock:
            self.catch_up()
            return {
                **{name: self.counts[name] for name in SUMMARY_COUNTS},
                "distinct_recipients": len(self._recipients),
                "max_texts_per_ref": max(self._refs.values(), default=0),
                "delivery_hashes": list(self._hashes),
            }

    def _between(self, shop: str, phone: str) -> Known:
        return self._known.setdefault((shop, phone), Known())

    def _cart(self, entry: Entry) -> None:
        token, country = str(entry.get("token")), entry.get("country")
        if (entry["shop"], token) not in self._carts:
            self.counts["carts"] += 1
        phone = e164(entry.get("phone"), country)
        self._carts[entry["shop"], token] = phone or ""
        self._typed[entry["shop"], str(entry.get("phone"))] = phone or ""
        if phone is None:
            return
        known = self._between(entry["shop"], phone)
        known.bought.setdefault(token, False)
        known.consent = known.consent or bool(entry.get("consent"))
        if zone := zones.zone_of_address(country, entry.get("region")):
            self._addresses[phone] = zone

    def _order(self, entry: Entry) -> None:
        self.counts["orders"] += 1
        shop, token = entry["shop"], str(entry.get("token"))
        if phone := self._carts.get((shop, token)):
            self._between(shop, phone).bought[token] = True
        elif phone := self._typed.get((shop, str(entry.get("phone")))):
            self._rebuilt(self._between(shop, phone).bought)

    def _rebuilt(self, bought: dict[str, bool]) -> None:
        """An order of no known cart, from a link that rebuilt one: it stands for the latest open cart."""
        if still_open := [token for token, done in bought.items() if not done]:
            bought[still_open[-1]] = True

    def _reply(self, entry: Entry) -> None:
        self.counts["replies"] += 1
        if entry.get("shop"):
            self._between(entry["shop"], entry["phone"]).asked = (entry["at"], entry["text"])

    def _opt_out(self, entry: Entry) -> None:
        self.counts["opt_outs"] += 1
        if entry.get("shop"):
            self._between(entry["shop"], entry["phone"]).opt_out = entry

    def _opt_in(self, entry: Entry) -> None:
        if entry.get("shop"):
            known = self._between(entry["shop"], entry["phone"])
            known.opt_out, known.consent = None, True

    def _click(self, entry: Entry) -> None:
        self.counts["clicks"] += 1

    def _preview(self, entry: Entry) -> None:
        self.counts["previews"] += 1

    def _delivery(self, entry: Entry) -> None:
        if 200 <= int(entry.get("status", 200)) < 300:
            self.counts["deliveries"] += 1
            self._hashes.append(entry["sha256"])

    def _text(self, entry: Entry) -> None:
        if entry["outcome"] == "delivered":
            self.counts["texts"] += 1
            self._recipients.add(entry["to"])
            if entry["client_ref"]:
                self._refs[entry["client_ref"]] += 1
        else:
            self.counts["texts_not_delivered"] += 1
        entry.update(self._flags(entry))
        for flag in FLAGS:
            self.counts[f"texts_{FLAGS[flag]}"] += entry[flag]

    def _flags(self, entry: Entry) -> dict[str, bool]:
        known = self._between(entry["shop"] or "", entry["to"])
        answer = self._answers(known, entry)
        ours = bool(entry["shop"]) and not answer
        return {
            "answer": answer,
            "night": not answer and zones.is_night(entry["at"], self.zone(entry["to"])),
            "after_purchase": ours and bool(known.bought) and all(known.bought.values()),
            "without_consent": ours and not known.consent,
            "after_stop": ours and _knew(known.opt_out, entry),
        }

    def _answers(self, known: Known, entry: Entry) -> bool:
        """Whether this text answers the person's last one; after an opt-out only in the ways allowed."""
        if known.asked is None or entry["at"] - known.asked[0] > ANSWER_WITHIN:
            return False
        said = known.asked[1]
        if known.opt_out is not None and not replies.asks_help(said):
            allowed = replies.wants_out(said) and replies.confirms_opt_out(entry["text"])
        else:
            allowed = True
        if allowed:
            known.asked = None
        return allowed


FLAGS = {
    "night": "at_night",
    "after_purchase": "after_purchase",
    "without_consent": "without_consent",
    "after_stop": "after_stop",
}
SUMMARY_COUNTS = (
    "texts", "texts_not_delivered", "texts_after_purchase", "texts_at_night", "texts_without_consent",
    "texts_after_stop", "orders", "carts", "deliveries", "opt_outs", "replies", "clicks", "previews",
)  # fmt: skip


def _knew(opt_out: Entry | None, text: Entry) -> bool:
    """True if the opt-out had been acknowledged by the shop's server before that text."""
    if opt_out is None:
        return False
    known_seq = opt_out.get("known_seq")
    return known_seq is not None and known_seq < text["seq"]
