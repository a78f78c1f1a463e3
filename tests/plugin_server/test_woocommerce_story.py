"""One store at WooCommerce from its connection to its farewell, over HTTP, with the plugin, in a bad world.

Its clock is ten minutes off, deliveries come late, twice and in no order. Neither side knows how the other works
inside.
"""

import re
from dataclasses import replace
from html import unescape
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
import spine_kit as kit
from code_pools_kit import look_after
from woo_connect_kit import drawn

from plugin_server.demo import shops as demo_shops
from plugin_server.jobs import connecting, errands, rereading, tending
from plugin_server.store import shops
from plugin_server.web.app import create_app

HTTPS = "https://comeback.example"
ANN, BEA, CAT = "+447400123456", "+447400123457", "+447400123458"
SENDER = "+447400123400"
STEP = {
    "delay": 3600,
    "offer": {"discount": {"kind": "percent", "percent": "15", "prefix": "YARN"}},
    "texts": {
        "en": "{{ shop.name }}: your cart waits, {{ offer.value }} off with {{ offer.code }}: {{ cart.link }}"
    },
}
TROUBLE = {"webhook_duplicate": 0.5, "webhook_disorder": 0.3, "report_duplicate": 0.5}
BUYER = {"first_name": "Zoe", "last_name": "Other", "email": "zoe@example.com", "country": "GB"}
PERSONAL = "carts touches attempts consents links traces notices".split()


@pytest.fixture
def yarn(spine):
    """A store with the plugin that nobody is connected with."""
    facts = {"name": "Yarn & Co", "currency": "GBP", "country": "GB", "locale": "en-GB"}
    spine.world.post("/sandbox/shops", {"id": "yarn", "platform": "woocommerce", "plugin": True, **facts})
    spine.world.post("/sandbox/hosts", {HTTPS: spine.url})
    kit.move_to(spine, 11)
    return spine


def test_from_the_connection_to_the_farewell(yarn, database_url, capsys) -> None:
    connect(yarn)
    kit.faults(yarn, **TROUBLE, store_clock_skew_seconds=600)
    assert "automated marketing texts" in requests.get(f"{yarn.world.url}/shop/yarn", timeout=10).text

    ann, bea = leave(yarn, ANN), leave(yarn, BEA)
    leave(yarn, CAT, consent=False)
    pass_time(yarn, minutes=80)
    assert carts(yarn) == {"abandoned": 2}, "who didn't tick the box isn't known"
    assert sorted(texted(yarn)) == [ANN, BEA]
    assert kit.rows(yarn, "SELECT count(*) AS n FROM events WHERE state = 'parked'")[0].n == 0

    text = next(t for t in kit.texts(yarn) if f"+{t['to'].lstrip('+')}" == ANN)["text"]
    code = re.search(r"YARN-\w{4}-\w{4}", text)[0]
    checkout = follow(yarn, text, code)
    order = buy(checkout)
    pass_time(yarn, minutes=10)
    (recovery,) = kit.rows(yarn, "SELECT order_key, rule, amount, state FROM recoveries")
    assert (recovery.order_key, recovery.rule, recovery.state) == (
        f"order:{order}",
        "same_checkout",
        "standing",
    )
    assert f"{recovery.amount:.2f}" == "21.25", "25.00 less 15 %"
    assert len(texted(yarn)) == 2
    refused(follow_again(yarn, text))

    yarn.world.post(f"/sandbox/phones/{BEA[1:]}/reply", {"text": "STOP", "to": SENDER[1:]})
    pass_time(yarn, minutes=10)
    yarn.world.post(f"/sandbox/carts/yarn/{bea}/change", {})
    leave(yarn, BEA)
    pass_time(yarn, hours=3)
    assert texted(yarn).count(BEA) == 1, "who said STOP is reminded of nothing any more"

    kit.errand(yarn, "erase", "yarn", phone=ANN)
    pass_time(yarn, minutes=20)
    left = kit.everything(database_url)
    assert ANN not in left
    (gone,) = kit.rows(
        yarn, "SELECT sealed, phone_hash, email_hash FROM carts WHERE key = :k", k=f"checkout:{ann}"
    )
    assert tuple(gone) == (None, None, None)

    kit.errand(yarn, "disconnect", "yarn")
    pass_time(yarn, minutes=20)
    tending.run(yarn.machine)
    assert shop(yarn).state == "uninstalled"
    assert not shop(yarn).credentials.get("consumer_secret")
    told = len(kit.texts(yarn))
    leave(yarn, CAT)
    pass_time(yarn, hours=3)
    assert len(kit.texts(yarn)) == told, "nothing is sent for a store that has gone"
    it_was_a_bad_world(yarn)
    nothing_in_the_logs(capsys.readouterr().out)


