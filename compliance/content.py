"""What is wrong with the words of a text, by the rules of the kind `content`: findings, each with its rule.

For a merchant's template before it is saved (its expressions blanked, so that positions stay true), and for a text
right before it is handed over. Never raises for any text; words are found whatever their case and accents.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import get_args

from compliance import content_checks as checks
from compliance.content_case import About, Case, Finding, inside
from compliance.content_discounts import discounts
from compliance.content_links import page
from compliance.content_promises import Offer
from compliance.rulebook import WORLD, Rulebook
from compliance.rules import Content, ContentTopic

__all__ = ["EVERYTHING", "WORDS", "About", "Finding", "Offer", "check", "inside"]

WORDS: tuple[ContentTopic, ...] = ("category", "sensitive", "shortener", "payment")
"""Topics about single words: what can be said of a template as it stands."""
EVERYTHING: tuple[ContentTopic, ...] = get_args(ContentTopic)


def check(
    text: str,
    about: About,
    *,
    opts_out: bool,
    places: Iterable[str],
    book: Rulebook,
    topics: Collection[ContentTopic] = EVERYTHING,
) -> tuple[Finding, ...]:
    """Everything that the rules of `places` (and of the world) find in `text`: what blocks first, then by position.

    `opts_out`: the text says how to opt out (`message_templates.optout.has_opt_out`). Raises RulebookError for a rule
    about goods that have no list of words.
    """
    looked_at = page(text, about.own)
    found = [
        finding
        for rule, value in book.find((*places, WORLD), Content)
        if value.topic in topics
        for finding in _TOPICS[value.topic](Case(looked_at, about, opts_out, rule, value))
    ]
    return tuple(sorted(found, key=lambda finding: (not finding.blocks, finding.start)))


_TOPICS: dict[ContentTopic, Callable[[Case], Iterator[Finding]]] = {
    "brand": checks.brand,
    "opt_out_wording": checks.opt_out,
    "one_way_sender": checks.way_out,
    "shortener": checks.shortener,
    "payment": checks.payment,
    "category": checks.goods,
    "double_discount": discounts,
    "sensitive": checks.goods,
    "mailing_address": checks.address,
}
