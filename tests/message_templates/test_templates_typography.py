"""Typography is swapped where that saves money, and letters, emoji and links never are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from message_templates.segments import BASIC, EXTENSION, count, is_gsm7
from message_templates.typography import REPLACEMENTS, plain

texts = st.text(st.one_of(st.sampled_from([*REPLACEMENTS, *"aAzé€ \n"]), st.characters()), max_size=80)
typographic = st.text(st.sampled_from([*REPLACEMENTS, *sorted(BASIC)]), max_size=80)


@pytest.mark.parametrize(
    ("nice", "bare"),
    [
        ("It’s still here", "It's still here"),
        ("“Blue mug” – €12…", '"Blue mug" - €12...'),
        ("1\u202f234,50\u00a0€", "1 234,50 €"),
        ("• mug\n• plate", "- mug\n- plate"),
        ("AirMax™", "AirMax(TM)"),
        ("zero\u200bwidth", "zerowidth"),
    ],
)
def test_swaps_typography(nice: str, bare: str) -> None:
    assert plain(nice)[0] == bare


def test_reports_what_was_swapped_and_how_often() -> None:
    _, report = plain("It’s “nice” and it’s here")
    assert [(r.char, r.by, r.times) for r in report] == [("’", "'", 2), ("“", '"', 1), ("”", '"', 1)]
    assert report[0].name == "RIGHT SINGLE QUOTATION MARK"


@pytest.mark.parametrize("text", ["It’s 😀", "Ça va, c’est prêt", "“日本”"])
def test_leaves_everything_where_swapping_would_not_save_a_thing(text: str) -> None:
    assert plain(text) == (text, ())


def test_leaves_everything_if_the_merchant_insists() -> None:
    assert plain("It’s here…", insist=True) == ("It’s here…", ())


def test_swaps_around_a_link_but_never_in_it() -> None:
    assert plain("“https://shop.example/c/a~b”")[0] == '"https://shop.example/c/a~b"'


def test_a_link_that_itself_forces_ucs2_keeps_its_characters() -> None:
    assert plain("“https://shop.example/a`b”") == ("“https://shop.example/a`b”", ())


@given(texts)
def test_either_saves_the_encoding_or_changes_nothing(text: str) -> None:
    bare, report = plain(text)
    assert (bare == text) == (not report)
    assert not report or (not is_gsm7(text) and is_gsm7(bare))
    assert plain(bare) == (bare, ())


@given(texts)
def test_never_costs_more(text: str) -> None:
    assert count(plain(text)[0]).segments <= max(count(text).segments, 1)


@given(typographic)
def test_typography_alone_never_forces_ucs2(text: str) -> None:
    assert is_gsm7(plain(text)[0])


@given(texts)
def test_keeps_every_letter(text: str) -> None:
    kept = [char for char in plain(text)[0] if char.isalpha()]
    letters = [char for char in text if char.isalpha()]
    added = [c for char in text for c in REPLACEMENTS.get(char, "") if c.isalpha()]
    assert sorted(kept) in (sorted(letters), sorted(letters + added))


def test_no_letter_of_any_language_is_on_the_list() -> None:
    assert not [char for char in REPLACEMENTS if char.isalpha()]


def test_every_replacement_is_in_the_alphabet_and_nothing_in_the_alphabet_is_replaced() -> None:
    assert all(is_gsm7(by) for by in REPLACEMENTS.values())
    assert not (BASIC | EXTENSION) & set(REPLACEMENTS)
