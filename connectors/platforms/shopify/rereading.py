"""What changed in a store since a moment, page by page: the webhooks that never came.

A search by `updated_at` finds what changed then or later, so what changes while we read stays in it. Orders come in the
order of their changes; checkouts can't, and come in the order of their numbers, from the newest on: neither order lets
a page skip what another change has moved. Search terms: the Admin schema's words on `orders(query:)` and
`abandonedCheckouts(query:)`.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from connectors.delivery import Credentials
from connectors.platforms.shopify import reread_carts, reread_orders
from connectors.platforms.shopify.access import client
from connectors.platforms.shopify.admin import AdminClient, Throttled
from connectors.platforms.shopify.reread_nodes import ANSWER
from sequences.cart import Shop
from sequences.errors import BadDelivery, ComebackError
from sequences.events import Reading
from sequences.reread_ports import Page, What

Read = Callable[[object, Shop], Reading]
READERS: dict[What, tuple[str, Read]] = {
    "orders": ("OrdersSince", reread_orders.read),
    "checkouts": ("CheckoutsSince", reread_carts.read),
}
WHATS: tuple[What, ...] = ("orders", "checkouts")
"""Orders first: whoever bought must be known before their carts are."""
LAG: Mapping[What, timedelta] = {
    "orders": timedelta(minutes=10),
    # A checkout counts as abandoned, and is shown, ten minutes after its shopper left it: help.shopify.com, "Abandoned
    # checkouts". Its last change is older by then.
    "checkouts": timedelta(minutes=30),
}
LEFT_FOR_OTHERS = 0.5
"""This share of the shop's budget of query cost is left to the last look, whose texts are due."""


class ShopifyRereader:
    """A `sequences.reread_ports.Rereader`. `credentials` as in `access.client`."""

    lag = LAG

    def __init__(self, shop: Shop, credentials: Credentials) -> None:
        self._shop, self._credentials = shop, credentials
        self._client: AdminClient | None = None

    def page(self, what: What, since: datetime, cursor: str = "") -> Page:
        try:
            return self._page(what, since, cursor)
        except Throttled as e:
            return Page(kind="retry_later", detail=str(e), retry_after=e.seconds)
        except BadDelivery as e:
            return Page(kind="retry_later", detail=f"the Admin API's answer can't be read: {e}")
        except ComebackError as e:
            return Page(kind="refused" if e.permanent else "retry_later", detail=str(e))

    def _page(self, what: What, since: datetime, cursor: str) -> Page:
        operation, read = READERS[what]
        variables = {"query": _changed_since(since), "after": cursor or None, "count": not cursor}
        answer = ANSWER.read(self._admin.run(operation, variables))
        found, expected = answer["found"], answer["expected"]
        more = found["pageInfo"]["hasNextPage"] and found["pageInfo"]["endCursor"]
        if found["pageInfo"]["hasNextPage"] and not more:
            raise BadDelivery("found.pageInfo.endCursor: is missing, and there is more")
        return Page(
            kind="page",
            readings=tuple(_each(read, node, self._shop) for node in found["nodes"]),
            cursor=more or "",
            expected=expected["count"] if expected else None,
            rest=self._admin.rest(LEFT_FOR_OTHERS),
        )

    @property
    def _admin(self) -> AdminClient:
        if self._client is None:
            self._client = client(self._shop, self._credentials)
        return self._client


def _changed_since(since: datetime) -> str:
    """Shopify's times have no fractions: what changed in that second is asked for, too."""
    return f"updated_at:>='{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}'"


def _each(read: Read, node: object, shop: Shop) -> Reading:
    """One that can't be read doesn't hide the others."""
    try:
        return read(node, shop)
    except BadDelivery as e:
        return Reading(notes=(f"can't be read: {e}",))
