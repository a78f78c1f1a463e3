"""What is wrong with a question before it runs, in Shopify's shapes: fields, variables, and lists that are too long."""

import re
from collections.abc import Iterator
from typing import Any

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    print_ast,
    value_from_ast_untyped,
)
from graphql.execution.values import get_variable_values

Json = dict[str, Any]
MOST = 250  # of an input array: shopify.dev/docs/api/usage/limits
_UNKNOWN = re.compile(r"Cannot query field '(\w+)' on type '(\w+)'")


def refused(error: GraphQLError) -> Json:
    """An error of validation. Shopify has words of its own for a field that isn't there."""
    told = dict(error.formatted)
    if found := _UNKNOWN.match(error.message):
        name, kind = found.groups()
        told["message"] = f"Field '{name}' doesn't exist on type '{kind}'"
        told["extensions"] = {"code": "undefinedField", "typeName": kind, "fieldName": name}
    return told


def wrong_variables(schema: GraphQLSchema, operation: OperationDefinitionNode, given: Json) -> list[Json]:
    """Variables that don't fit their types."""
    nodes = operation.variable_definitions or ()
    found = get_variable_values(schema, nodes, given)
    return [_wrong(error, operation, given) for error in found] if isinstance(found, list) else []


def _wrong(error: GraphQLError, operation: OperationDefinitionNode, given: Json) -> Json:
    named = re.search(r"\$(\w+)", error.message)
    name = named[1] if named else ""
    kinds = {d.variable.name.value: print_ast(d.type) for d in operation.variable_definitions or ()}
    message = f"Variable ${name} of type {kinds.get(name, '?')} was provided invalid value ({error.message})"
    problems = [{"path": [], "explanation": error.message}]
    told = {"code": "INVALID_VARIABLE", "value": given.get(name), "problems": problems}
    return {**error.formatted, "message": message, "extensions": told}


def too_long(operation: OperationDefinitionNode, variables: Json) -> Json | None:
    """The error of the first list that has more than Shopify takes."""
    for node in operation.selection_set.selections:
        if not isinstance(node, FieldNode):
            continue
        for argument in node.arguments or ():
            value = value_from_ast_untyped(argument.value, variables)
            for size, path in _lists(value, [node.name.value, argument.name.value]):
                if size > MOST:
                    message = f"The input array size of {size} is greater than the maximum allowed of {MOST}."
                    error = GraphQLError(message, nodes=node, path=path)
                    return {**error.formatted, "extensions": {"code": "MAX_INPUT_SIZE_EXCEEDED"}}
    return None


def _lists(value: Any, path: list[str | int]) -> Iterator[tuple[int, list[str | int]]]:
    if isinstance(value, list):
        yield len(value), path
        for place, item in enumerate(value[:MOST]):
            yield from _lists(item, [*path, place])
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _lists(item, [*path, name])
