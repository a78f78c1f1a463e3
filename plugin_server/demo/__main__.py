"""`bin/demo`: the real processes beside a pretend world, for a person to play with or as a story that runs
by itself and checks its promises."""

import argparse
import signal
import sys
from pathlib import Path

from plugin_server.demo import narrating, playing


def main() -> int:
    options = _parser().parse_args()
    # Told to stop, it must still stop what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    return narrating.run(options) if options.story else playing.run(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bin/demo", description=__doc__)
    parser.add_argument("--port", type=int, default=8000, help="Comeback's port (default: %(default)s)")
    parser.add_argument("--sandbox-port", type=int, default=8200, help="default: %(default)s")
    parser.add_argument("--story", action="store_true", help="live through some days by itself, then report")
    parser.add_argument("--carts", type=int, default=200, help="with --story (default: %(default)s)")
    parser.add_argument("--days", type=int, default=3, help="with --story (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="with --story (default: %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="with --story: write the numbers there")
    parser.add_argument(
        "--chaos", action="store_true", help="with --story: kill worker and clock at random moments"
    )
    parser.add_argument("--calm", action="store_true", help="with --story: a world without faults")
    parser.add_argument("--verbose", action="store_true", help="show what the processes say")
    return parser


if __name__ == "__main__":
    sys.exit(main())
