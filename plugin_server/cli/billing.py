"""What was reported to a platform's billing."""

import json
from typing import Any

import click

from plugin_server.cli.failing import fail, in_words
from plugin_server.cli.finding import opened
from plugin_server.store import usage as usage_store

SHOWN = 50
WORDS = {"told": "reported", "new": "waiting", "given_up": "given up"}


@click.command()
@click.argument("shop")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@in_words
def usage(shop: str, as_json: bool) -> None:
    """Say which texts of a shop were reported to Shopify's billing, which wait, which were given up, and why.

    Reported means that Shopify has it. Whether it was charged, only its Dev Dashboard says. SHOP is its domain or key.
    """
    with opened(shop) as (machine, installed, tx):
        if installed.shop.platform != "shopify":
            fail(f"{installed.shop.domain} is no Shopify shop: no usage is reported for it")
        found = {
            "shop": installed.shop.domain,
            "meter": machine.settings.shopify_usage_event or None,
            "counts": [_count(row) for row in usage_store.summary(tx)],
            "troubled": [_trouble(row) for row in usage_store.troubled(tx, SHOWN)],
        }
    if as_json:
        click.echo(json.dumps(found, indent=2, default=str))
    else:
        _tell(found)


def _count(row: Any) -> dict[str, Any]:
    return {**row._asdict(), "state": WORDS[row.state], "segments": int(row.segments)}


def _trouble(row: Any) -> dict[str, Any]:
    return {**row._asdict(), "state": WORDS[row.state]}


def _tell(found: dict[str, Any]) -> None:
    meter = f"meter {found['meter']}" if found["meter"] else "reporting is off (COMEBACK_SHOPIFY_USAGE_EVENT)"
    click.echo(f"{found['shop']}: {meter}")
    if not found["counts"]:
        click.echo("nothing was counted")
        return
    click.echo(f"{'':9} {'texts':>7} {'segments':>9}  first, last (UTC)")
    for row in found["counts"]:
        span = f"{row['first']:%Y-%m-%d %H:%M}, {row['last']:%Y-%m-%d %H:%M}"
        click.echo(f"{row['state']:9} {row['texts']:>7} {row['segments']:>9}  {span}")
    for row in found["troubled"]:
        why = row["note"] or "not tried yet"
        click.echo(
            f"{row['at']:%Y-%m-%d %H:%M}  text {row['ref']}  {row['state']}, {row['tries']} tries: {why}"
        )
