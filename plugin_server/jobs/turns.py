"""Work done by several threads for so many seconds: a store that is slow keeps one of them, not the others."""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


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


def each(one: Callable[[T], bool], found: Iterable[T], seconds: float, at_once: int) -> int:
    """Call `one` for each that was found, `at_once` at a time. After `seconds` no more are begun. Returns for how many
    it was true."""
    until = time.monotonic() + seconds
    with ThreadPoolExecutor(at_once) as pool:
        return sum(pool.map(lambda it: time.monotonic() < until and one(it), found))
