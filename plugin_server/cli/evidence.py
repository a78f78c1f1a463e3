"""Commands about evidence of consent: verify the chains, anchor them, export what there is about one number."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from compliance.evidence_chain import Anchor, Entry
from compliance.evidence_checks import Report, verify
from compliance.phones import Phone, parse
from plugin_server import loading
from plugin_server.cli.failing import NOT_READY, fail, in_words
from plugin_server.evidence import anchor_files, packing
from plugin_server.evidence.dossier import NothingKept
from plugin_server.evidence.exporting import export
from plugin_server.evidence.signing import Signer, fingerprint
from plugin_server.jobs import anchoring
from plugin_server.serving import build, start
from plugin_server.store import chains
from plugin_server.store.tx import Tx
from plugin_server.wiring import Machine
from sequences.cart import Shop

SAY_EVERY = 25_000


@contextmanager
def _machine() -> Iterator[Machine]:
    found, up = start()
    with up:
        machine = build(found, up)
        try:
            yield machine
        finally:
            machine.close()


@click.command("verify-evidence")
@click.argument("shops", nargs=-1)
@click.option(
    "--anchors", type=click.Path(path_type=Path), help="Anchors kept elsewhere, or a log that holds them."
)
@in_words
def verify_evidence(shops: tuple[str, ...], anchors: Path | None) -> None:
    """Walk the chains of evidence (of all SHOPS, by key or domain, without one of every shop) and say what is wrong.

    Exit code 1 if a line was altered, deleted or put in. That the newest lines were cut off, or the whole chain made
    anew, only anchors show: those in the database, and those of --anchors, which nobody who can write there could
    change.
    """
    try:
        kept = anchor_files.read(anchors) if anchors else {}
    except anchor_files.NoAnchors as error:
        fail(str(error))
    with _machine() as machine:
        found = {shop.id: _verify(machine, shop, kept.get(shop.id, [])) for shop in _shops(machine, shops)}
        known = {shop.id for shop in _shops(machine, ())}
    strange = sorted(kept.keys() - known)
    for shop_id in strange:
        click.echo(f"shop {shop_id} has anchors, and isn't in this database")
    if strange or not all(report.ok for report in found.values()):
        sys.exit(NOT_READY)


def _verify(machine: Machine, shop: Shop, kept: list[Anchor]) -> Report:
    with machine.db.shop(shop.id) as c:
        tx = Tx(c, shop, machine.secrets)
        entries = _telling(chains.walk(tx), shop, chains.length(tx))
        report = verify(shop.key, entries, [*chains.anchors(tx), *kept])
    held = "holds" if report.ok else "does NOT hold"
    counted = f"{report.count} line(s), {report.retired} retired, {report.anchors} anchor(s)"
    click.echo(f"{shop.domain}: the chain {held}: {counted}, last line {report.head} {report.hash}")
    for problem in report.problems:
        click.echo(f"  line {problem.seq} {problem.what}")
    if report.unsaid:
        click.echo(f"  … and {report.unsaid} more")
    for note in report.notes:
        click.echo(f"  {note}")
    return report


def _telling(entries: Iterator[Entry], shop: Shop, total: int) -> Iterator[Entry]:
    """Says on standard error how far it is: a million lines take minutes."""
    for count, entry in enumerate(entries, 1):
        yield entry
        if count % SAY_EVERY == 0:
            click.echo(f"{shop.domain}: {count:,} of {total:,} lines", err=True)


def _shops(machine: Machine, names: tuple[str, ...]) -> list[Shop]:
    with machine.db.system() as c:
        everyone = chains.shops(c)
    for name in names:
        named = [shop for shop in everyone if name in (shop.key, shop.domain)]
        if len(named) != 1:
            fail(f"there is no shop {name!r}" if not named else f"{name!r} names several shops: use the key")
    return [shop for shop in everyone if not names or {shop.key, shop.domain} & set(names)]


@click.command()
@click.argument("shops", nargs=-1)
@in_words
def anchors(shops: tuple[str, ...]) -> None:
    """Anchor the chains as they are now, and print all anchors as lines of JSON, to be kept where this database's
    keepers can't write. Of all SHOPS, by key or domain; without one, of every shop."""
    with _machine() as machine:
        chosen = _shops(machine, shops)
        anchoring.run(machine)
        for shop in chosen:
            with machine.db.shop(shop.id) as c:
                for one in chains.anchors(Tx(c, shop, machine.secrets)):
                    told = {
                        "shop": shop.id,
                        "domain": shop.domain,
                        "seq": one.seq,
                        "hash": one.hash,
                        "at": one.at,
                    }
                    click.echo(json.dumps(told))


@click.command("export-consent")
@click.argument("shop")
@click.argument("phone")
@click.option("--out", type=click.Path(path_type=Path), help="A zip to write (*.zip), or a folder to make.")
@in_words
def export_consent(shop: str, phone: str, out: Path | None) -> None:
    """Write everything about the consent of one number into signed files: every line of evidence, every text that
    was sent and what it rested on, replies, opt-outs. SHOP: key or domain."""
    with _machine() as machine:
        (found,) = _shops(machine, (shop,))
        number = parse(phone, found.country)
        if not isinstance(number, Phone):
            fail(f"{number.raw_masked} is no number that can be texted ({number.reason.replace('_', ' ')})")
        now = machine.clock.now()
        try:
            with machine.db.shop(found.id) as c:
                files = export(
                    Tx(c, found, machine.secrets), number.e164, now, Signer(machine.settings.phone_key)
                )
        except NothingKept:
            fail(f"nothing is kept about that number at {found.domain}")
    out = out or Path(f"consent-{now:%Y%m%d-%H%M%S}.zip")
    try:
        packing.write(out, files)
    except OSError as error:
        fail(f"{out} can't be written: {error.strerror or error}")
    click.echo(f"Written to {out}. It holds personal data: hand it over, then delete it.")


@click.command("evidence-key")
@in_words
def evidence_key() -> None:
    """Print the public key that signs exports, and its fingerprint. Publish it: who checks an export compares it."""
    public = Signer(loading.load(os.environ).phone_key).public_key
    click.echo(f"{public}\nfingerprint {fingerprint(public)}")
