"""Where a server's Unix socket lies. Sockets, since nobody but us can reach them and no port is taken."""

import hashlib
import os
import secrets
import shutil
import socket
import stat
import tempfile
from pathlib import Path

from plugin_server.servers.errors import NotStarted


def socket_folder(folder: Path, name: str, owner: int) -> Path:
    """`folder` if a socket `name` can lie there, else a short one in the system's temporary folder.

    A socket's path has 107 bytes on Linux and 103 on macOS (unix(7)), and some file systems that a container
    shares with its host hold no sockets. The short folder belongs to the user `owner` alone; every process
    finds the same one. Raises NotStarted if somebody else made it.
    """
    if _holds_sockets(folder, name):
        return folder
    mark = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:12]
    short = Path(tempfile.gettempdir()) / f"comeback-{owner}-{mark}"
    try:
        short.mkdir(mode=0o700)
        os.chown(short, owner, -1)
    except FileExistsError:
        _check_ours(short, owner)
    return short


def remove_socket_folder(found: Path, folder: Path) -> None:
    """Remove the short folder that stood in for `folder`, if one did."""
    if found != folder:
        shutil.rmtree(found, ignore_errors=True)


def _check_ours(short: Path, owner: int) -> None:
    found = short.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or stat.S_IMODE(found.st_mode) & 0o077:
        raise NotStarted(
            f"{short} should be ours alone, but isn't. Remove it, or set TMPDIR to another folder."
        )


def _holds_sockets(folder: Path, name: str) -> bool:
    if "," in str(folder):
        return False  # libpq takes a comma in `host` for the end of one host of several
    # A name a little longer than the real one, which may be in use.
    probe = folder / f"{name}.{secrets.token_hex(3)}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        try:
            sock.bind(os.fsencode(probe))
        except OSError:
            return False
    probe.unlink()
    return True