def connect(spine) -> None:
    """The merchant types the store's address, agrees on the store's own page, and somebody sets number and plan."""
    settings = replace(spine.machine.settings, public_url=HTTPS)
    with create_app(replace(spine.machine, settings=settings)).test_client() as browser:
        browser.environ_base["REMOTE_ADDR"] = drawn()
        asked = browser.post("/connect/woocommerce", data={"store": f"{spine.world.url}/woo/yarn"})
        assert asked.status_code in (302, 303), asked.get_data(as_text=True)
        back = agree(asked.headers["Location"])
        assert back.startswith(f"{HTTPS}/connect/woocommerce/return")
        connecting.run(spine.machine)
        assert browser.get(back.removeprefix(HTTPS)).status_code == 200
    spine.keys["yarn"] = key = shop(spine).shop.key
    demo_shops.set_up_carrier(
        spine.machine.settings, spine.world, {"yarn": key}, {"yarn": SENDER.removeprefix("+")}
    )
    kit.change(spine, "UPDATE shops SET sender = :s WHERE key = :k", s=SENDER, k=key)
    kit.plan(spine, "yarn", steps=[STEP], holdout="0")
    look_after(spine)


def agree(address: str) -> str:
    """The merchant logs in at the store and presses Approve, twice: the second key is the one that lives."""
    with requests.Session() as browser:
        login = browser.get(address, timeout=10)
        page = browser.post(login.url, {"username": "mara", "password": "sandbox"}, timeout=10).text
        action = re.search(r'action="([^"]+access_granted/)"', page)[1]
        fields = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', page))
        link = f"{action}?{urlencode({name: unescape(value) for name, value in fields.items()})}"
        for _ in range(2):
            agreed = browser.get(link, allow_redirects=False, timeout=30)
            assert agreed.status_code == 302, agreed.text
    return agreed.headers["Location"]


def shop(spine):
    with spine.machine.db.system() as c:
        domain = f"{spine.world.url}/woo/yarn"
        return shops.by_domain(c, spine.machine.secrets.vault, "woocommerce", domain)


def leave(spine, phone: str, **more) -> str:
    kit.wait_idle(spine)
    return kit.leave_cart(
        spine, "yarn", **{**kit.LONDON, "phone": phone, "email": f"{phone[-3:]}@example.com", **more}
    )


def follow(spine, text: str, code: str) -> requests.Response:
    """On another device: the cart's goods, the coupon, and nothing of the person who left it."""
    link = next(word for word in text.split() if "/r/" in word)
    target = requests.get(link, headers=kit.PERSON, allow_redirects=False, timeout=10).headers["Location"]
    asked = parse_qs(urlsplit(target).query)
    assert asked["comeback_coupon"] == [code]
    for wrong in (
        target.replace("comeback=", "comeback=0"),
        re.sub(r"(comeback=\w+)\.\d+\.", r"\1.1.", target),
    ):
        refused(requests.get(wrong, headers=kit.PERSON, timeout=10))
    page = requests.get(target, headers=kit.PERSON, timeout=10)
    assert page.status_code == 200
    assert code.lower() in page.text.lower()
    for secret in (ANN[3:], kit.NAMES["first_name"], kit.NAMES["last_name"], "456@example.com"):
        assert secret not in page.text
    return page


def follow_again(spine, text: str) -> requests.Response:
    link = next(word for word in text.split() if "/r/" in word)
    return requests.get(link, headers=kit.PERSON, timeout=10)


def refused(page: requests.Response) -> None:
    assert "/cart/" in page.url, page.url
    assert "bring your cart back" in page.text


def buy(page: requests.Response) -> str:
    form = {"action": "buy", "phone": "", **BUYER}
    done = requests.post(
        page.url,
        urlencode(form),
        headers={**kit.PERSON, "Content-Type": "application/x-www-form-urlencoded"},
        allow_redirects=False,
        timeout=10,
    )
    assert done.status_code == 303, done.text
    return done.headers["Location"].rstrip("/").rpartition("/")[2]


def pass_time(spine, **span) -> None:
    """In steps of ten minutes, as the clock would: everything that is due is done."""
    for _ in range(max(1, int(sum({"hours": 6, "minutes": 0.1}[k] * v for k, v in span.items())))):
        kit.skip(spine, minutes=10)
        kit.work(spine)
        look_after(spine)
        rereading.run(spine.machine)
        errands.run(spine.machine)
        kit.work(spine)


def texted(spine) -> list[str]:
    return [f"+{text['to'].lstrip('+')}" for text in kit.texts(spine) if "cart waits" in text["text"]]


def carts(spine) -> dict[str, int]:
    found = kit.rows(spine, "SELECT state, count(*) AS n FROM carts GROUP BY state")
    return {row.state: row.n for row in found}


def it_was_a_bad_world(spine) -> None:
    told = spine.world.get("/sandbox/ledger")["entries"]
    ids = [e["delivery_id"] for e in told if e["kind"] == "delivery" and "delivery_id" in e]
    assert len(ids) > len(set(ids)), "no snapshot came twice"
    assert any(e.get("status") == 401 for e in told), "the clock that was off was never noticed"


def nothing_in_the_logs(said: str) -> None:
    for secret in (ANN[1:], BEA[1:], CAT[1:], "@example.com", "ck_", "cs_", "comeback="):
        assert secret not in said
