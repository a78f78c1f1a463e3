"""The command line: `bin/comeback COMMAND`, a thin wrapper of `flask --app plugin_server COMMAND`.

Every command has --help, says in words what is wrong, and exits with 2 for input it can't use and 1 for a
machine that isn't ready. A command's module is imported when the command is: counting segments needs no database
driver.
"""

import importlib
from typing import cast

import click
from flask import Flask
from flask.cli import AppGroup

# Which module of this package holds which command.
COMMANDS = {
    "read": "offline",
    "segments": "offline",
    "connectors": "offline",
    "may-text": "asking",
    "check-text": "texting",
    "classify": "classifying",
    "settings": "inspecting",
    "trace": "inspecting",
    "replay": "inspecting",
    "reread": "rereading",
    "usage": "billing",
    "set-sender": "setting_up",
    "switch": "setting_up",
    "sequence": "setting_up",
    "connect": "stores",
    "disconnect": "stores",
    "webhooks": "stores",
    "import-consent": "gathering",
    "hygiene": "gathering",
    "sign-up": "joining",
    "api-key": "joining",
    "data-requests": "privacy",
    "data-request": "privacy",
    "erase": "privacy",
    "opt-out": "privacy",
    "verify-evidence": "evidence",
    "anchors": "evidence",
    "export-consent": "evidence",
    "evidence-key": "evidence",
    "verify-consent": "verifying",
    "release": "running",
    "web": "running",
    "worker": "running",
    "clock": "running",
}


class Commands(AppGroup):
    """Finds a command by its name, and only then its module."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *COMMANDS})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        module = importlib.import_module(f"plugin_server.cli.{COMMANDS[cmd_name]}")
        return cast(click.Command, getattr(module, cmd_name.replace("-", "_")))


def create_app() -> Flask:
    """The application that `flask` looks for: it has the commands and serves nothing."""
    app = Flask("plugin_server")
    app.cli = Commands(app.name)
    return app
