"""Orders as the Admin API tells of them in the last look."""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from connectors.platforms.shopify.carts import bare
from connectors.wire import Flag, Part, Prose, StoreTime, Text, Wire

Values = Mapping[str, Any]
NEVER = datetime.max.replace(tzinfo=UTC)


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
    phone = Text()
    customer = Part(CustomerNode())


class PageInfo(Wire):
    hasNextPage = Flag(required=True)


class OrderConnection(Wire):
    nodes = Part(OrderNode(), many=True, required=True)
    pageInfo = Part(PageInfo(), required=True)


class PhoneNode(Wire):
    phoneNumber = Text()


class BuyerNode(Wire):
    defaultPhoneNumber = Part(PhoneNode())
    orders = Part(OrderConnection(), required=True)


class BuyerConnection(Wire):
    nodes = Part(BuyerNode(), many=True, required=True)
    pageInfo = Part(PageInfo(), required=True)


class Answer(Wire):
    byToken = Part(OrderConnection())
    byPerson = Part(OrderConnection())
    byPhone = Part(BuyerConnection())


ANSWER = Answer()


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """One order. `names` are those of the cart it came from, `email` is case-folded, `phones` are the order's own
    number and its buyer's."""

    key: str
    name: str
    created_at: datetime
    names: frozenset[str]
    email: str
    phones: frozenset[str]
    customer_id: str
    test: bool
    cancelled: bool

    @classmethod
    def of(cls, node: Values, buyers_phone: str = "") -> "Purchase":
        tokens = {"checkout": node["checkoutToken"], "cart": bare(node["cartToken"])}
        return cls(
            key=f"order:{_number(node['id'])}",
            name=node["name"] or "an order",
            created_at=node["createdAt"],
            names=frozenset(f"{kind}:{token}" for kind, token in tokens.items() if token),
            email=node["email"].casefold(),
            phones=frozenset(filter(None, (node["phone"], buyers_phone))),
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
    people are complete from here on, None if they are complete. `buyers`: the same for each customer's number that was
    found; `buyers_cut`: there are more customers."""

    orders: tuple[Purchase, ...] = ()
    cut: bool = False
    known_since: datetime | None = None
    buyers: Mapping[str, datetime | None] = field(default_factory=dict)
    buyers_cut: bool = False

    @classmethod
    def of(cls, answer: Values) -> "Found":
        buyers = [(_phone(buyer), buyer["orders"]) for buyer in _nodes(answer["byPhone"])]
        by_phone = [order for phone, orders in buyers for order in _orders(orders, phone)]
        return cls(
            orders=(*_orders(answer["byToken"]), *_orders(answer["byPerson"]), *by_phone),
            cut=_has_more(answer["byToken"]),
            known_since=_known_since(answer["byPerson"]),
            buyers={phone: _known_since(orders) for phone, orders in buyers},
            buyers_cut=_has_more(answer["byPhone"]),
        )

    def may_lack_orders_since(self, since: datetime, phone: str | None = None) -> bool:
        """May whoever left a cart then, or whoever has this number, have placed an order that isn't here?"""
        if phone is not None and phone not in self.buyers and self.buyers_cut:
            return True
        known = (self.known_since, self.buyers.get(phone or ""))
        return self.cut or any(at is not None and since <= at for at in known)


def _nodes(connection: Values | None) -> list[Values]:
    return list(connection["nodes"]) if connection else []


def _orders(connection: Values | None, buyers_phone: str = "") -> Iterator[Purchase]:
    return (Purchase.of(node, buyers_phone) for node in _nodes(connection))


def _known_since(newest_first: Values | None) -> datetime | None:
    """From when on these orders are complete; None if they all are here."""
    if not _has_more(newest_first):
        return None
    return min((order.created_at for order in _orders(newest_first)), default=NEVER)


def _has_more(connection: Values | None) -> bool:
    return connection is not None and bool(connection["pageInfo"]["hasNextPage"])


def _phone(buyer: Values) -> str:
    phone = buyer["defaultPhoneNumber"]
    return str(phone["phoneNumber"]) if phone else ""


def _number(gid: str) -> str:
    """gid://shopify/Order/9001 → 9001, which is what webhooks call it."""
    return gid.rsplit("/", 1)[-1]
