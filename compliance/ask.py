"""The question: everything the rules need to know about one text to one person."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

ConsentState = Literal["given", "withdrawn", "pending", "none"]
ConsentScope = Literal["cart_reminders", "marketing", "none"]
"""`cart_reminders`: the wording shown named them. `marketing`: consent, but not (provably) to those."""

Kind = Literal["cart_reminder", "consent_request", "welcome", "opt_out_confirmation", "help_reply"]

LineType = Literal["mobile", "landline", "voip", "toll_free", "premium_rate", "pager"]
"""What a look-up at a carrier said about the number. Of a +1 number it can't be told otherwise."""


@dataclass(frozen=True, slots=True)
class ConsentView:
    """What the evidence about one number adds up to (made by `consent.view`).

    `expires_at`: where a law lets consent end by itself. `evidence`: the line that this rests on (EV-12).
    `renewed`: it was given after a withdrawal.
    """

    state: ConsentState
    scope: ConsentScope = "none"
    proven: bool = False
    given_at: datetime | None = None
    source: str | None = None
    expires_at: datetime | None = None
    evidence: int | None = None
    renewed: bool = False


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
    `line_type` is a carrier's word, where one was asked. `sender` is what the text would come from, a number or a
    name; `sender_registered` that the country of the recipient has it in its register.
    `texts_for_cart` and `texts_last_24h` count every hand-over that was or may have been sent.
    `deadline` is the sequence's own; a rule's earlier deadline wins. `requested_at` is when the person wrote
    the message that this text answers (STOP, HELP, YES, JOIN); `already_answered`: it got its answer before.
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
    line_type: LineType | None = None
    sender: str = ""
    sender_registered: bool = False

    def times(self) -> dict[str, datetime | None]:
        """Every instant in the question, by the name of its field."""
        return {
            "abandoned_at": self.abandoned_at,
            "deadline": self.deadline,
            "requested_at": self.requested_at,
            "consent.given_at": self.consent.given_at,
            "consent.expires_at": self.consent.expires_at,
            "suppression.since": self.suppression.since if self.suppression else None,
        }

    def has_naive_times(self) -> bool:
        """Is there an instant without a time zone?"""
        for moment in (
            self.abandoned_at, self.deadline, self.requested_at, self.consent.given_at, self.consent.expires_at,
            self.suppression.since if self.suppression else None,
        ):  # fmt: skip
            if moment is not None and moment.tzinfo is None:
                return True
        return False
