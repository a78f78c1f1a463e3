"""How a command fails: one line in words on standard error, and an exit code."""

import sys
from collections.abc import Callable
from functools import wraps
from typing import NoReturn, ParamSpec, TypeVar

import click

from plugin_server.servers import ServersError
from plugin_server.setting import SettingsError
from plugin_server.store.db import OldSchema

UNUSABLE = 2  # the input can't be used
NOT_READY = 1  # the machine can't do it now

P = ParamSpec("P")
R = TypeVar("R")


def fail(words: str, code: int = UNUSABLE) -> NoReturn:
    click.echo(f"comeback: {words}", err=True)
    sys.exit(code)


def in_words(command: Callable[P, R]) -> Callable[P, R]:
    """A machine that isn't ready says what to do instead of showing a traceback."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except (SettingsError, ServersError, OldSchema) as error:
            fail(str(error), NOT_READY)

    return run
