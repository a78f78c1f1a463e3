"""May we text this number now? The rulebook's answer, offline."""

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import click

from compliance import calendars, consent, phones, places, rulebook, zones
from compliance.ask import NO_CONSENT, Ask, ConsentView, Kind, LineType
from compliance.errors import ComplianceError, RulebookError
from compliance.rulebook import Rulebook
from compliance.verdict import check, outlook
from plugin_server.cli import ask_files, saying
from plugin_server.cli.ask_files import History, Unusable
from plugin_server.cli.failing import NOT_READY, UNUSABLE, fail
from plugin_server.setting import PREFIX, emergencies

PROFILES = ("law", "standard", "strict")
ASSUMED = ConsentView(
    "given", "cart_reminders", proven=True, source="assumed: a confirmed opt-in to cart reminders"
)
MILITARY = ("AA", "AE", "AP")  # posts of the US forces: in no state, anywhere on earth
A_FILE = click.Path(path_type=Path)


@click.command("may-text")
@click.option("--phone", required=True, help="The number, as +14155552671; in national form with --country.")
@click.option("--country", help="Of the address: two letters, such as US.")
@click.option("--region", help="Of the address: the code of the state or province, such as FL.")
@click.option("--postcode", help="Of the address.")
@click.option("--zone", help="The browser's time zone, such as America/Denver.")
@click.option("--at", "at_", help="When the text would leave, such as 2026-12-15T14:00:00Z. Default: now.")
@click.option("--abandoned-at", help="When the cart was left. Default: at the moment of --at.")
@click.option(
    "--consent", "consent_file", type=A_FILE, help="A JSON list of claims about consent, see the manual."
)
@click.option("--assume-consent", is_flag=True, help="As if there was a confirmed opt-in to cart reminders.")
@click.option(
    "--history", "history_file", type=A_FILE, help="JSON of earlier texts and an opt-out, see the manual."
)
@click.option(
    "--kind", type=click.Choice(get_args(Kind)), default="cart_reminder", show_default=True, help="The text."
)
@click.option(
    "--requested-at", help="When the person wrote what this text answers (for all kinds but a reminder)."
)
@click.option("--line-type", type=click.Choice(get_args(LineType)), help="What a carrier's look-up said.")
@click.option("--sender", default="", help="The number or name that the text would come from.")
@click.option("--sender-registered", is_flag=True, help="The name is in the country's register of senders.")
@click.option(
    "--profile",
    type=click.Choice(PROFILES),
    help="Which hours to keep. Default: COMEBACK_RULEBOOK, else law.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def may_text(as_json: bool, profile: str | None, **told: Any) -> None:
    """Say whether a text may go to a number, until when or not before when, and which rules say so.

    Nothing is sent, and neither database nor network is needed. Every answer exits with 0: allowed, held, refused and
    expired are all answers. Input that can't be used exits with 2 and says why.
    """
    try:
        zones.use_pinned_tzdata()
        zones.assert_fresh_tzdata()
        book = _book(profile, os.environ)
        at = ask_files.instant(told["at_"], "--at") if told["at_"] is not None else datetime.now(UTC)
        ask, notes = _question(told, at)
    except Unusable as error:
        if as_json:
            click.echo(json.dumps({"error": str(error)}))  # ASCII: a file's name may be no text
        fail(str(error), UNUSABLE)
    except ComplianceError as error:
        fail(str(error), NOT_READY)
    told_back = saying.as_data(ask, at, check(ask, at, book), outlook(ask, at, book), notes)
    click.echo(json.dumps(told_back, ensure_ascii=False, indent=2) if as_json else saying.in_words(told_back))


def _book(profile: str | None, env: Mapping[str, str]) -> Rulebook:
    """The rules as this installation keeps them: its hours, and emergencies set by hand. Raises Unusable."""
    chosen = profile or env.get(f"{PREFIX}RULEBOOK") or "law"
    try:
        closed = emergencies(env.get(f"{PREFIX}EMERGENCIES", ""))
        book = rulebook.load(profile=chosen)
        return (
            book.with_rules(*(rulebook.emergency(c.place, c.first, c.last) for c in closed))
            if closed
            else book
        )
    except (ValueError, RulebookError) as error:
        raise Unusable(f"{PREFIX}RULEBOOK or {PREFIX}EMERGENCIES: {error}") from None


def _question(told: dict[str, Any], at: datetime) -> tuple[Ask, tuple[str, ...]]:
    """The question as the rulebook takes it, and what was assumed. Raises Unusable."""
    phone, country = _phone(told["phone"], told["country"])
    country, notes = _address(told, country)
    zone, about_zone = _zone(told["zone"])
    ask = Ask(
        phone,
        kind=told["kind"],
        country=country,
        region=told["region"],
        postcode=told["postcode"],
        browser_zone=zone,
        requested_at=_moment(told, "requested_at", at),
        line_type=told["line_type"],
        sender=told["sender"],
        sender_registered=told["sender_registered"],
    )
    past = ask_files.history(told["history_file"], phone, at) if told["history_file"] else History()
    ask = replace(
        ask,
        suppression=past.suppression,
        texts_for_cart=past.texts_for_cart,
        texts_last_24h=past.texts_last_24h,
    )
    left, assumed = _left(told, at)
    view, about = _consent(told, ask, at)
    return replace(ask, abandoned_at=left, consent=view), (*notes, *about_zone, *assumed, *past.notes, *about)


def _phone(raw: str, country: str | None) -> tuple[str, str | None]:
    """The number in full, and the country it belongs to."""
    found = phones.parse(raw, country)
    if isinstance(found, phones.Phone):
        return found.e164, found.country
    text, why = raw.strip(), found.reason.replace("_", " ")
    if found.reason in phones.NO_NUMBER or not text.startswith("+"):
        raise Unusable(
            f"--phone: {phones.mask_text(text)!r} is no telephone number that can be asked about ({why});"
            " write it in full, such as +14155552671"
        )
    return text, found.country


def _address(told: dict[str, Any], of_number: str | None) -> tuple[str | None, tuple[str, ...]]:
    country, region = told["country"], told["region"]
    notes: tuple[str, ...] = ()
    if country is None and (region or told["postcode"]):
        country, notes = of_number, (f"no --country: the address is taken to be in {of_number}",)
    if country is not None and not (len(country.strip()) == 2 and country.strip().isalpha()):
        raise Unusable(f"--country: {country!r} is no country's code; write two letters, such as US")
    known = places.table("regions").get((country or "").strip().upper())
    if (
        region
        and known
        and region.strip().upper() not in MILITARY
        and places.of_address(country, region, None) == places.of_address(country, None, None)
    ):
        raise Unusable(f"--region: {country} has no {region!r}; write its code, one of {', '.join(known)}")
    return country, notes


def _zone(name: str | None) -> tuple[str | None, tuple[str, ...]]:
    if name is not None and not calendars.is_zone(name):
        raise Unusable(f"--zone: {name!r} is no IANA time zone; write one such as America/New_York")
    if name is None or zones.is_place(name):
        return name, ()
    return None, (f"--zone {name} tells no place: not used",)


def _moment(told: dict[str, Any], name: str, at: datetime) -> datetime | None:
    option = f"--{name.replace('_', '-')}"
    moment = ask_files.instant(told[name], option) if told[name] is not None else None
    if moment is not None and moment > at:
        raise Unusable(f"{option}: {told[name]} is later than --at, {at:%Y-%m-%dT%H:%M:%SZ}")
    return moment


def _left(told: dict[str, Any], at: datetime) -> tuple[datetime | None, tuple[str, ...]]:
    left = _moment(told, "abandoned_at", at)
    if left is not None or told["kind"] != "cart_reminder":
        return left, ()
    return at, ("no --abandoned-at: the cart is taken to have been left at the moment of --at",)


def _consent(told: dict[str, Any], ask: Ask, at: datetime) -> tuple[ConsentView, tuple[str, ...]]:
    if told["assume_consent"] and told["consent_file"]:
        raise Unusable("give either --consent or --assume-consent")
    if told["assume_consent"]:
        return ASSUMED, ("consent is assumed, not looked up",)
    if told["consent_file"] is None:
        return NO_CONSENT, ("no --consent: nothing is on record",)
    claims, notes = ask_files.claims(told["consent_file"], ask.phone, at)
    return consent.view(ask.phone, claims, [ask.suppression] if ask.suppression else [], at), notes
