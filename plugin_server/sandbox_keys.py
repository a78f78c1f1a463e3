"""Keys for the pretend world: made at its first start, kept beside the data they encrypt."""

import base64
import contextlib
import os
import secrets
import tempfile
from collections.abc import Iterable
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from plugin_server.setting import Setting

FILE = "keys"


def kept(data_dir: Path) -> dict[str, str]:
    """The keys by their setting's name, from `data_dir/keys` (mode 0600), made if they aren't there.

    Any number of processes may start at once: all end up with the keys of the first.
    """
    path = data_dir / FILE
    if not path.exists():
        _make(path)
    lines = path.read_text(encoding="ascii").splitlines()
    return dict(line.split("=", 1) for line in lines if line)


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent)  # mkstemp makes it 0600
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.writelines(f"{name}={value}\n" for name, value in _new().items())
        with contextlib.suppress(FileExistsError):  # another process was faster: its keys stay
            os.link(draft, path)
    finally:
        Path(draft).unlink()


def _new() -> dict[str, str]:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return {
        "COMEBACK_KEYS": f"sandbox:{base64.b64encode(secrets.token_bytes(32)).decode()}",
        "COMEBACK_PHONE_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "COMEBACK_VONAGE_PRIVATE_KEY": private.decode().strip().replace("\n", "\\n"),
    }


def fill(values: dict[str, object], about: Iterable[tuple[str, str, Setting]]) -> None:
    """Fills in the keys that nobody gave from those kept in the data folder."""
    wanted = [(name, attribute, it) for name, attribute, it in about if it.made and not values[attribute]]
    if wanted:
        there = kept(Path(str(values["data_dir"])))
        for name, attribute, about_it in wanted:
            values[attribute] = about_it.read(there[name])
