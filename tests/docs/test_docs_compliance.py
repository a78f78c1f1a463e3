"""The page of rules says what the rule files say. Called as a program, it writes the page's tables anew."""

import re
import shutil
from datetime import date
from pathlib import Path
from typing import get_args

import pytest

from compliance import documentation, rulebook
from compliance.rule_files import PlaceFile, read_file
from compliance.rule_kinds import NOT_CHECKED, READERS
from compliance.rules import Hours, Mark

PAGE = Path(__file__).resolve().parents[2] / "docs" / "compliance.md"
START = "<!-- rules: written by tests/docs/test_docs_compliance.py -->\n"
WRITE_ANEW = "PYTHONPATH=. .venv/bin/python tests/docs/test_docs_compliance.py"


def rule_files() -> list[PlaceFile]:
    """The world first, then what lies in it."""
    found = [read_file(path) for path in sorted(rulebook.RULES_FOLDER.glob("*.toml"))]
    return sorted(found, key=lambda file: (file.place != "*", file.place != "+1", file.file))


def written() -> str:
    book, files = rulebook.load(), rule_files()
    parts = (
        ("## Countries", documentation.countries(book)),
        ("## US states", documentation.states(book)),
        ("## How long what is kept", documentation.retention(book)),
        ("## The files", documentation.files(files)),
        ("## Every rule", documentation.every_rule(files)),
    )
    return "\n" + "\n".join(f"{heading}\n\n{body}" for heading, body in parts)


def page() -> str:
    return PAGE.read_text("utf-8")


def by_hand() -> str:
    """What is not written by this file."""
    return page().partition(START)[0]


def test_the_tables_of_rules_are_those_of_the_files():
    assert page().partition(START)[2] == written(), f"write them anew: {WRITE_ANEW}"


def test_every_rule_that_ships_stands_in_the_page_once_with_its_source():
    text = page()
    for file in rule_files():
        for rule in file.rules:
            rows = [line for line in text.splitlines() if line.startswith(f"| `{rule.id}` |")]
            assert len(rows) == 1, rule.id
            assert rule.text.replace("<", "&lt;") in rows[0]
            assert all(address in rows[0] for address in re.findall(r"https?://[^\s;]+", rule.source))


def test_a_changed_rule_changes_the_tables(tmp_path):
    """The comparison above is worth something only if the tables follow the files."""
    shutil.copytree(rulebook.RULES_FOLDER, tmp_path / "rules")
    path = tmp_path / "rules" / "us_ct.toml"
    path.write_text(path.read_text().replace("09:00-20:00", "09:30-19:00"))
    before, after = (
        documentation.states(rulebook.load(folder)) for folder in (rulebook.RULES_FOLDER, path.parent)
    )
    assert "| CT Connecticut | daily 9:00–20:00 |" in before
    assert "| CT Connecticut | daily 9:30–19:00 |" in after


def test_every_kind_of_rule_and_every_mark_is_explained_and_no_other():
    listed = re.findall(r"^\| `([a-z_ ]+)`(?: \(default\))? \|", by_hand(), re.MULTILINE)
    profiles = ["law", "standard", "strict"]
    assert sorted(listed) == sorted([*READERS, *get_args(Mark), *profiles])


def test_the_example_of_a_rule_file_loads_and_does_what_it_says(tmp_path):
    example = re.search(r"```toml\n(.*?)```", by_hand(), re.DOTALL)
    assert example is not None
    shutil.copytree(rulebook.RULES_FOLDER, tmp_path / "rules")
    (tmp_path / "rules" / "pt.toml").write_text(example[1])
    book = rulebook.load(tmp_path / "rules")
    assert book.enabled("PT")
    assert [rule.id for rule, _ in book.find(("PT",), Hours)] == ["PT-01"]
    rule, hours = book.find(("PT",), Hours)[0]
    assert hours.week == (*[(540, 1200)] * 6, None)
    assert [rule.in_force(day) for day in (date(2026, 12, 31), date(2027, 1, 1), date(2030, 1, 1))] == [
        False,
        True,
        False,
    ]


def test_the_page_says_that_it_is_no_legal_advice_and_what_nobody_checks():
    assert "**No legal advice.**" in by_hand()
    assert "Not checked: the merchant must" in by_hand()
    assert any(NOT_CHECKED in rule.text for file in rule_files() for rule in file.rules)


@pytest.mark.parametrize(
    ("spans", "words"),
    [
        ([[(480, 1260)] * 7], "daily 8:00–21:00"),
        ([[(480, 1260)] * 7, [*[(540, 1200)] * 6, None]], "Mon–Sat 9:00–20:00, Sun none"),
        ([[(480, 600)] * 7, [(600, 720)] * 7], "daily none"),
        ([[*[(540, 1080)] * 5, (600, 1020), None]], "Mon–Fri 9:00–18:00, Sat 10:00–17:00, Sun none"),
    ],
)
def test_hours_that_hold_together_are_said_as_one(spans, words):
    assert documentation.hours_in_words(Hours(tuple(week)) for week in spans) == words


if __name__ == "__main__":
    PAGE.write_text(by_hand() + START + written(), "utf-8")
