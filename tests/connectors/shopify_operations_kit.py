"""What Shopify's own schema says of the operations that the code sends: whether they fit, and what leave they need."""

import gzip
import json
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    build_client_schema,
    get_named_type,
    parse,
    validate,
    visit,
)
from graphql.execution.values import get_variable_values
from shopify_cast import CONTRACTS, admin_schema, contract

from connectors.platforms.shopify.admin import OPERATIONS, operation

VERSIONS = ("2026-10", "2026-07")
NAMES = sorted(path.stem for path in OPERATIONS.glob("*.graphql"))
Leave = frozenset[str]
"""Scopes, of which one is enough."""


@cache
def schema_of(version: str) -> GraphQLSchema:
    return build_client_schema(admin_schema(version), assume_valid=True)  # Shopify's has flaws of its own


def there() -> bool:
    """False where nobody has fetched the schemas yet."""
    return all((CONTRACTS / f"admin/admin_{version}.json.gz").exists() for version in VERSIONS)


def faults(text: str, version: str) -> list[GraphQLError]:
    return validate(schema_of(version), parse(text))


def operations_in(text: str) -> list[OperationDefinitionNode]:
    return [d for d in parse(text).definitions if isinstance(d, OperationDefinitionNode)]


def needs(text: str, version: str) -> dict[Leave, str]:
    """Every leave that the operations need, each with a field that needs it."""
    info, listed, found = TypeInfo(schema_of(version)), _listed(version), dict[Leave, str]()

    class Fields(Visitor):
        def enter_field(self, node: Any, *_: Any) -> None:
            parent, result = get_named_type(info.get_parent_type()), get_named_type(info.get_type())
            for key in ((parent.name, node.name.value), (result.name, None), (parent.name, None)):
                found.setdefault(listed.get(key, frozenset()), f"{parent.name}.{node.name.value}")

    visit(parse(text), TypeInfoVisitor(info, Fields()))
    return {leave: field for leave, field in found.items() if leave}


@cache
def _listed(version: str) -> dict[tuple[str, str | None], Leave]:
    """Shopify's own list: (type, field, or None for the type itself) → scopes."""
    with gzip.open(contract(f"admin/admin_{version}.json.gz")) as file:
        items = json.load(file)["offline_scopes"]["items"]
    return {(i["typeName"], i.get("fieldName")): frozenset(i["offlineScopes"]) for i in items}


def lacking(needed: Mapping[Leave, str], asked: Iterable[str]) -> list[str]:
    """What isn't asked for, in words. Leave to write includes leave to read."""
    given = {*asked, *(scope.replace("write_", "read_", 1) for scope in asked)}
    return [
        f"{field} needs {' or '.join(sorted(leave))}" for leave, field in needed.items() if not leave & given
    ]


def misfits(name: str, variables: Mapping[str, Any], version: str) -> list[str]:
    """What is wrong with these variables for that operation: values of the wrong type, missing ones, unknown ones."""
    (definition,) = operations_in(operation(name))
    declared = definition.variable_definitions or ()
    unknown = set(variables) - {d.variable.name.value for d in declared}
    coerced = get_variable_values(schema_of(version), declared, dict(variables))
    wrong = [error.message for error in coerced] if isinstance(coerced, list) else []
    return [*wrong, *(f"there is no variable ${variable}" for variable in sorted(unknown))]
