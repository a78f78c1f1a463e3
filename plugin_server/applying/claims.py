"""What a store says of consent, as a line of evidence."""

from collections.abc import Iterable

from compliance.consent import scope_of
from compliance.evidence import Evidence, Person, State
from sequences.cart import ClaimState, ConsentClaim

STATES: dict[ClaimState, State] = {
    "subscribed": "given",
    "pending": "pending",
    "unsubscribed": "withdrawn",
    "redacted": "withdrawn",
    "not_subscribed": "noted",
}


ACTIONS: dict[ClaimState, str] = {"subscribed": "ticked the box", "unsubscribed": "took the tick away"}
"""What a person did to the box of a form that we know."""


def evidence_of(claims: Iterable[ConsentClaim]) -> list[Evidence]:
    """A store's word is kept as such: it is never proof, since we hold no reply and saw no page (EV-10)."""
    return [_line(claim) for claim in claims]


def _line(claim: ConsentClaim) -> Evidence:
    return Evidence(
        phone=claim.phone,
        state=STATES[claim.state],
        at=claim.at,
        source=claim.source,
        program=scope_of(claim.wording) if claim.wording else "",
        action=ACTIONS.get(claim.state, "") if claim.form else "",
        wording=claim.wording,
        wording_version=claim.wording_version,
        locale=claim.locale,
        form=claim.form,
        url=claim.url,
        level=claim.level,
        person=Person(ip=claim.ip, user_agent=claim.user_agent),
    )
