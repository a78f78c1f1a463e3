"""What is done once a day, by the world's own date: periods of keeping, the chain's anchors, tokens of dormant
shops, other tools that text, stores that aren't read again yet."""

from datetime import date

from plugin_server.jobs import anchoring, others, refreshing, rereading, retention
from plugin_server.wiring import Machine


class Nights:
    """Remembers the last night. A clock that starts anew does its night again: each errand may be repeated."""

    def __init__(self) -> None:
        self._last: date | None = None

    def pass_by(self, machine: Machine) -> bool:
        """Do the night's errands if it is another day than at the last look. True if they were done."""
        today = machine.clock.now().date()
        if today == self._last:
            return False
        retention.run(machine)
        anchoring.run(machine)
        refreshing.ask(machine)
        rereading.adopt(machine)
        others.ask(machine)
        self._last = today
        return True
