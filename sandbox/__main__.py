"""`python -m sandbox`: the pretend world on this machine's loopback address."""

import argparse
import logging
import sys
from datetime import UTC, datetime

from sandbox.app import create_app
from sandbox.clock import SandboxClock
from sandbox.server import NotLoopback, SandboxServer
from sandbox.world import World


def main(arguments: list[str] | None = None) -> int:
    """Serve until interrupted; returns the exit code."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    world = World(SandboxClock(options.start), seed=options.seed, app_url=options.app_url)
    try:
        server = SandboxServer(options.host, options.port, create_app(world))
    except NotLoopback as trouble:
        sys.stderr.write(f"{trouble}\n")
        return 2
    except OSError as trouble:
        sys.stderr.write(f"can't listen on {options.host}:{options.port}: {trouble.strerror}\n")
        return 1
    sys.stdout.write(f"The sandbox is at http://{options.host}:{server.port}/\n")
    sys.stdout.flush()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()
        world.close()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8200, help="default: %(default)s; 0 for any free one")
    parser.add_argument("--seed", type=int, default=0, help="of the dice that decide on faults")
    parser.add_argument(
        "--app-url", default="", help="address of the app under trial, for links on the pages"
    )
    parser.add_argument("--start", type=_time, help="sandbox time at the start, ISO 8601 (default: now)")
    return parser


def _time(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


if __name__ == "__main__":
    raise SystemExit(main())
