"""The REST API's error answers, in the shapes that were recorded."""

from typing import Any


class RestError(Exception):
    """An answer of the form {"code", "message", "data": {"status", ...}}."""

    def __init__(self, status: int, code: str, message: str, more: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.more = status, code, message, more or {}

    def body(self) -> dict[str, Any]:
        data = {"status": self.status, **self.more}
        return {"code": self.code, "message": self.message, "data": data}


def unauthenticated(message: str) -> RestError:
    return RestError(401, "woocommerce_rest_authentication_error", message)


def not_allowed(method: str, single: bool) -> RestError:
    """What a call without (known) keys gets: it looks like a missing permission."""
    if method == "GET":
        words = "Sorry, you cannot view this resource." if single else "Sorry, you cannot list resources."
        return RestError(401, "woocommerce_rest_cannot_view", words)
    if method == "DELETE":
        message = "Sorry, you are not allowed to delete this resource."
        return RestError(401, "woocommerce_rest_cannot_delete", message)
    verb = "edit" if single else "create"
    message = (
        "Sorry, you are not allowed to edit this resource."
        if single
        else "Sorry, you are not allowed to create resources."
    )
    return RestError(401, f"woocommerce_rest_cannot_{verb}", message)


def invalid_param(name: str, reason: str, code: str) -> RestError:
    details = {name: {"code": code, "message": reason, "data": None}}
    more = {"params": {name: reason}, "details": details}
    return RestError(400, "rest_invalid_param", f"Invalid parameter(s): {name}", more)


def missing_param(name: str) -> RestError:
    return RestError(400, "rest_missing_callback_param", f"Missing parameter(s): {name}", {"params": [name]})


def unknown_id(resource: str, status: int) -> RestError:
    return RestError(status, f"woocommerce_rest_{resource}_invalid_id", "Invalid ID.")
