"""What tests of signing up do again and again: open a shop's page, fill it in, look at the evidence."""

import html
import json
import re

import requests
from spine_kit import PHONE, change, rows

from plugin_server.store import people, shops
from plugin_server.store.tx import Tx

TERMS, PRIVACY = "https://mugs.example/terms", "https://mugs.example/privacy"
AGENT = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) Safari/604.1"


def opened(spine, shop: str = "mugs", **more) -> str:
    """The address of a sign-up page that is ready."""
    plan = {"terms_url": TERMS, "privacy_url": PRIVACY, **more}
    change(
        spine,
        "UPDATE shops SET gathering = CAST(:plan AS jsonb) WHERE key = :key",
        plan=json.dumps(plan),
        key=spine.keys[shop],
    )
    return f"{spine.url}/join/{code(spine, shop)}"


def code(spine, shop: str = "mugs") -> str:
    (row,) = rows(spine, "SELECT join_code FROM shops WHERE key = :key", key=spine.keys[shop])
    return row.join_code


def show(url: str, **headers: str) -> str:
    """The page's HTML."""
    answer = requests.get(url, headers=headers, timeout=10)
    assert answer.status_code == 200, answer.text
    return answer.text


def token(page: str) -> str:
    return html.unescape(re.search(r'name="token" value="([^"]+)"', page)[1])


def disclosure(page: str) -> str:
    """What stands beside the box, as people read it."""
    label = re.search(r'<label for="agree">(.*?)</label>', page, re.DOTALL)[1]
    return html.unescape(re.sub(r"<[^>]+>", "", label))


def send(url: str, page: str | None = None, *, headers: dict[str, str] | None = None, **fields: str | None):
    """Fill in the form as a person would, and send it; a field that is None is left out."""
    filled = {"token": token(page or show(url)), "phone": PHONE, "country": "US", "agree": "yes", **fields}
    return requests.post(
        url,
        data={name: value for name, value in filled.items() if value is not None},
        headers={"User-Agent": AGENT, **(headers or {})},
        timeout=10,
    )


def evidence(spine) -> list[dict]:
    """The lines of consent, oldest first, with their facts as values."""
    found = rows(spine, "SELECT state, source, proven, facts, phone_hash FROM consents ORDER BY seq")
    return [{**row._mapping, "facts": json.loads(row.facts)} for row in found]


def planned(spine) -> list[str]:
    """The kinds of texts that are waiting or were sent, oldest first."""
    return [
        row.kind
        for row in rows(spine, "SELECT kind FROM notices WHERE state <> 'cancelled' ORDER BY asked_at")
    ]


def suppress(spine, shop: str = "mugs", phone: str = PHONE, kind: str = "stop") -> None:
    """As if this number had opted out earlier."""
    machine = spine.machine
    with machine.db.system() as c:
        installed = shops.by_key(c, machine.secrets.vault, None, spine.keys[shop])
        tx = Tx(c, installed.shop, machine.secrets)
        people.suppress(tx, tx.phone(phone), "said so", machine.clock.now(), kind)
