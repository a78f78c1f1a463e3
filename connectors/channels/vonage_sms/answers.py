"""What Vonage's HTTP answer says about one text.

Errors are RFC 7807 bodies: `type` (its #fragment is the code), `title`, `detail`, `invalid_parameters`.
Source: Vonage's Messages OpenAPI 1.11.0. `detail` may repeat a number or a text, so it isn't kept.
"""

import json
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests

from sequences.ports import Outcome

# No credentials, no credit, not allowed: every other text would fare the same.
ACCOUNT = frozenset({401, 402, 403})
LONGEST_WAIT = 3600.0  # seconds; whatever a Retry-After asks for

_NUMBERS = re.compile(r"\+?\d[\d\s().-]{3,}\d")
_CODE = re.compile(r"[\w.-]{1,60}")


def outcome(response: requests.Response) -> Outcome:
    """The outcome for a status and body. Anything that leaves it open whether Vonage has it is `unknown`."""
    status, said = response.status_code, _object(response.content)
    if 200 <= status < 300:
        return _accepted(said)
    if status >= 500:
        return Outcome(kind="unknown", code=f"http-{status}", detail="Vonage failed while it had the text")
    code, detail = _code(said) or f"http-{status}", _detail(said)
    if status == 429:
        wait = _retry_after(response.headers.get("Retry-After", ""))
        return Outcome(kind="retry_later", code=code, detail=detail, permanent=False, retry_after=wait)
    # 3xx: base_url leads to something that isn't the API
    account = status in ACCOUNT or status < 400
    return Outcome(kind="refused", code=code, detail=detail, account=account, permanent=not account)


def _accepted(said: dict[str, Any]) -> Outcome:
    uuid = said.get("message_uuid")
    if isinstance(uuid, str) and uuid:
        return Outcome(kind="accepted", provider_id=uuid)
    return Outcome(kind="unknown", code="unreadable", detail="Vonage said yes without a message_uuid")


def _object(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _code(said: dict[str, Any]) -> str:
    kind = said.get("type")
    fragment = kind.rpartition("#")[2] if isinstance(kind, str) and "#" in kind else ""
    return fragment if _CODE.fullmatch(fragment) else ""


def _detail(said: dict[str, Any]) -> str:
    """The title and the names of the fields at fault, without anything that looks like a phone number."""
    wrong = said.get("invalid_parameters")
    names = [p.get("name") for p in wrong if isinstance(p, dict)] if isinstance(wrong, list) else []
    fields = ", ".join(n for n in names if isinstance(n, str) and _CODE.fullmatch(n))
    title = said.get("title")
    words = ": ".join(w for w in (title if isinstance(title, str) else "", fields) if w)
    return masked(words)


def masked(words: str) -> str:
    """At most 200 characters, numbers of five and more digits left out."""
    return _NUMBERS.sub("…", words)[:200]


def _retry_after(header: str) -> float | None:
    """Seconds, from seconds or an HTTP date (RFC 9110 10.2.3). None if there is none that can be read."""
    if re.fullmatch(r"\d{1,9}", header, re.ASCII):
        return min(float(header), LONGEST_WAIT)
    try:
        at = parsedate_to_datetime(header)
    except ValueError:
        return None
    wait = (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return min(max(wait, 0.0), LONGEST_WAIT)
