"""The ready-made texts: idiom can't be tested, everything else is."""

import re
from pathlib import Path

import pytest

from message_templates import wording as wording_module
from message_templates.check import check
from message_templates.errors import LibraryBroken
from message_templates.library import TONES, best_language, fill, languages, read, text, texts, wording
from message_templates.render import render
from message_templates.samples import SAMPLES, TYPICAL
from message_templates.segments import is_gsm7

FOLDER = Path(wording_module.__file__).parent / "library"
EVERY = [t for language in languages() for t in texts(language)]
every_text = pytest.mark.parametrize("ready", EVERY, ids=lambda t: t.id)
every_language = pytest.mark.parametrize("language", languages())
# One way to say each date and value per language, so that the counts are real ones.
LOCAL = {
    "en": {"cart.total": "$84.00", "offer.expires": "Fri 6 PM"},
    "es": {"cart.total": "84,00\u00a0€", "offer.expires": "viernes, 18:00"},
    "fr": {"cart.total": "84,00\u202f€", "offer.expires": "vendredi 18:00"},
    "de": {"cart.total": "84,00\u00a0€", "offer.expires": "Freitag, 18:00 Uhr"},
}
NEVER = re.compile(
    r"last chance|almost gone|selling fast|only \d left|hurry|reserved for|limited time|{%\s*for", re.I
)


def test_there_are_four_languages_and_a_file_for_each() -> None:
    assert set(languages()) == {"en", "es", "fr", "de"}
    assert {path.stem for path in FOLDER.glob("*.toml")} == {*languages(), "wording"}


@every_language
def test_every_language_has_every_tone_and_offers(language: str) -> None:
    assert {t.tone for t in texts(language)} == set(TONES)
    assert len([t for t in texts(language) if t.needs_offer]) >= 3
    assert {t.id.split(".")[1] for t in texts(language)} == {t.id.split(".")[1] for t in texts("en")}


@every_text
def test_every_text_may_be_saved(ready) -> None:
    problems = check(ready.text, ready.language, needs_offer=ready.needs_offer)
    assert {problem.code for problem in problems} <= {"no-opt-out"}


@every_text
def test_every_text_fits_two_segments_and_names_the_shop(ready) -> None:
    for sample in SAMPLES:
        if ready.needs_offer and not sample.has_offer:
            continue
        values = dict(sample.values) if sample.extreme else {**sample.values, **LOCAL[ready.language]}
        if not sample.has_offer:
            values = {name: value for name, value in values.items() if not name.startswith("offer.")}
        made = render(ready.text, values, language=ready.language)
        assert made.segments.encoding == "GSM7", made
        assert made.segments.segments <= (3 if sample.extreme else 2), made
        assert str(values["shop.name"]) in made.text and str(values["cart.link"]) in made.text
        assert not re.search(r" [,.]|,,|\(\)|''|: ,|\n$", made.text), made.text


@every_text
def test_no_text_claims_what_may_be_untrue(ready) -> None:
    assert not NEVER.search(ready.text)


@every_text
def test_texts_without_an_offer_speak_of_none(ready) -> None:
    assert ready.needs_offer == ("offer." in ready.text)


def test_texts_are_found_by_tone_id_and_nearest_language() -> None:
    assert {t.tone for t in texts("fr-CA", "brief")} == {"brief"}
    assert texts("fr-CA") == texts("fr")
    assert texts("xx") == texts("en")
    assert text("de.brief").language == "de"
    with pytest.raises(KeyError):
        text("de.nope")


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("de-CH", "de"),
        ("fr_FR.UTF-8", "fr"),
        ("ES", "es"),
        ("en-GB", "en"),
        ("pt-BR", "en"),
        ("", "en"),
        (None, "en"),
    ],
)
def test_the_best_language_for_a_locale(locale: str | None, language: str) -> None:
    assert best_language(locale) == language


BLANKS = {"shop": "Kiln & Clay", "contact": "help@kiln.example", "link": "https://kiln.example/o/7Hq2Xa"}


@every_language
def test_the_fixed_texts_name_the_shop_and_fit(language: str) -> None:
    words = wording(language)
    assert words.language == language
    for name in ("help", "stop_confirmation", "double_opt_in", "welcome"):
        said = fill(getattr(words, name), **BLANKS)
        assert said.startswith("Kiln & Clay")
        assert is_gsm7(said), said
        assert len(said) <= 306, (name, len(said))
    assert is_gsm7(words.opt_out) and is_gsm7(fill(words.opt_out_link, **BLANKS))


@every_language
def test_the_stop_confirmation_is_one_segment_without_a_link_or_an_offer(language: str) -> None:
    said = fill(wording(language).stop_confirmation, **BLANKS)
    assert len(said) <= 160
    assert "http" not in said and "%" not in said


@every_language
def test_consent_texts_name_cart_reminders_fees_help_and_stop(language: str) -> None:
    words = wording(language)
    cart = {
        "en": "cart reminder",
        "es": "recordatorios de carrito",
        "fr": "rappels de panier",
        "de": "Warenkorb-Erinner",
    }
    help_word = {"en": "HELP", "es": "AYUDA", "fr": "AIDE", "de": "HILFE"}
    for said in (words.double_opt_in, words.welcome, words.disclosure):
        assert cart[language] in said and help_word[language] in said and "STOP" in said
        assert re.search(r"rates|tarifas|frais|Kosten", said)
    assert re.search(
        r"not a condition|no es condición|pas une condition|keine Voraussetzung", words.disclosure
    )


def test_a_blank_that_is_filled_cannot_bring_in_blanks_or_lines() -> None:
    assert fill("{shop}!", shop="{contact}\n\0x") == "{contact} x!"


@pytest.mark.parametrize(
    "source",
    [
        '[a]\ntone = "loud"\nneeds_offer = false\ntext = "{{ shop.name }} {{ cart.link }}"',
        '[a]\ntone = "brief"\nneeds_offer = 0\ntext = "{{ shop.name }} {{ cart.link }}"',
        '[a]\ntone = "brief"\nneeds_offer = false\ntext = "{{ shop.name }}"',
        '[a]\ntone = "brief"\nneeds_offer = false\ntext = "{{ shop.name }} {{ cart.link }}"\nmore = 1',
        'a = "text"',
    ],
)
def test_a_broken_file_is_refused_with_the_place(source: str) -> None:
    with pytest.raises(LibraryBroken, match=r"xx\.toml \[a\]"):
        list(read("xx", source))


def test_samples_cover_what_may_be_missing() -> None:
    assert TYPICAL.has_offer and any(not sample.has_offer for sample in SAMPLES)
    assert any("shopper.first_name" not in sample.values for sample in SAMPLES)
