"""One question with all that follows from it: the number, where its owner may be, the rules that hold today."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import NoReturn, TypeVar

from compliance import calendars
from compliance.ask import Ask
from compliance.law import Law, law_of
from compliance.phones import NotAPhone, Phone, parse
from compliance.rulebook import Rulebook
from compliance.rules import Rule, Topic, Value
from compliance.zones import Whereabouts, locate

V = TypeVar("V", bound=Value)


@dataclass(frozen=True, slots=True)
class Case:
    """The question and what follows from it. `now` is in UTC."""

    ask: Ask
    now: datetime
    book: Rulebook
    phone: Phone | NotAPhone
    where: Whereabouts
    law: Law

    @property
    def asked(self) -> datetime | None:
        """When the person wrote the message that this text answers, in UTC."""
        return self.ask.requested_at and calendars.utc(self.ask.requested_at)

    def statement(self, topic: Topic) -> Rule:
        """The rule to name for a check without a number."""
        return self.law.statement(topic)

    def rules(self, kind: type[V]) -> tuple[tuple[Rule, V], ...]:
        """Rules of one kind that hold today in any of the places, the most specific first.

        Today is the date in any zone where the person may be: a rule that begins at midnight begins with the first.
        """
        found = self.law.rules(kind)
        return self.law.rules_on(self._today(), kind) if kind in self.law.dated else found

    def together(self, kinds: tuple[type[Value], ...]) -> tuple[Rule, ...]:
        """The rules of several kinds that hold today."""
        found = self.law.together(kinds)
        if self.law.dated.isdisjoint(kinds):
            return found
        days = self._today()
        return tuple(rule for rule in found if any(map(rule.in_force, days)))

    def _today(self) -> set[date]:
        zones = (candidate.zone for candidate in self.where.candidates)
        return {self.now.astimezone(calendars.zone(zone)).date() for zone in zones} or {self.now.date()}


def open_case(ask: Ask, now: datetime, book: Rulebook) -> Case:
    """Everything that can be said before the first question.

    Raises ValueError, naming the field, for a time without a zone: 21:00 is no time as long as nobody says where.
    """
    if now.tzinfo is None or ask.has_naive_times():
        _complain(ask, now)
    phone = parse(ask.phone)
    where = locate(phone, ask.country, ask.region, ask.postcode, ask.browser_zone)
    return Case(ask, calendars.utc(now), book, phone, where, law_of(where.places, book))


def _complain(ask: Ask, now: datetime) -> NoReturn:
    times = {"now": now, **ask.times()}
    name, naive = next((name, at) for name, at in times.items() if at is not None and at.tzinfo is None)
    raise ValueError(f"`{name}` must be an aware datetime, in UTC; {naive.isoformat()} has no time zone")
