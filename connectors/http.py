"""The one way out: every request we make to the world goes through a `session()`.

It never waits for ever, not for an answer that drips either, never repeats a request by itself, follows no
redirect unless asked, keeps no cookies, reads no proxy or .netrc from the environment (a .netrc entry would
replace our Authorization header), reads no endless answer, and reaches public addresses only (see `sockets`).

requests.RequestException
└── HttpError
    ├── NotReached        nothing was sent: no address, refused, no handshake, connect timed out
    │   └── PrivateAddress   the name leads into a private network
    └── TooLarge          the answer is larger than we read
"""

from functools import partial
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter

from connectors.sockets import ConnectFailed, HttpPool, HttpsPool, LeadsInside

VERSION = "0.1.0"
USER_AGENT = f"Comeback/{VERSION}"
MAX_BYTES = 32 * 1024 * 1024  # of one answer, unpacked


class HttpError(requests.RequestException):
    """The request could not be made or its answer not read. `permanent`: trying again can't help."""

    permanent = False


class NotReached(HttpError, requests.ConnectionError):
    """Nothing was sent: the other side was never connected to. Safe to try again."""


class PrivateAddress(NotReached):
    """The name leads into a private network, where we don't call."""

    permanent = True


class TooLarge(HttpError):
    """The answer is larger than we read."""

    permanent = True


class _Adapter(HTTPAdapter):
    """requests' adapter over the guarded connections. `max_retries` stays 0."""

    def __init__(
        self, *, allow_private: bool, timeout: tuple[float, float], whole: float | None, pool: int
    ) -> None:
        self._allow_private, self._whole = allow_private, whole
        self._timeout = timeout
        super().__init__(pool_connections=pool, pool_maxsize=pool, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {
            "http": partial(HttpPool, allow_private=self._allow_private, whole=self._whole),
            "https": partial(HttpsPool, allow_private=self._allow_private, whole=self._whole),
        }

    def send(  # type: ignore[override]
        self, request: requests.PreparedRequest, *, timeout: Any = None, **kwargs: Any
    ) -> requests.Response:
        try:
            return super().send(request, timeout=timeout or self._timeout, **kwargs)
        except LeadsInside as e:
            raise PrivateAddress(str(e), request=request) from None
        except ConnectFailed as e:
            host = urlsplit(request.url or "").hostname
            raise NotReached(f"{host} was not reached: {e.__cause__}", request=request) from e.__cause__
        except urllib3.exceptions.HTTPError as e:  # the few that requests lets pass as they are
            raise HttpError(f"{type(e).__name__} from urllib3", request=request) from e


class Session(requests.Session):
    """requests.Session with the module's manners. Safe for threads: it keeps no state between requests."""

    def request(self, method: Any, url: Any, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        kwargs.setdefault("allow_redirects", False)
        return super().request(method, url, **kwargs)

    def get(self, url: Any, **kwargs: Any) -> requests.Response:
        return self.request("GET", url, **kwargs)

    def options(self, url: Any, **kwargs: Any) -> requests.Response:
        return self.request("OPTIONS", url, **kwargs)

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """As requests does; an answer that isn't streamed is read here, up to `MAX_BYTES`."""
        stream = kwargs.pop("stream", False)
        try:
            response = super().send(request, stream=True, **kwargs)
        except ValueError as e:  # requests reads where a redirect leads, though it isn't followed
            if isinstance(e, requests.RequestException):
                raise
            raise HttpError("the answer leads to what is no address", request=request) from None
        return response if stream else _read(response)


def _read(response: requests.Response) -> requests.Response:
    parts, size = [], 0
    for part in response.iter_content(64 * 1024):
        parts.append(part)
        size += len(part)
        if size > MAX_BYTES:
            response.close()
            raise TooLarge(f"an answer of more than {MAX_BYTES} bytes is not read", response=response)
    response._content = b"".join(parts)
    return response


def session(
    *,
    allow_private: bool = False,
    connect: float = 3.05,
    read: float = 10.0,
    whole: float | None = None,
    pool: int = 16,
) -> Session:
    """A session for one process. Share it between threads; make a new one after a fork.

    `connect` and `read` are seconds, enforced where a request names none; `whole` are those for an answer from its
    first byte to its last (None: twice `read`, or what the request names in its place); `pool` is how many connections
    to one host are kept alive; `allow_private` is for the sandbox. Raises NotReached (PrivateAddress) if
    nothing was sent; any other requests.RequestException leaves it open whether the other side acted.
    """
    made = Session()
    made.trust_env = False
    made.max_redirects = 5
    made.headers["User-Agent"] = USER_AGENT
    made.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = _Adapter(allow_private=allow_private, timeout=(connect, read), whole=whole, pool=pool)
    made.mount("https://", adapter)
    made.mount("http://", adapter)
    return made
