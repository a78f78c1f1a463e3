"""What is logged, and what never is: no phone, no e-mail, no token, no recovery link's secret, even by mistake.

Everything goes to standard error through one pipe of processors, the standard library's loggers included.
"""

import logging
import re
import sys
import threading
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any

import structlog

from plugin_server.settings import Settings

HIDDEN = "•••"
CHATTY = ("vonage", "urllib3", "requests", "rq.worker", "alembic")  # loggers that say too much
SECRET_NAMES = re.compile(
    r"token|secret|password|authorization|private_key|signature|credential|cookie|hmac|api_key|consumer_key"
    r"|phone|msisdn|e_?mail|first_?name|last_?name|postal|postcode|^(?:to|body|text|payload)$",
    re.IGNORECASE,
)
# Order matters: a link's secret may hold digits that look like a phone.
PATTERNS = (
    re.compile(
        r"(?:(?<=[?&]key=)|(?<=token=)|(?<=hmac=)|(?<=signature=)|(?<=secret=))[^&\s\"']+", re.IGNORECASE
    ),
    re.compile(r"(?:(?<=Bearer )|(?<=Basic ))\S+", re.IGNORECASE),
    re.compile(r"(?<=:)[^\s:@/]+(?=@)"),  # the password in an address
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL),
    re.compile(r"\b(?:shp(?:at|rt|ss|ca|ua)_[A-Za-z0-9_]+|c[ks]_[0-9a-f]{8,}|eyJ[\w-]+\.[\w-]+\.[\w-]*)"),
    re.compile(r"(?<=/r/)[\w-]{12}"),
    re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+"),
    # With a plus it can't be anything else. E.164 has 7 to 15 digits.
    re.compile(r"(?<!\d)(?:\+|%2B)[1-9](?:[ ().-]{0,2}\d){6,14}(?!\d)", re.IGNORECASE),
    re.compile(
        r"(?<![\w./:-])\(?[2-9]\d{2}\)?[ .-]{1,2}\d{3}[ .-]\d{4}(?![\w-])"
    ),  # as North America writes it
    # A carrier's form without the plus; years, ids and ports are shorter or stand in a path.
    re.compile(r"(?<![\w./:-])\+?[1-9](?:[ ().-]?\d){9,14}(?![\w-])"),
)
Event = MutableMapping[str, Any]


def hide(text: str) -> str:
    """The text without what looks like personal data or a secret."""
    for pattern in PATTERNS:
        text = pattern.sub(HIDDEN, text)
    return text


def hide_all(_logger: object, _method: str, event: Event) -> Event:
    """Processor: hides by the name of a value, and by its look, whatever it is nested in."""
    return {
        name: HIDDEN if SECRET_NAMES.search(name) and event[name] else _clean(event[name]) for name in event
    }


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return hide(value)
    if isinstance(value, dict):
        return hide_all(None, "", value)
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    return value if isinstance(value, int | float | bool | None) else hide(str(value))


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """What ends the process is logged like all else, so that its message is cleaned too."""
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    structlog.get_logger().critical("uncaught", exc_info=(kind, error, trace))


def configure(settings: Settings) -> None:
    """Call once per process, before anything is logged."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        hide_all,
    ]
    as_json = settings.log_format == "json"
    renderer: Any = (
        structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    sys.excepthook = _log_uncaught
    threading.excepthook = lambda args: _log_uncaught(
        args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback
    )
    logging.captureWarnings(True)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level)
    for chatty in CHATTY:
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))
