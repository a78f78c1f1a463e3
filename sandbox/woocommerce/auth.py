"""Who calls: OAuth 1.0a, one-legged, over http; Basic over https. Nothing else, as in core's
`includes/class-wc-rest-authentication.php`."""

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from sandbox.woocommerce.errors import not_allowed, unauthenticated
from sandbox.woocommerce.store import WooStore

WINDOW = 15 * 60  # seconds either side
NEEDED = ("oauth_consumer_key", "oauth_timestamp", "oauth_nonce", "oauth_signature", "oauth_signature_method")
METHODS = {"HMAC-SHA1": hashlib.sha1, "HMAC-SHA256": hashlib.sha256}


@dataclass(frozen=True, slots=True)
class Call:
    """What the signature covers: method, url as called (with its query), headers."""

    method: str
    url: str
    headers: Mapping[str, str]
    single: bool  # one resource, not a list: for the words of a refusal

    @property
    def secure(self) -> bool:
        return self.headers.get("X-Forwarded-Proto", "").lower() == "https"


def check(store: WooStore, call: Call) -> None:
    """Raises RestError in core's words if this call may not pass."""
    key = by_basic(store, call) if call.secure else by_oauth(store, call)
    permissions = store.keys[key][1]
    if call.method == "GET" and permissions == "write":
        raise unauthenticated("The API key provided does not have read permissions.")
    if call.method != "GET" and permissions == "read":
        raise unauthenticated("The API key provided does not have write permissions.")


def by_basic(store: WooStore, call: Call) -> str:
    """Basic, or consumer_key and consumer_secret in the query. An unknown key looks like no permission."""
    query = dict(parse_qsl(urlsplit(call.url).query))
    key, secret = query.get("consumer_key", ""), query.get("consumer_secret", "")
    if not key:
        key, secret = decoded(call.headers.get("Authorization", ""))
    if key not in store.keys:
        raise not_allowed(call.method, call.single)
    if not hmac.compare_digest(store.keys[key][0].encode(), secret.encode()):
        raise unauthenticated("Consumer secret is invalid.")
    return key


def by_oauth(store: WooStore, call: Call) -> str:
    params = dict(
        parse_qsl(urlsplit(call.url).query, keep_blank_values=True)
    )  # of equal names PHP keeps the last
    if any(name not in params for name in NEEDED):
        raise not_allowed(call.method, call.single)
    key = params["oauth_consumer_key"]
    if key not in store.keys:
        raise unauthenticated("Consumer key is invalid.")
    check_signature(call, params, store.keys[key][0])
    check_freshness(store, key, params)
    return key


def check_signature(call: Call, params: dict[str, str], secret: str) -> None:
    if params["oauth_signature_method"] not in METHODS:
        raise unauthenticated("Invalid signature - signature method is invalid.")
    given = unquote(params["oauth_signature"].replace(" ", "+"))
    digest = METHODS[params["oauth_signature_method"]]
    message = string_to_sign(call.method, call.url, params).encode()
    expected = base64.b64encode(hmac.new(f"{secret}&".encode(), message, digest).digest()).decode()
    if not hmac.compare_digest(expected.encode(), given.encode()):
        raise unauthenticated("Invalid signature - provided signature does not match.")


def string_to_sign(method: str, url: str, params: dict[str, str]) -> str:
    """METHOD & address & sorted parameters, with core's double escaping."""
    address = quote(url.split("?")[0], safe="~")
    pairs = sorted((once_more(k), once_more(v)) for k, v in params.items() if k != "oauth_signature")
    return f"{method}&{address}&" + "%26".join(f"{key}%3D{value}" for key, value in pairs)


def once_more(text: str) -> str:
    """rawurlencode(rawurldecode(x)) with its per cents escaped; a slash becomes %252F, as in PHP."""
    return quote(unquote(text), safe="~").replace("%", "%25")


def check_freshness(store: WooStore, key: str, params: dict[str, str]) -> None:
    """Timestamp within 15 minutes, nonce not used before.

    Clients sign with the machine's clock, which the sandbox's may have left far behind: either one counts.
    """
    stamp = int(params["oauth_timestamp"]) if params["oauth_timestamp"].isdigit() else 0
    now = time.time()
    skew = store.world.faults.store_clock_skew_seconds
    if min(abs(now + skew - stamp), abs(store.now().timestamp() - stamp)) > WINDOW:
        raise unauthenticated("Invalid timestamp.")
    used = (key, params["oauth_nonce"])
    with store.world.lock:
        if used in store.nonces:
            raise unauthenticated("Invalid nonce - nonce has already been used.")
        if len(store.nonces) > 10_000:
            store.nonces = {nonce: at for nonce, at in store.nonces.items() if now - at < WINDOW}
        store.nonces[used] = now


def decoded(header: str) -> tuple[str, str]:
    kind, _, value = header.partition(" ")
    if kind.lower() != "basic":
        return "", ""
    try:
        key, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return key, secret
