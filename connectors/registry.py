"""Connectors, found by their names: a module or folder in `platforms` or `channels` is one, and no list has
to be edited for it. Imported on first use, since vendors' packages are slow to import.

UnknownConnector   there is none of that name
"""

import importlib
import pkgutil
from functools import cache
from typing import cast

import connectors.channels
import connectors.platforms
from connectors.delivery import CarrierDoor, Platform
from sequences.errors import ComebackError


class UnknownConnector(ComebackError):
    """There is no connector of that name."""


@cache
def platforms() -> tuple[str, ...]:
    """The store platforms' names, sorted."""
    return _names(connectors.platforms.__path__)


@cache
def channels() -> tuple[str, ...]:
    """The channels' names, sorted."""
    return _names(connectors.channels.__path__)


def platform(name: str) -> Platform:
    """Raises UnknownConnector, listing those that exist."""
    return cast(Platform, _load("platforms", name, platforms()))


def channel(name: str) -> CarrierDoor:
    """Raises UnknownConnector, listing those that exist."""
    return cast(CarrierDoor, _load("channels", name, channels()))


def _names(path: list[str]) -> tuple[str, ...]:
    return tuple(sorted(found.name for found in pkgutil.iter_modules(path) if not found.name.startswith("_")))


def _load(room: str, name: str, known: tuple[str, ...]) -> object:
    if name not in known:  # before the import: a name may come from a web address
        raise UnknownConnector(f"there is no {name[:40]!r} in connectors/{room}, only: {', '.join(known)}")
    return importlib.import_module(f"connectors.{room}.{name}").connector
