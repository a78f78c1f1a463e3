"""How well replies are read, over labelled lines: `language`, `label` and `text`, separated by tabs.

`dev_*.tsv` were looked at while the lists were written, `held_out.tsv` was not: what it says is what to expect
of people whom nobody asked.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from compliance.optout import FOLDER, classify, lexicon, normalise
from compliance.optout_phrases import first_letters

CASES = Path(__file__).resolve().parents[1] / "cases" / "optout"
FILES = sorted(CASES.glob("dev_*.tsv")) + sorted(CASES.glob("held_out.tsv"))
LABELS = {"stop", "help", "start", "confirm", "other"}
FEW = 25
"""With fewer lines of a language, one line weighs too much."""


def rows(file: Path) -> list[list[str]]:
    found = [line.split("\t") for line in file.read_text("utf-8").splitlines() if line.strip()]
    return [row for row in found if row[:2] != ["language", "label"]]


def shares(lines: list[list[str]]) -> tuple[float, float]:
    """The share of stops that is found, and the share of all others that is taken for a stop."""
    stops = [classify(text).kind == "stop" for _, label, text in lines if label == "stop"]
    others = [classify(text).kind == "stop" for _, label, text in lines if label != "stop"]
    return sum(stops) / len(stops) if stops else 1.0, sum(others) / max(1, len(others))


def by_language() -> Iterator[object]:
    for file in FILES:
        lines = rows(file)
        for language in sorted({row[0] for row in lines}):
            chosen = [row for row in lines if row[0] == language]
            if len(chosen) >= FEW:
                yield pytest.param(chosen, id=f"{file.stem}-{language}")


def test_there_are_cases_in_every_language_that_has_a_list():
    assert {row[0] for file in FILES for row in rows(file)} == {path.stem for path in FOLDER.glob("*.toml")}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_case_has_a_language_a_label_and_a_text(file):
    lines = rows(file)
    assert [row for row in lines if len(row) != 3 or row[1] not in LABELS] == []
    assert len(lines) > 100


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_stops_are_found_and_other_texts_left_alone(file):
    recall, alarms = shares(rows(file))
    assert recall >= 0.97
    assert alarms <= 0.03


@pytest.mark.parametrize("lines", by_language())
def test_no_language_is_read_much_worse_than_the_rest(lines):
    recall, alarms = shares(lines)
    assert recall >= 0.93
    assert alarms <= 0.06


def test_english_is_read_as_its_own_cases_say():
    lines = rows(CASES / "dev_english.tsv")
    recall, alarms = shares(lines)
    assert recall >= 0.99
    assert alarms <= 0.01
    told = [(text, classify(text).kind) for _, label, text in lines if label in ("help", "start", "confirm")]
    assert [text for text, kind in told if kind == "other"] == []


def test_looking_only_where_an_expression_can_begin_misses_none():
    words = lexicon()
    texts = {normalise(text) for file in FILES for _, _, text in rows(file)[::5]}
    for phrases in (words.phrases, words.unclear_phrases, words.benign):
        named = [p for patterns in phrases._by_letter.values() for p in patterns]
        for pattern in {id(p): p for p in named}.values():
            letters = first_letters(pattern.pattern.removesuffix(r"(?!\w)")) or set()
            begins = {match.group()[0] for text in texts if (match := pattern.search(text)) and match.group()}
            assert begins <= {*letters, " "}, pattern.pattern[:80]
