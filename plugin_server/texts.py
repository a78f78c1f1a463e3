"""All that is wrong with a merchant's text: what can't work in it (the templates' check) and what it may not say
(the rulebook's), as one list; and the rulebook's look at a text right before it is handed over."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from compliance import content
from compliance.content import WORDS, About, Finding, inside
from compliance.rulebook import Rulebook
from compliance.rules import Rule
from message_templates import check as templates
from message_templates.check import Place, Problem
from message_templates.cleaning import clean
from message_templates.engine import MAX_SOURCE
from message_templates.errors import TemplateError
from message_templates.optout import has_opt_out
from message_templates.render import render
from message_templates.samples import SAMPLES
from message_templates.wording import wording
from plugin_server.jobs.spelling import shown
from sequences.cart import Shop
from sequences.codec import encode
from sequences.sequence import Offer

CODE, EXPIRES = "BACK-7H2K-Q9M4", "Sep 30, 6:00 PM"
"""What stands for a code that is yet to be made, and for its end."""
CAN_BE_LEFT_OUT = ("cart.item", "shopper.first_name")


@dataclass(frozen=True, slots=True, kw_only=True)
class TextProblem:
    """One thing that is wrong with a text. `rule`: the rule that says so; None: it is no matter of rules.

    `where`: in the source; None: the text as a whole, or what it was filled with. `blocks`: it can't be saved so.
    """

    code: str
    what: str
    how: str
    where: Place | None = None
    blocks: bool = True
    rule: Rule | None = None


def check_text(
    source: str,
    language: str,
    shop: Shop,
    book: Rulebook,
    places: Iterable[str],
    *,
    offer: Offer | None = None,
    age_gate: bool = False,
) -> list[TextProblem]:
    """Everything wrong with a shop's text in `language`, what blocks first, then by place. Never raises for any source.

    `offer`: what the step that sends it gives (None: nothing). `age_gate`: the shop asks for the date of birth.
    """
    if offer and offer.discount:  # each text gets a code of its own, and without one these words aren't sent
        offer = shown(offer, CODE, EXPIRES, language)
    needs_offer = bool(offer and offer.code)
    told = [_told(problem) for problem in templates.check(source, language, needs_offer=needs_offer)]
    source = clean(source)
    if len(source) <= MAX_SOURCE:
        about = about_text(shop, offer=offer, age_gate=age_gate)
        found = _findings(source, language, about, shop, offer, book, tuple(places))
        told += [_said(finding, source, index) for finding, index in found]
    return sorted(
        told, key=lambda one: (not one.blocks, (one.where.line, one.where.column) if one.where else (0, 0))
    )


def look_over(
    text: str, about: About, book: Rulebook, places: Iterable[str], opt_out: str
) -> tuple[Finding, ...]:
    """What the rulebook finds in a text that is ready to be handed over, with the wording `opt_out` at its end."""
    opts_out = has_opt_out(text, opt_out, values=about.values)
    return content.check(text, about, opts_out=opts_out, places=places, book=book)


def about_text(
    shop: Shop,
    *,
    offer: Offer | None = None,
    links: Iterable[str] = (),
    values: Mapping[str, object] | None = None,
    age_gate: bool = False,
    way_out: str = "",
) -> About:
    """What the rulebook wants to know.

    `links`: our own, in the text. `values`: what the text was filled with. `way_out`: the link by which to opt out,
    where the sender takes no replies.
    """
    left_out = (str((values or {}).get(name) or "") for name in CAN_BE_LEFT_OUT)
    return About(
        brand=shop.name,
        own=(shop.domain, *links),
        offer=content.Offer(kind=offer.kind, value=offer.value, code=offer.code) if offer else None,
        values=tuple(filter(None, left_out)),
        age_gate=age_gate,
        way_out=way_out,
    )


def without(values: Mapping[str, object], found: Iterable[Finding]) -> dict[str, object]:
    """`values` without the titles and names that brought in what was found: nobody is texted the name of a drug only
    because it lies in a cart, and a shopper may be called Gin."""
    words = [finding.words for finding in found if finding.filled]
    return {
        name: value
        for name, value in values.items()
        if name not in CAN_BE_LEFT_OUT or not any(inside(one, (str(value),)) for one in words)
    }


def _findings(
    source: str,
    language: str,
    about: About,
    shop: Shop,
    offer: Offer | None,
    book: Rulebook,
    places: tuple[str, ...],
) -> Iterator[tuple[Finding, int | None]]:
    """Each with its index in the source: what stands there in words, then what only shows when it is filled in."""
    words = templates.prose(source)
    seen = set()
    for finding in content.check(words, about, opts_out=True, places=places, book=book, topics=WORDS):
        seen.add(_key(finding))
        yield finding, finding.start
    opt_out = wording(language).opt_out
    for text in _filled(source, language, shop, offer):
        for finding in look_over(text, about, book, places, opt_out):
            if _key(finding) not in seen:
                seen.add(_key(finding))
                index = source.casefold().find(finding.words.casefold()) if finding.words else -1
                yield finding, index if index >= 0 else None


def _key(finding: Finding) -> tuple[str, str, str]:
    return finding.code, finding.rule.id, finding.words.casefold()


def _filled(source: str, language: str, shop: Shop, offer: Offer | None) -> Iterable[str]:
    """The source filled with every sample, each text once; none if it can't be filled."""
    try:
        texts = [
            render(source, _values(sample.values, shop, offer), language=language).text for sample in SAMPLES
        ]
    except TemplateError:
        return ()
    return dict.fromkeys(texts)


def _values(sample: Mapping[str, object], shop: Shop, offer: Offer | None) -> dict[str, object]:
    kept = {name: value for name, value in sample.items() if not name.startswith("offer.")}
    given = {f"offer.{name}": value for name, value in encode(offer).items()} if offer else {}
    return {**kept, "shop.name": shop.name, **given}


def _told(problem: Problem) -> TextProblem:
    return TextProblem(
        code=problem.code, what=problem.what, how=problem.how, where=problem.where, blocks=problem.blocks
    )


def _said(finding: Finding, source: str, index: int | None) -> TextProblem:
    return TextProblem(
        code=finding.code,
        what=finding.what,
        how=finding.how,
        where=None if index is None else templates.place(source, index),
        blocks=finding.blocks,
        rule=finding.rule,
    )
