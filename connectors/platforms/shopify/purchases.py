"""Orders as the Admin API tells of them in the last look."""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.platforms.shopify.carts import bare
from connectors.wire import Flag, Part, Prose, StoreTime, Text, Wire

Values = Mapping[str, Any]


class CustomerNode(Wire):
    id = Text(required=True)


class OrderNode(Wire):
    id = Text(required=True)
    name = Prose()
    createdAt = StoreTime(required=True)
    cancelledAt = StoreTime()
    test = Flag(required=True)
    checkoutToken = Text()
    cartToken = Text()
    email = Text()
    customer = Part(CustomerNode())


class PageInfo(Wire):
    hasNextPage = Flag(required=True)


class OrderConnection(Wire):
    nodes = Part(OrderNode(), many=True, required=True)
    pageInfo = Part(PageInfo(), required=True)


class Answer(Wire):
    byToken = Part(OrderConnection())
    byPerson = Part(OrderConnection())


ANSWER = Answer()


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """One order. `names` are those of the cart it came from, `email` is case-folded."""

    key: str
    name: str
    created_at: datetime
    names: frozenset[str]
    email: str
    customer_id: str
    test: bool
    cancelled: bool

    @classmethod
    def of(cls, node: Values) -> "Purchase":
        tokens = {"checkout": node["checkoutToken"], "cart": bare(node["cartToken"])}
        return cls(
            key=f"order:{_number(node['id'])}",
            name=node["name"] or "an order",
            created_at=node["createdAt"],
            names=frozenset(f"{kind}:{token}" for kind, token in tokens.items() if token),
            email=node["email"].casefold(),
            customer_id=_number(node["customer"]["id"]) if node["customer"] else "",
            test=node["test"],
            cancelled=node["cancelledAt"] is not None,
        )

    @property
    def counts(self) -> bool:
        """Something was really bought."""
        return not self.test and not self.cancelled

    def is_from(self, names: Set[str]) -> bool:
        return not self.names.isdisjoint(names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The orders of one look. `cut`: there are more that carry the tokens; `known_since`: those of the same
    people are complete from here on, None if they are complete."""

    orders: tuple[Purchase, ...] = ()
    cut: bool = False
    known_since: datetime | None = None

    @classmethod
    def of(cls, answer: Values) -> "Found":
        by_token, by_person = ([*_nodes(answer[part])] for part in ("byToken", "byPerson"))
        oldest = min((order.created_at for order in by_person), default=None)
        return cls(
            orders=(*by_token, *by_person),
            cut=_has_more(answer["byToken"]),
            known_since=oldest if _has_more(answer["byPerson"]) else None,
        )

    def may_lack_orders_since(self, since: datetime) -> bool:
        return self.cut or (self.known_since is not None and since <= self.known_since)


def _nodes(connection: Values | None) -> list[Purchase]:
    return [Purchase.of(node) for node in connection["nodes"]] if connection else []


def _has_more(connection: Values | None) -> bool:
    return connection is not None and bool(connection["pageInfo"]["hasNextPage"])


def _number(gid: str) -> str:
    """gid://shopify/Order/9001 → 9001, which is what webhooks call it."""
    return gid.rsplit("/", 1)[-1]
