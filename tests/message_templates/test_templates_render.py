"""A rendered text says what was meant, costs what was shown, always opts out, and survives any value."""

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from message_templates.check import check
from message_templates.engine import MAX_SOURCE
from message_templates.errors import SourceBroken, TemplateError
from message_templates.optout import has_opt_out
from message_templates.render import render
from message_templates.segments import count
from message_templates.variables import VARIABLES
from message_templates.wording import fill, languages, wording

LINK = "https://kiln.example/c/7Hq2Xa"
CART = {"shop.name": "Kiln & Clay", "shopper.first_name": "Ada", "cart.items": 3, "cart.link": LINK}
STOP = "Reply STOP to opt out"


def said(source: str, **more: object) -> str:
    """The text without the opt-out that is added."""
    values = {**CART, **{name.replace("__", "."): value for name, value in more.items()}}
    return render(source, values, language="en", opt_out=STOP).text.removesuffix(STOP).rstrip()


def test_fills_in_and_adds_the_opt_out() -> None:
    made = render("Hi {{ shopper.first_name }}: {{ cart.link }}", CART, language="en", opt_out=STOP)
    assert made.text == f"Hi Ada: {LINK}\n{STOP}"
    assert made.opt_out_added
    assert made.segments == count(made.text)
    assert made.replaced == ()


@pytest.mark.parametrize("source", ["{{ cart.link }} {{ opt_out }}", "{{ cart.link }} Text STOP to quit"])
def test_adds_no_opt_out_to_a_text_that_has_one(source: str) -> None:
    made = render(source, CART, language="en", opt_out=STOP)
    assert not made.opt_out_added
    assert made.text.count("STOP") == 1


def test_a_product_called_stop_does_not_pass_for_an_opt_out() -> None:
    made = render("{{ cart.item }} {{ cart.link }}", {**CART, "cart.item": "Reply STOP tee"}, language="en")
    assert made.opt_out_added


@pytest.mark.parametrize("language", [*languages(), "fr-CA", "xx"])
def test_opts_out_in_the_shoppers_language_if_not_told_otherwise(language: str) -> None:
    assert render("{{ cart.link }}", CART, language=language).text.endswith(wording(language).opt_out)


@pytest.mark.parametrize("nothing", ["", "  \n", "\xad", "\u200b\u2060", "...", "\0"])
def test_an_opt_out_with_nothing_to_read_in_it_is_replaced_by_the_languages_own(nothing: str) -> None:
    assert render("{{ cart.link }}", CART, language="en", opt_out=nothing).text == f"{LINK}\n{STOP}"


def test_an_invisible_character_in_a_value_leaves_no_double_space() -> None:
    assert said("{{ cart.item }}.", cart__item="blue \u200b mug") == "blue mug."


def test_takes_the_link_form_for_senders_that_cannot_be_replied_to() -> None:
    words = fill(wording("de").opt_out_link, link="https://kiln.example/o/1")
    made = render("{{ cart.link }}", CART, language="de", opt_out=words)
    assert made.text == f"{LINK}\nAntworten nicht möglich. Abmelden: https://kiln.example/o/1"


