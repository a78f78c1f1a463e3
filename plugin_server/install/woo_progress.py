"""How far connecting a store is, step by step, and the one thing to do next if it doesn't go on by itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from plugin_server.install.progress import first_reading
from plugin_server.store.connects import Attempt
from plugin_server.store.shops import Installed
from plugin_server.store.watermarks import Watermark

State = Literal["done", "now", "later", "trouble"]
NEXT = {
    "WrongStoreUrl": "Check the address: it is what WordPress shows under Settings, General, Site Address (URL). Then"
    " begin again.",
    "SentOn": "If that is your store, begin again with that address.",
    "Unauthorised": "Begin again. If you type keys: make new ones for an administrator, under WooCommerce, Settings,"
    " Advanced, REST API, with the permission Read/Write.",
    "NotJson": "Switch off whatever shows a page instead of the store (maintenance, coming soon, a firewall's check)"
    " for /wp-json/, then begin again.",
    "Unavailable": "Have a look whether the store is up and can be reached from outside, then begin again.",
}
ELSE = "Begin again. If it stays so, whoever runs Comeback for you finds the reason in the log."
BY_ITSELF = ("Unavailable", "NotJson")
GET_PLUGIN = (
    "WooCommerce itself tells nobody of a cart before “Place order”. In wp-admin, under Plugins, Add New, Upload"
    " Plugin, choose comeback.zip, install and activate it. It is found within the hour by itself, or at once if you"
    " connect again."
)
PAGES = {
    "terms": "terms (WooCommerce, Settings, Advanced, Terms and conditions)",
    "privacy": "privacy policy (Settings, Privacy)",
}


@dataclass(frozen=True, slots=True)
class Step:
    """`says`: in words how it stands; '' if the label is enough."""

    name: str
    label: str
    state: State
    says: str = ""


def next_thing(trouble: str) -> str:
    """What to do about this kind of trouble."""
    return NEXT.get(trouble, ELSE)


def pages_missing(lacks: Sequence[str]) -> str:
    """What to do so that the box may be shown at the checkout."""
    return (
        f"Shoppers must be able to read your {' and '.join(PAGES[what] for what in lacks)} before they agree to texts."
        " Choose those pages in wp-admin; the box appears within the hour."
    )


def steps(attempt: Attempt, installed: Installed | None, marks: Sequence[Watermark]) -> list[Step]:
    """In their order. `installed`: the shop that it became, if it did."""
    return [_key(attempt), _answers(attempt), *_in_the_store(installed), *_reading(installed, marks)]


def goes_on(found: Sequence[Step]) -> bool:
    """Is it worth looking again in a moment?"""
    return any(step.state == "now" for step in found)


def _key(attempt: Attempt) -> Step:
    if attempt.state == "waiting":
        return Step("key", "The store gives us a key", "now", "Waiting for it.")
    if attempt.state == "denied":
        return Step(
            "key", "The store gives us a key", "trouble", "You said no there, so nothing was changed."
        )
    return Step("key", "The store gave us a key", "done")


def _answers(attempt: Attempt) -> Step:
    label = "The store takes the key"
    if attempt.state == "connected":
        return Step("store", label, "done")
    if attempt.state == "failed":
        return Step("store", label, "trouble", attempt.note)
    if attempt.state == "keyed":
        return Step("store", label, "now", f"Not yet: {attempt.note}." if attempt.note else "Being tried.")
    return Step("store", label, "later")


def _in_the_store(installed: Installed | None) -> Iterator[Step]:
    facts = installed.facts if installed and installed.active else {}
    told, trouble = facts.get("webhooks"), facts.get("webhooks_trouble")
    hooks, plugin = "The store tells us of orders", "The plugin tells us of carts"
    if not told:
        yield Step("webhooks", hooks, "now" if installed else "later")
        yield Step("plugin", plugin, "later")
        return
    if trouble:
        how = "It is tried again by itself." if trouble in BY_ITSELF else next_thing(trouble)
        yield Step("webhooks", hooks, "trouble", f"{how} What stands in the way: {told}")
        yield Step("plugin", plugin, "later")
        return
    yield Step("webhooks", hooks, "done")
    if facts.get("plugin_trouble"):
        yield Step("plugin", plugin, "trouble", f"The plugin doesn't answer us: {facts['plugin_trouble']}")
    elif facts.get("plugin") and facts.get("lacks"):
        yield Step("plugin", plugin, "trouble", f"Not yet. {pages_missing(facts['lacks'])}")
    elif facts.get("plugin"):
        yield Step("plugin", plugin, "done", f"Version {facts['plugin']}.")
    else:
        yield Step("plugin", plugin, "trouble", f"It isn't there yet. {GET_PLUGIN}")


def _reading(installed: Installed | None, marks: Sequence[Watermark]) -> Iterator[Step]:
    label = "The orders of the last week are read"
    if installed is None or not marks:
        yield Step("reading", label, "later")
        return
    left = first_reading(marks)
    says = "; ".join(f"{part.label}: {part.says}" for part in left)
    trouble = any(mark.note for mark in marks)
    yield Step("reading", label, ("trouble" if trouble else "now") if left else "done", says)
