"""How long "may we text this person now?" takes: `python -m bench.compliance [--quick]`.

In one process, for one text after the other: the verdict for a number that was never seen before, with address,
browser and consent, at a random moment of a year, beside a bare `phonenumbers.parse` of the same numbers in the same
run. Both are given the same questions in turns and measured by the time of the processor that they use, since a busy
neighbour takes away the rest: the ratio is what to trust.
"""

import argparse
import gc
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice
from random import Random

import phonenumbers

from bench import table
from bench.table import Round
from compliance import phones, places, rulebook, zones
from compliance.ask import Ask, ConsentView
from compliance.verdict import check

OURS, PARSE, READ = "ours: a verdict", "bare phonenumbers.parse", "ours: reading the number only"
YEAR = datetime(2026, 1, 1, tzinfo=UTC)
PROVEN = ConsentView("given", "cart_reminders", proven=True)
BROWSERS = {"US": ("America/New_York", "America/Chicago", "America/Los_Angeles"), "CA": ("America/Toronto",)}
# Country, the digits that its mobile numbers begin with, how many follow, a browser's zone.
ABROAD = (
    ("GB", "+447400", 6, "Europe/London"), ("FR", "+3361", 7, "Europe/Paris"), ("DE", "+491512", 7, "Europe/Berlin"),
    ("ES", "+3461", 7, "Europe/Madrid"), ("IT", "+39347", 7, "Europe/Rome"), ("NL", "+31612", 6, "Europe/Amsterdam"),
    ("IE", "+35385", 7, "Europe/Dublin"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Question:
    """One text to one person at one moment."""

    ask: Ask
    now: datetime


def main() -> None:
    options = _options()
    zones.use_pinned_tzdata()
    book, questions = rulebook.load(), _questions(Random(options.seed))
    answers = Counter(
        type(check(q.ask, q.now, book)).__name__ for q in islice(questions, options.questions)
    )  # also warms what is kept for an area code, a zone, a day
    batches = [list(islice(questions, options.questions)) for _ in range(options.rounds)]
    gc.collect()
    gc.freeze()  # the questions are ours, not garbage to look through while the clock runs
    runners = {
        PARSE: _runner(batches, lambda q: phonenumbers.parse(q.ask.phone, None)),
        READ: _runner(batches, lambda q: phones.parse(q.ask.phone)),
        OURS: _runner(batches, lambda q: check(q.ask, q.now, book)),
    }
    _print(table.take_turns(runners, options.rounds), answers, options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a first impression, in seconds")
    parser.add_argument("--questions", type=int, help="questions of a round (20000)")
    parser.add_argument("--rounds", type=int, help="rounds (7)")
    parser.add_argument("--seed", type=int, default=1, help="which people are asked about (1)")
    options = parser.parse_args()
    options.questions = options.questions or (5000 if options.quick else 20_000)
    options.rounds = options.rounds or (3 if options.quick else 7)
    return options


def _questions(random: Random) -> Iterator[Question]:
    """People without end, no number twice: six in ten from the US, one from Canada, three from Europe."""
    seen: set[str] = set()
    while True:
        ask = _person(random)
        if ask.phone not in seen:
            seen.add(ask.phone)
            now = YEAR + timedelta(seconds=random.randrange(365 * 86_400))
            left = now - timedelta(minutes=random.randrange(24 * 60))
            yield Question(Ask(**_told(ask), abandoned_at=left, deadline=left + timedelta(hours=72)), now)


def _told(ask: Ask) -> dict[str, object]:
    names = ("phone", "consent", "country", "region", "postcode", "browser_zone")
    return {name: getattr(ask, name) for name in names}


def _person(random: Random) -> Ask:
    share = random.random()
    if share < 0.7:
        return _plus_one("US" if share < 0.6 else "CA", random)
    country, begin, digits, zone = random.choice(ABROAD)
    phone = f"{begin}{random.randrange(10**digits):0{digits}}"
    return Ask(phone, PROVEN, country=country, browser_zone=zone if random.random() < 0.5 else None)


def _plus_one(country: str, random: Random) -> Ask:
    """Nine in ten at home where their area code is from, with a ZIP code; half with a browser's zone."""
    state, code = random.choice(_codes(country))
    exchange, line = random.randrange(220, 1000), random.randrange(10_000)
    elsewhere = random.random() < 0.1
    region = random.choice(_codes(country))[0] if elsewhere else state
    return Ask(
        f"+1{code}{exchange}{line:04}",
        PROVEN,
        country=country,
        region=region,
        postcode=_zip(region, random) if country == "US" else None,
        browser_zone=random.choice(BROWSERS[country]) if random.random() < 0.5 else None,
    )


@cache
def _codes(country: str) -> list[tuple[str, int]]:
    """Every area code once: a state with many people has many."""
    return [(state, code) for state, codes in places.table("area_codes")[country].items() for code in codes]


def _zip(state: str, random: Random) -> str | None:
    spans = places.table("postcodes")["US"].get(state)
    if not spans:
        return None
    low, _, high = random.choice(spans).partition("-")
    return f"{random.randint(int(low), int(high)):03}{random.randrange(100):02}"


def _runner(batches: list[list[Question]], one: Callable[[Question], object]) -> Callable[[], Round]:
    """Each round asks about people that nobody asked about in an earlier one, and remembers no number."""
    waiting = iter(batches)

    def once() -> Round:
        batch = next(waiting)
        phones.parse.cache_clear()
        begun = time.process_time()
        for question in batch:
            one(question)
        return Round(len(batch) / (time.process_time() - begun))

    return once


def _print(found: table.Rounds, answers: Counter[str], options: argparse.Namespace) -> None:
    total = sum(answers.values())
    mix = ", ".join(f"{100 * count / total:.0f} % {name.lower()}" for name, count in answers.most_common())
    table.show(f"Verdicts: {options.rounds} rounds of {options.questions} people; {mix}", found, "per second")
    table.show_ratio("ours / bare phonenumbers.parse", table.ratio(found, OURS, PARSE), 0.2)
    table.show_ratio("verdicts per minute and core", 60 * table.speed(found, OURS), 100_000)


if __name__ == "__main__":
    main()