def test_typography_in_template_and_value_is_swapped_unless_insisted() -> None:
    values = {**CART, "cart.item": "“Blue” mug"}
    made = render("It’s {{ cart.item }}: {{ cart.link }}", values, language="en", opt_out=STOP)
    assert made.text.startswith('It\'s "Blue" mug')
    assert (made.segments.encoding, len(made.replaced)) == ("GSM7", 3)
    kept = render("It’s {{ cart.link }}", CART, language="en", opt_out=STOP, insist_typography=True)
    assert (kept.segments.encoding, kept.replaced) == ("UCS2", ())


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("Hi {{ shopper.first_name }}, your cart", "Hi, your cart"),
        ("Hi {{ shopper.first_name }}! Your cart", "Hi! Your cart"),
        ("Hey, {{ shopper.first_name }}! Your cart", "Hey! Your cart"),
        ("{{ shopper.first_name }}, your cart", "Your cart"),
        ("Hello! {{ shopper.first_name }}, your cart", "Hello! Your cart"),
        ("Kiln: {{ shopper.first_name }}, your cart", "Kiln: your cart"),
        ("Kiln : {{ shopper.first_name }}, ton panier", "Kiln : ton panier"),
        ("Bonjour {{ shopper.first_name }} ! Ton panier", "Bonjour ! Ton panier"),
        ("¡Hola {{ shopper.first_name }}! Tu carrito", "¡Hola! Tu carrito"),
        ("¡{{ shopper.first_name }}, tu carrito!", "¡Tu carrito!"),
        ("Your cart ({{ cart.total }}) waits", "Your cart waits"),
        ("Your cart\n{{ cart.total }}\nwaits", "Your cart\nwaits"),
        ("A {{ cart.total }} b", "A b"),
        ("Come back, {{ shopper.first_name }}", "Come back"),
        ("Thanks, {{ shopper.first_name }}.", "Thanks."),
        ("{{ shopper.first_name }} {{ cart.total }} your cart", "Your cart"),
        ("{{ shopper.first_name }} https://kiln.example", "https://kiln.example"),
        ("Dear {{ shopper.first_name | default: 'friend' }},", "Dear friend,"),
        ("{{ shopper.first_name | upcase }}, your cart", "Your cart"),
        ("{% if shopper.first_name %}Hi{% else %}Hello{% endif %}", "Hello"),
        ("{% if shopper.first_name != blank %}Hi{% else %}Hello{% endif %}", "Hello"),
        ("{% if shopper.first_name == blank %}Hello{% endif %}", "Hello"),
        ("{% if shopper.first_name == '' %}Hello{% endif %}", "Hello"),
        ("{% if shopper.first_name == nil %}Hello{% endif %}", "Hello"),
        ("{% unless shopper.first_name %}Hello{% endunless %}", "Hello"),
        (
            "{% if cart.items > 5 %}many{% elsif shopper.first_name != blank %}Hi{% else %}few{% endif %}",
            "few",
        ),
    ],
)
def test_missing_values_leave_no_holes(source: str, text: str) -> None:
    assert said(source, shopper__first_name="", cart__total=None) == text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{% if shopper.first_name != blank %}Hi{% endif %}", "Hi"),
        ("{{ cart.items | minus: 1 }} more", "2 more"),
        ("{% if cart.items > 1 %}them{% else %}it{% endif %}", "them"),
        ("{{ shop.name | upcase }}", "KILN & CLAY"),
        ("{{ shop.name | truncate: 4, '' }}", "Kiln"),
        ("{{ shop.name | truncate: 11 }}", "Kiln & Clay"),
        ("{% assign n = shop.name | replace: '&', 'and' %}{{ n }}", "Kiln and Clay"),
        ("{% capture who %}{{ shop.name }}!{% endcapture %}{{ who }}", "Kiln & Clay!"),
        ("a {% comment %}{{ nope }}{% endcomment %} b", "a b"),
        ("a {% # note %} b", "a b"),
        ("{% raw %}{{ x }}{% endraw %}", "{{ x }}"),
        ("one\r\n\r\n\r\n\r\ntwo   three \t", "one\n\ntwo three"),
        ("Rock & <Roll>", "Rock & <Roll>"),
        ("Smile :) it is, right ?", "Smile :) it is, right ?"),
    ],
)
def test_the_liquid_that_merchants_know_works(source: str, text: str) -> None:
    assert said(source) == text


def test_liquid_inside_a_value_is_never_evaluated() -> None:
    evil = "{{ cart.link }}{% if true %}x{% endif %}"
    assert said("{{ cart.item }}", cart__item=evil) == evil


def test_nested_values_are_taken_too() -> None:
    values = {"shop": {"name": "Kiln"}, "cart": {"link": LINK}}
    assert render("{{ shop.name }} {{ cart.link }}", values, language="en").text.startswith(f"Kiln {LINK}")


def test_there_is_no_clock_to_read() -> None:
    assert said("a {{ now }}{{ today }} b") == "a b"


@pytest.mark.parametrize(
    "source",
    [
        "{{ cart.link",
        "{% if x %}",
        "{% for i in (1..3) %}{{ i }}{% endfor %}",
        "{% include 'x' %}",
        "{% render 'x' %}",
        "{% extends 'x' %}",
        "{% tablerow i in (1..3) %}{% endtablerow %}",
        "{% assign r = (1..99999999999999999999) %}{{ r.size }}",
    ],
)
def test_a_source_that_check_refuses_is_refused_in_words(source: str) -> None:
    assert [problem for problem in check(source, "en") if problem.blocks]
    with pytest.raises(SourceBroken, match="template cannot be re"):
        render(source, CART, language="en")
    assert TemplateError.permanent


