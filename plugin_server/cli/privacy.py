"""Commands for what people may ask of a shop: what it holds on them, to be forgotten, no more texts."""

import json
from pathlib import Path

import click

from compliance.phones import Phone, parse
from plugin_server.applying.stopping import stop
from plugin_server.cli import finding
from plugin_server.cli.failing import fail, in_words
from plugin_server.privacy import handing_over, person
from plugin_server.serving import build, start
from plugin_server.store import data_requests as asked_for
from plugin_server.store import erasure, keeping, shops
from plugin_server.store.shops import Installed
from plugin_server.store.tx import Tx
from plugin_server.wiring import Machine
from sequences.events import DataRequested, ShopperErased

WAYS = ("e-mail", "voice mail", "phone call", "letter", "counter", "other")
"""No words of the merchant's own: they would stay in the evidence, and might name somebody."""


@click.command("data-requests")
@click.argument("shop", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@in_words
def data_requests(shop: str | None, as_json: bool) -> None:
    """List who asked for their data and waits for an answer, the most urgent first. SHOP: key or domain."""
    found, up = start()
    with up:
        machine = build(found, up)
        wanted = [finding.named(machine, shop)] if shop else _everyone(machine)
        rows = [row for installed in wanted for row in _waiting(machine, installed)]
        machine.close()
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        click.echo(
            f"{row['shop']}: request {row['request']}, asked {row['asked_at']}, answer by {row['answer_by']}"
        )
    if not rows:
        click.echo("Nobody waits for their data.")


@click.command("data-request")
@click.argument("shop")
@click.option("--request", help="Answer this request of the store's; it then counts as answered.")
@click.option("--phone", help="The person's number.")
@click.option("--email", help="Their e-mail address.")
@click.option("--customer", help="The store's id of them.")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The zip to write."
)
@in_words
def data_request(
    shop: str, request: str | None, phone: str | None, email: str | None, customer: str | None, out: Path
) -> None:
    """Write everything held on one person into a zip: data.json and data.html. SHOP: key or domain."""
    if not any((request, phone, email, customer)):
        fail("name the person: --request, --phone, --email or --customer")
    with finding.opened(shop) as (machine, installed, tx):
        who = _named(tx, request) if request else DataRequested()
        if not request:
            number = _phone(phone, installed) if phone else None
            who = DataRequested(phone=number, email=email, customer_id=customer or "")
        now = machine.clock.now()
        _write(out, handing_over.as_zip(person.everything(tx, who), now))
        if request:
            asked_for.answered(tx, request, now)
    click.echo(f"Written to {out}. It holds personal data: hand it over, then delete it.")


@click.command()
@click.argument("shop")
@click.option("--phone", help="The person's number.")
@click.option("--email", help="Their e-mail address.")
@click.option("--customer", help="The store's id of them.")
@click.confirmation_option(prompt="This can't be undone. Forget this person?")
@in_words
def erase(shop: str, phone: str | None, email: str | None, customer: str | None) -> None:
    """Forget one person in a shop. What stays: the hash that stops the next text, and proof of consent without
    personal data. SHOP: key or domain."""
    if not any((phone, email, customer)):
        fail("name the person: --phone, --email or --customer")
    with finding.opened(shop) as (machine, installed, tx):
        now = machine.clock.now()
        number = _phone(phone, installed) if phone else None
        who = ShopperErased(at=now, phone=number, email=email, customer_id=customer or "")
        erased = erasure.shopper(tx, who, now)
    click.echo(f"Forgotten: {len(erased)} cart(s), and everything else that named them.")


@click.command("opt-out")
@click.argument("shop")
@click.argument("phone")
@click.option("--why", type=click.Choice(WAYS), default="other", help="How they said so.")
@in_words
def opt_out(shop: str, phone: str, why: str) -> None:
    """Take a number off a shop's texts: what a person said by any other way than a reply counts as much.
    SHOP: key or domain."""
    with finding.opened(shop) as (machine, installed, tx):
        number = _phone(phone, installed)
        hashed = tx.phone(number)
        assert hashed is not None  # noqa: S101  (there is a number)
        said = "told the merchant" if why == "other" else f"told the merchant: {why}"
        stop(tx, hashed, number, said, "merchant", machine.clock.now())
    click.echo("No more texts to this number; the store is told.")


def _write(out: Path, content: bytes) -> None:
    """Readable by whoever asked for it, and by nobody else of this machine."""
    out.touch(mode=0o600)
    out.write_bytes(content)


def _everyone(machine: Machine) -> list[Installed]:
    with machine.db.system() as c:
        return shops.readable(c, machine.secrets.vault, keeping.shops(c))


def _waiting(machine: Machine, installed: Installed) -> list[dict[str, str]]:
    with machine.db.shop(installed.shop.id) as c:
        return [
            {
                "shop": installed.shop.domain,
                "request": asked.request_id,
                "asked_at": asked.asked_at.isoformat(timespec="minutes"),
                "answer_by": asked.answer_by.isoformat(timespec="minutes"),
            }
            for asked in asked_for.every(Tx(c, installed.shop, machine.secrets))
        ]


def _named(tx: Tx, request: str) -> DataRequested:
    waiting = asked_for.every(tx)
    named = next((asked.names for asked in waiting if asked.request_id == request), None)
    if named is None:
        fail(f"no request {request!r} waits here: see `comeback data-requests`")
    return named


def _phone(given: str, installed: Installed) -> str:
    found = parse(given, installed.shop.country)
    if not isinstance(found, Phone):
        fail(f"{found.raw_masked} is no number that can be texted ({found.reason.replace('_', ' ')})")
    return found.e164
