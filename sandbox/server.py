"""A small threaded HTTP/1.1 server for the sandbox: keep-alive, one write per answer, and a way to hang up.

Werkzeug's own server closes the connection after every answer (its source: "Always close the connection"),
which makes the clock, asked many times a second, dear. Granian keeps connections but can't break one on
purpose, which a carrier must be able to do. Here the body is read whole before the application is called, so
the next request on the connection always starts where it should.
"""

import io
import ipaddress
import logging
import socket
import sys
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote_to_bytes
from wsgiref.types import StartResponse, WSGIApplication

log = logging.getLogger("sandbox.server")

MAX_BODY = 8 * 1024 * 1024


class NotLoopback(ValueError):
    """The sandbox listens on this machine only: use 127.0.0.1, ::1 or localhost."""


class SandboxServer(ThreadingHTTPServer):
    """Serves one WSGI application; every connection has its thread."""

    request_queue_size = 256
    daemon_threads = True

    def __init__(self, host: str, port: int, app: WSGIApplication) -> None:
        """Bind to `host` (loopback only, else NotLoopback) and `port` (0: any free one, see `.port`)."""
        address = loopback_address(host)
        self.app = app
        self.address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
        super().__init__((address, port), Handler)
        self.port: int = self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        trouble = sys.exc_info()[1]
        if not isinstance(trouble, ConnectionError | TimeoutError):
            log.exception("while answering")


def loopback_address(host: str) -> str:
    """The address to bind to for `host`; raises NotLoopback for anything another machine could reach."""
    if host == "localhost":
        return "127.0.0.1"
    try:
        if ipaddress.ip_address(host).is_loopback:
            return host
    except ValueError:
        pass
    raise NotLoopback(
        f"won't listen on {host!r}: the sandbox listens on this machine only (127.0.0.1 or ::1)"
    )


class Handler(BaseHTTPRequestHandler):
    """One connection: requests one after the other until the client goes or the application hangs up."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: SandboxServer

    def answer(self) -> None:
        body = self._body()
        if body is None:
            self.close_connection = True
            self.send_error(413, "Body too large, or its length is unknown")
            return
        try:
            self._send(*self._run(body))
        except ConnectionError:
            self.close_connection = True  # the application hung up, or the client went

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = answer

    def _body(self) -> bytes | None:
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            return self._chunked()
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > MAX_BODY:
            return None
        return self.rfile.read(int(length))

    def _chunked(self) -> bytes | None:
        parts = b""
        while True:
            size = self.rfile.readline(100).split(b";")[0].strip()
            try:
                count = int(size, 16)
            except ValueError:
                return None
            if count < 0 or len(parts) + count > MAX_BODY:
                return None
            parts += self.rfile.read(count)
            self.rfile.readline(100)
            if not count:
                return parts

    def _run(self, body: bytes) -> tuple[str, list[tuple[str, str]], bytes]:
        started: list[Any] = ["500 Internal Server Error", []]

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            started[:] = [status, headers]
            return lambda data: None

        answer: StartResponse = start_response
        parts: Iterable[bytes] = self.server.app(self._environ(body), answer)
        try:
            data = b"".join(parts)
        finally:
            if hasattr(parts, "close"):
                parts.close()
        return started[0], started[1], data

    def _send(self, status: str, headers: list[tuple[str, str]], data: bytes) -> None:
        lines = [f"HTTP/1.1 {status}"] + [
            f"{k}: {v}" for k, v in headers if k.lower() not in ("content-length", "connection")
        ]
        bodiless = self.command == "HEAD" or status[:3] in ("204", "304")
        lines += [f"Date: {self.date_time_string()}"]
        lines += [] if status[:3] == "204" else [f"Content-Length: {len(data)}"]
        lines += ["Connection: close"] if self.close_connection else []
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        self.wfile.write(head if bodiless else head + data)

    def _environ(self, body: bytes) -> dict[str, Any]:
        path, _, query = self.path.partition("?")
        host, port = self.server.server_address[:2]
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "REQUEST_URI": self.path,
            "RAW_URI": self.path,
            "SERVER_NAME": str(host),
            "SERVER_PORT": str(port),
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": self.client_address[0],
            "CONTENT_LENGTH": str(len(body)),
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "werkzeug.socket": self.connection,
        }
        for name, value in self.headers.items():
            key = "HTTP_" + name.upper().replace("-", "_")
            if name.lower() not in ("content-type", "content-length", "transfer-encoding"):
                environ[key] = f"{environ[key]},{value}" if key in environ else value
        return environ

    def send_response(self, code: int, message: str | None = None) -> None:
        """Of what never reaches the application: even a refusal says that this is no real shop."""
        super().send_response(code, message)
        self.send_header("X-Sandbox", "comeback-sandbox")

    def log_message(self, format: str, *args: Any) -> None:
        log.debug(format, *args)