@pytest.mark.parametrize(
    "source",
    [
        "{% assign x = 'aaaaaaaaaa' %}" + "{% assign x = x | append: x | append: x %}" * 40 + "{{ x }}",
        "{{ 'a'" + " | replace: 'a', 'aaaaaaaaaaaaaaaaaaaa'" * 45 + " }}",
        "{% assign x = 9 %}" + "{% assign x = x | plus: x %}" * 60 + "{{ x }}",
        "{{ " + "9" * 1900 + " | plus: 1 }}",
        "{% if " + "a or " * 380 + "b %}x{% endif %}",
        "{% if a %}" * 150,
    ],
)
def test_no_template_can_hold_up_the_worker(source: str) -> None:
    assert len(source) <= MAX_SOURCE
    began = time.perf_counter()
    try:
        made = render(source, CART, language="en")
        assert len(made.text) < 20_000
    except SourceBroken:
        pass
    assert time.perf_counter() - began < 1


SOURCE = (
    "{{ shop.name }}: Hi {{ shopper.first_name }}, {{ cart.item | default: 'your cart' | truncate: 20 }} "
    "({{ cart.items | minus: 1 }} more, {{ cart.total }}) {% if offer.code != blank %}{{ offer.code }} "
    "{{ offer.value | upcase }}{% if offer.kind == 'percent' %}!{% endif %}{% endif %} "
    "{{ cart.link }}\n{{ offer.expires }}"
)
odd = st.one_of(
    st.text(st.characters(), max_size=60),
    st.lists(
        st.sampled_from(
            [*"{%} |'\"\\", "\0", "\ud800", "\udfff", "\u202e", "\ufdd0", "😀", "e\u0301", "STOP", "\n"]
        )
    ).map("".join),
    st.none(),
    st.integers(),
    st.floats(),
    st.decimals(),
    st.binary(max_size=4),
    st.lists(st.integers(), max_size=2),
)
values = st.dictionaries(st.sampled_from([*(variable.name for variable in VARIABLES), "cart", "x"]), odd)


@settings(max_examples=300, deadline=None)
@given(values, st.text(st.characters(), max_size=20))
@example({"cart.link": LINK}, "\ud800")
@example({"offer.value": "0000000µ", "offer.code": "0"}, "0000000µ")
@example({"cart.item": "a \u200b b"}, "\xad")
@example({"cart.item": "{{ cart.link }}\ufdd0"}, "")
def test_survives_any_value(given_values: dict[str, object], opt_out: str) -> None:
    assert not [problem for problem in check(SOURCE, "en") if problem.blocks]
    made = render(SOURCE, given_values, language="en", opt_out=opt_out)
    made.text.encode("utf-8")
    assert all(char == "\n" or (ord(char) >= 32 and not 0x7F <= ord(char) < 0xA0) for char in made.text)
    assert not set(made.text) & set("\ufdd0\u202e\ud800\udfff")
    assert "  " not in made.text and made.text == made.text.strip()
    assert made.segments == count(made.text) and made.segments.segments > 0
    assert made.opt_out_added


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300), values)
def test_any_source_renders_or_is_refused_in_words(source: str, given_values: dict[str, object]) -> None:
    try:
        made = render(source, given_values, language="fr")
    except SourceBroken:
        assert [problem for problem in check(source, "fr") if problem.blocks]
    else:
        assert has_opt_out(made.text, wording("fr").opt_out)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "{% if cart.items > 1 %}",
                "{% if shop.name > cart.items %}",
                "{% else %}",
                "{% endif %}",
                "{% unless shopper.first_name contains 'a' %}",
                "{% endunless %}",
                "{{ cart.items | truncate: shop.name }}",
                "{{ shop.name | plus: cart.total }}",
                "{{ offer.code | append: 1e99 | upcase: 2 }}",
                "{% assign cart = shop %}",
                "{{ cart }}",
                "{{ (1..cart.items) }}",
                "{{ cart.link.size }}{{ cart[shop.name] }}{{ cart.first }}",
                ", ",
            ]
        ),
        max_size=12,
    ).map("".join),
    values,
)
def test_liquid_that_check_lets_pass_never_raises(source: str, given_values: dict[str, object]) -> None:
    whole = "{{ shop.name }} {{ cart.link }} " + source
    if not [problem for problem in check(whole, "en") if problem.blocks]:
        assert render(whole, given_values, language="en").text


@given(st.text(st.characters(min_codepoint=33, max_codepoint=0x2FFF), min_size=1, max_size=60))
def test_the_link_arrives_as_it_was_given(path: str) -> None:
    given_link = f"https://kiln.example/c/{path}"
    text = render("“Hi” {{ cart.link }}", {"cart.link": given_link}, language="en").text
    link = text.splitlines()[0].split(" ")[1]
    assert link.isascii() and link.startswith("https://kiln.example/c/")
    if given_link.isascii() and not set(path) & set('"<>\\^`{|}\x7f'):
        assert link == given_link
