"""Other tools that write to shoppers about the carts they left: what they are, and when we leave a cart to them.

Two tools that don't know of each other text the same person twice, and a carrier that allows one text for a cart
counts both. What a store tells of such tools is little, and none of it is said of a single shopper; so it is the shop
as a whole that stands down.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["texts", "mails", "unknown"]
StandDown = Literal["off", "texts", "any"]
CHOICES: tuple[StandDown, ...] = ("off", "texts", "any")
RULE = "stand down"
# As whole words, whatever their case.
TEXTS = re.compile(r"\b(sms|mms|rcs|texts?|texting|text[- ]messag\w*|whats ?app)\b", re.IGNORECASE)
MAILS = re.compile(r"\b(e-?mails?|mails?|newsletters?)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Automation:
    """What another tool does about carts in this shop, as its store tells it. `status` is the store's own word."""

    app: str
    title: str
    kind: Kind
    status: str = ""

    @property
    def name(self) -> str:
        return f"{self.app} ({self.title})" if self.app and self.title else self.app or self.title


def kind_of(own: Sequence[str], app: str, mails: bool = False) -> Kind:
    """What an activity sends, by the words that it uses of itself, else by its app's name. `mails`: whether its store
    counts it as e-mail; that is no proof, since Shopify has no such word for texts."""
    said = " ".join(own)
    if TEXTS.search(said):
        return "texts"
    if MAILS.search(said):
        return "mails"
    texts, by_mail = bool(TEXTS.search(app)), bool(MAILS.search(app))
    if texts and not by_mail:
        return "texts"
    return "mails" if mails or (by_mail and not texts) else "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Others:
    """The other tools that are at work, by name. `stands_down`: whether we leave the carts to them."""

    names: tuple[str, ...] = ()
    stands_down: bool = False

    @property
    def reason(self) -> str:
        """'' if there are none."""
        if not self.names:
            return ""
        verb = "writes" if len(self.names) == 1 else "write"
        return f"{' and '.join(self.names)} {verb} to shoppers about their carts too"


def others(seen: Sequence[Automation], declared: str, choice: StandDown) -> Others:
    """Who else is at work, and whether we stand down for them. `declared`: a tool that texts, as the merchant says."""
    kinds = ("texts", "mails", "unknown") if choice == "any" else ("texts",)
    names = [one.name for one in seen if one.kind in kinds]
    told = dict.fromkeys(filter(None, (declared.strip(), *names)))
    return Others(names=tuple(told), stands_down=bool(told) and choice != "off")
