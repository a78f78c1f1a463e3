"""What a store's answer means: its data, or the StoreError that says what went wrong and what to do."""

from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

from connectors.http import NotReached, PrivateAddress, TooLarge
from connectors.platforms.woocommerce.errors import (
    NotFound,
    NotJson,
    Refused,
    SentOn,
    StoreError,
    Unauthorised,
    Unavailable,
    WrongStoreUrl,
)
from connectors.wire import clean, load_json
from sequences.errors import BadDelivery

# WC_REST_Authentication says `cannot_view` for an unknown key over https: it never looked at the key.
ADVICE = {
    "woocommerce_rest_cannot_view": "the key is unknown or revoked, or a proxy ends TLS before WordPress and "
    "hides https from it: connect the store again",
    "Consumer key is invalid.": "the key is unknown or revoked: connect the store again",
    "Consumer secret is invalid.": "the secret is wrong: connect the store again",
    "Invalid signature - provided signature does not match.": "the secret is wrong: connect the store again",
    "Invalid timestamp.": "the clocks of this server and the store are more than 15 minutes apart",
    "The API key provided does not have write permissions.": "the key may only read: connect the store again",
}
LONGEST = 6 * 3600  # seconds for which a store may ask to be left alone
NO_ADDRESS = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
)
UNKNOWN_ROUTE = "rest_no_route"  # WordPress is there, WooCommerce isn't
NO_SUCH = "_invalid_id"  # an unknown id is 404 for GET and 400 for PUT, with the same code


def data_of(answer: requests.Response, root: type = object) -> Any:
    """The JSON of a successful answer; raises a StoreError for any other, or if it isn't a `root`."""
    if 300 <= answer.status_code < 400:
        raise _redirected(answer)
    try:
        data = load_json(answer.content, object)
    except BadDelivery:
        raise _page(answer) from None
    if answer.status_code >= 400:
        raise _refusal(answer, data if isinstance(data, dict) else {})
    if not isinstance(data, root):
        raise NotJson(f"the store's answer should be a {root.__name__}", status=answer.status_code)
    return data


def not_sent(trouble: requests.RequestException) -> StoreError:
    """What a request that got no answer is called here. Never holds the address: it may be signed."""
    if isinstance(trouble, PrivateAddress):
        # Not to which one: whoever types addresses must not learn what stands where in our network.
        return WrongStoreUrl("the store's address leads to a private address; only public ones are called")
    if isinstance(trouble, TooLarge):
        return NotJson("the store's answer is too large to be an answer")
    if isinstance(trouble, NotReached):
        return Unavailable("the store can't be reached: no such host, no connection, or a broken certificate")
    if isinstance(trouble, requests.Timeout):
        return Unavailable("the store didn't answer in time")
    if isinstance(trouble, NO_ADDRESS):
        return WrongStoreUrl("the store's address is not a web address")
    return Unavailable(f"the connection to the store broke ({type(trouble).__name__})")


def _redirected(answer: requests.Response) -> SentOn:
    base = _base(answer.url or "", clean(answer.headers.get("Location", "")))
    error = SentOn(
        f"wrong store url: the store sends us on to {base or 'what is no address'}. "
        "Use the address that WordPress shows under Settings, General, Site Address.",
        status=answer.status_code,
    )
    error.to = base
    return error


def _base(asked: str, location: str) -> str:
    """Of the store whose API that leads to; '' if it leads to no address."""
    try:
        to = urlsplit(urljoin(asked, location))
        port = "" if to.port is None else f":{to.port}"
    except ValueError:
        return ""
    if to.scheme not in ("http", "https") or not to.hostname:
        return ""
    path, api, _ = to.path.partition("/wp-json")
    return f"{to.scheme}://{to.hostname}{port}{path if api else ''}"


def _page(answer: requests.Response) -> StoreError:
    status = answer.status_code
    if status == 429 or status >= 500:
        words = f"the store is overloaded or down (HTTP {status})"
        return Unavailable(words, status=status, retry_after=_left_alone(answer))
    if status == 404:
        return WrongStoreUrl(
            "no REST API at this address: check it, and that permalinks are not set to Plain", status=status
        )
    if status in (401, 403):
        return Unauthorised(
            f"something before the store refused us (HTTP {status}, a page): a firewall or a password on the "
            "whole site. Let /wp-json/wc/ through.",
            status=status,
        )
    return NotJson(f"the store answered with a page instead of data (HTTP {status})", status=status)


def _refusal(answer: requests.Response, data: dict[str, Any]) -> StoreError:
    status, wait = answer.status_code, _left_alone(answer)
    code, said = clean(str(data.get("code", "")))[:100], clean(str(data.get("message", "")))[:200]
    kind = _kind(status, code)
    advice = ADVICE.get(said) or ADVICE.get(code) if kind is Unauthorised else None
    words = f"{said or 'no reason given'} (HTTP {status}, {code or 'no code'})"
    return kind(f"{words}: {advice}" if advice else words, status=status, code=code, retry_after=wait)


def _left_alone(answer: requests.Response) -> float | None:
    """`Retry-After` in seconds: WordPress in maintenance says 600. As a date nobody has been seen to send it."""
    told = answer.headers.get("Retry-After", "").strip()
    return float(min(int(told), LONGEST)) if told.isascii() and told.isdecimal() and len(told) < 10 else None


def _kind(status: int, code: str) -> type[StoreError]:
    if status in (401, 403):
        return Unauthorised
    if status == 429 or status >= 500:
        return Unavailable
    if code == UNKNOWN_ROUTE:
        return WrongStoreUrl
    return NotFound if status == 404 or code.endswith(NO_SUCH) else Refused
