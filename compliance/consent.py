"""What the evidence about one number adds up to. Pure: lines of evidence in, one `ConsentView` out."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from compliance.ask import NO_CONSENT, ConsentScope, ConsentView, Suppression
from compliance.evidence import State

CAUTION: dict[State, int] = {"given": 0, "pending": 1, "withdrawn": 2}
"""The states that decide; of two lines with one time the more cautious counts. What we asked (`requested`) and what
was merely `noted` change nothing."""

FOREVER = datetime.max.replace(tzinfo=UTC)

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
    box is no claim at all: it neither gives nor withdraws. `expires_at`: where consent ends by itself (Canada's
    implied consent: CASL s. 10(10)). `seq`: the line's place in its shop's chain.
    """

    phone_e164: str
    state: State
    at: datetime
    source: str
    wording: str | None = None
    proven: bool = False
    expires_at: datetime | None = None
    seq: int | None = None


def view(
    phone_e164: str,
    claims: Iterable[Claim],
    suppressions: Iterable[Suppression] = (),
    now: datetime | None = None,
) -> ConsentView:
    """The consent of this number: the newest line decides, and lines about other numbers count for nothing.

    - Whatever was given before a withdrawal or an opt-out is void.
    - After an opt-out of ours (a suppression) only a *proven* later consent counts: a box ticked at the next
      checkout may be another person's, or the platform echoing an old state (OPT-09). The person's own START
      lifts the suppression: then do not pass it here.
    - A confirmed consent is not weakened by a later flag, by a later, unanswered request, or by a later consent that
      says less or ends sooner.
    - Consent that expires says when; with `now`, what expired by then counts no more, and what it hid does again.
    """
    own = [c for c in claims if c.phone_e164 == phone_e164 and c.state in CAUTION]
    own.sort(key=lambda c: (c.at, CAUTION[c.state], c.seq or 0))
    stopped = max((s.since for s in suppressions if s.phone_e164 == phone_e164), default=None)
    no = max((c for c in own if c.state == "withdrawn"), key=lambda c: c.at, default=None)
    standing = [
        c
        for c in own
        if _after(c, no.at if no else None)
        and (stopped is None or (c.proven and _after(c, stopped)))
        and _lasts(c, now)
    ]
    if standing:
        return replace(_best(standing), renewed=no is not None or stopped is not None)
    if no is None:
        return NO_CONSENT if stopped is None else ConsentView("withdrawn")
    return ConsentView("withdrawn", evidence=no.seq)


def scope_of(wording: str | None) -> ConsentScope:
    """CART-01: does the text that was shown name cart reminders? Unknown wording names nothing."""
    if not wording:
        return "marketing"
    plain = unicodedata.normalize("NFD", wording.casefold())
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    return "cart_reminders" if CART_WORDS.search(plain) else "marketing"


def _after(claim: Claim, moment: datetime | None) -> bool:
    return moment is None or claim.at > moment


def _lasts(claim: Claim, now: datetime | None) -> bool:
    return now is None or claim.expires_at is None or now < claim.expires_at


def _best(standing: list[Claim]) -> ConsentView:
    """The best evidence that still stands: a proven consent, else the newest line."""
    proven = [claim for claim in standing if claim.state == "given" and claim.proven]
    chosen = max(proven, key=_worth) if proven else standing[-1]
    scope = scope_of(chosen.wording)
    if chosen.state == "pending":
        return ConsentView("pending", scope, source=chosen.source, evidence=chosen.seq)
    return ConsentView(
        "given", scope, chosen.proven, chosen.at, chosen.source, chosen.expires_at, evidence=chosen.seq
    )


def _worth(claim: Claim) -> tuple[bool, datetime, datetime]:
    """Of proven lines: what names cart reminders, then what lasts longest, then the newest."""
    return scope_of(claim.wording) == "cart_reminders", claim.expires_at or FOREVER, claim.at
