"""What a merchant hears before saving: what is wrong, where, and what to do."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from message_templates.check import Problem, check, prose

GOOD = "{{ shop.name }}: your cart: {{ cart.link }}"


def found(source: str, code: str, **more: object) -> Problem:
    problems = {problem.code: problem for problem in check(source, "en", **more)}  # type: ignore[arg-type]
    assert code in problems, problems
    return problems[code]


def codes(source: str, language: str = "en", **more: object) -> list[str]:
    return [problem.code for problem in check(source, language, **more)]  # type: ignore[arg-type]


def test_a_good_text_with_its_opt_out_has_no_problem() -> None:
    assert codes(f"{GOOD} Reply STOP to opt out") == []
    assert codes(GOOD + " {{ opt_out }}") == []


def test_a_missing_opt_out_is_told_and_does_not_block() -> None:
    problem = found(GOOD, "no-opt-out")
    assert not problem.blocks
    assert '"Reply STOP to opt out" will be added' in problem.what
    assert "Abmelden: mit STOP antworten" in check(GOOD, "de")[0].what


def test_an_unknown_variable_is_shown_where_it_stands_with_the_ones_to_use() -> None:
    problem = found(GOOD + "\nHi {{ shopper.name }}", "unknown-variable")
    assert problem.blocks and problem.where
    assert (problem.where.line, problem.where.column) == (2, 7)
    assert problem.where.snippet == "Hi {{ shopper.name }}"
    assert "shopper.name" in problem.what and "shopper.first_name" in problem.how


@pytest.mark.parametrize(
    "name", ["cart", "now", "cart[shop.name]", "cart.item.title", "forloop.index", "settings"]
)
def test_other_names_are_unknown(name: str) -> None:
    assert "unknown-variable" in codes(GOOD + "{{ " + name + " }}")


def test_names_a_template_makes_itself_are_known() -> None:
    source = (
        GOOD + "{% assign n = cart.items | minus: 1 %}{% if n > 0 %}{{ n }}{% endif %} {{ shop.name.size }}"
    )
    assert codes(source) == ["no-opt-out"]


@pytest.mark.parametrize(
    ("source", "line", "word"),
    [
        ("one\n{{ cart.link }", 2, "}}"),
        ("one\ntwo\n{% for i in cart %}{% endfor %}", 3, "for"),
        ("{% include 'x' %}", 1, "include"),
        ("{% render 'x' %}", 1, "render"),
        ("one\n{% if cart.link %}", 2, "endif"),
        ("{{ }}", 1, "expression"),
        ("{{ cart.link | }}", 1, "expression"),
        ("one {{ cart.link cart.link }}", 1, "expected"),
        ("{% case cart.items %}{% when 1 %}{% endcase %}", 1, "case"),
    ],
)
def test_a_syntax_error_is_shown_with_its_line(source: str, line: int, word: str) -> None:
    problem = found(source, "syntax")
    assert problem.blocks and problem.where
    assert problem.where.line == line
    assert word in problem.what and problem.how


def test_a_syntax_error_about_a_tag_lists_the_tags_there_are() -> None:
    assert "assign, capture, comment, if, unless" in found("{% for i in cart %}", "syntax").how


def test_an_unknown_filter_is_found_even_where_no_sample_goes() -> None:
    problem = found(GOOD + "\n{% if false %}{{ shop.name | date: '%Y' }}{% endif %}", "unknown-filter")
    assert problem.blocks and problem.where and problem.where.line == 2
    assert "truncate" in problem.how


def test_a_comparison_that_cannot_work_is_told() -> None:
    problem = found(GOOD + "\n{% if shop.name > 3 %}x{% endif %}", "cannot-run")
    assert problem.blocks and problem.where and problem.where.line == 2


@pytest.mark.parametrize(
    "source",
    [
        "{{ shop.name }}",
        "{{ shop.name }} {{ cart.link | upcase }}",
        "{{ shop.name }} {% if offer.code %}{{ cart.link }}{% endif %}",
        "{{ shop.name }} {% if shopper.first_name %}{{ cart.link }}{% endif %}",
        "{{ shop.name }} {% if cart.items > 1 %}{{ cart.link }}{% endif %}",
        "{{ shop.name }} {% if cart.item %}{{ cart.link }}{% endif %}",
    ],
)
def test_a_link_that_some_shopper_would_not_get_is_missing(source: str) -> None:
    assert found(source, "no-link").blocks


def test_says_with_which_cart_the_link_is_missing() -> None:
    source = "{{ shop.name }} {% if offer.code %}{{ cart.link }}{% endif %}"
    assert found(source, "no-link").what == "With no offer the text has no link back to the cart."
    assert "no-link" not in codes(source, needs_offer=True)


@pytest.mark.parametrize("text", ["bit.ly/abc", "Reply YES to buy", "CBD", "nobody's shop"])
def test_what_a_text_may_not_say_is_no_matter_of_templates(text: str) -> None:
    assert codes(f"Your cart: {{{{ cart.link }}}} {text}") == ["no-opt-out"]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("{{ shop.name }} gin", "gin"),
        ("gin{{ 'rum' }}", "gin"),
        ("{% if cart.item == 'rum' %}gin{% endif %}", "gin"),
        ("{% comment %} rum {% endcomment %}gin", "gin"),
        ("{%- comment -%}rum{{ x }}{%- endcomment -%}gin{{", "gin{{"),
        ("{# rum #}", "{# rum #}"),
    ],
)
def test_prose_is_what_stands_outside_of_expressions_in_its_place(source: str, words: str) -> None:
    left = prose(source)
    assert len(left) == len(source)
    assert left.replace("\ufffc", "").strip() == words
    assert left.index("gin" if "gin" in left else "rum") == source.index("gin" if "gin" in left else "rum")


def test_length_is_judged_by_the_longest_values_and_with_the_opt_out() -> None:
    assert found(GOOD + "x" * 950, "too-long").blocks
    assert "longest" in found(GOOD + "x" * 905, "too-long").what
    assert "too-long" not in codes(GOOD + "x" * 840)
    assert codes("x" * 3000) == ["too-long"]


def test_an_emoji_is_explained_with_its_price_and_does_not_block() -> None:
    problem = found(f"Hi 😀\n{GOOD}", "unicode")
    assert not problem.blocks
    assert "grinning face" in problem.what and "line 1" in problem.what and "segments" in problem.how


def test_typography_that_will_be_swapped_is_no_problem() -> None:
    assert codes(f"It’s “here”… {GOOD}") == ["no-opt-out"]


def test_three_segments_are_told_and_do_not_block() -> None:
    assert not found(GOOD + "x" * 300, "costly").blocks


def test_a_hole_where_the_offer_should_be_is_told() -> None:
    problem = found(GOOD + " Use {{ offer.code }}", "offer-hole")
    assert not problem.blocks and "{% if offer.code %}" in problem.how
    assert "offer-hole" not in codes(GOOD + "{% if offer.code %} Use {{ offer.code }}{% endif %}")
    assert "offer-hole" not in codes(GOOD + " Use {{ offer.code }}", needs_offer=True)


def test_what_blocks_comes_first() -> None:
    blocks = [problem.blocks for problem in check("😀 {{ nope }} {{ cart.link }}", "en")]
    assert blocks == sorted(blocks, reverse=True) and True in blocks and False in blocks


@settings(max_examples=200, deadline=None)
@given(st.text(st.one_of(st.sampled_from("{}%| .'\n"), st.characters()), max_size=80))
def test_check_answers_for_any_source(source: str) -> None:
    for problem in check(source, "en"):
        assert problem.what and problem.how
        assert problem.where is None or (problem.where.line >= 1 and problem.where.column >= 1)
