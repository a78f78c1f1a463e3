"""JSON and dates the way PHP and WordPress write them."""

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo


def json_encode(value: Any) -> bytes:
    """PHP's json_encode with its defaults: ASCII only, slashes escaped. Other writers give other bytes."""
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).replace("/", "\\/").encode("ascii")


def local(moment: datetime | None, zone: str) -> str | None:
    """Site time without an offset, as `date_created` and its like are."""
    return moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M:%S") if moment else None


def gmt(moment: datetime | None) -> str | None:
    """UTC without a Z, as the `*_gmt` fields are."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S") if moment else None


def parse(text: str, zone: str) -> datetime:
    """A date given to the REST API: with an offset as it says, bare in `zone`. ValueError if bad."""
    moment = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))


def truthy(text: str | None) -> bool:
    """rest_sanitize_boolean: "false", "0" and nothing are false."""
    return (text or "").lower() not in ("", "0", "false")


def only(value: Any, fields: str | None) -> Any:
    """`_fields=id,billing.phone` of the REST API; lists are trimmed item by item."""
    if not fields:
        return value
    if isinstance(value, list):
        return [only(item, fields) for item in value]
    kept: dict[str, Any] = {}
    for path in fields.split(","):
        _copy(value, kept, path.strip().split("."))
    return kept


def _copy(source: Any, target: dict[str, Any], path: list[str]) -> None:
    if not isinstance(source, dict) or path[0] not in source:
        return
    if len(path) == 1 or not isinstance(source[path[0]], dict):
        target[path[0]] = source[path[0]]
    else:
        _copy(source[path[0]], target.setdefault(path[0], {}), path[1:])
