"""One list of variables, and values that are safe to show."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from message_templates.check import check
from message_templates.segments import is_gsm7
from message_templates.variables import BY_NAME, VARIABLES, coerce, lookup

NAME = BY_NAME["shopper.first_name"]
odd = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.decimals(),
    st.binary(),
    st.text(st.characters()),
    st.lists(st.text()),
    st.builds(object),
    st.integers(min_value=10**5000, max_value=10**5001),
)


@pytest.mark.parametrize("variable", VARIABLES, ids=lambda variable: variable.name)
def test_every_variable_is_explained_and_can_be_used_in_a_text(variable) -> None:
    assert len(variable.meaning) > 10
    source = "{{ shop.name }} {{ cart.link }} {{ %s }}" % variable.name  # noqa: UP031
    assert not [problem for problem in check(source, "en") if problem.blocks]


@pytest.mark.parametrize("variable", VARIABLES, ids=lambda variable: variable.name)
def test_the_examples_are_values_the_variable_accepts_unchanged(variable) -> None:
    assert coerce(variable, variable.example) == variable.example
    assert coerce(variable, variable.longest) == variable.longest
    assert len(str(variable.longest)) >= len(str(variable.example))
    assert is_gsm7(str(variable.longest))


@given(st.sampled_from(VARIABLES), odd)
def test_any_value_becomes_short_clean_text_or_a_number_or_nothing(variable, raw) -> None:
    value = coerce(variable, raw)
    if variable.kind == "number":
        assert value is None or (isinstance(value, int) and 0 <= value < 10**9)
    elif value is not None:
        assert isinstance(value, str) and value.strip() == value != ""
        assert value.isprintable() or not value.isascii()
        assert "\n" not in value
        assert not variable.limit or len(value) <= variable.limit
        value.encode("utf-8")


@pytest.mark.parametrize(
    "name", ["Ada", "Anne-Marie", "José María", "O’Neil", "Nguyễn", "李", "J.R.", "Юлия"]
)
def test_greets_names(name: str) -> None:
    assert coerce(NAME, f" {name} ") == name


@pytest.mark.parametrize(
    "name",
    [
        "win at evil.example",
        "https://evil.example",
        "ada@example.com",
        "+14155552671",
        "null",
        "N/A",
        "<b>Ada</b>",
        "{{ cart.link }}",
        "Congratulations you have won a prize",
        " \u200b\n",
        "$$$",
    ],
)
def test_greets_nothing_that_is_no_name(name: str) -> None:
    assert coerce(NAME, name) is None


def test_cuts_a_long_title_at_a_word() -> None:
    cut = coerce(BY_NAME["cart.item"], "Hand-thrown stoneware dinner plates, set of four, blue")
    assert cut == "Hand-thrown stoneware dinner plates.."


def test_keeps_a_link_whole_and_in_ascii() -> None:
    link = BY_NAME["cart.link"]
    assert coerce(link, "https://shop.example/c/1?a=b&c=%20#x") == "https://shop.example/c/1?a=b&c=%20#x"
    assert coerce(link, "https://shop.example/ é’") == "https://shop.example/%20%C3%A9%E2%80%99"


def test_a_link_too_long_for_a_text_counts_as_missing() -> None:
    assert coerce(BY_NAME["cart.link"], "https://shop.example/" + "x" * 480) is None


def test_counts_may_come_as_text_and_are_never_negative() -> None:
    items = BY_NAME["cart.items"]
    assert [coerce(items, raw) for raw in (3, "3", Decimal(3), 3.0, -1, "three", float("nan"))] == [
        3,
        3,
        3,
        3,
        None,
        None,
        None,
    ]


def test_values_are_found_flat_and_nested() -> None:
    assert lookup({"cart.link": "a"}, "cart.link") == "a"
    assert lookup({"cart": {"link": "b"}}, "cart.link") == "b"
    assert lookup({"cart": "c"}, "cart.link") is None
