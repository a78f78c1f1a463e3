"""Commands about signing up: a shop's page and keyword, and the keys of its API."""

import json
from pathlib import Path
from typing import Any

import click

from plugin_server.cli import finding
from plugin_server.cli.failing import fail, in_words
from plugin_server.gathering import keys, qr
from plugin_server.gathering import plan as plans
from plugin_server.gathering.plan import BadPlan, Gathering
from plugin_server.store.shops import Installed
from plugin_server.store.tx import Tx

LISTS = ("countries",)


@click.command("sign-up")
@click.argument("shop")
@click.option(
    "--set", "changes", multiple=True, metavar="KEY=VALUE", help="Change the plan; may be repeated."
)
@click.option(
    "--qr", "image", type=click.Path(path_type=Path, dir_okay=False), help="Write the QR code: .svg or .png."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@in_words
def sign_up(shop: str, changes: tuple[str, ...], image: Path | None, as_json: bool) -> None:
    """Show how people sign up for a shop's texts, and change it. SHOP is its domain or its key.

    Keys: page_on, terms_url, privacy_url, keyword, incentive, incentive_code, min_age, countries (US,CA), headline,
    intro. An empty value takes the default.
    """
    if image is not None and image.suffix not in (".svg", ".png"):
        fail(f"{image} ends in neither .svg nor .png")
    with finding.opened(shop) as (machine, installed, tx):
        plan = _changed(tx, installed, changes)
        address = f"{machine.settings.public_url}/join/{installed.join_code}"
    if image is not None:
        _write(image, address)
    _show(installed, plan, address, as_json)


@click.command("api-key")
@click.argument("shop")
@click.option("--name", help="Make a key, for whom or what: it is shown once.")
@click.option("--list", "listing", is_flag=True, help="List the keys, without showing them.")
@click.option("--revoke", type=int, metavar="NUMBER", help="From now on this key opens nothing.")
@in_words
def api_key(shop: str, name: str | None, listing: bool, revoke: int | None) -> None:
    """Make, list and revoke the keys of a shop's JSON API. SHOP is its domain or its key."""
    if (name is not None) + listing + (revoke is not None) != 1:
        fail("give one of --name, --list and --revoke")
    if name is not None and not (0 < len(name.strip()) <= 100 and name.isprintable()):
        fail("a name is 1 to 100 printable characters")
    with finding.opened(shop) as (machine, installed, tx):
        now = machine.clock.now()
        if name is not None:
            click.echo(keys.make(tx, name.strip(), now))
            click.echo("This key is shown once. It opens this shop's API only.", err=True)
        elif revoke is not None and not keys.revoke(tx, revoke, now):
            fail(f"{installed.shop.domain} has no key {revoke} that opens anything")
        for key in keys.listed(tx) if listing else ():
            ended = f"revoked {key.revoked_at:%Y-%m-%d}" if key.revoked_at else "opens"
            click.echo(f"{key.id}  {key.made_at:%Y-%m-%d}  {ended}  {key.name}")


def _changed(tx: Tx, installed: Installed, changes: tuple[str, ...]) -> Gathering:
    try:
        raw = {**installed.gathering, **dict(_read(change) for change in changes)}
        plan = plans.load({key: value for key, value in raw.items() if value not in ("", [""])})
    except BadPlan as error:
        fail(str(error))
    if changes:
        others = {key: value for key, value in installed.gathering.items() if key not in plans.KEYS}
        tx.run(
            "UPDATE shops SET gathering = CAST(:plan AS jsonb) WHERE id = :shop_id",
            plan=json.dumps({**others, **plans.dump(plan)}),
        )
    return plan


def _read(change: str) -> tuple[str, Any]:
    key, sign, value = change.partition("=")
    if not sign or key not in plans.KEYS:
        raise BadPlan((f"--set takes KEY=VALUE with a KEY of {', '.join(plans.KEYS)}",))
    return key, [code.strip().upper() for code in value.split(",")] if key in LISTS else value.strip()


def _write(image: Path, address: str) -> None:
    try:
        image.write_bytes(qr.svg(address) if image.suffix == ".svg" else qr.png(address))
    except OSError as error:
        fail(f"{image} can't be written: {error.strerror}")


def _show(installed: Installed, plan: Gathering, address: str, as_json: bool) -> None:
    number = installed.sender
    if as_json:
        shown = {"address": address, "number": number, "ready": plan.ready, "plan": plans.dump(plan)}
        click.echo(json.dumps(shown, indent=2, ensure_ascii=False))
        return
    click.echo(f"page: {address}" + ("" if plan.page_on else " (off)"))
    click.echo(f"poster: {address}/poster")
    click.echo(f"keyword: {plan.keyword}, to {number or 'no number yet'}")
    for key, value in plans.dump(plan).items():
        click.echo(f"{key}: {', '.join(value) if isinstance(value, list) else value}")
    if not plan.ready:
        click.echo("The page shows no form until terms_url and privacy_url are set.")
    click.echo(
        "Your privacy policy must say how abandoned carts are noticed, and that numbers and consents to texts"
        " are given to nobody."
    )
