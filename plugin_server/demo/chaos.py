"""Kills worker and clock at random moments, as crashes and power cuts do, and starts them anew."""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from plugin_server.jobs.worker import READY
from plugin_server.procfile import Processes

VICTIMS = ("worker", "worker", "clock")
# Seconds that a process may work before it is killed: short enough to hit every stage of the work.
ALIVE = (0.2, 4.0)


class Monkey:
    """`kills`: how many processes it has killed so far."""

    def __init__(self, processes: Processes, seed: int) -> None:
        self.kills = 0
        self._processes, self._dice = processes, random.Random(seed)
        self._stop = threading.Event()

    def run(self) -> None:
        while not self._stop.is_set():
            name = self._dice.choice(VICTIMS)
            self._wait_until_ready(name)
            if self._stop.wait(self._dice.uniform(*ALIVE)):
                return
            self._processes.kill(name)
            self._processes.restart(name)
            self.kills += 1

    def _wait_until_ready(self, name: str) -> None:
        """Who is killed while it starts, again and again, proves nothing but that it starts slowly."""
        while not self._processes.has_said(name, READY) and not self._stop.wait(0.05):
            pass

    def stop(self) -> None:
        self._stop.set()


@contextmanager
def monkey(processes: Processes, seed: int, wanted: bool) -> Iterator[Monkey]:
    """A monkey at work while the block runs, if one is wanted."""
    made = Monkey(processes, seed)
    thread = threading.Thread(target=made.run, daemon=True)
    if wanted:
        thread.start()
    try:
        yield made
    finally:
        made.stop()
        if wanted:
            thread.join()
