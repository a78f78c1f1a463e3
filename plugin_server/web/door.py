"""The door: prove who sent it, write it down, answer 200. It parses nothing and asks nobody.

Shopify gives five seconds, WooCommerce switches a webhook off after failures; so whatever is signed rightly is
answered 200, and what can't be read is parked later, in sight.

It stands before Flask, since Flask's part in a request costs more than all of ours (`bench/ingest.py`).
"""

import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import psycopg
import structlog
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.http import http_date
from werkzeug.wsgi import get_input_stream

from connectors import registry
from connectors.delivery import Delivery
from plugin_server.web.intake import Intake, Sender, UnknownSender

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = structlog.get_logger()
LARGEST_BODY = 1024 * 1024
# /webhooks/<platform or channel>/<shop key>; or, as Shopify's configuration file has it, one address for a
# whole app: then the shop stands in a header.
ADDRESS = re.compile("/webhooks/([a-z0-9_]{1,40})(?:/([A-Za-z0-9_-]{1,80}))?")


class Refused(Exception):
    """Answered with `status` and nothing more: a stranger learns nothing of which shops exist."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


class Door:
    """Takes what is posted to the addresses of webhooks; everything else goes on to `inside`."""

    def __init__(self, intake: Intake, inside: "WSGIApplication") -> None:
        self._intake = intake
        self._inside = inside

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        address = ADDRESS.fullmatch(environ["PATH_INFO"])
        if address is None:
            return self._inside(environ, start_response)
        if environ["REQUEST_METHOD"] == "POST":
            status, said = self._answer(environ, *address.groups())
        else:
            status, said = HTTPStatus.METHOD_NOT_ALLOWED, b""
        about = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(said)))]
        about += [("Allow", "POST")] if status is HTTPStatus.METHOD_NOT_ALLOWED else []
        if status is HTTPStatus.UNAUTHORIZED:
            # By the clock that the delivery was judged by: who signs with the time and whose clock is off learns it.
            about.append(("Date", http_date(self._intake.machine.clock.now())))
        start_response(f"{status.value} {status.phrase}", [*about, ("X-Content-Type-Options", "nosniff")])
        return [said]

    def _answer(self, environ: "WSGIEnvironment", source: str, key: str | None) -> tuple[HTTPStatus, bytes]:
        try:
            return HTTPStatus.OK, self._take(_delivery(environ), source, key)
        except Refused as refused:
            status = refused.status
        except UnknownSender:
            status = HTTPStatus.NOT_FOUND
        except HTTPException as error:  # too large, or cut off
            status = HTTPStatus(error.code or HTTPStatus.BAD_REQUEST)
        except (psycopg.Error, DBAPIError) as error:
            # Not written down, so not answered 200: they will send it again.
            log.error("a delivery couldn't be kept", source=source, error=type(error).__name__)
            status = HTTPStatus.SERVICE_UNAVAILABLE
        return status, f"{status.phrase}\n".encode()

    def _take(self, delivery: Delivery, source: str, key: str | None) -> bytes:
        intake = self._intake
        if source not in registry.platforms() and source not in registry.channels():
            raise Refused(HTTPStatus.NOT_FOUND)
        door = intake.machine.door(source)
        sender = intake.sender(source, key) if key else self._by_domain(source, delivery)
        if sender is None:
            return b"nothing is held of this shop\n"
        if door.is_ping(delivery):
            return b"pong\n"
        if not door.verify(delivery, sender.secrets, intake.machine.clock.now()):
            raise Refused(HTTPStatus.UNAUTHORIZED)
        if (
            key
            and source in registry.platforms()
            and intake.machine.platform(source).lacks(delivery, shop=False)
        ):
            raise Refused(HTTPStatus.BAD_REQUEST)
        intake.keep(source, sender, door.dedup(delivery), delivery)
        return b"kept\n"

    def _by_domain(self, source: str, delivery: Delivery) -> Sender | None:
        """The signature comes first: only who knows the app's secret may learn whether a shop is known. None: it
        isn't, and nothing is to be done. All else from a shop that isn't known is sent again until it is."""
        if source not in registry.platforms():
            raise Refused(HTTPStatus.NOT_FOUND)
        intake, machine = self._intake, self._intake.machine
        platform = machine.platform(source)
        if not platform.verify(delivery, machine.app_secrets(source), machine.clock.now()):
            raise Refused(HTTPStatus.UNAUTHORIZED)
        if platform.lacks(delivery, shop=True):
            raise Refused(HTTPStatus.BAD_REQUEST)
        domain = platform.shop_hint(delivery)
        try:
            return intake.sender(source, "domain:" + domain)
        except UnknownSender:
            if domain and platform.needs_no_shop(delivery) and intake.holds_nothing(source, domain):
                log.info("a shop that we hold nothing of asks nothing of us", source=source, domain=domain)
                return None
            raise


def _delivery(environ: "WSGIEnvironment") -> Delivery:
    """Raises HTTPException for a body that is too large or doesn't come to its end."""
    # One byte more than is allowed: a body in chunks, which names no length, is cut off at the limit in silence.
    body = get_input_stream(environ, max_content_length=LARGEST_BODY + 1).read()
    if len(body) > LARGEST_BODY:
        raise RequestEntityTooLarge
    headers = {
        name[5:].replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    headers["content-type"] = environ.get("CONTENT_TYPE", "")
    # Of a repeated name the first counts.
    query = dict(reversed(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)))
    return Delivery(headers=headers, body=body, query=query)
