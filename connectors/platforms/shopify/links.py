"""The way back into a checkout: Shopify's own link, or, where it gave none, one that rebuilds the cart.

Cart permalinks: shopify.dev/docs/apps/build/checkout/create-cart-permalinks. Each click on one makes a new checkout, so
its order can't be known by its checkout; an attribute is carried through to the order instead.
"""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import SplitResult, unquote_plus, urlencode, urlsplit, urlunsplit

from connectors.platforms.shopify.domains import shop_domain
from sequences.cart import Line
from sequences.errors import BadValue

CAMPAIGN = {"utm_source": "sms", "utm_medium": "sms"}
RECOVERY_REF = "recovery_ref"
"""The attribute of an order that holds our mark."""
LONGEST = 2000
"""Characters of a permalink. Shopify names no limit; what is longer, some browsers and proxies on the way cut off."""
_LINES = r"[1-9]\d*:[1-9]\d*"
_PERMALINK = re.compile(rf"(/[a-zA-Z-]+)?/cart/{_LINES}(,{_LINES})*/?", re.ASCII)


def recovery_link(link: str, *, code: str = "", utm: Mapping[str, str] | None = None) -> str:
    """`link` with `discount=code` and campaign parameters (`utm_*`, under their full names; source and
    medium are "sms" unless `utm` says otherwise). All else in it stays byte for byte, above all its secret
    `key` and its `locale`. Raises BadValue if it is no web address.

    A cart permalink also gets `utm_id` as the cart's attribute `recovery_ref`: campaign parameters are lost by the next
    visit, an attribute stands in the order.

    Shopify documents `discount` for cart permalinks and, for recovery links, in its notification templates.
    """
    parts = _parts(link)
    added = {**CAMPAIGN, **(utm or {}), **({"discount": code} if code else {})}
    if _PERMALINK.fullmatch(parts.path) and added.get("utm_id"):
        added[f"attributes[{RECOVERY_REF}]"] = added["utm_id"]
    kept = [
        pair for pair in parts.query.split("&") if pair and unquote_plus(pair.split("=", 1)[0]) not in added
    ]
    return urlunsplit(parts._replace(query="&".join([*kept, urlencode(added)])))


def permalink(domain: str, lines: Iterable[Line]) -> str | None:
    """A link that puts `lines` into a new cart of the shop at `domain` and opens its checkout.

    It names goods and numbers and nobody. None if it wouldn't bring back the whole cart: a line has no variant (a gift
    that somebody added, a custom line), or there are too many. What is more than a variant and a number, such as an
    engraving or a subscription, doesn't survive it: prefer the shopper's own link.
    """
    wanted: dict[str, int] = {}
    for line in lines:
        if not re.fullmatch(r"[1-9]\d*", line.variant_id, re.ASCII):
            return None
        wanted[line.variant_id] = wanted.get(line.variant_id, 0) + max(line.quantity, 0)
    goods = ",".join(f"{variant}:{quantity}" for variant, quantity in wanted.items() if quantity)
    host = shop_domain(domain)
    made = f"https://{host}/cart/{goods}"
    return made if goods and host and len(made) <= LONGEST else None


def is_link(link: str) -> bool:
    """It is a web address that a shopper can open."""
    try:
        _parts(link)
    except BadValue:
        return False
    return True


def _parts(link: str) -> SplitResult:
    try:
        parts = urlsplit(link)
        host = parts.hostname
    except ValueError:
        raise BadValue("recovery_link", "isn't a web address") from None
    if parts.scheme not in ("http", "https") or not host or parts.username is not None:
        raise BadValue("recovery_link", "isn't a web address (https://…)")
    return parts
