"""Errors of the JSON API as RFC 9457 has them: application/problem+json, each wrong field with its JSON pointer."""

import json
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from flask import Response
from marshmallow import ValidationError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

PREFIX = "/api/"


def problem(
    status: int,
    detail: str,
    *,
    errors: list[dict[str, str]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    body: dict[str, Any] = {"title": HTTPStatus(status).phrase, "status": int(status), "detail": detail}
    if errors:
        body["errors"] = errors
    return Response(json.dumps(body), status, dict(headers or {}), mimetype="application/problem+json")


def of_fields(error: ValidationError) -> Response:
    """422: which fields are wrong, and how. What was sent is not repeated."""
    errors = list(_errors(error.normalized_messages(), "#"))  # type: ignore[no-untyped-call]
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "Some fields can't be used: see errors.", errors=errors)


def of_http(error: HTTPException) -> Response:
    """What Flask itself refuses: an address, a method, a body that is too large."""
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    allowed = error.valid_methods if isinstance(error, MethodNotAllowed) else None
    headers = {"Allow": ", ".join(sorted(allowed))} if allowed else {}
    return problem(status, error.description or HTTPStatus(status).phrase, headers=headers)


def _errors(messages: Mapping[str, Any], pointer: str) -> Iterator[dict[str, str]]:
    for name, said in messages.items():
        here = pointer if name == "_schema" else f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"
        if isinstance(said, Mapping):
            yield from _errors(said, here)
        else:
            yield from ({"pointer": here, "detail": text} for text in said)
