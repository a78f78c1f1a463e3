"""The links in a text: whose they are, and whether they run through a public shortener."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from compliance.content_words import Folded, fold
from compliance.places import table

BLANK = "\ufffc"  # stands where no word is to be looked for; it neither is part of a word nor joins two
_LINK = re.compile(
    r"https?://(?:[^\s/?#@]*@)?(?P<host>[^\s/?#:]+)(?::\d+)?[^\s]*"
    r"|(?<![\w.@-])(?P<bare>(?:[a-z0-9-]+\.)+[a-z]{2,})(?![\w@-]|\.\w)(?::\d+)?(?:[/?#][^\s]*)?"
)


@dataclass(frozen=True, slots=True)
class Link:
    """A link, with or without a scheme, and where its host stands in the folded text."""

    host: str
    start: int
    end: int
    own: bool


@dataclass(frozen=True, slots=True)
class Page:
    """A text ready to be looked at. `prose`: the folded text without the shop's own links, at the same positions."""

    text: Folded
    prose: str
    links: tuple[Link, ...]


def page(text: str, own: Iterable[str] = ()) -> Page:
    """`own`: the shop's hosts or addresses; a link to one of them, or below it, is no finding whatever it's called."""
    folded = fold(text)
    if "." not in folded.plain and "://" not in folded.plain:
        return Page(folded, folded.plain, ())
    hosts = frozenset(filter(None, map(_host, own)))
    prose, links = folded.plain, []
    for found in _LINK.finditer(folded.plain):
        name = found.lastgroup or "host"
        host = found[name].strip(".")
        mine = bool(_below(host) & hosts)
        links.append(Link(host, found.start(name), found.start(name) + len(found[name].rstrip(".")), mine))
        if mine:
            start, end = found.span()
            prose = f"{prose[:start]}{BLANK * (end - start)}{prose[end:]}"
    return Page(folded, prose, tuple(links))


def is_shortener(host: str) -> bool:
    """Is it, or does it lie below, a host of `data/content/shorteners.toml`?"""
    return not _below(host).isdisjoint(shorteners())


@cache
def shorteners() -> frozenset[str]:
    return frozenset(table("content/shorteners")["hosts"])


def _below(host: str) -> frozenset[str]:
    """ "a.b.co" lies below itself, "b.co" and "co"."""
    labels = host.split(".")
    return frozenset(".".join(labels[n:]) for n in range(len(labels)))


@cache
def _host(address: str) -> str:
    """The host of an address or of a bare host; empty for nothing."""
    found = re.match(r"(?:https?://)?(?:[^\s/?#@]*@)?([^\s/?#:]+)", fold(address).plain.strip())
    return found[1].strip(".") if found else ""
