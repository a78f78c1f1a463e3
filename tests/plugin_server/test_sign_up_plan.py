"""A shop's plan for gathering consent, the words of its page, and what a form carries: all without a server."""

import re
from datetime import UTC, date, datetime, timedelta
from string import Formatter

import pytest

from compliance import rulebook
from message_templates.segments import is_gsm7
from message_templates.wording import languages, wording
from plugin_server.gathering import disclosing, form_tokens, page_values, plan, qr
from plugin_server.gathering.page_values import Typed
from plugin_server.gathering.plan import BadPlan, Gathering
from plugin_server.web import addresses

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
KEY = b"k" * 32
READY = Gathering(terms_url="https://mugs.example/terms/", privacy_url="https://mugs.example/privacy?v=2")


# -- the plan


def test_a_plan_comes_back_as_it_was_and_keeps_what_others_put_beside_it() -> None:
    made = plan.load({"min_age": 21, "countries": ["US", "CA", "US"], "keyword": "mugs", "of_another": 1})
    assert (made.min_age, made.countries, made.keyword) == (21, ("US", "CA"), "MUGS")
    assert plan.load(plan.dump(made)) == made
    assert plan.dump(Gathering()) == {}
    assert plan.load({}) == Gathering()


@pytest.mark.parametrize(
    "word", "STOP stop ARRET HELP AYUDA START YES SI OUI JA UNSUBSCRIBE Baja END Y".split()
)
def test_a_keyword_that_means_something_already_is_refused(word) -> None:
    with pytest.raises(BadPlan, match="keyword"):
        plan.load({"keyword": word})


@pytest.mark.parametrize("word", ["TWO WORDS", "A" * 21, "J", "JOIN!", "ПРИВЕТ"])
def test_a_keyword_is_one_word_that_can_be_typed_anywhere(word) -> None:
    with pytest.raises(BadPlan, match="one word"):
        plan.load({"keyword": word})


@pytest.mark.parametrize("word", ["JOIN", "MUGS", "VIP10"])
def test_other_words_are_taken(word) -> None:
    assert plan.load({"keyword": word}).keyword == word


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("terms_url", "http://mugs.example"),
        ("terms_url", "https://mugs.example/a b"),
        ("privacy_url", "javascript:alert(1)"),
        ("privacy_url", "https://localhost"),
        ("incentive", "10 % off – today"),
        ("incentive", "a" * 61),
        ("incentive", "10% at www.mugs.example"),
        ("incentive", "{code}"),
        ("incentive_code", "TWO WORDS"),
        ("min_age", -1),
        ("min_age", "old"),
        ("countries", ["USA"]),
        ("headline", "a" * 81),
        ("intro", "two\nlines"),
        ("page_on", "perhaps"),
    ],
)
def test_what_cant_be_used_is_refused_by_its_key(key, value) -> None:
    with pytest.raises(BadPlan) as refused:
        plan.load({"incentive": "10% off", key: value})
    assert [problem.split(":")[0] for problem in refused.value.problems] == [key]


def test_a_code_needs_what_it_is_for() -> None:
    with pytest.raises(BadPlan, match="incentive"):
        plan.load({"incentive_code": "HELLO10"})


@pytest.mark.parametrize("language", languages())
def test_the_thanks_end_a_welcome_text_in_gsm7_and_leave_what_it_must_say(language) -> None:
    longest = plan.load({"incentive": "é" * 60, "incentive_code": "A" * 24})
    line = plan.incentive_line(longest, language)
    assert is_gsm7(line)
    assert line.startswith(longest.incentive) and longest.incentive_code in line and line.endswith(".")


def test_without_a_promise_there_is_no_line() -> None:
    assert plan.incentive_line(Gathering(), "en") == ""
    assert plan.incentive_line(Gathering(incentive="A gift"), "en") == "A gift."


# -- the words


def test_every_language_of_the_texts_has_a_page_with_the_same_words_and_blanks() -> None:
    words = page_values.all_words()
    assert set(words) == set(languages())
    for language, table in words.items():
        assert set(table) == set(words["en"]), language
        for key, text in table.items():
            assert blanks(text) == blanks(words["en"][key]), (language, key)
            assert text.strip(), (language, key)


def blanks(text: str) -> set[str]:
    return {blank for _, blank, _, _ in Formatter().parse(text) if blank is not None}


def test_the_words_for_a_yes_are_those_of_the_request() -> None:
    for language, table in page_values.all_words().items():
        yes = re.search(r"(?:Reply|responde|répondez|Mit) (\w+)", wording(language).double_opt_in)[1]
        assert re.search(rf"\b{yes}\b", table["done_confirm"]), language


@pytest.mark.parametrize("language", languages())
def test_the_parts_of_a_disclosure_are_the_disclosure(language) -> None:
    parts = disclosing.parts("Mugs & More", READY, language)
    said = disclosing.as_text(parts)
    assert said == wording(language).disclosure.format(
        shop="Mugs & More", terms="mugs.example/terms", privacy="mugs.example/privacy?v=2"
    )
    assert [part.url for part in parts if part.url] == [READY.terms_url, READY.privacy_url]


