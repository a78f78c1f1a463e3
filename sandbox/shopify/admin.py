"""One call of the Admin GraphQL API: token, throttle, validation, execution, cost, in Shopify's shapes."""

import functools
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    get_operation_ast,
    parse,
    validate,
)

from sandbox.shopify import asking, cost
from sandbox.shopify.engine import Run, loose, typed
from sandbox.shopify.schema import file_of, rules_for, schema_for, served_version
from sandbox.shopify.store import ShopifyStore

Json = dict[str, Any]
THROTTLED_DOC = "https://shopify.dev/api/usage/rate-limits"


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, JSON body and extra headers."""

    status: int
    body: Json
    headers: dict[str, str] = field(default_factory=dict)


def call(store: ShopifyStore, version: str, token: str | None, body: Any) -> Answer:
    """Answer one POST to /admin/api/<version>/graphql.json."""
    served = served_version(version, store.world.faults.versions_retired)
    if served is None:
        return Answer(404, {"errors": "Not Found"})
    schema = schema_for(served)
    headers = {
        "X-Shopify-API-Version": served,
        "X-Sandbox-Schema": file_of(served) if schema else "missing",
    }
    with store.world.lock:
        refusal = store.desk.refusal(token)
    if refusal is not None:
        return Answer(refusal[0], {"errors": refusal[1]}, headers)
    if store.world.roll(store.world.faults.store_error):
        return Answer(503, {"errors": "Service Unavailable"}, headers)
    if not isinstance(body, dict) or not isinstance(body.get("query"), str):
        return Answer(400, {"errors": {"query": "Required parameter missing or invalid"}}, headers)
    variables = body.get("variables") or {}
    try:
        document, errors = prepared(schema, body["query"])
    except GraphQLSyntaxError as trouble:
        return Answer(200, {"errors": [trouble.formatted]}, headers)
    operation = get_operation_ast(document, body.get("operationName"))
    if operation is None and not errors:
        errors = [GraphQLError("An operation name is required")]
    if errors or operation is None:
        return Answer(200, {"errors": [asking.refused(error) for error in errors]}, headers)
    wrong = asking.wrong_variables(schema, operation, variables) if schema else []
    if not wrong and (long := asking.too_long(operation, variables)):
        wrong = [long]
    if wrong:
        return Answer(200, {"errors": wrong}, headers)
    return Answer(200, paid(store, served, document, operation, variables), headers)


@functools.lru_cache(256)
def prepared(schema: GraphQLSchema | None, text: str) -> tuple[DocumentNode, list[GraphQLError]]:
    """Parsed and validated; apps send the same few texts again and again. Raises GraphQLSyntaxError."""
    document = parse(text)
    return document, validate(schema, document) if schema else []


def paid(
    store: ShopifyStore,
    version: str,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Json,
) -> Json:
    """Execute if the bucket can pay; the difference to what it really cost is given back."""
    asked = cost.requested(document, operation, variables)
    if asked > cost.MAX_COST:
        message = f"Query cost is {asked}, which exceeds the single query max cost limit ({cost.MAX_COST})."
        return refused("MAX_COST_EXCEEDED", message, cost=asked, maxCost=cost.MAX_COST)
    with store.world.lock:
        bucket = store.bucket
        bucket.refill(store.now())
        if not bucket.take(asked):
            store.world.ledger.write("throttled", shop=store.id, asked=asked)
            return refused("THROTTLED", "Throttled") | {"extensions": {"cost": bill(asked, None, bucket)}}
        run = Run(store, rules_for(version))
        result = executed(run, version, document, operation, variables)
        spent = min(asked, cost.actual(result.get("data")) + mutation_base(operation))
        bucket.available += asked - spent
        search = {"search": run.warnings} if run.warnings else {}
        return result | {"extensions": {"cost": bill(asked, spent, bucket), **search}}


def executed(
    run: Run, version: str, document: DocumentNode, operation: OperationDefinitionNode, variables: Json
) -> Json:
    schema = schema_for(version)
    if schema is None:
        return loose(document, run, variables, operation)
    name = operation.name.value if operation.name else None
    return typed(schema, document, run, variables, name)


def mutation_base(operation: OperationDefinitionNode) -> int:
    return cost.MUTATION if operation.operation.value == "mutation" else 0


def bill(asked: int, spent: int | None, bucket: cost.Bucket) -> Json:
    return {"requestedQueryCost": asked, "actualQueryCost": spent, "throttleStatus": bucket.status()}


def refused(code: str, message: str, **more: int) -> Json:
    """Too dear or throttled: HTTP 200 and an error whose code says it."""
    told = {"code": code, **more, "documentation": THROTTLED_DOC}
    return {"errors": [{"message": message, "extensions": told}]}
