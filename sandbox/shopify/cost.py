"""What a query costs and the bucket that pays for it (shopify.dev/docs/api/usage/rate-limits)."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    value_from_ast_untyped,
)

MAX_COST = 1000
MUTATION = 10
WRAPPERS = ("nodes", "edges", "node", "pageInfo")  # parts of a connection, which cost nothing themselves


@dataclass
class Bucket:
    """Leaky bucket: `restore` points a second of sandbox time. The numbers: a Standard plan's."""

    size: float = 2000.0
    restore: float = 100.0
    available: float = 2000.0
    at: datetime | None = None

    def refill(self, now: datetime) -> None:
        passed = (now - self.at).total_seconds() if self.at else 0.0
        self.available = min(self.size, self.available + max(0.0, passed) * self.restore)
        self.at = now

    def take(self, cost: int) -> bool:
        if cost > self.available:
            return False
        self.available -= cost
        return True

    def status(self) -> dict[str, float]:
        return {
            "maximumAvailable": self.size,
            "currentlyAvailable": int(self.available),
            "restoreRate": self.restore,
        }


def requested(document: DocumentNode, operation: OperationDefinitionNode, variables: dict[str, Any]) -> int:
    """Points before it runs: an object 1, a connection `first` or `last` times its content, a mutation 10."""
    fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
    base = MUTATION if operation.operation is OperationType.MUTATION else 0
    return base + _selection(operation.selection_set, variables, fragments)


def actual(data: Any) -> int:
    """Points after it ran: one for every object that came."""
    if isinstance(data, list):
        return sum(actual(item) for item in data)
    if not isinstance(data, dict):
        return 0
    return sum(
        (0 if key in WRAPPERS else isinstance(value, dict)) + actual(value) for key, value in data.items()
    )


def _selection(chosen: SelectionSetNode, variables: dict[str, Any], fragments: dict[str, Any]) -> int:
    """Fields add up; of fragments on different types, only one can come true: the dearest."""
    total, by_type = 0, Counter[str]()
    for node in chosen.selections:
        if isinstance(node, FieldNode):
            total += _field(node, variables, fragments)
            continue
        part = fragments.get(node.name.value) if isinstance(node, FragmentSpreadNode) else node
        if isinstance(part, FragmentDefinitionNode | InlineFragmentNode):
            kind = part.type_condition.name.value if part.type_condition else ""
            by_type[kind] += _selection(part.selection_set, variables, fragments)
    return total + by_type.pop("", 0) + max(by_type.values(), default=0)


def _field(node: FieldNode, variables: dict[str, Any], fragments: dict[str, Any]) -> int:
    if node.selection_set is None:
        return 0
    inside = _selection(node.selection_set, variables, fragments)
    size = _page_size(node, variables)
    if size is not None:
        return 2 + size * (1 + inside)
    return inside + (0 if node.name.value in WRAPPERS else 1)


def _page_size(node: FieldNode, variables: dict[str, Any]) -> int | None:
    for argument in node.arguments or ():
        if argument.name.value in ("first", "last"):
            size = value_from_ast_untyped(argument.value, variables)
            return size if isinstance(size, int) else 0
    return None
