"""Work that is claimed piece by piece and done by several threads: a store that is slow keeps one of them."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor


def take(one: Callable[[], bool], seconds: float, at_once: int) -> int:
    """Call `one`, which claims a piece, does it, and says whether there was any: `at_once` at a time, until there is
    none. After `seconds` no more are begun. Returns how many were done."""
    until = time.monotonic() + seconds

    def some(_: int) -> int:
        done = 0
        while time.monotonic() < until and one():
            done += 1
        return done

    with ThreadPoolExecutor(at_once) as pool:
        return sum(pool.map(some, range(at_once)))
