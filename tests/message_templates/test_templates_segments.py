"""Counting segments: the counted cases, the arithmetic, and Twilio's calculator as a second opinion."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from message_templates.segments import BASIC, EXTENSION, count

ROOT = Path(__file__).parents[2]
CASES = json.loads((ROOT / "tests/cases/segments.json").read_text("utf-8"))
ORACLE = "sms-segments-calculator"
ORACLE_VERSION = "1.3.0"
ORACLE_HOME = ROOT / ".cache" / "npm" / f"{ORACLE}-{ORACLE_VERSION}"
INSTALL = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(ORACLE_HOME)]
SCRIPT = f"""
const {{ SegmentedMessage }} = require('{ORACLE}');
const texts = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const made = texts.map((t) => new SegmentedMessage(t));
const seen = made.map((m) => [m.encodingName.replace('-', ''), m.segmentsCount]);
console.log(JSON.stringify(seen));
"""

any_text = st.text(st.characters(), max_size=200)
gsm_text = st.text(st.sampled_from(sorted(BASIC | EXTENSION)), max_size=500)
mixed = st.text(st.sampled_from([*"aé€~\n\r’ç", "日", "😀", "🇬", "🇧"]), max_size=330)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_counts_the_known_cases(case: dict[str, object]) -> None:
    counted = count(str(case["text"]))
    assert (counted.encoding, counted.units, counted.segments) == (
        case["encoding"],
        case["units"],
        case["segments"],
    )


def test_there_are_cases_for_both_encodings() -> None:
    assert len(CASES) > 20
    assert {case["encoding"] for case in CASES} == {"GSM7", "UCS2"}


def test_the_alphabet_has_the_127_characters_of_the_standard_and_ten_extensions() -> None:
    assert (len(BASIC), len(EXTENSION), BASIC & EXTENSION) == (127, 10, frozenset())


def test_names_each_guilty_character_once_where_it_first_stands() -> None:
    forced = count("It's fine\nit’s not, it’s 😀").forced_by
    assert [(f.char, f.name, f.position, f.line) for f in forced] == [
        ("’", "RIGHT SINGLE QUOTATION MARK", 12, 2),
        ("😀", "GRINNING FACE", 25, 2),
    ]


def test_names_characters_that_have_no_name() -> None:
    assert count("\ud800\x1b").forced_by[0].name == "U+D800"


@given(any_text)
def test_ucs2_units_are_utf16_code_units(text: str) -> None:
    counted = count(text)
    if counted.encoding == "UCS2":
        assert counted.units == len(text.encode("utf-16-le", "surrogatepass")) // 2
    else:
        assert counted.forced_by == ()


@given(gsm_text)
def test_a_text_of_the_alphabet_is_never_ucs2(text: str) -> None:
    counted = count(text)
    assert counted.encoding == "GSM7"
    assert counted.units == len(text) + sum(char in EXTENSION for char in text)


@given(st.one_of(any_text, gsm_text, mixed))
def test_segments_lie_between_the_perfect_and_the_worst_packing(text: str) -> None:
    counted = count(text)
    alone, part = (160, 153) if counted.encoding == "GSM7" else (70, 67)
    if counted.units <= alone:
        assert counted.segments == (1 if text else 0)
    else:
        assert -(-counted.units // part) <= counted.segments <= -(-counted.units // (part - 1))


@given(mixed, mixed)
def test_more_text_never_costs_less(first: str, second: str) -> None:
    assert count(first + second).segments >= count(first).segments


@pytest.fixture(scope="module")
def oracle() -> list[str]:
    """The command that runs Twilio's calculator, installed from npm on first use."""
    wanted = f"{ORACLE}@{ORACLE_VERSION}"
    how = f"install Node, then run: {' '.join(INSTALL)} {wanted}"
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        pytest.skip(f"Node and npm were not found; {how}")
    if not (ORACLE_HOME / "node_modules" / ORACLE).is_dir():
        ORACLE_HOME.mkdir(parents=True, exist_ok=True)
        try:
            subprocess.run([npm, *INSTALL[1:], wanted], capture_output=True, timeout=60, check=True)
        except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
            shutil.rmtree(ORACLE_HOME)
            pytest.skip(f"{wanted} could not be installed; {how}")
    return [node, "-e", SCRIPT]


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(texts=st.lists(st.one_of(gsm_text, mixed).filter(bool), min_size=40, max_size=80))
def test_agrees_with_twilios_calculator(oracle: list[str], texts: list[str]) -> None:
    texts = texts + [str(case["text"]) for case in CASES if case["text"]]
    ran = subprocess.run(
        oracle,
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        cwd=ORACLE_HOME,
        timeout=60,
        check=True,
    )
    ours = [[count(text).encoding, count(text).segments] for text in texts]
    for text, mine, theirs in zip(texts, ours, json.loads(ran.stdout), strict=True):
        assert mine == theirs, ascii(text)
