"""Links into the store: the shopper's own, with our code and campaign added, and one that rebuilds a cart.

`?comeback=…` is the companion plugin's restore link: it takes `comeback_coupon` (docs/woocommerce-plugin.md).
`/checkout-link/` exists from WooCommerce 10.0.2 on and takes `products=ID:QTY,…` and `coupon=CODE`
(developer.woocommerce.com, "Checkout URLs"). The order-pay page of a pending order
(`?pay_for_order=true&key=…`) has no parameter for a coupon.
"""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit, urlunsplit

from sequences.cart import Line
from sequences.errors import BadValue

CHECKOUT_LINK = "/checkout-link"
CHECKOUT_LINK_SINCE = (10, 0, 2)
RESTORE, RESTORE_COUPON = "comeback", "comeback_coupon"
RELEASE = re.compile(r"(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?(?![\d])")


def recovery_link(link: str, *, code: str = "", utm: Mapping[str, str] | None = None) -> str:
    """`link` with the campaign parameters `utm` and, where the store can apply it from a link, `code`.

    A code is left out of a link that can't take it (order-pay): say it in the text instead. What the link already
    holds is kept, except a parameter of the same name. Raises BadValue for what is no web address.
    """
    parts = _split(link)
    added = dict(utm or {})
    if code and takes_coupon(link):
        added[RESTORE_COUPON if is_restore_link(link) else "coupon"] = code
    kept = [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if k not in added]
    query = urlencode([*kept, *added.items()], safe=":,")
    return urlunsplit(parts._replace(query=query))


def takes_coupon(link: str) -> bool:
    """True if the store applies a coupon that stands in this link. Raises BadValue for what is no web address."""
    return is_restore_link(link) or _split(link).path.rstrip("/").endswith(CHECKOUT_LINK)


def is_restore_link(link: str) -> bool:
    """True for a link of the plugin's. Raises BadValue for what is no web address."""
    return any(name == RESTORE and value for name, value in parse_qsl(_split(link).query))


def rebuilds_carts(version: str) -> bool:
    """True if a store of this WooCommerce version has `/checkout-link/`; not if the version is unknown."""
    found = RELEASE.match(version)
    return found is not None and tuple(int(part or 0) for part in found.groups()) >= CHECKOUT_LINK_SINCE


def checkout_link(store_url: str, lines: Iterable[Line], code: str = "") -> str | None:
    """A link that puts `lines` into a fresh cart and opens the checkout; for WooCommerce 10.0.2 and later.

    None if no line can be named. A variation goes by its own id. Products with add-ons, bundles or
    subscription options don't survive it: prefer the shopper's own link where there is one.
    """
    wanted: dict[str, int] = {}
    for line in lines:
        item = line.variant_id or line.product_id
        if item.isdecimal() and line.quantity > 0:
            wanted[item] = wanted.get(item, 0) + line.quantity
    if not wanted:
        return None
    parts = _split(store_url)
    products = ",".join(f"{item}:{quantity}" for item, quantity in wanted.items())
    query = urlencode({"products": products} | ({"coupon": code} if code else {}), safe=":,")
    return urlunsplit((parts.scheme, parts.netloc, f"{parts.path.rstrip('/')}{CHECKOUT_LINK}/", query, ""))


def _split(link: str) -> SplitResult:
    try:
        parts = urlsplit(link)
    except ValueError:
        raise BadValue("link", "is not a web address") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadValue("link", "is not a web address: expected https://<store>/…")
    return parts
