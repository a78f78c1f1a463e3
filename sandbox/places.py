"""Where the pretend shops and shoppers are: just enough geography for addresses and offsets."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Country:
    """ISO 3166 alpha-2 code, English name, the shop's usual zone, and a town with its postcode."""

    code: str
    name: str
    zone: str
    city: str
    postcode: str
    region: str


COUNTRIES = {
    country.code: country
    for country in (
        Country("US", "United States", "America/New_York", "New York", "10001", "NY"),
        Country("CA", "Canada", "America/Toronto", "Toronto", "M5V 2T6", "ON"),
        Country("GB", "United Kingdom", "Europe/London", "London", "SW1A 1AA", "ENG"),
        Country("IE", "Ireland", "Europe/Dublin", "Dublin", "D02 AF30", "D"),
        Country("FR", "France", "Europe/Paris", "Paris", "75001", ""),
        Country("DE", "Germany", "Europe/Berlin", "Berlin", "10115", ""),
        Country("AT", "Austria", "Europe/Vienna", "Wien", "1010", ""),
        Country("ES", "Spain", "Europe/Madrid", "Madrid", "28001", "M"),
        Country("IT", "Italy", "Europe/Rome", "Roma", "00118", "RM"),
        Country("NL", "Netherlands", "Europe/Amsterdam", "Amsterdam", "1012 AB", ""),
        Country("AU", "Australia", "Australia/Sydney", "Sydney", "2000", "NSW"),
    )
}

_STATES = """
AL:Alabama|AK:Alaska|AZ:Arizona|AR:Arkansas|CA:California|CO:Colorado|CT:Connecticut|DE:Delaware
DC:District of Columbia|FL:Florida|GA:Georgia|HI:Hawaii|ID:Idaho|IL:Illinois|IN:Indiana|IA:Iowa
KS:Kansas|KY:Kentucky|LA:Louisiana|ME:Maine|MD:Maryland|MA:Massachusetts|MI:Michigan|MN:Minnesota
MS:Mississippi|MO:Missouri|MT:Montana|NE:Nebraska|NV:Nevada|NH:New Hampshire|NJ:New Jersey
NM:New Mexico|NY:New York|NC:North Carolina|ND:North Dakota|OH:Ohio|OK:Oklahoma|OR:Oregon
PA:Pennsylvania|PR:Puerto Rico|RI:Rhode Island|SC:South Carolina|SD:South Dakota|TN:Tennessee
TX:Texas|UT:Utah|VT:Vermont|VA:Virginia|WA:Washington|WV:West Virginia|WI:Wisconsin|WY:Wyoming
"""
US_STATES = dict(pair.split(":") for row in _STATES.strip().split("\n") for pair in row.split("|"))


def country(code: str | None) -> Country:
    """The country of that code; one we don't know keeps its code and gets neutral words."""
    wanted = (code or "US").upper()
    return COUNTRIES.get(wanted) or Country(wanted, wanted, "UTC", "Town", "00000", "")


def region_name(country_code: str, region: str | None) -> str:
    """A subdivision's English name where we know it, else its code."""
    return (US_STATES.get(region or "") if country_code == "US" else None) or region or ""
