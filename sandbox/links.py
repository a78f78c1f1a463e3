"""Opens links as phones and preview robots do. Never leaves this machine."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urljoin, urlsplit

from sandbox.courier import Courier, is_loopback

PHONE_BROWSERS = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 26_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/26.1 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Linux; Android 15; SM-S931U) AppleWebKit/537.36 (KHTML, like Gecko) "
    "SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
)
PREVIEW_ROBOTS = (
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "WhatsApp/2.23.20.0",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "Twitterbot/1.0",
)
# In a store's link these lead to the cart or to money off; every other parameter is a mark for the order.
_STORES_OWN = frozenset(
    ("key", "locale", "discount", "coupon", "products", "pay_for_order", "access_token", "checkout")
)
_HOPS = 5


@dataclass(frozen=True, slots=True)
class Landing:
    """Where a link led: status of the first answer, the last address reached, and what its query carried."""

    status: int
    url: str
    discount_code: str | None
    attributes: Mapping[str, str]


def open_link(courier: Courier, url: str, agent: str) -> Landing:
    """GET `url`, then follow redirects as long as they stay on this machine, five at most.

    Raises sandbox.courier.NotLoopback if `url` itself is elsewhere.
    """
    headers = {"User-Agent": agent, "Accept": "text/html,application/xhtml+xml"}
    reply = courier.call("GET", url, headers=headers)
    first = reply.status
    for _ in range(_HOPS):
        target = urljoin(url, reply.headers.get("Location", "")) if 300 <= reply.status < 400 else ""
        if not target or not is_loopback(courier.at(target)):
            break
        url = target
        reply = courier.call("GET", url, headers=headers)
    query = dict(parse_qsl(urlsplit(url).query))
    return Landing(
        first,
        url,
        query.get("discount") or query.get("coupon"),
        {name: value for name, value in query.items() if name not in _STORES_OWN},
    )


def preview(courier: Courier, url: str, agent: str) -> int:
    """One GET, as a robot that draws a preview card; returns the status."""
    return courier.call("GET", url, headers={"User-Agent": agent}).status
