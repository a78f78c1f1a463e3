"""What people write back, read as Comeback reads it: a filter for lines of text."""

import json
import sys
from dataclasses import asdict

import click

from compliance.optout import Intent
from compliance.optout import classify as intent_of
from plugin_server.cli.failing import UNUSABLE


@click.command()
def classify() -> None:
    """Say what each line on standard input means: stop, help, start, confirm or other.

    A line of JSON for a line of text, at once: text, kind, the rule that says so, and "ambiguous": true where it is
    taken for a stop to be safe. A line that isn't UTF-8 is reported on standard error by its number and gets no
    answer; the others do, and the exit code is 2.
    """
    failed = False
    for number, raw in enumerate(sys.stdin.buffer, 1):
        try:
            text = raw.decode("utf-8").rstrip("\r\n")
        except UnicodeDecodeError as error:
            failed = True
            click.echo(f"comeback: line {number} isn't UTF-8: byte {error.start} ({error.reason})", err=True)
            continue
        click.echo(json.dumps({"text": text, **_said(intent_of(text))}, ensure_ascii=False))
        sys.stdout.flush()
    if failed:
        sys.exit(UNUSABLE)


def _said(intent: Intent) -> dict[str, object]:
    return {name: value for name, value in asdict(intent).items() if value is not False}
