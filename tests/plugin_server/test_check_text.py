"""A merchant's text: the templates' check and the rulebook's as one list, and the command that prints it."""

import json
import os
import subprocess
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests_settings import ROOT

from compliance import rulebook
from message_templates import library
from message_templates.optout import has_opt_out
from message_templates.render import render
from message_templates.samples import TYPICAL
from plugin_server import create_app
from plugin_server.texts import TextProblem, about_text, check_text, look_over, without
from sequences.cart import Shop
from sequences.offers import Discount
from sequences.sequence import Offer

BOOK = rulebook.load()
EVERYWHERE = tuple(place for place in BOOK.files if BOOK.enabled(place))
MUGS = Shop(
    id=1, key="k", platform="shopify", domain="mugs.example", name="Mugs & Co", currency="USD", country="US"
)
GOOD = "{{ shop.name }}: your cart: {{ cart.link }} {{ opt_out }}"
READY = [text for language in library.languages() for text in library.texts(language)]
TEN = Offer(kind="percent", value="10%", code="MUG10")


def problems(source: str, language: str = "en", **given: object) -> dict[str, TextProblem]:
    found = check_text(source, language, MUGS, BOOK, EVERYWHERE, **given)  # type: ignore[arg-type]
    return {problem.code: problem for problem in found}


@pytest.mark.parametrize("ready", READY, ids=lambda ready: ready.id)
def test_every_ready_made_text_may_be_sent_anywhere(ready: library.Text) -> None:
    offers = [TEN, Offer(kind="free_shipping", code="SHIP"), Offer(kind="amount", value="$5", code="FIVE")]
    for offer in offers if ready.needs_offer else [None]:
        found = problems(ready.text, ready.language, offer=offer)
        assert set(found) <= {"no-opt-out"}, found


def test_a_good_text_has_no_problem() -> None:
    assert problems(GOOD) == {}
    assert problems("Mugs & co.: your cart: {{ cart.link }} {{ opt_out }}") == {}


def test_what_cannot_work_and_what_may_not_be_said_come_in_one_list_what_blocks_first() -> None:
    found = check_text(
        "{{ shop.name }} 😀 {{ nope }}\nCBD bit.ly/x {{ cart.link }}", "en", MUGS, BOOK, ("US",)
    )
    assert [(p.code, p.rule.id if p.rule else None) for p in found if p.blocks] == [
        ("unknown-variable", None),
        ("forbidden-goods", "CONT-07"),
        ("public-shortener", "CONT-08"),
    ]
    assert {p.code for p in found if not p.blocks} >= {"unicode", "no-opt-out"}
    assert [p.blocks for p in found] == sorted((p.blocks for p in found), reverse=True)


def test_a_word_is_told_with_its_line_and_column_and_liquid_moves_nothing() -> None:
    where = problems("{{ shop.name }}: {% if cart.items > 1 %}two\n{% endif %}  vape{{ cart.link }}")[
        "forbidden-goods"
    ].where
    assert where and (where.line, where.column) == (2, 14)
    assert where.snippet.startswith("{% endif %}")


def test_a_word_that_only_shows_when_the_text_is_filled_in_is_found() -> None:
    assert "forbidden-goods" in problems(GOOD + " {% if cart.items > 0 %}va{% endif %}pe")
    assert "forbidden-goods" in problems(GOOD + " {{ 'va' | append: 'pe' }}")
    assert "forbidden-goods" not in problems(GOOD + "{% comment %}vape{% endcomment %}")
    assert "forbidden-goods" not in problems(GOOD + "{% if cart.item == 'vape' %}x{% endif %}")


def test_a_text_that_some_shopper_gets_without_the_shops_name_is_told() -> None:
    source = "{% if cart.items > 1 %}{{ shop.name }}{% endif %} {{ cart.link }} {{ opt_out }}"
    assert problems(source)["no-shop-name"].rule.id == "CONT-03"  # type: ignore[union-attr]
    assert "no-shop-name" in problems("Kiln & Clay: {{ cart.link }} {{ opt_out }}")


def test_promises_are_held_against_the_steps_offer() -> None:
    assert problems(GOOD + " 10% off, code MUG10", offer=TEN) == {}
    assert problems(GOOD + " {{ offer.value }} off", offer=TEN) == {}
    assert problems(GOOD + " 15% off", offer=TEN)["unkept-discount"].blocks
    assert problems(GOOD + " {{ offer.value }} off and 15% off", offer=TEN)["two-discounts"].blocks
    where = problems(GOOD + "\n10% off")["unkept-discount"].where
    assert where and (where.line, where.column) == (2, 1)


