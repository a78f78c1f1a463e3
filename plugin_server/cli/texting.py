"""Is this text fit to be saved, and sent? The templates' check and the rulebook's, offline."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from compliance import rulebook
from compliance.errors import ComplianceError
from compliance.places import of_address
from compliance.rulebook import Rulebook
from message_templates.wording import languages
from plugin_server import texts
from plugin_server.cli.failing import NOT_READY, fail
from plugin_server.texts import TextProblem
from sequences.cart import Shop
from sequences.sequence import Offer

MOST = 100_000  # bytes: a template has 2,000 characters at most
PROBLEMS = 1


@click.command("check-text")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True), default="-")
@click.option(
    "--language", default="en", show_default=True, help="Of the text: " + ", ".join(languages()) + "."
)
@click.option("--shop", "name", default="Kiln & Clay", show_default=True, help="The shop's name.")
@click.option(
    "--domain", default="", help="The shop's own domain: links to it are fine, whatever it is called."
)
@click.option(
    "--place",
    "places",
    multiple=True,
    help="Where shoppers are, such as FR or US-NJ; may be repeated. Default: anywhere.",
)
@click.option("--offer-value", default="", help="What the step's offer is worth, such as 10%.")
@click.option("--offer-code", default="", help="The step's code.")
@click.option("--free-shipping", is_flag=True, help="The step's offer is free shipping.")
@click.option("--age-gate", is_flag=True, help="The shop asks for the date of birth.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def check_text(file: Path, language: str, places: tuple[str, ...], as_json: bool, **told: Any) -> None:
    """Say what is wrong with a text, where, and which rule says so.

    FILE holds the Liquid source, - is standard input. Exit code 0: it may be saved; 1: something in it blocks; 2: input
    that can't be used.
    """
    try:
        book = rulebook.load()
    except ComplianceError as error:
        fail(str(error), NOT_READY)
    if language not in languages():
        fail(f"--language: {language!r} is none of {', '.join(languages())}")
    shop = Shop(
        id=0, key="", platform="", domain=told["domain"], name=told["name"], currency="USD", country="US"
    )
    found = texts.check_text(
        _read(file),
        language,
        shop,
        book,
        _places(book, places),
        offer=_offer(told),
        age_gate=told["age_gate"],
    )
    click.echo(_as_json(found, book) if as_json else _in_words(found))
    sys.exit(PROBLEMS if any(problem.blocks for problem in found) else 0)


def _read(file: Path) -> str:
    name = "standard input" if str(file) == "-" else str(file)
    try:
        raw = sys.stdin.buffer.read(MOST + 1) if str(file) == "-" else file.read_bytes()[: MOST + 1]
        text = raw.decode("utf-8-sig")
    except OSError as error:
        fail(f"{name}: {error.strerror or error}")
    except UnicodeDecodeError as error:
        fail(f"{name} isn't UTF-8: byte {error.start} ({error.reason})")
    if len(raw) > MOST:
        fail(f"{name} has more than {MOST} bytes: that is no text")
    if not text.strip():
        fail(f"{name} is empty")
    return text


def _places(book: Rulebook, told: tuple[str, ...]) -> tuple[str, ...]:
    """Places of the book; all that may be texted if none are told."""
    places = tuple(place.strip().upper() for place in told)
    for place in places:
        country, _, region = place.partition("-")
        if country not in book.files or (region and of_address(country, region, None) != (place,)):
            fail(f"--place: the rulebook has no {place!r}; write a country or a state, such as FR or US-NJ")
    return places or tuple(sorted(place for place in book.files if book.enabled(place)))


def _offer(told: dict[str, Any]) -> Offer | None:
    kind = "free_shipping" if told["free_shipping"] else ""
    value, code = told["offer_value"], told["offer_code"]
    return Offer(kind=kind, value=value, code=code) if kind or value or code else None


def _as_json(found: list[TextProblem], book: Rulebook) -> str:
    blocks = any(problem.blocks for problem in found)
    rows = [_row(problem) for problem in found]
    whole = {"ok": not blocks, "rulebook": book.version, "problems": rows}
    return json.dumps(whole, ensure_ascii=False, indent=2)


def _row(problem: TextProblem) -> dict[str, object]:
    where, rule = problem.where, problem.rule
    return {
        "code": problem.code,
        "blocks": problem.blocks,
        "line": where.line if where else None,
        "column": where.column if where else None,
        "snippet": where.snippet if where else None,
        "what": problem.what,
        "how": problem.how,
        "rule": rule.id if rule else None,
        "text": rule.text if rule else None,
        "source": rule.source if rule else None,
    }


def _in_words(found: list[TextProblem]) -> str:
    return "\n".join(map(_sentence, found)) or "Nothing is wrong with this text."


def _sentence(problem: TextProblem) -> str:
    at = f"{problem.where.line}:{problem.where.column}: " if problem.where else ""
    weight = "blocks" if problem.blocks else "note"
    by = f"\n    {problem.rule.text} {problem.rule.cite()}" if problem.rule else ""
    return f"{at}{weight}: {problem.what} {problem.how}{by}"
