"""Makes the web addresses of a text clickable, and nothing else of it."""

import re

from markupsafe import Markup, escape

_ADDRESS = re.compile(r"https?://[^\s<>\"']+")
_TRAILING = ".,;:!?)]}…”’»"


def autolink(text: str) -> Markup:
    """HTML of `text`: http and https addresses become links, everything else is escaped."""
    parts: list[Markup] = []
    end = 0
    for start, address in addresses(text):
        parts.append(escape(text[end:start]))
        parts.append(
            Markup('<a href="{0}" rel="noopener noreferrer" target="_blank">{0}</a>').format(address)
        )
        end = start + len(address)
    return Markup("").join([*parts, escape(text[end:])])


def addresses(text: str) -> list[tuple[int, str]]:
    """The web addresses in `text` with their positions, without punctuation that belongs to the sentence."""
    return [(found.start(), found.group().rstrip(_TRAILING)) for found in _ADDRESS.finditer(text)]
