"""Commands that need neither database nor network."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from connectors import registry
from connectors.delivery import Delivery, Door
from message_templates.segments import count
from plugin_server.cli.failing import fail
from plugin_server.cli.recordings import Unreadable, recording
from sequences.cart import Shop
from sequences.codec import event
from sequences.errors import BadDelivery
from sequences.events import Reading

NOBODY = {"id": 0, "key": "", "name": "", "currency": "USD", "country": "US"}
NOTHING = "a recorded answer that holds no order"


@click.command()
@click.argument("platform")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--topic", default="", help="The webhook's topic, if the file doesn't say it.")
@click.option(
    "--api-version", "version", default="", help="Of Shopify's payloads, if the file doesn't say it."
)
def read(platform: str, file: Path, topic: str, version: str) -> None:
    """Read a recorded delivery and print its events as JSON.

    FILE holds {"headers": …, "body": …} (or the bare body of a webhook, with --topic or a file name such as
    checkouts_update.json); - is standard input. The output is a list of events of the common model; why something
    was left out stands on standard error. A file that can't be read: exit code 2 and why.
    """
    try:
        readings = readings_of(platform, file, topic, version)
    except registry.UnknownConnector as error:
        fail(str(error))
    except (Unreadable, BadDelivery) as error:
        fail(f"{file}: {error}")
    for note in [note for reading in readings for note in reading.notes] or [NOTHING] * (not readings):
        click.echo(note, err=True)
    events = [event(e) for reading in readings for e in reading.events]
    click.echo(json.dumps(events, ensure_ascii=False, indent=2))


def readings_of(platform: str, file: Path, topic: str = "", version: str = "") -> list[Reading]:
    """What `read` prints. Raises UnknownConnector, Unreadable, BadDelivery."""
    door = registry.platform(platform) if platform in registry.platforms() else registry.channel(platform)
    return [_read(door, platform, delivery) for delivery in recording(platform, file, topic, version)]


def _read(door: Door, platform: str, delivery: Delivery) -> Reading:
    if door.is_ping(delivery):
        return Reading(notes=("a ping: nothing to do",))
    shop = Shop(platform=platform, domain="", **NOBODY)  # type: ignore[arg-type]
    return door.read(delivery, shop)


@click.command()
def segments() -> None:
    """Count the text on standard input as a carrier bills it, and print the count as JSON.

    forced_by lists the characters that make the whole text UCS-2, where GSM-7 would have been cheaper.
    """
    raw = sys.stdin.buffer.read()
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        fail(f"standard input isn't UTF-8: byte {error.start} ({error.reason})")
    counted = count(text)
    click.echo(
        json.dumps(
            {
                "encoding": counted.encoding,
                "units": counted.units,
                "segments": counted.segments,
                "forced_by": [asdict(forced) for forced in counted.forced_by],
            },
            ensure_ascii=False,
        )
    )


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def connectors(as_json: bool) -> None:
    """List the store platforms and channels that this Comeback speaks with."""
    found = {"platforms": registry.platforms(), "channels": registry.channels()}
    if as_json:
        click.echo(json.dumps(found))
        return
    for room, names in found.items():
        click.echo(f"{room}: {', '.join(names)}")
