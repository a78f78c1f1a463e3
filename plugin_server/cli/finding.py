"""The shop that a command names."""

from collections.abc import Iterator
from contextlib import contextmanager

from plugin_server.cli.failing import fail
from plugin_server.serving import build, start
from plugin_server.store import shops
from plugin_server.store.shops import Installed
from plugin_server.store.tx import Tx
from plugin_server.wiring import Machine


@contextmanager
def machine_of() -> Iterator[Machine]:
    """This process's machine, closed at the end."""
    found, up = start()
    with up:
        machine = build(found, up)
        try:
            yield machine
        finally:
            machine.close()


@contextmanager
def opened(name: str) -> Iterator[tuple[Machine, Installed, Tx]]:
    """One transaction of the shop `name` (its key or domain); ends the command in words if there is none."""
    with machine_of() as machine:
        installed = named(machine, name)
        with machine.db.shop(installed.shop.id) as c:
            yield machine, installed, Tx(c, installed.shop, machine.secrets)


def named(machine: Machine, name: str) -> Installed:
    """By its key, its domain or the code of its sign-up page; a domain may stand on two platforms."""
    with machine.db.system() as c:
        known = shops.everyone(c, machine.secrets.vault)
    found = [one for one in known if name in (one.shop.key, one.shop.domain, one.join_code)]
    if len(found) != 1:
        names = ", ".join(sorted(one.shop.domain for one in known)) or "none"
        fail(
            f"there is no shop {name!r}; installed: {names}"
            if not found
            else f"{name!r} names several: use the key"
        )
    return found[0]
