"""THE list of variables: the editor's buttons, the documentation, `check` and `render` all read this one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal
from urllib.parse import quote

from message_templates.cleaning import one_line

Kind = Literal["text", "name", "number", "money", "link", "code", "choice"]
Value = str | int

MAX_LINK = 500
"""Characters of a link that still leaves room for words in a text; a longer one counts as missing."""

_MOST = 4000  # characters of a value that are looked at at all: enough for any limit, cheap to clean


@dataclass(frozen=True, slots=True)
class Variable:
    """One thing a text may say.

    `example` and `longest` are what the editor previews: a usual value and the dearest one. `limit` is the
    length in characters at which a longer value is cut at a word; 0 means never cut. `optional` values may be
    missing at send time.
    """

    name: str
    kind: Kind
    meaning: str
    example: Value
    longest: Value
    limit: int = 0
    optional: bool = False


VARIABLES = (
    Variable(
        "shop.name",
        "text",
        "The shop's name, as shoppers know it",
        "Kiln & Clay",
        "Kiln and Clay Ceramics Ltd.",
        40,
    ),
    Variable(
        "shop.url",
        "link",
        "The shop's address",
        "https://kilnandclay.example",
        "https://shop.kilnandclay.example",
        0,
        True,
    ),
    Variable(
        "shopper.first_name",
        "name",
        "The shopper's first name; empty if unknown, or if it doesn't look like a name",
        "Ada",
        "Maximiliana Alexandra",
        30,
        True,
    ),
    Variable("cart.items", "number", "How many things lie in the cart, as a number you can compare", 3, 12),
    Variable(
        "cart.item",
        "text",
        "The title of the cart's dearest item",
        "Blue stoneware mug",
        "Hand-thrown stoneware dinner plates, set",
        40,
        True,
    ),
    Variable(
        "cart.total",
        "money",
        "What the cart costs, written for the shopper's language",
        "$84.00",
        "US$12,480.00",
    ),
    Variable(
        "cart.link",
        "link",
        "The short link that brings the cart back. Every text needs it",
        "https://kilnandclay.example/c/7Hq2Xa",
        "https://shop.kilnandclay.example/c/7Hq2Xa9b",
    ),
    Variable(
        "offer.code",
        "code",
        "The code of the offer; empty if there's none",
        "MUG10-7HQ2",
        "COMEBACK15-7HQ2XA",
        40,
        True,
    ),
    Variable("offer.value", "text", "What the offer is worth, ready to read", "10%", "US$120.00", 24, True),
    Variable(
        "offer.kind",
        "choice",
        "percent, amount, free_shipping or buy_x_get_y: for conditions, not for reading",
        "percent",
        "free_shipping",
        20,
        True,
    ),
    Variable(
        "offer.expires",
        "text",
        "When the offer ends, written for the shopper's language and time zone",
        "Fri 6 PM",
        "Wednesday, 30 September, 18:00",
        40,
        True,
    ),
    Variable(
        "opt_out",
        "text",
        "The opt-out wording; added at the end of the text if it stands nowhere",
        "Reply STOP to opt out",
        "Reply STOP to opt out",
    ),
)

BY_NAME: Mapping[str, Variable] = {variable.name: variable for variable in VARIABLES}


def coerce(variable: Variable, raw: object) -> Value | None:
    """`raw` as a text may show it; None if missing or of no use. Never raises, never calls foreign code."""
    if variable.kind == "number":
        return _number(raw)
    if isinstance(raw, bool) or not isinstance(raw, str | int | float | Decimal):
        return None
    text = one_line(raw[:_MOST] if isinstance(raw, str) else _digits(raw))
    if variable.kind == "link":
        # Percent-encoding keeps a link whole: no space can end it, no typography can change it.
        link = quote(text, safe="%/:?#[]@!$&'()*+,;=~")
        return link if 0 < len(link) <= MAX_LINK else None
    if variable.kind == "name" and not _is_name(text):
        return None
    return _cut(text, variable.limit) or None


def lookup(values: Mapping[str, object], name: str) -> object:
    """The value called `name`, given flat (`{"cart.link": …}`) or nested (`{"cart": {"link": …}}`)."""
    if name in values:
        return values[name]
    inner: object = values
    for part in name.split("."):
        inner = inner.get(part) if isinstance(inner, Mapping) else None
    return inner


def _number(raw: object) -> int | None:
    try:
        number = int(raw) if isinstance(raw, str | int | float | Decimal) else -1
    except (ValueError, OverflowError, ArithmeticError):
        return None
    return number if 0 <= number < 10**9 else None


def _digits(raw: int | float | Decimal) -> str:
    try:
        return str(raw)
    except ValueError:  # more digits than Python prints: sys.get_int_max_str_digits()
        return ""


_NOT_A_NAME = re.compile(
    r"[\d/@:\\|<>{}\[\]=_#*$%]|\.\w\w|^(?:null|none|nan|undefined|n/?a|test|guest)$", re.IGNORECASE
)


def _is_name(text: str) -> bool:
    """Whether `text` may be greeted: anyone can type "win at evil.example" beside a stranger's number."""
    short = len(text) <= BY_NAME["shopper.first_name"].limit
    return short and any(map(str.isalpha, text)) and not _NOT_A_NAME.search(text)


def _cut(text: str, limit: int) -> str:
    if not limit or len(text) <= limit:
        return text
    head = text[: limit - 2]
    word = head.rsplit(" ", 1)[0]
    return (word if len(word) > limit // 2 else head).rstrip(" ,;:-") + ".."
