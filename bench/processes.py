"""Processes of a measurement: started, waited for, stopped."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

STARTING = 30.0


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


@contextmanager
def running(module: str, *arguments: str, env: Mapping[str, str]) -> Iterator[None]:
    """`python -m module …`, ended with SIGTERM."""
    process = subprocess.Popen([sys.executable, "-m", module, *arguments], env=dict(env))
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


def wait_for(port: int) -> None:
    """Until something listens there."""
    begun = time.monotonic()
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if time.monotonic() - begun > STARTING:
                raise
            time.sleep(0.05)
