"""The disclosure beside the box, as it is shown and as it is kept: what was shown is what is stored (FED-02, CONT-02).

Every wording that was ever shown has a row with a version of its own; the same wording is the same version.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from string import Formatter

from message_templates.cleaning import one_line
from message_templates.wording import wording
from plugin_server.gathering.plan import Gathering
from plugin_server.store.tx import Tx

TRIES = 3


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the disclosure; with an address it is a link."""

    text: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Version:
    """A wording under the number it got when it was first shown. `page_sha256`: of the form around it, then."""

    number: int
    wording: str
    page_sha256: str


def parts(shop: str, plan: Gathering, language: str) -> tuple[Part, ...]:
    """The disclosure in a language of the library, with its links. What a person reads is the parts' texts."""
    filled = {
        "shop": Part(one_line(shop)),
        "terms": Part(_short(plan.terms_url), plan.terms_url),
        "privacy": Part(_short(plan.privacy_url), plan.privacy_url),
    }
    found: list[Part] = []
    for literal, blank, _, _ in Formatter().parse(wording(language).disclosure):
        found += [Part(literal)] if literal else []
        found += [filled[blank]] if blank else []
    return tuple(found)


def as_text(shown: tuple[Part, ...]) -> str:
    return "".join(part.text for part in shown)


def keep(tx: Tx, form: str, locale: str, words: str, page_sha256: str, now: datetime) -> Version:
    """The version of this wording; a wording that was never shown before becomes the next one."""
    about = {"form": form, "locale": locale, "sha": hashlib.sha256(words.encode()).hexdigest()}
    for _ in range(TRIES):  # another wording may take the same number at the same moment
        row = tx.one(
            "SELECT version, wording, page_sha256 FROM disclosures"
            " WHERE shop_id = :shop_id AND form = :form AND locale = :locale AND sha256 = :sha",
            **about,
        )
        if row is not None:
            return Version(row.version, row.wording, row.page_sha256)
        tx.run(
            "INSERT INTO disclosures (shop_id, form, locale, sha256, version, wording, page_sha256, since)"
            " SELECT :shop_id, :form, :locale, :sha, coalesce(max(version), 0) + 1, :words, :page, :now"
            " FROM disclosures WHERE shop_id = :shop_id AND form = :form AND locale = :locale"
            " ON CONFLICT DO NOTHING",
            **about,
            words=words,
            page=page_sha256,
            now=now,
        )
    raise RuntimeError("the disclosures of this form change faster than they can be numbered")


def shown(tx: Tx, form: str, locale: str, number: int) -> Version | None:
    """What stood on the page under this number."""
    row = tx.one(
        "SELECT version, wording, page_sha256 FROM disclosures"
        " WHERE shop_id = :shop_id AND form = :form AND locale = :locale AND version = :number",
        form=form,
        locale=locale,
        number=number,
    )
    return None if row is None else Version(row.version, row.wording, row.page_sha256)


def _short(url: str) -> str:
    return url.removeprefix("https://").removesuffix("/")
