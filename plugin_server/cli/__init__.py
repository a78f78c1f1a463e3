"""The command line: `bin/comeback COMMAND`, a thin wrapper of `flask --app plugin_server COMMAND`.

Every command has --help, says in words what is wrong, and exits with 2 for input it can't use and 1 for a
machine that isn't ready.
"""

from pathlib import Path

from flask import Flask

HOME = Path(__file__).resolve().parents[1]


def register(app: Flask) -> None:
    """Add every command to the application."""
    from plugin_server.cli import inspecting, offline, running  # the app must exist before its commands

    for command in (*offline.COMMANDS, *inspecting.COMMANDS, *running.COMMANDS):
        app.cli.add_command(command)
