"""Rounds that take turns, so that a busy neighbour slows all alike; medians; and a table for people."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Round:
    """What one round measured: how many per second, and (where it was measured) each one's seconds."""

    per_second: float
    seconds: Sequence[float] = ()

    def ms(self, share: float) -> float:
        """The duration, in milliseconds, that this share of them stayed under."""
        ordered = sorted(self.seconds)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


Rounds = Mapping[str, list[Round]]


def take_turns(runners: Mapping[str, Callable[[], Round]], rounds: int) -> Rounds:
    """Run every runner once per round, in an order that turns from round to round."""
    found: dict[str, list[Round]] = {name: [] for name in runners}
    names = list(runners)
    for n in range(rounds):
        for name in names[n % len(names) :] + names[: n % len(names)]:
            found[name].append(runners[name]())
    return found


def speed(found: Rounds, name: str) -> float:
    """The median of the rounds, per second."""
    return median(r.per_second for r in found[name])


def ratio(found: Rounds, ours: str, theirs: str) -> float:
    """The median over the rounds of ours / theirs: both of a round ran side by side."""
    pairs = zip(found[ours], found[theirs], strict=True)
    return median(a.per_second / b.per_second for a, b in pairs)


def show(title: str, found: Rounds, unit: str) -> None:
    """One line per runner: median, least and most per second, and how long single ones took."""
    print(f"\n{title}")
    print(f"{'':34}{unit:>10}{'least':>9}{'most':>9}{'p50 ms':>9}{'p99 ms':>9}")
    for name, rounds in found.items():
        speeds = [r.per_second for r in rounds]
        line = f"{name:34}{median(speeds):10.0f}{min(speeds):9.0f}{max(speeds):9.0f}"
        if rounds[0].seconds:
            line += "".join(f"{median(r.ms(share) for r in rounds):9.1f}" for share in (0.5, 0.99))
        print(line)


def show_ratio(words: str, found: float, aim: float | None = None) -> None:
    """A ratio beside what is aimed at."""
    verdict = "" if aim is None else f"   aim {aim:g}: {'met' if found >= aim else 'MISSED'}"
    print(f"{words:34}{found:10.2f}{verdict}")
