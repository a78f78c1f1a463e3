"""How well, and how fast, replies are read: `python -m bench.optout [FILE…]`.

Over labelled lines (language, label, text; by default all of `tests/cases/optout/`), a table per language: how many
stops are found (recall) and how many other texts are taken for one (false alarms), beside what carriers do (the whole
text is one of a few keywords: Twilio, Telnyx, AWS) and what is often written instead ("stop" anywhere in the text).
Then how many lines a second one core reads.
"""

import argparse
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from compliance.optout import classify

CASES = Path(__file__).resolve().parents[1] / "tests" / "cases" / "optout"
CARRIERS = frozenset("stop stopall unsubscribe cancel end quit revoke optout opt-out arret remove td".split())
NAIVE = ("stop", "unsubscribe", "cancel", "end", "quit")
SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Line:
    """A reply and what a person says it means."""

    language: str
    label: str
    text: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, help="labelled lines, tab-separated")
    files = parser.parse_args().files or sorted(CASES.glob("*.tsv"))
    lines = [line for file in files for line in read(file)]
    readers = {"ours": ours, "carriers' keywords": keyword, "naive substring": naive}
    print(f"{'':10}{'':>7}{'':>7}" + "".join(f"{name:>24}" for name in readers))
    print(f"{'language':10}{'stops':>7}{'others':>7}" + f"{'recall':>12}{'false':>12}" * len(readers))
    for language in [*dict.fromkeys(line.language for line in lines), "all"]:
        chosen = [line for line in lines if language in (line.language, "all")]
        stops = sum(line.label == "stop" for line in chosen)
        cells = "".join(
            f"{a:>12.3f}{b:>12.3f}" for a, b in (shares(chosen, found) for found in readers.values())
        )
        print(f"{language:10}{stops:>7}{len(chosen) - stops:>7}{cells}")
    print(f"\n{speed([line.text for line in lines]):.0f} lines a second")


def read(file: Path) -> list[Line]:
    """The lines of a file; its head is left out."""
    rows = [row.split("\t") for row in file.read_text("utf-8").splitlines() if row.strip()]
    return [Line(*row) for row in rows if row[:2] != ["language", "label"]]


def shares(lines: Iterable[Line], stops: Callable[[str], bool]) -> tuple[float, float]:
    """Which share of the stops is found, and which of the others is taken for one."""
    found: dict[bool, list[bool]] = {True: [], False: []}
    for line in lines:
        found[line.label == "stop"].append(stops(line.text))
    recall, alarms = (sum(f) / len(f) if f else float("nan") for f in (found[True], found[False]))
    return recall, alarms


def ours(text: str) -> bool:
    return classify(text).kind == "stop"


def keyword(text: str) -> bool:
    return text.strip().casefold() in CARRIERS


def naive(text: str) -> bool:
    return any(word in text.casefold() for word in NAIVE)


def speed(texts: list[str]) -> float:
    """Lines per second of processor time, for some seconds."""
    done, begun = 0, time.process_time()
    while (spent := time.process_time() - begun) < SECONDS:
        classify(texts[done % len(texts)])
        done += 1
    return done / spent


if __name__ == "__main__":
    main()
