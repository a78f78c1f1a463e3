"""Cases worked out by hand from the laws' texts and a calendar, asked of the library and of the command line alike."""

from dataclasses import dataclass

FLORIDA, TEXAS, RHODE_ISLAND, UTAH, NEW_YORK = (
    "+13055551234", "+12145551234", "+14015551234", "+18015551234", "+12125551234",
)  # fmt: skip


@dataclass(frozen=True)
class Vector:
    """A question at `at`, and what must come out. `window`: the hours around `at`, or the next ones."""

    name: str
    phone: str
    at: str
    verdict: str
    until: str | None = None
    window: tuple[str, str] | None = None
    left: str | None = None
    country: str | None = None
    region: str | None = None
    rules: frozenset[str] = frozenset()


def florida(clock: str, verdict: str, until: str | None = None) -> Vector:
    """A second in Miami on 15 December, in UTC."""
    return Vector(f"Florida {clock}", FLORIDA, f"2026-12-{clock}Z", verdict, until)


VECTORS = [
    Vector(
        "850: Florida's hours in both of its zones", "+18505551234", "2026-12-15T18:00:00Z", "allowed",
        window=("2026-12-15T14:00:00Z", "2026-12-16T01:00:00Z"), rules=frozenset({"FED-04", "ST-FL-HOURS"}),
    ),
    Vector(
        "423: Tennessee's hours; the library alone would allow until 03:00", "+14239991234",
        "2026-12-15T18:00:00Z", "allowed", window=("2026-12-15T14:00:00Z", "2026-12-16T02:00:00Z"),
        rules=frozenset({"FED-04"}),
    ),
    Vector(
        "604: UTC-7 in winter since 2026; Canada's hours", "+16045551234", "2026-12-15T18:00:00Z", "allowed",
        window=("2026-12-15T16:00:00Z", "2026-12-16T04:30:00Z"), rules=frozenset({"CA-07"}),
    ),
    Vector(
        "403: UTC-6 in winter since 2026; Canada's hours", "+14035551234", "2026-12-15T18:00:00Z", "allowed",
        window=("2026-12-15T15:00:00Z", "2026-12-16T03:30:00Z"), rules=frozenset({"CA-07"}),
    ),
    Vector(
        "an address in Texas on a Sunday", TEXAS, "2026-11-29T17:00:00Z", "held", country="US", region="TX",
        until="2026-11-29T18:00:00Z", window=("2026-11-29T18:00:00Z", "2026-11-30T03:00:00Z"),
        rules=frozenset({"FED-04", "ST-TX-HOURS"}),
    ),
    Vector(
        "Rhode Island over Labor Day: 63.5 hours are too long", RHODE_ISLAND, "2026-09-05T21:30:00Z", "expired",
        left="2026-09-05T21:30:00Z", window=("2026-09-08T13:00:00Z", "2026-09-08T22:00:00Z"),
        rules=frozenset({"CART-04", "ST-RI-HOURS"}),
    ),
    Vector(
        "Rhode Island over an ordinary weekend: 39.5 hours", RHODE_ISLAND, "2026-10-17T21:30:00Z", "held",
        left="2026-10-17T21:30:00Z", until="2026-10-19T13:00:00Z",
        window=("2026-10-19T13:00:00Z", "2026-10-19T22:00:00Z"), rules=frozenset({"ST-RI-HOURS"}),
    ),
    Vector(
        "Utah from Saturday night to Monday: 35 hours", UTAH, "2026-11-29T04:01:00Z", "held",
        left="2026-11-29T04:01:00Z", until="2026-11-30T15:00:00Z", rules=frozenset({"ST-UT-HOURS"}),
    ),
    florida("15T12:59:59", "held", "2026-12-15T13:00:00Z"),
    florida("15T13:00:00", "allowed"),
    florida("16T00:59:59", "allowed"),
    florida("16T01:00:00", "held", "2026-12-16T13:00:00Z"),
    Vector(
        "New York in summer time", NEW_YORK, "2026-10-31T11:59:59Z", "held", until="2026-10-31T12:00:00Z"
    ),
    Vector("New York in winter time", NEW_YORK, "2026-11-01T12:00:00Z", "held", until="2026-11-01T13:00:00Z"),
    Vector("New York in winter time, open", NEW_YORK, "2026-11-01T13:00:00Z", "allowed"),
    Vector(
        "a toll-free number", "+18005551234", "2026-12-15T18:00:00Z", "refused", rules=frozenset({"TZ-06"})
    ),
    Vector(
        "a Floridian number at an address in California", FLORIDA, "2026-12-15T15:00:00Z", "held",
        until="2026-12-15T16:00:00Z", country="US", region="CA",
        window=("2026-12-15T16:00:00Z", "2026-12-16T01:00:00Z"), rules=frozenset({"FED-04", "ST-FL-HOURS"}),
    ),
]  # fmt: skip
