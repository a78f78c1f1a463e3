"""The questions `content.check` asks about a text, one function for each topic of the rules but the discounts."""

from collections.abc import Iterator
from dataclasses import replace

from compliance.content_asking import asks
from compliance.content_case import Case, Finding, inside
from compliance.content_links import is_shortener
from compliance.content_words import any_of, find, fold, lexicon

_CUT = 30  # characters of a shop's name that a text surely has room for


def brand(case: Case) -> Iterator[Finding]:
    if not names(case.page.text.plain, case.about.brand):
        how = "Begin with the shop's name: {{ shop.name }}."
        yield case.missing("no-shop-name", "The text doesn't name the shop.", how)


def names(plain: str, brand: str) -> bool:
    """Does a folded text name the brand? The first words of a long name are enough: it may have been cut."""
    said = fold(brand).plain
    words = _words(said)
    if not words:
        return bool(said.strip()) and said.strip() in plain
    first = words if len(said) < _CUT else words[: max(1, len(said[:_CUT].split()) - 1)]
    return f" {' '.join(first)} " in f" {' '.join(_words(plain))} " or (not said.isascii() and said in plain)


def _words(plain: str) -> list[str]:
    return "".join(char if char.isalnum() else " " for char in plain).split()


def opt_out(case: Case) -> Iterator[Finding]:
    if not case.opts_out:
        yield case.missing(
            "opt-out-missing", "The text doesn't say how to opt out.", "Put {{ opt_out }} at its end."
        )


def way_out(case: Case) -> Iterator[Finding]:
    if case.about.way_out and case.about.way_out not in case.page.text.original:
        what = "Nobody can reply to this sender, and the text gives no other way to opt out."
        yield case.missing(
            "no-way-out", what, "Take the words about replying out, and put {{ opt_out }} there."
        )


def goods(case: Case) -> Iterator[Finding]:
    """CONT-07, FR-03, PII-07: the lists in `data/content/`."""
    categories, prose = case.value.categories, case.page.prose
    if not any_of(categories).search(prose):
        return
    sensitive = case.value.topic == "sensitive"
    for category in categories:
        if category == "alcohol" and case.about.age_gate:
            continue
        for word in find(category, prose):
            found = case.at(word.start, word.end, *_about(category, sensitive, word.sure))
            yield replace(
                found, blocks=word.sure and not sensitive and not inside(found.words, (case.about.brand,))
            )


def _about(category: str, sensitive: bool, sure: bool) -> tuple[str, str, str]:
    name = lexicon(category).name
    if sensitive:
        return "sensitive-goods", f"“{{}}” may tell others about {name}.", "Say “your cart” instead."
    if category == "alcohol":
        how = "Leave it out, or say that the shop asks for the date of birth."
        return "needs-age-gate", "“{}” is about alcohol.", how
    what = f"“{{}}” is about {name}." if sure else f"“{{}}” may be read as being about {name}."
    return "forbidden-goods", what, "Leave it out: texts about such goods are not carried."


def shortener(case: Case) -> Iterator[Finding]:
    for link in case.page.links:
        if not link.own and is_shortener(link.host):
            what = "{} is a public link shortener; carriers block texts with one."
            how = "Use {{ cart.link }}, which runs on the shop's own domain."
            yield case.at(link.start, link.end, "public-shortener", what, how)


def payment(case: Case) -> Iterator[Finding]:
    for start, end in asks(case.page.prose):
        what = "“{}”: a cart reminder must not take an order or a payment by text."
        yield case.at(start, end, "reply-to-buy", what, "Let the link lead back to the checkout instead.")


def address(case: Case) -> Iterator[Finding]:
    if not case.page.links:
        what = "The text has no link behind which the shop's mailing address could be found."
        how = "Put {{ cart.link }} in, and show the address on that page."
        yield case.missing("no-address", what, how, blocks=False)
