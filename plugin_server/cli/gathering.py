"""Commands about the list of numbers: consents from a file, and what state the list is in."""

import json
import sys
from dataclasses import asdict
from datetime import tzinfo
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo

import click
from sqlalchemy import Connection

from plugin_server.cli import finding
from plugin_server.cli.failing import fail, in_words
from plugin_server.gathering import csv_files, importing, judging, mapping, reporting
from plugin_server.gathering import hygiene as cleaning
from plugin_server.gathering.csv_files import Table
from plugin_server.gathering.errors import GatheringError
from plugin_server.gathering.hygiene import Report
from plugin_server.gathering.importing import Outcome
from plugin_server.gathering.judging import Judged
from plugin_server.gathering.mapping import Columns
from plugin_server.gathering.moments import DateOrder
from plugin_server.gathering.rows import Reading
from plugin_server.serving import build, start
from plugin_server.store import consents, imports, shops, subscribers
from plugin_server.store.tx import Tx
from plugin_server.wiring import Machine


@click.command("import-consent")
@click.argument("shop")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--mapping", "said", default="", help="Which column holds what: phone=Mobile,at=Opt-in date,…")
@click.option(
    "--mapping-file", type=click.Path(path_type=Path), help='The same as JSON: {"phone": "Mobile", …}'
)
@click.option(
    "--country", default="", help="Country of national numbers (ISO 3166: US), where a row names none."
)
@click.option("--zone", default="", help="Time zone of times without one (IANA: America/New_York).")
@click.option("--dates", type=click.Choice(get_args(DateOrder)), default="ymd", help="What 3/4/2026 means.")
@click.option("--dry-run", is_flag=True, help="Say what would be imported, and import nothing.")
@click.option("--strict", is_flag=True, help="Import nothing if a single row is wrong.")
@click.option(
    "--report", type=click.Path(path_type=Path), help="Write down each row that wasn't simply taken."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@in_words
def import_consent(shop: str, file: Path, report: Path | None, as_json: bool, **how: Any) -> None:
    """Import consents and opt-outs of SHOP (its domain or key) from FILE, a CSV file with a header.

    A consent must come with its time and its source (or page). Rows without are refused. The whole file is judged
    before anything is written, and what is written is written in one transaction.
    """
    try:
        table = csv_files.look(file)
        columns = mapping.columns(table.header, _said(how["said"], how["mapping_file"]))
        judged, outcome = _imported(shop, table, columns, how)
    except GatheringError as error:
        fail(f"{file}: {error}")
    _report(report, judged, outcome)
    shown = (table, columns, judged, outcome, how["dry_run"])
    click.echo(
        json.dumps(reporting.as_json(*shown), indent=2) if as_json else "\n".join(reporting.in_words(*shown))
    )
    if not outcome.taken:
        fail(f"{file}: no row changed anything; --report FILE says why for each")


def _said(option: str, file: Path | None) -> dict[str, str]:
    try:
        of_file = mapping.from_json(file.read_bytes()) if file else {}
    except OSError as error:
        fail(f"{file}: {error.strerror}")
    return {**of_file, **mapping.said(option)}


def _imported(shop: str, table: Table, columns: Columns, how: dict[str, Any]) -> tuple[Judged, Outcome]:
    zone = _zone(how["zone"])
    found, up = start()
    with up:
        machine = build(found, up)
        try:
            return _in_one_go(machine, shop, table, columns, how, zone)
        finally:
            machine.close()


def _in_one_go(
    machine: Machine, shop: str, table: Table, columns: Columns, how: dict[str, Any], zone: tzinfo | None
) -> tuple[Judged, Outcome]:
    installed = finding.named(machine, shop)
    with machine.db.shop(installed.shop.id) as c:
        wordings = imports.wordings(_tx(machine, c, installed))
    reading = Reading(
        columns=columns,
        width=len(table.header),
        now=machine.clock.now(),
        country=how["country"] or None,
        zone=zone,
        dates=how["dates"],
        wordings=wordings,
    )
    with click.progressbar(length=2 * table.lines, file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
        judged = judging.judge(table, reading, bar.update)
        judging.refuse_if_strict(judged, how["strict"])
        with machine.db.shop(installed.shop.id) as c:
            tx = _tx(machine, c, installed)
            if how["dry_run"]:
                return judged, importing.rehearse(tx, table, reading, judged, bar.update)
            return judged, importing.write(tx, table, reading, judged, bar.update)


def _report(path: Path | None, judged: Judged, outcome: Outcome) -> None:
    if path is None:
        return
    try:
        reporting.write_report(path, [*judged.remarks, *outcome.remarks])
    except OSError as error:
        click.echo(f"comeback: {path}: {error.strerror}; the import itself is done", err=True)


def _zone(name: str) -> tzinfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ValueError, OSError, LookupError):
        fail(f"there is no time zone {name!r}: name one as in America/New_York")


def _tx(machine: Machine, c: Connection, installed: shops.Installed) -> Tx:
    return Tx(c, installed.shop, machine.secrets)


@click.command()
@click.argument("shop")
@click.option("--rebuild", is_flag=True, help="Make the list anew from the lines of evidence before.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@in_words
def hygiene(shop: str, rebuild: bool, as_json: bool) -> None:
    """Say who is on SHOP's list (its domain or key), how good the evidence is, and what could be done."""
    found, up = start()
    with up:
        machine = build(found, up)
        installed = finding.named(machine, shop)
        with machine.db.shop(installed.shop.id) as c:
            tx = _tx(machine, c, installed)
            if rebuild:
                consents.hold(tx)
                subscribers.rebuild(tx)
            told = cleaning.report(tx, machine.clock.now())
        machine.close()
    click.echo(json.dumps(asdict(told), indent=2, default=str) if as_json else "\n".join(_lines(told)))


def _lines(told: Report) -> list[str]:
    f = told.figures
    said = [f"{name}: {n}" for name, n in f.states.items()]
    said.append(f"unproven: {f.unproven} of {f.states['subscribed']} subscribed")
    if f.pending_since:
        said.append(
            f"pending since {f.pending_since:%Y-%m-%d} at the longest; older than 7 days: {f.pending_stale}"
        )
    said.append("countries: " + _list(f.countries))
    said.append("sources: " + _list(f.sources))
    said += [f"opt-outs {month}, {kind}: {n}" for month, kind, n in f.opt_outs]
    said.append(f"texted and not reached for 180 days: {f.silent}")
    said.append(f"imports: {f.imports}; duplicates left out: {f.duplicates}; rows refused: {f.refused}")
    return [*said, *(f"- {advice}" for advice in told.advice)]


def _list(counted: Any) -> str:
    return ", ".join(f"{name or 'unknown'} {n}" for name, n in counted.items()) or "none"