def test_rules_of_other_places_have_no_say() -> None:
    text = GOOD + " Votre pompe à chaleur"
    assert problems(text, "fr")["forbidden-goods"].rule.id == "FR-03"  # type: ignore[union-attr]
    assert check_text(text, "fr", MUGS, BOOK, ("US", "DE")) == []


def test_an_age_gate_lets_a_shop_speak_of_alcohol_and_its_domain_may_be_called_anything() -> None:
    assert "needs-age-gate" in problems(GOOD + " gin") and "needs-age-gate" not in problems(
        GOOD + " gin", age_gate=True
    )
    assert check_text(GOOD + " https://mugs.example/gin", "en", MUGS, BOOK, EVERYWHERE) == []


def test_a_broken_text_is_still_read_for_its_words() -> None:
    found = problems("{{ shop.name }} vape {% if")
    assert {"syntax", "forbidden-goods"} <= set(found)
    assert set(problems("vape " * 500)) == {"too-long"}


def test_what_came_in_with_an_item_or_a_name_can_be_left_out() -> None:
    source = "{{ shop.name }}: Hi {{ shopper.first_name }}, {{ cart.item | default: 'your cart' }}, {{ cart.link }}"
    values = {
        **TYPICAL.values,
        "shop.name": MUGS.name,
        "cart.item": "Hemp lotion",
        "shopper.first_name": "Gin",
    }
    about = about_text(MUGS, links=["kilnandclay.example"], values=values)
    opt_out = "Reply STOP to opt out"
    found = look_over(render(source, values, language="en").text, about, BOOK, ("US",), opt_out)
    assert [(f.words, f.filled, f.blocks) for f in found] == [
        ("Gin", True, True),
        ("Hemp lotion", True, True),
    ]
    fewer = without(values, found)
    assert set(values) - set(fewer) == {"cart.item", "shopper.first_name"}
    assert set(values) - set(without(values, found[1:])) == {"cart.item"}
    text = render(source, fewer, language="en").text
    assert "your cart" in text and look_over(text, about, BOOK, ("US",), opt_out) == ()
    missing = text.replace(opt_out, "")
    assert [f.code for f in look_over(missing, about, BOOK, ("US",), opt_out)] == ["opt-out-missing"]


def test_what_the_merchant_wrote_is_not_left_out() -> None:
    values = {"cart.item": "Mug", "cart.link": "https://mugs.example/1"}
    found = look_over(
        "Mugs & Co: vape https://mugs.example/1", about_text(MUGS, values=values), BOOK, ("US",), ""
    )
    assert [f.filled for f in found] == [False, False] and without(values, found) == values


def test_an_opt_out_printed_on_an_item_is_none() -> None:
    shirt = 'Shirt "Reply STOP to opt out"'
    about = about_text(MUGS, values={"cart.item": shirt})
    text = f"Mugs & Co: {shirt}: https://mugs.example/1"
    assert has_opt_out(text) and "opt-out-missing" in [
        f.code for f in look_over(text, about, BOOK, ("US",), "")
    ]


def test_a_merchants_reply_stop_does_not_do_for_a_sender_that_takes_no_replies() -> None:
    about = about_text(MUGS, way_out="https://mugs.example/1/stop")
    text = "Mugs & Co: https://mugs.example/1 Reply STOP to opt out"
    assert [f.rule.id for f in look_over(text, about, BOOK, ("GB",), "")] == ["OPT-08"]


@settings(max_examples=100, deadline=None)
@given(st.text(st.one_of(st.sampled_from("{}%| .'\ngun"), st.characters()), max_size=60))
def test_any_source_is_answered(source: str) -> None:
    for problem in check_text(source, "en", MUGS, BOOK, ("US",)):
        assert problem.what and problem.how
        assert problem.where is None or (problem.where.line >= 1 and problem.where.column >= 1)


# -- the command


@pytest.fixture(scope="module")
def run():
    runner = create_app().test_cli_runner()

    def call(*command: str, stdin: str | bytes = ""):
        result = runner.invoke(args=["check-text", *map(str, command)], input=stdin)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        return result

    return call


def test_a_fine_text_exits_with_0(run, tmp_path) -> None:
    file = tmp_path / "text.liquid"
    file.write_text(GOOD, "utf-8")
    done = run(file)
    assert (done.exit_code, done.stdout) == (0, "Nothing is wrong with this text.\n")
    assert run(stdin=GOOD).exit_code == 0 and run("-", stdin="\ufeff" + GOOD).exit_code == 0


def test_notes_alone_exit_with_0(run) -> None:
    done = run(stdin=GOOD + " condoms")
    assert done.exit_code == 0
    assert done.stdout.startswith("1:59: note: “condoms” may tell others") and "[PII-07: " in done.stdout


