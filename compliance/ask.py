"""The question: everything the rules need to know about one text to one person."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

ConsentState = Literal["given", "withdrawn", "pending", "none"]
ConsentScope = Literal["cart_reminders", "marketing", "none"]
"""`cart_reminders`: the wording shown named them. `marketing`: consent, but not (provably) to those."""

Kind = Literal["cart_reminder", "consent_request", "opt_out_confirmation", "help_reply"]


@dataclass(frozen=True, slots=True)
class ConsentView:
    """What the evidence about one number adds up to (made by `consent.view`)."""

    state: ConsentState
    scope: ConsentScope = "none"
    proven: bool = False
    given_at: datetime | None = None
    source: str | None = None


NO_CONSENT = ConsentView(state="none")


@dataclass(frozen=True, slots=True)
class Suppression:
    """A number this shop must not text: since when, and why ("replied STOP", "carrier error 21610")."""

    phone_e164: str
    since: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Ask:
    """May this text go to this number now? All times are aware, UTC.

    `country` and `region` are the platform's ISO 3166 codes ("US", "FL"); `browser_zone` is an IANA name.
    `texts_for_cart` and `texts_last_24h` count every hand-over that was or may have been sent.
    `deadline` is the sequence's own; a rule's earlier deadline wins. `requested_at` is when the person wrote
    STOP or HELP, for the two kinds of reply; `already_answered` says that this message got its reply before.
    """

    phone: str
    consent: ConsentView = NO_CONSENT
    kind: Kind = "cart_reminder"
    country: str | None = None
    region: str | None = None
    postcode: str | None = None
    browser_zone: str | None = None
    suppression: Suppression | None = None
    abandoned_at: datetime | None = None
    deadline: datetime | None = None
    texts_for_cart: int = 0
    texts_last_24h: int = 0
    requested_at: datetime | None = None
    already_answered: bool = False
