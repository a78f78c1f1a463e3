"""A server that takes a request and then answers a byte now and then, for ever; or says just what it is given."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

EVERY = 0.05  # seconds


@contextlib.contextmanager
def dripping(begins: bytes = b"HTTP/1.1 200 OK\r\nX-Long: ", *, drips: bool = True) -> Iterator[str]:
    """Its address. `begins`: what it says at once. `drips`: else it hangs up then."""
    listening = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_accept, args=(listening, begins, drips), daemon=True).start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()


def _accept(listening: socket.socket, begins: bytes, drips: bool) -> None:
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        threading.Thread(target=_drip, args=(connection, begins, drips), daemon=True).start()


def _drip(connection: socket.socket, begins: bytes, drips: bool) -> None:
    with connection, contextlib.suppress(OSError):
        connection.recv(65536)
        connection.sendall(begins)
        while drips:
            time.sleep(EVERY)
            connection.sendall(b"x")
