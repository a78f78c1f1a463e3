"""Where a request comes from, behind proxies or not."""

import ipaddress
from collections.abc import Mapping
from typing import Any


def of(environ: Mapping[str, Any], proxies: int) -> str:
    """The visitor's address. `proxies`: how many reverse proxies of ours stand before `web`.

    Each proxy appends whom it saw to X-Forwarded-For, so of n proxies the n-th entry from the right was written by
    ours; what stands left of it anybody can make up. Without proxies the header counts for nothing.
    """
    seen = [part.strip() for part in str(environ.get("HTTP_X_FORWARDED_FOR", "")).split(",")]
    told = seen[-proxies] if 0 < proxies <= len(seen) else ""
    return _canonical(told) or _canonical(str(environ.get("REMOTE_ADDR", "")))


def neighbourhood(address: str) -> str:
    """What counts as one visitor: an IPv4 address, or the /64 that an IPv6 customer gets whole."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(found) if found.version == 4 else str(ipaddress.ip_network((found, 64), strict=False))


def _canonical(text: str) -> str:
    try:
        found = ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return ""
    mapped = getattr(found, "ipv4_mapped", None)
    return str(mapped or found)