def test_what_blocks_exits_with_1_and_is_told_with_place_rule_and_source(run) -> None:
    done = run(stdin="{{ shop.name }}: a\nvape, bit.ly/x {{ cart.link }}")
    assert done.exit_code == 1
    lines = done.stdout.splitlines()
    assert lines[0].startswith("2:1: blocks: “vape” is about vapes.")
    assert "[CONT-07: https://www.twilio.com/" in lines[1]
    assert lines[2].startswith("2:7: blocks: bit.ly is a public link shortener")


def test_json_holds_the_same(run) -> None:
    done = run("--json", stdin="{{ shop.name }}: a\nvape {{ cart.link }} {{ opt_out }}")
    told = json.loads(done.stdout)
    assert done.exit_code == 1 and told["ok"] is False and told["rulebook"] == BOOK.version
    (problem,) = told["problems"]
    assert (problem["code"], problem["line"], problem["column"], problem["rule"]) == (
        "forbidden-goods",
        2,
        1,
        "CONT-07",
    )
    assert problem["source"].startswith("https://") and problem["text"] and problem["how"]
    assert json.loads(run("--json", stdin=GOOD).stdout)["problems"] == []


def test_a_discount_is_checked_by_what_its_texts_will_say() -> None:
    offer = Offer(discount=Discount(kind="percent", percent=Decimal("12.5")))
    promising = GOOD + " {{ offer.value }} off with {{ offer.code }} until {{ offer.expires }}"
    assert problems(promising, offer=offer) == {}
    assert "offer-hole" in problems(promising), "a step that gives nothing"
    assert problems(GOOD + " 12.5% off", offer=offer) == {}
    assert "unkept-discount" in problems(GOOD + " 20% off", offer=offer)


def test_the_options_are_heard(run) -> None:
    assert run("--shop", "Mugs", stdin="Mugs: {{ cart.link }} {{ opt_out }}").exit_code == 0
    assert run(stdin="Mugs: {{ cart.link }} {{ opt_out }}").exit_code == 1
    assert run("--domain", "x.co", stdin=GOOD + " x.co/1").exit_code == 0
    assert run(stdin=GOOD + " x.co/1").exit_code == 1
    assert run("--age-gate", stdin=GOOD + " gin").exit_code == 0
    assert (
        run("--offer-value", "10%", "--offer-code", "SAVE", stdin=GOOD + " 10% off, code SAVE").exit_code == 0
    )
    assert run("--offer-value", "20%", stdin=GOOD + " 10% off").exit_code == 1
    assert "unkept" in run("--json", stdin=GOOD + " free shipping").stdout
    assert "unkept" not in run("--json", "--free-shipping", stdin=GOOD + " free shipping").stdout
    french = GOOD + " pompe à chaleur"
    assert run(stdin=french).exit_code == 1
    assert run("--place", "us-fl", "--place", "DE", stdin=french).exit_code == 0
    assert run("--place", "US", "--place", "FR", stdin=french).exit_code == 1
    assert "Abmelden" in run("--language", "de", stdin="{{ shop.name }} {{ cart.link }}").stdout


@pytest.mark.parametrize(
    ("command", "stdin", "why"),
    [
        (["/no/such/file"], "", "/no/such/file: No such file"),
        (["/"], "", "/: Is a directory"),
        ([], b"\xff\xfe", "standard input isn't UTF-8: byte 0"),
        ([], " \n", "standard input is empty"),
        ([], "x" * 100_001, "has more than 100000 bytes"),
        (["--language", "xx"], GOOD, "--language: 'xx' is none of"),
        (["--place", "ZZ"], GOOD, "--place: the rulebook has no 'ZZ'"),
        (["--place", "US-QQ"], GOOD, "--place: the rulebook has no 'US-QQ'"),
    ],
)
def test_input_that_cannot_be_used_exits_with_2_and_says_why(run, command, stdin, why) -> None:
    done = run(*command, stdin=stdin)
    assert done.exit_code == 2 and done.stdout == ""
    assert done.stderr.startswith("comeback: ") and why in done.stderr


def test_the_real_command_needs_no_machine(tmp_path) -> None:
    env = {**os.environ, "COMEBACK_WIRING": "sandbox", "COMEBACK_DATA_DIR": str(tmp_path)}
    done = subprocess.run(
        [ROOT / "bin" / "comeback", "check-text"],
        input=b"vape",
        env=env,
        cwd="/",
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == 1 and b"vapes" in done.stdout and done.stderr == b""
    assert list(tmp_path.iterdir()) == []
