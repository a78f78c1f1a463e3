"""Checking an export of consent, anywhere: no database, no settings, no network, and nothing imported for them."""

import sys
from pathlib import Path

import click

from compliance.evidence_chain import Anchor
from plugin_server.evidence import anchor_files
from plugin_server.evidence.anchor_files import NoAnchors
from plugin_server.evidence.checking import NotAnExport, check, read, shop_id

BROKEN, UNUSABLE = 1, 2


@click.command("verify-consent")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--key", default="", help="The public key that must have signed it, as its maker published it.")
@click.option(
    "--anchors", type=click.Path(path_type=Path), help="Anchors kept elsewhere, or a log that holds them."
)
def verify_consent(file: Path, key: str, anchors: Path | None) -> None:
    """Check an export of consent (a zip or a folder), and say what holds and what doesn't.

    Exit code 0: all holds. 1: something doesn't. 2: FILE is no export. Without --key anybody may have signed: compare
    the fingerprint with the one that its maker published.
    """
    try:
        files = read(file)
        found = check(files, key=key, anchors=_of_its_shop(files, anchors))
    except (NotAnExport, NoAnchors) as error:
        # Not `failing.fail`: its module needs the database's driver.
        click.echo(
            f"comeback: {file}: {error}" if isinstance(error, NotAnExport) else f"comeback: {error}", err=True
        )
        sys.exit(UNUSABLE)
    for finding in found:
        click.echo(("holds    " if finding.holds else "BROKEN   ") + finding.what)
    if not all(finding.holds for finding in found):
        sys.exit(BROKEN)


def _of_its_shop(files: dict[str, bytes], anchors: Path | None) -> list[Anchor]:
    if anchors is None:
        return []
    found = anchor_files.read(anchors).get(shop_id(files))
    if found is None:
        raise NoAnchors(f"{anchors} holds no anchor of the export's shop")
    return found