# -- what was typed


BOOK = rulebook.load()


def test_only_countries_with_rules_of_their_own_are_offered_the_shops_first() -> None:
    offered = [code for code, _ in page_values.countries(READY, BOOK, "en", "GB")]
    assert offered[0] == "GB"
    assert {"US", "CA", "FR"} <= set(offered)
    assert not {"IN", "EU", "+1", "*"} & set(offered)
    names = [name for _, name in page_values.countries(READY, BOOK, "de", "GB")]
    assert names[0] == "Vereinigtes Königreich" and names[1:] == sorted(names[1:])


BORN = [
    ("2005", "11", "24", None),
    ("2005", "11", "25", "born_young"),
    ("2026", "1", "1", "born_young"),
    ("2027", "1", "1", "born_wrong"),
    ("1850", "1", "1", "born_wrong"),
    ("2001", "2", "29", "born_wrong"),
    ("", "", "", "born_wrong"),
    ("9" * 20, "1", "1", "born_wrong"),
    ("٢٠٠١", "1", "1", None),
]


@pytest.mark.parametrize(("year", "month", "day", "wrong"), BORN)
def test_an_age_is_counted_to_the_day(year, month, day, wrong) -> None:
    said = Typed(phone="+12125550142", agree=True, day=day, month=month, year=year)
    offered = page_values.countries(READY, BOOK, "en", "US")
    errors = page_values.check(said, Gathering(min_age=21), offered, "en", date(2026, 11, 24)).errors
    assert errors.get("born", (None,))[0] == wrong


# -- what a form carries


def shown(**more):
    about = {"shop": "abc", "form": "f", "locale": "en", "version": 3, "now": NOW}
    return form_tokens.make(KEY, **{**about, **more})


def test_a_token_says_what_was_shown_and_no_two_are_alike() -> None:
    found = form_tokens.read(KEY, shown(), shop="abc", form="f", now=NOW)
    assert (found.locale, found.version) == ("en", 3)
    assert found.nonce != form_tokens.read(KEY, shown(), shop="abc", form="f", now=NOW).nonce


@pytest.mark.parametrize(
    ("change", "about"),
    [
        ({"key": b"x" * 32}, {}),
        ({"shop": "other"}, {}),
        ({"form": "other"}, {}),
        ({"now": NOW + timedelta(hours=24, seconds=1)}, {}),
        ({"now": NOW - timedelta(minutes=6)}, {}),
        ({}, {"spoilt": True}),
    ],
)
def test_any_other_token_counts_for_nothing(change, about) -> None:
    token = shown()
    asked = {"key": KEY, "shop": "abc", "form": "f", "now": NOW, **change}
    # Not its last character: the low bits of that one say nothing.
    spoilt = f"{token[:-5]}{'A' if token[-5] != 'A' else 'B'}{token[-4:]}" if about else token
    assert form_tokens.read(asked.pop("key"), spoilt, **asked) is None
    assert form_tokens.read(KEY, token, shop="abc", form="f", now=NOW + timedelta(hours=24)) is not None


# -- the code, and where people come from


def test_a_code_is_black_on_white_with_a_quiet_zone_and_holds_no_style() -> None:
    image = qr.svg("https://texts.example/join/0123456789abcdef").decode()
    assert 'fill="#fff"' in image and "style" not in image
    assert qr.png("https://texts.example/join/0123456789abcdef").startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("peer", "forwarded", "proxies", "found"),
    [
        ("198.51.100.7", "", 0, "198.51.100.7"),
        ("198.51.100.7", "203.0.113.9", 0, "198.51.100.7"),
        ("10.0.0.1", "203.0.113.9", 1, "203.0.113.9"),
        ("10.0.0.1", "6.6.6.6, 203.0.113.9", 1, "203.0.113.9"),
        ("10.0.0.1", "6.6.6.6, 203.0.113.9, 10.0.0.2", 2, "203.0.113.9"),
        ("10.0.0.1", "", 1, "10.0.0.1"),
        ("10.0.0.1", "nonsense", 1, "10.0.0.1"),
        ("::ffff:203.0.113.9", "", 0, "203.0.113.9"),
        ("", "", 0, ""),
    ],
)
def test_the_visitors_address_is_what_our_own_proxies_saw(peer, forwarded, proxies, found) -> None:
    environ = {"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": forwarded}
    assert addresses.of(environ, proxies) == found


def test_all_addresses_of_one_ipv6_customer_count_as_one() -> None:
    one, other = addresses.neighbourhood("2001:db8:1:2::1"), addresses.neighbourhood("2001:db8:1:2:ffff::9")
    assert one == other != addresses.neighbourhood("2001:db8:1:3::1")
    assert addresses.neighbourhood("203.0.113.9") == "203.0.113.9"
