"""What is logged, and what never is: no phone, no e-mail, no token, no recovery link's secret, even by mistake.

Everything goes to standard error through one pipe of processors, the standard library's loggers included.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from plugin_server.settings import Settings

HIDDEN = "•••"
SECRET_NAMES = re.compile(
    r"token|secret|password|authorization|private_key|signature|credential|cookie|hmac|api_key|consumer_key",
    re.IGNORECASE,
)
# Order matters: a link's secret may hold digits that look like a phone.
PATTERNS = (
    re.compile(r"(?<=[?&]key=)[^&\s\"']+", re.IGNORECASE),
    re.compile(r"(?<=Bearer )\S+", re.IGNORECASE),
    re.compile(r"\b(?:shp(?:at|rt|ss|ca|ua)_[A-Za-z0-9_]+|c[ks]_[0-9a-f]{8,}|eyJ[\w-]+\.[\w-]+\.[\w-]*)"),
    re.compile(r"(?<=/r/)[\w-]{12}"),
    re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+"),
    # E.164, and a carrier's form without the plus; years, ids and ports are shorter or stand in a path.
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
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level)
    for chatty in ("vonage", "urllib3", "requests", "rq.worker", "alembic"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))
