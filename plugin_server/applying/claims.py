"""What a store says of consent, as a line of evidence."""

from collections.abc import Iterable

from compliance.evidence import Evidence, State
from sequences.cart import ClaimState, ConsentClaim

STATES: dict[ClaimState, State] = {
    "subscribed": "given",
    "pending": "pending",
    "unsubscribed": "withdrawn",
    "redacted": "withdrawn",
    "not_subscribed": "noted",
}


def evidence_of(claims: Iterable[ConsentClaim]) -> list[Evidence]:
    """A store's word is kept as such: it is never proof, since it holds no page, no address and no reply (EV-10)."""
    return [
        Evidence(
            phone=claim.phone,
            state=STATES[claim.state],
            at=claim.at,
            source=claim.source,
            wording=claim.wording,
            level=claim.level,
        )
        for claim in claims
    ]
