"""The way back into a checkout."""

from collections.abc import Mapping
from urllib.parse import SplitResult, unquote_plus, urlencode, urlsplit, urlunsplit

from sequences.errors import BadValue

CAMPAIGN = {"utm_source": "sms", "utm_medium": "sms"}


def recovery_link(link: str, *, code: str = "", utm: Mapping[str, str] | None = None) -> str:
    """`link` with `discount=code` and campaign parameters (`utm_*`, under their full names; source and
    medium are "sms" unless `utm` says otherwise). All else in it stays byte for byte, above all its secret
    `key` and its `locale`. Raises BadValue if it is no web address.

    Shopify documents `discount` for cart permalinks and, for recovery links, in its notification templates.
    """
    parts = _parts(link)
    added = {**CAMPAIGN, **(utm or {}), **({"discount": code} if code else {})}
    kept = [
        pair for pair in parts.query.split("&") if pair and unquote_plus(pair.split("=", 1)[0]) not in added
    ]
    return urlunsplit(parts._replace(query="&".join([*kept, urlencode(added)])))


def _parts(link: str) -> SplitResult:
    try:
        parts = urlsplit(link)
        host = parts.hostname
    except ValueError:
        raise BadValue("recovery_link", "isn't a web address") from None
    if parts.scheme not in ("http", "https") or not host or parts.username is not None:
        raise BadValue("recovery_link", "isn't a web address (https://…)")
    return parts
