"""The rulebook as tables for people (Markdown), for `docs/compliance.md`. Pure: files and book in, text out."""

import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import TypeVar

from compliance import rules as r
from compliance.rule_files import PlaceFile
from compliance.rulebook import Rulebook

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
COUNTRY_COLUMNS = (
    "place", "hours", "closed", "texts in 24 hours", "texts for a cart", "deadline", "consent",
    "request to confirm", "sender", "opt-out in effect",
)  # fmt: skip
STATE_COLUMNS = ("state", "hours", "closed", "texts in 24 hours", "what else is its own")
KEPT: tuple[r.Record, ...] = ("consent", "opt_out", "message", "reply", "cart")
NOTHING = "–"
V = TypeVar("V", bound=r.Value)


def countries(book: Rulebook) -> str:
    """What holds in each country that may be texted, all its rules taken together."""
    places = sorted(place for place in book.files if "-" not in place and book.enabled(place))
    return _table(COUNTRY_COLUMNS, (_country(book, place) for place in places))


def states(book: Rulebook) -> str:
    """What holds in each state with a file of its own, and in the others."""
    places = sorted(place for place in book.files if place.startswith("US-"))
    others = _state(book, "US")
    return _table(STATE_COLUMNS, (*(_state(book, place) for place in places), ("any other", *others[1:])))


def retention(book: Rulebook) -> str:
    """How long what is kept, in each country that may be texted."""
    places = sorted(place for place in book.files if "-" not in place and book.enabled(place))
    rows = ((place, *(_length(book.retention((place,), record)[1]) for record in KEPT)) for place in places)
    return _table(("place", *(record.replace("_", "-") for record in KEPT)), rows)


def files(found: Iterable[PlaceFile]) -> str:
    """Each file with the place it describes and the ids in it."""
    rows = (
        (
            f"`{file.file}`",
            file.name,
            "yes" if file.enabled else "no",
            ", ".join(f"`{rule.id}`" for rule in file.rules) or "none of its own",
        )
        for file in found
    )
    return _table(("file", "place", "may be texted", "rules"), rows)


def every_rule(found: Iterable[PlaceFile]) -> str:
    """All rules, one table for each place, each with its source."""
    return "\n".join(
        f"#### {file.name}\n\n{_table(('id', 'says', 'mark', 'source'), map(_rule, file.rules))}"
        for file in found
    )


def hours_in_words(found: Iterable[r.Hours]) -> str:
    """What is open by all of them, as "Mon–Sat 9:00–21:00, Sun 12:00–21:00"; a clock of its own stands apart."""
    known = tuple(found)
    zones = dict.fromkeys(value.zone for value in known)
    parts = ((zone, _week([value.week for value in known if value.zone == zone])) for zone in zones)
    return (
        "; ".join(words if zone is None else f"and {words} by the clock of {zone}" for zone, words in parts)
        or NOTHING
    )


def _country(book: Rulebook, place: str) -> Iterator[str]:
    def values(kind: type[V]) -> list[V]:
        return [value for _, value in book.find((place, "*"), kind)]

    yield f"{place} {book.files[place].name}"
    has_states = any(other.startswith(f"{place}-") for other in book.files)
    yield "by state, below" if has_states else hours_in_words(values(r.Hours))
    yield _closed(values(r.ClosedDays))
    yield str(min(value.max_texts for value in values(r.Cap)))
    yield str(min((value.max_texts for value in values(r.PerCart)), default=NOTHING))
    yield _length(min((value.after_abandonment for value in values(r.Deadline)), default=None))
    yield _consent(values(r.ConsentNeed))
    yield _asking(values(r.ConsentRequestNeed), values(r.Confirmation))
    yield _sender(book.find((place,), r.SenderNeed))
    yield _honour(values(r.Honour))


def _state(book: Rulebook, place: str) -> tuple[str, ...]:
    shown = (r.Hours, r.ClosedDays, r.Cap)
    own = (
        (rule.id for rule in book.files[place].rules if not isinstance(rule.value, shown))
        if place != "US"
        else ()
    )
    return (
        f"{place.removeprefix('US-')} {book.files[place].name}",
        hours_in_words(value for _, value in book.find((place,), r.Hours)),
        _closed([value for _, value in book.find((place,), r.ClosedDays)]),
        str(min(value.max_texts for _, value in book.find((place, "*"), r.Cap))),
        ", ".join(f"`{id}`" for id in own) or NOTHING,
    )


