"""People told apart from link previews, scanners and other machines that open links.

Phones and carriers fetch a link the moment a text arrives; counting that as a click would credit us with sales
that we didn't cause.
"""

import re
from typing import Literal

from werkzeug.datastructures import Headers

# Names that link previews, crawlers, scanners and HTTP libraries give themselves.
MACHINES = re.compile(
    r"bot\b|bot/|crawl|spider|preview|facebookexternalhit|facebot|whatsapp|telegram|slack|discord|skype|viber|"
    r"twitter|linkedin|pinterest|vkshare|embedly|iframely|applebot|imessage|google-safety|googleimageproxy|"
    r"bingpreview|yahoo|duckduck|headless|phantom|lighthouse|python-|python/|curl/|wget/|go-http|java/|okhttp|"
    r"libwww|httpclient|node-fetch|axios|scan|proofpoint|mimecast|barracuda|symantec|virustotal|monitor|validator",
    re.IGNORECASE,
)


def kind(method: str, headers: Headers) -> Literal["person", "bot"]:
    """Who opened a link: by the method, what the request says it is for, and what the client calls itself."""
    agent = headers.get("User-Agent", "")
    purpose = (
        f"{headers.get('Purpose', '')} {headers.get('Sec-Purpose', '')} {headers.get('X-Moz', '')}".lower()
    )
    if method != "GET" or "prefetch" in purpose or "preview" in purpose:
        return "bot"
    if not agent.startswith("Mozilla/") or MACHINES.search(agent):
        return "bot"
    return "person"
