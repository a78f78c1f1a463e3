"""Hours of every place, typed from the laws' texts and vendors' tables, not read from the rule files."""

NY, CHICAGO, DENVER, LA = "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"

Day = tuple[float, float] | None
Week = tuple[Day, ...]


def week(daily: Day, sat: Day | str = "same", sun: Day | str = "same") -> Week:
    return (daily,) * 5 + tuple(daily if day == "same" else day for day in (sat, sun))  # type: ignore[return-value]


FEDERAL, TO_EIGHT, NINE_TO_EIGHT = week((8, 21)), week((8, 20)), week((9, 20))
NO_SUNDAY = week((8, 20), sun=None)
STRICT = week((10, 20), sun=(12, 20))
# Place → a number there, its zones, its hours.
STATES: dict[str, tuple[str, tuple[str, ...], Week]] = {
    "AL": ("+12055551234", (CHICAGO,), NO_SUNDAY),
    "AZ": ("+16025551234", ("America/Phoenix",), FEDERAL),
    "CA": ("+14155552671", (LA,), FEDERAL),
    "CT": ("+12035551234", (NY,), NINE_TO_EIGHT),
    "FL": ("+13055551234", (NY,), TO_EIGHT),
    "GA": ("+14045551234", (NY,), FEDERAL),
    "IL": ("+13125551234", (CHICAGO,), FEDERAL),
    "IN": ("+13175551234", ("America/Indiana/Indianapolis",), FEDERAL),
    "KY": ("+15025551234", ("America/Kentucky/Louisville",), week((10, 21))),
    "LA": ("+15045551234", (CHICAGO,), NO_SUNDAY),
    "MA": ("+16175551234", (NY,), TO_EIGHT),
    "MD": ("+14105551234", (NY,), TO_EIGHT),
    "MI": ("+13135551234", ("America/Detroit",), week((9, 21))),
    "MN": ("+16125551234", (CHICAGO,), week((9, 21))),
    "MS": ("+16015551234", (CHICAGO,), NO_SUNDAY),
    "NJ": ("+12015550123", (NY,), FEDERAL),
    "NM": ("+15055551234", (DENVER,), week((9, 21))),
    "NV": ("+17025551234", (LA,), NINE_TO_EIGHT),
    "NY": ("+12125551234", (NY,), FEDERAL),
    "OK": ("+14055551234", (CHICAGO,), TO_EIGHT),
    "OR": ("+15035551234", (LA,), TO_EIGHT),
    "PA": ("+12155551234", (NY,), FEDERAL),
    "RI": ("+14015551234", (NY,), week((9, 18), sat=(10, 17), sun=None)),
    "SD": ("+16055551234", (CHICAGO, DENVER), FEDERAL),
    "TN": ("+16155551234", (CHICAGO,), FEDERAL),
    "TX": ("+12145551234", (CHICAGO,), week((9, 21), sun=(12, 21))),
    "UT": ("+18015551234", (DENVER,), week((8, 21), sun=None)),
    "VA": ("+18045551234", (NY,), FEDERAL),
    "WA": ("+12065551234", (LA,), TO_EIGHT),
    "WV": ("+13045551234", (NY,), FEDERAL),
    "WY": ("+13075551234", (DENVER,), FEDERAL),
    # No file of their own: the strictest hours.
    "CO": ("+13035551234", (DENVER,), STRICT),
    "HI": ("+18085551234", ("Pacific/Honolulu",), STRICT),
}
AUSTRALIA = (
    "Australia/Sydney", "Australia/Brisbane", "Australia/Perth", "Australia/Eucla", "Australia/Darwin",
    "Australia/Adelaide", "Australia/Hobart", "Australia/Melbourne", "Australia/Lord_Howe",
)  # fmt: skip
COUNTRIES: dict[str, tuple[str, tuple[str, ...], Week]] = {
    "AU": ("+61412345678", AUSTRALIA, NINE_TO_EIGHT),
    "CA": ("+14165551234", ("America/Toronto",), week((9, 21.5), sat=(10, 18), sun=(10, 18))),
    "DE": ("+4915123456789", ("Europe/Berlin",), week((9, 20), sun=None)),
    "ES": ("+34612345678", ("Europe/Madrid", "Atlantic/Canary"), NINE_TO_EIGHT),
    "FR": ("+33612345678", ("Europe/Paris",), week((10, 20), sun=None)),
    "GB": ("+447400123456", ("Europe/London",), TO_EIGHT),
    "IE": ("+353851234567", ("Europe/Dublin",), NINE_TO_EIGHT),
    "IT": ("+393123456789", ("Europe/Rome",), NINE_TO_EIGHT),
    "NL": ("+31612345678", ("Europe/Amsterdam",), NINE_TO_EIGHT),
    "NZ": ("+64211234567", ("Pacific/Auckland", "Pacific/Chatham"), NINE_TO_EIGHT),
    "SG": ("+6581234567", ("Asia/Singapore",), NINE_TO_EIGHT),
}
PLACES = {**{f"US-{state}": facts for state, facts in STATES.items()}, **COUNTRIES}
