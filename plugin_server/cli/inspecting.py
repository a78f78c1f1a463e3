"""Commands that look at, or repeat, what happened."""

import json
import os
from typing import Any

import click
from sqlalchemy import Connection

from plugin_server import loading
from plugin_server.cli.failing import fail, in_words
from plugin_server.serving import build, start
from plugin_server.showing import masked
from plugin_server.store import carts, events, shops, traces
from plugin_server.store.tx import Tx
from plugin_server.wiring import Machine


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@in_words
def settings(as_json: bool) -> None:
    """Print every setting as this process sees it, secrets masked."""
    shown = masked(loading.load(os.environ))
    if as_json:
        click.echo(json.dumps(shown, indent=2))
        return
    for name, value in shown.items():
        click.echo(f"{name}={value}")


@click.command()
@click.argument("cart")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@in_words
def trace(cart: str, as_json: bool) -> None:
    """Say why a cart was, or wasn't, texted. CART is its number, or the store's name for it (checkout:…)."""
    if not cart.isprintable():  # half a character, which no database can look for
        fail(f"no shop has a cart {cart!r}")
    found, up = start()
    with up:
        machine = build(found, up)
        shown = _found(machine, cart)
        machine.close()
    if not shown:
        fail(f"no shop has a cart {cart!r}")
    if as_json:
        click.echo(json.dumps(shown, indent=2, default=str))
        return
    for one in shown:
        _tell(one)


def _found(machine: Machine, cart: str) -> list[dict[str, Any]]:
    """Carts are numbered over all shops, but a store's own name may stand in several."""
    with machine.db.system() as c:
        installed = shops.everyone(c, machine.secrets.vault)
        return [one for shop in installed if (one := _cart(machine, c, shop, cart)) is not None]


def _cart(machine: Machine, c: Connection, installed: shops.Installed, cart: str) -> dict[str, Any] | None:
    tx = Tx(c, installed.shop, machine.secrets)
    row = carts.by_id(tx, int(cart)) if cart.isdecimal() and len(cart) < 19 else carts.find(tx, [cart])
    if row is None:
        return None
    return {
        "shop": installed.shop.domain,
        "cart": row.id,
        "key": row.key,
        "state": row.state,
        "reason": row.reason,
        "trace": traces.read(tx, row.id),
    }


def _tell(one: dict[str, Any]) -> None:
    click.echo(
        f"cart {one['cart']} of {one['shop']}: {one['state']}" + (f", {one['reason']}" * bool(one["reason"]))
    )
    for line in one["trace"]:
        why = f": {line['reason']}" if line["reason"] else ""
        click.echo(f"  {line['at']:%Y-%m-%d %H:%M:%S} UTC  {line['check']}: {line['outcome']}{why}")


@click.command()
@click.argument("event", type=int, required=False)
@click.option("--failed", is_flag=True, help="List the events that couldn't be applied, and why.")
@click.option("--all", "everything", is_flag=True, help="With --failed: apply all of them again.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@in_words
def replay(event: int | None, failed: bool, everything: bool, as_json: bool) -> None:
    """Apply an event again, or list those that couldn't be applied (--failed).

    Applying an event twice changes nothing, so this is always safe.
    """
    if (event is None) == (not failed) or (everything and not failed):
        fail("give the number of one event, or --failed (with --all to apply all of those again)")
    found, up = start()
    with up:
        machine = build(found, up)
        with machine.db.system() as c:
            _replay(c, event, everything, as_json)
        machine.close()


def _replay(c: Connection, event: int | None, everything: bool, as_json: bool) -> None:
    if event is None and not everything:
        _list_parked(events.parked(c), as_json)
        return
    count = events.replay(c, event)
    if event is not None and not count:
        fail(f"there is no decided event {event} whose content is still kept")
    click.echo(json.dumps({"replayed": count}) if as_json else f"{count} event(s) will be applied again")


def _list_parked(parked: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(parked, indent=2, default=str))
        return
    for row in parked:
        click.echo(
            f"{row['id']}  {row['received_at']:%Y-%m-%d %H:%M}  {row['source']}  {row['shop']}  {row['note']}"
        )
    if not parked:
        click.echo("nothing is parked")
