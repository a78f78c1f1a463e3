"""The answer to a data request: one file for machines and one for people, in one zip."""

import io
import json
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from plugin_server.privacy.person import plain

TITLES = {
    "carts": "Carts",
    "orders": "Orders",
    "texts_sent": "Texts sent to you",
    "texts_received": "Texts you sent",
    "links_opened": "Links opened",
    "consent": "Consent: every line of evidence",
    "opt_outs": "Opt-outs",
    "customer_list": "Entry in the customer list",
    "why_texted_or_not": "Why you were, or weren't, texted",
}
_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined
)


def as_zip(found: dict[str, Any], now: datetime) -> bytes:
    """`data.json` and `data.html`. The page needs nothing but itself."""
    values = plain({**found, "made_at": now})
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.json", json.dumps(values, indent=2, ensure_ascii=False))
        archive.writestr("data.html", as_page(values))
    return buffer.getvalue()


def as_page(values: dict[str, Any]) -> str:
    """For the person: every section, also the empty ones, so that they see nothing was left out."""
    return _PAGES.get_template("data.html").render(values=values, titles=TITLES, told=_told)


def _told(value: Any) -> str:
    """A value in a table's cell."""
    if isinstance(value, dict):
        return "; ".join(
            f"{k.replace('_', ' ')}: {_told(v)}" for k, v in value.items() if v not in (None, "", [], {})
        )
    if isinstance(value, list):
        return " | ".join(map(_told, value))
    return (
        {True: "yes", False: "no", None: ""}.get(value, str(value))
        if isinstance(value, bool | None)
        else str(value)
    )
