"""A Comeback for a plugin's deliveries that takes them, or that takes the call and never says a word."""

import socket
import threading
from types import TracebackType

THANKS = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Counterfeit:
    """Listens on a port of its own while it is entered. `calls`: how many came."""

    def __init__(self, *, answers: bool) -> None:
        self.calls = 0
        self._answers = answers
        self._held: list[socket.socket] = []
        self._door = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._listen, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._door.getsockname()[1]}"

    def __enter__(self) -> "Counterfeit":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._door.close()
        for call in self._held:
            call.close()

    def _listen(self) -> None:
        while True:
            try:
                call, _ = self._door.accept()
            except OSError:  # the door was closed
                return
            self.calls += 1
            if self._answers:
                threading.Thread(target=self._thank, args=(call,), daemon=True).start()
            else:
                self._held.append(call)

    @staticmethod
    def _thank(call: socket.socket) -> None:
        """Read head and body, then answer."""
        with call, call.makefile("rb") as heard:
            size = 0
            while (line := heard.readline()) not in (b"\r\n", b""):
                name, _, value = line.partition(b":")
                size = int(value) if name.lower() == b"content-length" else size
            heard.read(size)
            call.sendall(THANKS)
