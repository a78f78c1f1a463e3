"""Connections that go to public addresses only, beneath `http.session()`.

A name is resolved here and the connection goes to the very address that was judged, so a DNS change in
between has nothing to change; the Host header and the TLS name stay the caller's. And a failure to connect
is told from a failure afterwards: only after the first one is nothing sent for certain.
"""

import http.client
import io
import ipaddress
import socket
import time
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util import connection as urllib3_sockets

IDLE_SECONDS = 20.0  # common load balancers drop idle connections after 60 s, some NATs silently after 30 s

NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
GLOBAL = ipaddress.ip_network("2000::/3")
"""All that IANA gives out for the open internet. Elsewhere stand ways of writing IPv4 addresses (::/96, RFC 8215's
64:ff9b:1::/48), which `is_global` lets pass."""
ADDRESSES_TAKE = 2
"""So many times the time for one address all addresses of a name may take."""


class ConnectFailed(Exception):
    """What failed while connecting, its cause. Not an OSError, which urllib3 would mix with later ones."""


class LeadsInside(Exception):
    """A name leads to an address that isn't public. Not an OSError, for the same reason."""


def is_public(address: str) -> bool:
    """True if an IP address (v4 or v6, also one that embeds a v4) is out in the open internet."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo and ip.teredo[1])
        if ip in NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner:
            return is_public(str(inner))
        if ip not in GLOBAL:
            return False
    return ip.is_global and not ip.is_multicast


def addresses(host: str, port: int, *, allow_private: bool) -> list[str]:
    """The IP addresses of a host. Raises OSError if it has none, LeadsInside if one of them isn't public:
    an honest name has no such mix."""
    try:
        found = socket.getaddrinfo(host, port, urllib3_sockets.allowed_gai_family(), socket.SOCK_STREAM)
    except UnicodeError as e:  # a label that is empty or longer than 63
        raise OSError(f"{host[:80]} is no host name") from e
    unique = list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))
    inside = [] if allow_private else [a for a in unique if not is_public(a)]
    if inside:
        raise LeadsInside(
            f"{host} leads to {inside[0]}, a private address; only public addresses are called. "
            "Correct the address, or allow private addresses in a sandbox."
        )
    return unique


class _Bounded(io.RawIOBase):
    """An answer as it comes, given up at `until` (`time.monotonic()`): a socket's own time-out begins anew with each
    byte."""

    def __init__(self, sock: socket.socket, each: float, until: float) -> None:
        self._sock, self._raw = sock, sock.makefile("rb", buffering=0)
        self._each, self._until = each, until

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("the whole answer took too long")
        self._sock.settimeout(min(self._each, left))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Source:
    """As much of a socket as http.client reads an answer from."""

    def __init__(self, sock: socket.socket, each: float, until: float) -> None:
        self._about = sock, each, until

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Bounded(*self._about))


class _Guarded:
    """What both kinds of connection share. `whole`: seconds for an answer from its first byte to its last; None: twice
    what a request gives for a single byte."""

    def __init__(
        self, *args: Any, allow_private: bool = False, whole: float | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.allow_private = allow_private
        self.whole = whole
        self.idle_since: float | None = None

    def connect(self) -> None:
        try:
            super().connect()  # type: ignore[misc]
        except (OSError, urllib3.exceptions.HTTPError) as e:
            raise ConnectFailed(e) from e

    def getresponse(self) -> Any:
        each: float = self.timeout  # type: ignore[attr-defined]
        until = time.monotonic() + (self.whole or 2 * each)

        def reading(sock: socket.socket, *args: Any, **kwargs: Any) -> http.client.HTTPResponse:
            return http.client.HTTPResponse(_Source(sock, each, until), *args, **kwargs)  # type: ignore[arg-type]

        self.response_class: Any = reading
        return super().getresponse()  # type: ignore[misc]

    def _new_conn(self) -> socket.socket:
        host, port = self._dns_host.strip("[]"), self.port  # type: ignore[attr-defined]
        failed = OSError(f"{host} has no address")
        found = addresses(host, port, allow_private=self.allow_private)
        until = time.monotonic() + ADDRESSES_TAKE * self.timeout  # type: ignore[attr-defined]
        for address in found:
            if time.monotonic() >= until:
                break
            try:
                return urllib3_sockets.create_connection(
                    (address, port),
                    self.timeout,  # type: ignore[attr-defined]
                    socket_options=self.socket_options,  # type: ignore[attr-defined]
                )
            except OSError as e:
                failed = e
        raise failed


class _Http(_Guarded, HTTPConnection):
    pass


class _Https(_Guarded, HTTPSConnection):
    pass


class _FreshPool:
    """Gives no connection again that has been idle for so long that the other side may have dropped it:
    a POST that dies on a stale connection leaves its outcome unknown."""

    def _get_conn(self, timeout: float | None = None) -> Any:
        conn = super()._get_conn(timeout)  # type: ignore[misc]
        if conn.idle_since is not None and time.monotonic() - conn.idle_since > IDLE_SECONDS:
            conn.close()
        return conn

    def _put_conn(self, conn: Any) -> None:
        if conn is not None:
            conn.idle_since = time.monotonic()
        super()._put_conn(conn)  # type: ignore[misc]


class HttpPool(_FreshPool, HTTPConnectionPool):
    """For http://."""

    ConnectionCls = _Http


class HttpsPool(_FreshPool, HTTPSConnectionPool):
    """For https://."""

    ConnectionCls = _Https
