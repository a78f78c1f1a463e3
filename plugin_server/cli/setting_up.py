"""Commands for a shop that is new: what its texts come from, whether it sends any, and its plan."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import click

from compliance.phones import NO_NUMBER, NotAPhone, parse
from compliance.rules import SenderNeed
from plugin_server.cli import finding
from plugin_server.cli.failing import fail, in_words
from plugin_server.store.shops import Installed
from plugin_server.store.tx import Tx
from plugin_server.texts import check_text
from plugin_server.wiring import Machine
from sequences.codec import encode
from sequences.errors import BadSequence
from sequences.sequence import Sequence, load

# A name as phones show it: 3GPP TS 23.040, 9.1.2.5 gives eleven characters. One of digits alone is a number.
NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9](?:[A-Za-z0-9 &._-]{0,9}[A-Za-z0-9])?")
SHORT_CODE = re.compile("[1-9][0-9]{2,7}")
NUMBER = re.compile(r"\+?[1-9][0-9]{7,14}")


@click.command("set-sender")
@click.argument("shop")
@click.argument("sender")
@click.option(
    "--registered/--unregistered",
    default=None,
    help="The name stands in the register of the countries that have one.",
)
@in_words
def set_sender(shop: str, sender: str, registered: bool | None) -> None:
    """Set what a shop's texts come from. SHOP is its domain or its key.

    SENDER is a number of the carrier's account such as +12015550123, a short code, or a name of at most 11 letters and
    digits. Nobody can reply to a name, and it doesn't reach the US and Canada.
    """
    given = _read(sender.strip())
    with finding.opened(shop) as (machine, installed, tx):
        if installed.state == "removed":
            fail(f"{installed.shop.domain} was removed with everything that was held of it")
        _judge(machine, installed, given, registered)
        tx.run("UPDATE shops SET sender = :sender WHERE id = :shop_id", sender=given)
        if registered is not None:
            _plan(tx, sender_registered=registered)
    click.echo(f"{installed.shop.domain} texts from {given}")


@click.command()
@click.argument("shop")
@click.argument("state", type=click.Choice(["on", "off"]))
@in_words
def switch(shop: str, state: str) -> None:
    """Switch a shop's reminders on or off. SHOP is its domain or its key.

    While they are off no cart is planned, and what was planned isn't sent. Replies and opt-outs are heard all the same.
    """
    with finding.opened(shop) as (_, installed, tx):
        _plan(tx, on=state == "on")
    click.echo(f"reminders of {installed.shop.domain} are {state}")
    if state == "on" and not installed.sender:
        click.echo("There is no sender yet: bin/comeback set-sender", err=True)


@click.command()
@click.argument("shop")
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@in_words
def sequence(shop: str, file: Path | None) -> None:
    """Show a shop's sequence as JSON, or change it. SHOP is its domain or its key.

    FILE holds what is to change, as JSON; - reads standard input. What isn't named there stays. Spans are in seconds.
    """
    with finding.opened(shop) as (machine, installed, tx):
        if file is not None:
            told = {**encode(installed.sequence), **_object(file)}
            _refuse_bad_texts(machine, installed, _loaded(told))
            tx.run(
                "UPDATE shops SET sequence = CAST(:told AS jsonb) WHERE id = :shop_id", told=json.dumps(told)
            )
            click.echo(f"{installed.shop.domain} has a changed sequence", err=True)
        click.echo(json.dumps(told if file else encode(installed.sequence), indent=2, ensure_ascii=False))


def _object(file: Path) -> dict[str, Any]:
    name = "standard input" if str(file) == "-" else str(file)
    try:
        told = json.loads(sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes())
    except OSError as error:
        fail(f"{name}: {error.strerror or error}")
    except (ValueError, RecursionError) as error:
        fail(f"{name} is not JSON: {error}")
    if not isinstance(told, dict):
        fail(f'{name}: expected an object such as {{"holdout": "0.05"}}')
    return told


def _loaded(told: dict[str, Any]) -> Sequence:
    try:
        return load(told)
    except BadSequence as error:
        fail(str(error))


def _refuse_bad_texts(machine: Machine, installed: Installed, told: Sequence) -> None:
    """What may not be said in the shop's own country isn't kept; each text is judged again before it goes out."""
    wrong = [
        f"step {number}, {language}: {problem.what} {problem.how}"
        for number, step in enumerate(told.steps, 1)
        for language, source in step.texts.items()
        for problem in check_text(
            source, language, installed.shop, machine.rulebook, _places(machine, installed), offer=step.offer
        )
        if problem.blocks
    ]
    if wrong:
        fail("\n".join(["the sequence stays as it was:", *wrong]))


def _places(machine: Machine, installed: Installed) -> tuple[str, ...]:
    country = installed.shop.country
    return (country,) if country in machine.rulebook.files else ()


def _read(sender: str) -> str:
    """As it is kept: a number as E.164, a short code or a name as it was typed."""
    if SHORT_CODE.fullmatch(sender) or NAME.fullmatch(sender):
        return sender
    if not NUMBER.fullmatch(sender):
        fail(
            f"{sender!r} is neither a number such as +12015550123, nor a name of at most 11 letters and digits"
        )
    number = f"+{sender.removeprefix('+')}"
    found = parse(number)
    # Toll-free numbers and their kin take no texts of ours, but may well send them.
    if isinstance(found, NotAPhone) and found.reason in NO_NUMBER:
        fail(f"{sender!r} is no telephone number ({found.reason.replace('_', ' ')})")
    return number


def _judge(machine: Machine, installed: Installed, sender: str, registered: bool | None) -> None:
    """What the rules of the shop's own country say of a name. Shoppers elsewhere are judged when they are texted."""
    if not any(map(str.isalpha, sender)):
        return
    known = installed.sequence.sender_registered if registered is None else registered
    for rule, need in machine.rulebook.find((installed.shop.country,), SenderNeed):
        if need.alphanumeric == "refused":
            fail(f"{rule.text} [{rule.id}]")
        if need.alphanumeric == "registered" and not known:
            click.echo(f"{rule.text} [{rule.id}] Once it is: --registered", err=True)
    click.echo("Nobody can reply to a name: texts will hold a link to opt out.", err=True)


def _plan(tx: Tx, **changes: bool) -> None:
    sql = "UPDATE shops SET sequence = sequence || CAST(:changes AS jsonb) WHERE id = :shop_id"
    tx.run(sql, changes=json.dumps(changes))
