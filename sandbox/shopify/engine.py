"""Runs Admin GraphQL: executed by graphql-core over the real schema, or, where its file is missing, walked
over without types."""

from collections.abc import Iterator
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLAbstractType,
    GraphQLEnumType,
    GraphQLError,
    GraphQLNonNull,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLScalarType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    execute_sync,
    get_named_type,
    is_list_type,
    value_from_ast_untyped,
)

from sandbox.shopify import access
from sandbox.shopify.connections import BadPage, connection
from sandbox.shopify.finding import Count, Page
from sandbox.shopify.queries import MUTATIONS, QUERIES, NotPlayed
from sandbox.shopify.store import ShopifyStore

Object = dict[str, Any]
WRAPPERS = {"nodes", "edges", "pageInfo"}
BLANK = {"Int": 0, "Float": 0.0, "Boolean": False, "UnsignedInt64": "0", "Decimal": "0.0", "Money": "0.0"}


class Run:
    """One execution: the store it asks, what the app may have, and the search warnings it collects."""

    def __init__(self, store: ShopifyStore, rules: access.Rules) -> None:
        self.store, self.rules = store, rules
        self.granted = access.with_reading(store.desk.scopes)
        self.approved = frozenset(store.protected_data)
        self.all_approved = self.approved >= frozenset(access.DATA)
        self.warnings: list[Object] = []

    def check(self, parent: str, name: str, kind: str) -> None:
        """Raises the GraphQLError for a field that this app may not have."""
        if (need := self.rules.lacking(parent, name, kind, self.granted)) is not None:
            raise access.denied(name, need)
        if not self.all_approved and (wrong := access.unapproved(parent, name, kind, self.approved)):
            raise wrong

    def root(self, name: str, mutation: bool, args: Object) -> Any:
        if mutation and name not in MUTATIONS:
            raise NotPlayed(f"the sandbox does not play the mutation {name}")
        play = (MUTATIONS if mutation else QUERIES).get(name)
        value = play(self.store, args) if play else None
        if isinstance(value, Page | Count) and value.search.warnings:
            self.warnings.append(
                {"path": [name], "query": value.search.query, "warnings": value.search.warnings}
            )
        return value


def typed(
    schema: GraphQLSchema, document: DocumentNode, run: Run, variables: Object, operation_name: str | None
) -> Object:
    """Execute over the real schema: unknown-but-valid fields are null, or empty where null is not allowed."""
    result = execute_sync(
        schema,
        document,
        root_value=run,
        context_value=run,
        variable_values=variables,
        operation_name=operation_name,
        field_resolver=resolve,
        type_resolver=lambda value, info, abstract: type_name(value, info, abstract),
    )
    return result.formatted  # type: ignore[return-value]


def resolve(source: Any, info: GraphQLResolveInfo[Any], **args: Any) -> Any:
    info.context.check(info.parent_type.name, info.field_name, get_named_type(info.return_type).name)
    if isinstance(source, Run):
        value = source.root(info.field_name, info.operation.operation is OperationType.MUTATION, args)
    else:
        value = source.get(info.field_name)
        value = value(args) if callable(value) else value
    if value is None and isinstance(info.return_type, GraphQLNonNull):
        value = blank(info.return_type.of_type)
    if isinstance(value, list | Page) and get_named_type(info.return_type).name.endswith("Connection"):
        return connection(value, args)
    return value


def blank(kind: GraphQLOutputType) -> Any:
    """Something harmless where the schema allows no null and the sandbox has nothing to say."""
    if is_list_type(kind) or getattr(kind, "name", "").endswith("Connection"):
        return []
    if isinstance(kind, GraphQLEnumType):
        return next(iter(kind.values))
    if isinstance(kind, GraphQLScalarType):
        return "1970-01-01T00:00:00Z" if kind.name == "DateTime" else BLANK.get(kind.name, "")
    return {}


def type_name(value: Object, info: GraphQLResolveInfo[Any], abstract: GraphQLAbstractType) -> str:
    return value.get("__typename") or info.schema.get_possible_types(abstract)[0].name


class Loose:
    """Walks a parsed query over the same objects without knowing types."""

    def __init__(self, document: DocumentNode, run: Run, variables: Object) -> None:
        self.run, self.variables = run, variables
        self.fragments = {
            d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)
        }

    def execute(self, operation: OperationDefinitionNode) -> Object:
        defaults = {
            d.variable.name.value: value_from_ast_untyped(d.default_value)
            for d in operation.variable_definitions or ()
            if d.default_value is not None
        }
        self.variables = defaults | self.variables
        data: Object = {}
        mutation = operation.operation is OperationType.MUTATION
        for node in self.fields(operation.selection_set, {}):
            args, name = self.arguments(node), node.name.value
            self.run.check("Mutation" if mutation else "QueryRoot", name, "")
            value = self.run.root(name, mutation, args)
            data[self.key(node)] = self.shape(node, value, args)
        return {"data": data}

    def shape(self, node: FieldNode, value: Any, args: Object) -> Any:
        value = value(args) if callable(value) else value
        chosen = node.selection_set
        if chosen is None or value is None:
            return value
        wanted = {field.name.value for field in self.fields(chosen, {})}
        if isinstance(value, Page) or (isinstance(value, list) and wanted & WRAPPERS):
            value = connection(value, args)
        if isinstance(value, list):
            return [self.shape(node, item, args) for item in value]
        return {
            self.key(field): self.shape(field, value.get(field.name.value), self.arguments(field))
            for field in self.fields(chosen, value)
        }

    def fields(self, chosen: SelectionSetNode, value: Object) -> Iterator[FieldNode]:
        for node in chosen.selections:
            if isinstance(node, FieldNode):
                yield node
            elif isinstance(node, FragmentSpreadNode) and node.name.value in self.fragments:
                fragment = self.fragments[node.name.value]
                if fits(value, fragment.type_condition.name.value):
                    yield from self.fields(fragment.selection_set, value)
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                if condition is None or fits(value, condition.name.value):
                    yield from self.fields(node.selection_set, value)

    def arguments(self, node: FieldNode) -> Object:
        return {a.name.value: value_from_ast_untyped(a.value, self.variables) for a in node.arguments or ()}

    def key(self, node: FieldNode) -> str:
        return node.alias.value if node.alias else node.name.value


def fits(value: Object, type_condition: str) -> bool:
    return value.get("__typename") in (None, type_condition)


def loose(document: DocumentNode, run: Run, variables: Object, operation: OperationDefinitionNode) -> Object:
    """Execute without a schema; errors come as the typed way gives them."""
    try:
        return Loose(document, run, variables).execute(operation)
    except (NotPlayed, BadPage) as trouble:
        return {"data": None, "errors": [GraphQLError(str(trouble)).formatted]}
    except GraphQLError as trouble:
        return {"data": None, "errors": [trouble.formatted]}
