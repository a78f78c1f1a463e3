"""Does a text promise one discount, and the one that its step gives (CONT-13)?"""

from collections.abc import Iterator

from compliance.content_case import Case, Finding
from compliance.content_promises import Offer, Promise, promises, worth


def discounts(case: Case) -> Iterator[Finding]:
    """CONT-13: one discount, and the one that the step gives."""
    found = sorted(promises(case.page.text, case.page.prose), key=lambda promise: promise.start)
    priced = [promise for promise in found if promise.kind in ("percent", "amount")]
    offer = case.about.offer or Offer()
    given = worth(offer.value)
    for number, one in enumerate(priced):
        first = priced[0]
        if number and (one.kind, one.worth) != (first.kind, first.worth):
            yield case.at(
                one.start, one.end, "two-discounts", "“{}” is a second discount.", "Promise only one."
            )
        elif _unkept(one, offer, given):
            gives = f"gives {offer.value or 'free shipping'}" if offer.value or offer.kind else "has no offer"
            how = "Write {{ offer.value }}, or give the step this offer."
            yield case.at(
                one.start, one.end, "unkept-discount", f"“{{}}” is promised; the step {gives}.", how
            )
    for one in found:
        yield from _more(case, one, offer, bool(priced))


def _unkept(one: Promise, offer: Offer, given: tuple[str, object] | None) -> bool:
    """An offer whose worth can't be read ("a surprise") is believed."""
    if given is None or offer.kind == "free_shipping":
        return not offer.value or offer.kind == "free_shipping"
    return (one.kind, one.worth) != given


def _more(case: Case, one: Promise, offer: Offer, priced: bool) -> Iterator[Finding]:
    if one.kind == "code" and str(one.worth).casefold() != offer.code.casefold():
        gives = f"the step's code is {offer.code}" if offer.code else "the step gives no code"
        yield case.at(
            one.start,
            one.end,
            "wrong-code",
            f"The code {{}} is promised; {gives}.",
            "Write {{ offer.code }}.",
        )
    if one.kind == "stack" or (one.kind in ("free", "gift") and priced):
        what = "With “{}” the text promises more than one discount."
        yield case.at(one.start, one.end, "stacked-discount", what, "Promise only one.", blocks=False)
    elif one.kind in ("free", "gift") and offer.kind != "free_shipping":
        what = "“{}” is promised, and the step's offer doesn't give it."
        yield case.at(one.start, one.end, "unkept-gift", what, "Leave it if everybody gets it.", blocks=False)
