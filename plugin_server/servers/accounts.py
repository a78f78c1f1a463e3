"""PostgreSQL refuses to run as root: then it runs as another account, which must reach its files."""

import logging
import os
import pwd
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plugin_server.servers.errors import NotStarted

log = logging.getLogger(__name__)

# 'daemon' is the account for daemons that write to the disk; 'nobody' should own no file, so it comes last
# (Debian, base-passwd, users-and-groups).
CANDIDATES = ("postgres", "daemon", "nobody")

ACL = "system.posix_acl_access"
ACL_VERSION = 2  # linux/posix_acl_xattr.h; then entries of tag, permissions, id
USER_OBJ, USER, GROUP_OBJ, GROUP, MASK, OTHER = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20
NO_ID = 0xFFFFFFFF
SEARCH = 1


@dataclass(frozen=True, slots=True)
class Account:
    """Who runs PostgreSQL. `root`: we are root and it is somebody else."""

    uid: int
    gid: int
    root: bool

    @property
    def switch(self) -> dict[str, Any]:
        """What subprocess needs to become it."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.root else {}


def account_for(folder: Path) -> Account:
    """Ourselves; for root the owner of `folder`, if it is there already, or the first of CANDIDATES."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), root=False)
    if folder.exists() and folder.stat().st_uid != 0:
        return Account(folder.stat().st_uid, folder.stat().st_gid, root=True)
    entries = {entry.pw_name: entry for entry in pwd.getpwall()}
    for name in CANDIDATES:
        if name in entries:
            return Account(entries[name].pw_uid, entries[name].pw_gid, root=True)
    raise NotStarted(
        f"PostgreSQL doesn't run as root, and there is none of the accounts {', '.join(CANDIDATES)}."
    )


def own_folder(folder: Path, account: Account) -> None:
    """Make `folder` the account's alone, and let the account reach it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if account.root:
        os.chown(folder, account.uid, account.gid)
    open_way(folder, account)


def open_way(path: Path, account: Account) -> None:
    """Let the account search (not list, not read) the folders above `path`, where it can't already.

    On Linux by an access control entry for this one account; where the file system knows none, for all.
    """
    for parent in reversed(path.resolve().parents):
        if account.root and not _can(account, 'cd "$1"', parent):
            log.warning("allowing user %s to search %s, since PostgreSQL lies below it", account.uid, parent)
            try:
                _allow_search(parent, account.uid)
            except (OSError, AttributeError):  # no access control lists here; macOS has no os.setxattr
                parent.chmod(parent.stat().st_mode | 0o001)


def open_tree(tree: Path, account: Account) -> None:
    """Let the account run the programs of `tree`, also where a strict umask shut everybody out."""
    open_way(tree, account)
    if account.root and not _can(account, '"$1" --version', tree / "bin" / "postgres"):
        for path in (tree, *tree.rglob("*")):
            mode = path.stat().st_mode
            path.chmod(mode | 0o004 | (0o001 if mode & 0o100 else 0))


def _can(account: Account, script: str, path: Path) -> bool:
    done = subprocess.run(
        ["/bin/sh", "-c", script, "sh", str(path)],
        capture_output=True,
        check=False,
        cwd="/",
        **account.switch,
    )
    return done.returncode == 0


def _allow_search(folder: Path, uid: int) -> None:
    try:
        acl = os.getxattr(folder, ACL)
    except OSError:  # none yet: the mode says it all
        acl = _acl_of_mode(folder.stat().st_mode)
    os.setxattr(folder, ACL, with_search(acl, uid))


def with_search(acl: bytes, uid: int) -> bytes:
    """The access control list with search permission for `uid`; its mask grows only as far as that needs."""
    entries = {(tag, id_): perm for tag, perm, id_ in struct.iter_unpack("<HHI", acl[4:])}
    entries[USER, uid] = entries.get((USER, uid), 0) | SEARCH
    entries[MASK, NO_ID] = entries.get((MASK, NO_ID), entries[GROUP_OBJ, NO_ID]) | SEARCH
    return _packed(entries)


def _acl_of_mode(mode: int) -> bytes:
    parts = {(USER_OBJ, NO_ID): mode >> 6 & 7, (GROUP_OBJ, NO_ID): mode >> 3 & 7, (OTHER, NO_ID): mode & 7}
    return _packed(parts)


def _packed(entries: dict[tuple[int, int], int]) -> bytes:
    body = (struct.pack("<HHI", tag, perm, id_) for (tag, id_), perm in sorted(entries.items()))
    return struct.pack("<I", ACL_VERSION) + b"".join(body)
