"""A short link leads to its own cart and nowhere else; only people count as having followed it."""

import pytest
import requests
from spine_kit import PERSON, change, due, link_in, one, rows, skip, texted, texts, work

from plugin_server.store import carts, shops
from plugin_server.store.tx import Tx
from sequences.codec import encode

ROBOTS = [
    "facebookexternalhit/1.1 Facebot Twitterbot/1.0",
    "WhatsApp/2.23 A",
    "TelegramBot (like TwitterBot)",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (iPhone) AppleWebKit (KHTML) Safari/601 (compatible; Applebot/0.1)",
    "Slackbot-LinkExpanding 1.0",
    "python-requests/2.31",
    "curl/8.0",
    "okhttp/4.9.3",
    "Mozilla/5.0 HeadlessChrome/120",
    "",
]


def follow(url: str, method: str = "GET", **headers):
    return requests.request(method, url, headers={**PERSON, **headers}, timeout=5, allow_redirects=False)


def clicks(spine) -> list[str]:
    return [r.visitor for r in rows(spine, "SELECT visitor FROM clicks ORDER BY id")]


@pytest.mark.parametrize("shop", ["mugs", "wool"])
def test_a_person_is_led_to_the_cart_that_was_left_and_counts(spine, shop) -> None:
    texted(spine, shop)
    answer = follow(link_in(spine))
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(spine.world.url)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert clicks(spine) == ["person"]
    arrived = requests.get(answer.headers["Location"], headers=PERSON, timeout=10)
    assert arrived.status_code == 200


@pytest.mark.parametrize("agent", ROBOTS)
def test_a_machine_that_looks_ahead_is_told_apart_and_gets_no_address(spine, agent) -> None:
    texted(spine)
    answer = follow(link_in(spine), **{"User-Agent": agent})
    assert answer.status_code == 200
    assert "Location" not in answer.headers
    assert spine.world.url not in answer.text
    assert clicks(spine) == ["bot"]


def test_a_look_ahead_by_a_persons_own_browser_is_no_visit(spine) -> None:
    texted(spine)
    for header in ({"Sec-Purpose": "prefetch;prerender"}, {"Purpose": "preview"}, {"X-Moz": "prefetch"}):
        assert follow(link_in(spine), **header).status_code == 200
    head = follow(link_in(spine), method="HEAD")
    assert (head.status_code, head.headers.get("Location"), head.text) == (200, None, "")
    assert clicks(spine) == ["bot"] * 4


def test_nothing_in_the_address_can_send_people_elsewhere(spine) -> None:
    texted(spine)
    wanted = follow(link_in(spine)).headers["Location"]
    for tail in (
        "?to=https://evil.example",
        "?next=//evil.example&url=https://evil.example",
        "?utm_id=x",
        "#@evil",
    ):
        answer = follow(link_in(spine) + tail, **{"X-Forwarded-Host": "evil.example", "Host": "evil.example"})
        assert answer.headers["Location"] == wanted, tail
    for tail in (
        "//evil.example",
        "/https://evil.example",
        "%2f..%2f..",
        "%0d%0aLocation:%20https://evil.example",
    ):
        assert follow(link_in(spine) + tail).status_code == 404, tail


@pytest.mark.parametrize(
    "code", ["AbCdEf123456", "x", "%00", "%ff", "a" * 5000, "..%2f..%2fhealth", "%F0%9F%92%A9", "'--"]
)
def test_an_unknown_code_is_not_found_in_every_form(spine, code) -> None:
    for path in (f"/r/{code}", f"/r/{code}/stop"):
        answer = follow(spine.url + path)
        assert answer.status_code == 404, path
        assert "Traceback" not in answer.text
    assert follow(f"{spine.url}/r/{code}/stop", "POST").status_code == 404


def test_an_expired_link_says_so_and_its_way_out_still_works(spine) -> None:
    texted(spine)
    skip(spine, days=29, hours=23)
    assert follow(link_in(spine)).status_code == 302
    skip(spine, hours=2)
    answer = follow(link_in(spine))
    assert (answer.status_code, answer.headers.get("Location")) == (410, None)
    assert follow(f"{link_in(spine)}/stop", "POST").status_code == 200
    assert one(spine, "suppressions").reason


def test_a_text_holds_one_link_and_it_is_ours(spine) -> None:
    texted(spine)
    words = [word for word in texts(spine)[0]["text"].split() if "://" in word]
    assert words == [link_in(spine)]
    assert words[0].startswith(f"{spine.url}/r/")
    assert len(words[0].rpartition("/")[2]) == 12


def test_other_methods_do_nothing(spine) -> None:
    texted(spine)
    for method in ("POST", "PUT", "DELETE"):
        assert follow(link_in(spine), method).status_code == 405
    assert clicks(spine) == []


def test_saying_stop_twice_is_as_good_as_once(spine) -> None:
    texted(spine)
    for _ in range(2):
        assert follow(f"{link_in(spine)}/stop", "POST").status_code == 200
    assert one(spine, "suppressions").reason == "opted out on the link's page"


def test_a_link_never_leads_to_what_isnt_the_web(spine) -> None:
    """Only what a store gave as a web address was sealed; nothing else gets a text at all."""
    due(spine)
    change(spine, "UPDATE touches SET due_at = due_at + interval '1 hour'")
    with spine.machine.db.system() as c:
        installed = shops.by_key(c, spine.machine.secrets.vault, None, spine.keys["mugs"])
        tx = Tx(c, installed.shop, spine.machine.secrets)
        cart = carts.by_id(tx, one(spine, "carts").id)
        plain = {**encode(cart.cart), "recovery_link": None}
        tx.run("UPDATE carts SET sealed = :s WHERE shop_id = :shop_id", s=tx.seal(plain))
    skip(spine, hours=1)
    work(spine)
    touch = one(spine, "touches")
    assert (touch.state, touch.rule, texts(spine)) == ("skipped", "link", [])
