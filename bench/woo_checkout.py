"""What a real store's checkout costs with the plugin: `python -m bench.woo_checkout --on CMD --off CMD [--quick]`.

COMEBACK_WOO_URL, COMEBACK_WOO_KEY and COMEBACK_WOO_SECRET name a store that is there for tests: hundreds of orders are
placed in it. `--on` and `--off` are commands that switch the plugin on and off (such as `wp plugin activate comeback`).
Shoppers take turns in a store without the plugin, with one that is connected to a Comeback that answers, and with one
whose Comeback takes calls and never answers. Each types a phone, ticks the box, corrects the name and buys, at the
checkout block (Store API) and, where `--classic` names a page with the shortcode, there too. Each request is timed from
its start until its answer was whole. Everything shares this machine: the difference is what to trust.
"""

import argparse
import os
import shlex
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from statistics import median, quantiles

from bench import woo_shoppers
from bench.silent import Counterfeit
from connectors.platforms.woocommerce.pairing import Counterpart, Pairing, Wording

OFF, ON, DOWN = "without", "with", "with, Comeback down"
AIM_MS = 5.0
KEYS = ("COMEBACK_WOO_URL", "COMEBACK_WOO_KEY", "COMEBACK_WOO_SECRET")
WORDING = Wording(locale="en", version=1, text="I agree to get recurring automated marketing texts.")

Found = dict[str, dict[str, list[list[float]]]]


def main() -> int:
    options = _options()
    store, key, secret = (os.environ.get(name, "") for name in KEYS)
    if not (store and key and secret):
        print(f"needs {', '.join(KEYS)}: see docs/testing.md", file=sys.stderr)
        return 2
    plugin = Counterpart(store, {"consumer_key": key, "consumer_secret": secret, "allow_private": "1"})
    with Counterfeit(answers=True) as up, Counterfeit(answers=False) as down:
        switches = {
            OFF: lambda: run(options.off),
            ON: lambda: pair(options.on, plugin, up.url),
            DOWN: lambda: pair(options.on, plugin, down.url),
        }
        found = measured(store, switches, options)
        show(found)
        print(
            f"\ncalls that Comeback got meanwhile: {up.calls}; calls that were left without an answer: {down.calls}"
        )
    run(options.on)
    plugin.part()
    return 0 if met(found) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--on", required=True, help="command that switches the plugin on")
    parser.add_argument("--off", required=True, help="command that switches it off")
    parser.add_argument(
        "--cron", default="", help="command that runs the store's due background jobs, between rounds"
    )
    parser.add_argument("--product", type=int, required=True, help="a simple product's id")
    parser.add_argument("--classic", default="", help="path of a page with the classic checkout")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--visits", type=int, default=5, help="shoppers in each round")
    parser.add_argument("--quick", action="store_true", help="one round of two shoppers")
    found = parser.parse_args()
    if found.quick:
        found.rounds, found.visits = 1, 2
    return found


def run(command: str) -> None:
    subprocess.run(shlex.split(command), check=True, stdout=subprocess.DEVNULL)


def pair(command: str, plugin: Counterpart, url: str) -> None:
    run(command)
    plugin.pair(Pairing(comeback_url=url, shop_key="bench", secret="b" * 43, wordings=(WORDING,)))


def measured(store: str, switches: Mapping[str, Callable[[], None]], options: argparse.Namespace) -> Found:
    """Seconds of each request, by its name, the state of the store and the round. The states take turns. After
    each switch one shopper comes who doesn't count, and leaves without buying: something is to be told of them."""
    found: Found = defaultdict(lambda: defaultdict(list))
    names = list(switches)
    for n in range(options.rounds):
        for name in names[n % len(names) :] + names[: n % len(names)]:
            switches[name]()
            taken = defaultdict(list)
            for visit in range(options.visits + 1):
                for request, seconds in visits(store, options, consents=name != OFF, buys=visit > 0):
                    if visit:
                        taken[request].append(seconds)
            for request, several in taken.items():
                found[request][name].append(several)
            if options.cron:
                run(options.cron)
        print(f"round {n + 1} of {options.rounds}", file=sys.stderr)
    return found


def visits(
    store: str, options: argparse.Namespace, *, consents: bool, buys: bool
) -> Iterator[tuple[str, float]]:
    yield from woo_shoppers.at_block(store, options.product, consents=consents, buys=buys)
    if options.classic:
        yield from woo_shoppers.at_classic(
            store, options.classic, options.product, consents=consents, buys=buys
        )


def show(found: Found) -> None:
    print(f"\n{'request':30}{'':22}{'n':>6}{'p25 ms':>9}{'p50 ms':>9}{'p75 ms':>9}{'grows by':>10}")
    for request, states in found.items():
        for name, rounds in states.items():
            seconds = [one for several in rounds for one in several]
            low, middle, high = (1000 * q for q in quantiles(seconds, n=4))
            more = "" if name == OFF else f"{grown(states, name):10.1f}"
            print(f"{request:30}{name:22}{len(seconds):6}{low:9.1f}{middle:9.1f}{high:9.1f}{more}")


def grown(states: Mapping[str, list[list[float]]], name: str) -> float:
    """By how many milliseconds the median grows over that without the plugin: the median over the rounds, for what
    ran side by side had the same neighbours."""
    pairs = zip(states[name], states[OFF], strict=True)
    return 1000 * median(median(ours) - median(theirs) for ours, theirs in pairs)


def met(found: Found) -> bool:
    late = [(r, name) for r, states in found.items() for name in (ON, DOWN) if grown(states, name) >= AIM_MS]
    for request, name in late:
        print(f"MISSED: {request}, {name}: grows by {AIM_MS:g} ms or more")
    return not late


if __name__ == "__main__":
    sys.exit(main())
