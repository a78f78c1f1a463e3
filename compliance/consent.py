"""What the evidence about one number adds up to. Pure: lines of evidence in, one `ConsentView` out."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from compliance.ask import NO_CONSENT, ConsentScope, ConsentView, Suppression

ClaimState = Literal["given", "pending", "withdrawn"]

CAUTION = {"given": 0, "pending": 1, "withdrawn": 2}
"""Of two lines with one time the more cautious counts."""

CART_WORDS = re.compile(
    r"\b(carts?|baskets?|checkouts?|paniers?|warenkorb\w*|einkaufswagen|carrit[oa]s?|cesta|carrello|"
    r"winkelwagen\w*|winkelmand\w*|carrinho|varukorg\w*|kundvagn\w*)\b"
)


@dataclass(frozen=True, slots=True)
class Claim:
    """One line of evidence: what a platform, a form or a reply said about consent to texts, and when.

    `phone_e164` is the number the consent is *for* (Shopify: `sms_marketing_phone`, not the shipping phone).
    `at` is aware UTC, the time of the act itself, not of its webhook. `wording` is the text shown beside the
    box or in the confirmation request, word for word. `proven`: we hold the act itself, such as the reply "Y"
    to our request; a platform's flag alone is not proven (it carries no wording, page or reply). An unticked
    box is no claim at all: it neither gives nor withdraws.
    """

    phone_e164: str
    state: ClaimState
    at: datetime
    source: str
    wording: str | None = None
    proven: bool = False


def view(phone_e164: str, claims: Iterable[Claim], suppressions: Iterable[Suppression] = ()) -> ConsentView:
    """The consent of this number: the newest line decides, and lines about other numbers count for nothing.

    - Whatever was given before a withdrawal or an opt-out is void.
    - After an opt-out of ours (a suppression) only a *proven* later consent counts: a box ticked at the next
      checkout may be another person's, or the platform echoing an old state (OPT-09). The person's own START
      lifts the suppression: then do not pass it here.
    - A confirmed consent is not weakened by a later flag or by a later, unanswered request.
    """
    own = sorted((c for c in claims if c.phone_e164 == phone_e164), key=lambda c: (c.at, CAUTION[c.state]))
    stopped = max((s.since for s in suppressions if s.phone_e164 == phone_e164), default=None)
    withdrawn = max((c.at for c in own if c.state == "withdrawn"), default=None)
    standing = [
        c for c in own if _after(c, withdrawn) and (stopped is None or (c.proven and _after(c, stopped)))
    ]
    if standing:
        return _best(standing)
    return NO_CONSENT if stopped is None and withdrawn is None else ConsentView("withdrawn")


def scope_of(wording: str | None) -> ConsentScope:
    """CART-01: does the text that was shown name cart reminders? Unknown wording names nothing."""
    if not wording:
        return "marketing"
    plain = unicodedata.normalize("NFD", wording.casefold())
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    return "cart_reminders" if CART_WORDS.search(plain) else "marketing"


def _after(claim: Claim, moment: datetime | None) -> bool:
    return moment is None or claim.at > moment


def _best(standing: list[Claim]) -> ConsentView:
    """The best evidence that still stands: a proven consent, else the newest line."""
    proven = [claim for claim in standing if claim.state == "given" and claim.proven]
    chosen = proven[-1] if proven else standing[-1]
    if chosen.state == "pending":
        return ConsentView("pending", scope_of(chosen.wording), source=chosen.source)
    return ConsentView("given", scope_of(chosen.wording), chosen.proven, chosen.at, chosen.source)
