"""`python -m bench.serve module:factory port workers threads`: the server that `web` runs, for any app."""

import sys

from granian.constants import Interfaces
from granian.server import Server


def main() -> None:
    target, port, workers, threads = sys.argv[1:]
    # As plugin_server.serving starts it.
    Server(
        target,
        address="127.0.0.1",
        port=int(port),
        interface=Interfaces.WSGI,
        workers=int(workers),
        blocking_threads=int(threads),
        factory=True,
        log_enabled=False,
        respawn_failed_workers=True,
    ).serve()


if __name__ == "__main__":
    main()
