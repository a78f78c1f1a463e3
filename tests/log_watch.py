"""Looks through every line that any test made us log, before the filter that would hide what is in it: code that hands
over a number, an address or a token fails the run even if the filter is there to catch it."""

import re
from collections.abc import Sequence
from typing import Protocol

from plugin_server import logs

LOGGED = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \[\w+|(?:DEBUG|INFO|WARNING|ERROR|CRITICAL) +[\w.]+:")
LEAKS: list[str] = []


class Report(Protocol):
    """A test's report, as pytest hands it over."""

    nodeid: str

    @property
    def sections(self) -> Sequence[tuple[str, str]]: ...


def look_through(report: Report) -> None:
    for _, content in report.sections:
        for line in content.splitlines():
            begin = LOGGED.match(line)
            # The test's own web server writes the paths it is asked for; the one of production writes none.
            if begin is None or "werkzeug" in line:
                continue
            said = line[begin.end() :]
            if (shown := logs.hide(said)) != said:
                LEAKS.append(f"{report.nodeid}: {shown}")