def _rule(rule: r.Rule) -> tuple[str, ...]:
    notes = [f"Only in the profile `{rule.profile}`."] if rule.profile else []
    notes += ["Only where no narrower place has a file."] if rule.fallback else []
    notes += [f"From {rule.since}."] if rule.since else []
    notes += [f"Before {rule.until}."] if rule.until else []
    return (f"`{rule.id}`", " ".join((rule.text, *notes)), rule.mark, linked(rule.source))


def linked(source: str) -> str:
    """A source with its addresses as links, each shown by its host."""
    return re.sub(r"https?://([^\s/;]+)[^\s;]*", lambda found: f"[{found[1]}]({found[0]})", source)


def _week(weeks: list[tuple[r.Span | None, ...]]) -> str:
    spans = [_common([week[day] for week in weeks]) for day in range(7)]
    words = [f"{_clock(span[0])}–{_clock(span[1])}" if span else "none" for span in spans]
    groups: list[tuple[int, int]] = []
    for day in range(7):
        if groups and words[groups[-1][0]] == words[day]:
            groups[-1] = (groups[-1][0], day)
        else:
            groups.append((day, day))
    return ", ".join(f"{_days(first, last)} {words[first]}".strip() for first, last in groups)


def _common(spans: list[r.Span | None]) -> r.Span | None:
    known = [span for span in spans if span]
    if len(known) < len(spans):
        return None
    start, end = max(start for start, _ in known), min(end for _, end in known)
    return (start, end) if start < end else None


def _days(first: int, last: int) -> str:
    if (first, last) == (0, 6):
        return "daily"
    return DAYS[first] if first == last else f"{DAYS[first]}–{DAYS[last]}"


def _clock(minute: int) -> str:
    return f"{minute // 60}:{minute % 60:02}"


def _closed(found: list[r.ClosedDays]) -> str:
    calendars = [f"public holidays {value.calendar}" for value in found if value.calendar]
    days = [f"{month:02}-{day:02}" for value in found for month, day in value.days]
    spans = [f"{value.first} to {value.last}" for value in found if value.first]
    return ", ".join((*calendars, *days, *spans)) or NOTHING


def _consent(found: list[r.ConsentNeed]) -> str:
    scope = (
        "names cart reminders"
        if any(need.scope == "cart_reminders" for need in found)
        else "to marketing texts"
    )
    return f"{scope}, {'proven' if any(need.proven for need in found) else 'a flag is enough'}"


def _asking(states: list[r.ConsentRequestNeed], terms: list[r.Confirmation]) -> str:
    allowed = set.intersection(*(set(need.states) for need in states))
    after = "after a ticked box" if allowed == {"given"} else "after a sign-up"
    return (
        f"{after}, open {_length(min(t.expires for t in terms))}, {min(t.max_requests for t in terms)} in all"
    )


def _sender(found: tuple[tuple[r.Rule, r.SenderNeed], ...]) -> str:
    words = {"free": "name free", "registered": "name registered", "refused": "no name"}
    for rule, need in found:
        numbers = ", number registered" if need.numbers == "registered" else ""
        return f"{words[need.alphanumeric]}{numbers}" + (f" (since {rule.since})" if rule.since else "")
    return NOTHING


def _honour(found: list[r.Honour]) -> str:
    limit = min((value.business_days for value in found), default=None)
    return "at once" if limit is None else f"at once (the law: {limit} business days)"


def _length(span: timedelta | None) -> str:
    if span is None:
        return NOTHING
    if span.days and span.days % 366 == 0:
        years = span.days // 366
        return f"{years} year{'s' if years > 1 else ''}"
    return f"{span.days} days" if span.days > 2 else f"{span // timedelta(hours=1)} hours"


def _table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    names = tuple(columns)
    lines = [_row(names), "|" + "---|" * len(names), *map(_row, rows)]
    return "\n".join(lines) + "\n"


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", r"\|").replace("<", "&lt;") for cell in cells) + " |"
