"""What may be in a text at all: takes out what no phone shows, or what could make a text lie."""

import re
import unicodedata

GAP = "\ufdd0"
"""Stands where a variable had no value until `tidy` closes the hole. `clean` keeps it out of input."""

_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# Embeddings, overrides and isolates: left open in a product title, they show the link after it backwards
# (Unicode Standard Annex 9; "Trojan Source", CVE-2021-42574).
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean(text: str) -> str:
    """`text` composed (NFC), lines ended by `\\n`, without controls, surrogates and bidi overrides."""
    if text.isascii() and text.isprintable():
        return text  # what nearly every value is, and nothing in it could be taken out
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    lines = _LINE_ENDS.sub("\n", whole).replace("\t", " ")
    return unicodedata.normalize("NFC", "".join(char for char in lines if char == "\n" or _sendable(char)))


def one_line(text: str) -> str:
    """`text` cleaned, on one line, with single spaces: the shape of every value that is filled in."""
    return " ".join(clean(text).split())


def _sendable(char: str) -> bool:
    code = ord(char)
    nonchar = code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
    return not nonchar and char not in _BIDI and unicodedata.category(char) not in ("Cc", "Cs")


_GAP_LINE = re.compile(rf"^[ ,]*{GAP}[ ,{GAP}]*(?:\n|\Z)", re.MULTILINE)
_GAP_BRACKETS = re.compile(rf"[ ]?[(\[][ ]*{GAP}[ ]*[)\]]")
_GAP_FIRST = re.compile(rf"(\A|[.!?]\s+|\n|[¡¿])[ ]*{GAP}[ ,:{GAP}]*(\w?)")
_GAP_AFTER_COLON = re.compile(rf"(:\s+)[ ]*{GAP}[ ,{GAP}]*")
_GAP_AFTER_COMMA = re.compile(rf",[ ]*{GAP}(?=[ ]*(?:[,.!?;:]|$))", re.MULTILINE)
_GAP_BEFORE_MARK = re.compile(rf"[ ]+{GAP}(?=[\s,.;:!?)]|\Z)")


def tidy(text: str) -> str:
    """Closes the holes that missing values left ("Hi , your" → "Hi, your") and drops spaces nobody would see.

    Only marks beside a hole are touched. French keeps its space before `!`, `?`, `:` and `;`.
    """
    text = _GAP_LINE.sub("", text)
    text = _GAP_BRACKETS.sub("", text)
    text = _GAP_FIRST.sub(_begin, text)
    text = _GAP_AFTER_COLON.sub(r"\1", text)
    text = _GAP_AFTER_COMMA.sub("", text)
    text = _GAP_BEFORE_MARK.sub("", text).replace(GAP, "")
    text = re.sub(r" *\n *", "\n", re.sub(r" {2,}", " ", text))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def _begin(match: re.Match[str]) -> str:
    """The word after a hole at the start of a sentence begins it now; a link keeps its letters."""
    before, letter = match.groups()
    rest = match.string[match.end() - len(letter) :]
    return before + (letter if rest[:4].lower() == "http" or len(letter.upper()) > 1 else letter.upper())
