"""An answer that never comes."""

import socket
from collections.abc import Iterable
from typing import Any

from flask import Response


class HangUp(Response):
    """No answer at all: the connection breaks after the request was read."""

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        raise ConnectionAbortedError("hung up")
