"""The phone screen: what arrived, safe links, answers."""

import re

import pytest
from sandbox_carrier_kit import ANNA, SENDER, account, running_place

from sandbox.autolink import addresses, autolink


@pytest.fixture
def place():
    with running_place() as place:
        yield place


def bubbles(place, phone=ANNA):
    """(mine, text) of each bubble on the screen."""
    html = place.get(f"/phone/{phone}/bubbles").text
    found = re.findall(r'<li class="bubble( mine)?".*?<p class="text">(.*?)</p>', html, re.S)
    return [(bool(mine), text) for mine, text in found]


def answer(place, phone=ANNA, **form):
    return place.http.post(f"{place.url}/phone/{phone}/reply", data=form, allow_redirects=False, timeout=5)


def test_a_text_and_its_answer_stand_on_their_sides(place):
    place.send("Hello Anna")
    answer(place, text="Who is this?")
    assert bubbles(place) == [(False, "Hello Anna"), (True, "Who is this?")]
    assert 'role="log"' in place.get(f"/phone/{ANNA}").text


def test_an_address_in_a_text_is_a_link_and_markup_is_only_text(place):
    place.send("<script>alert(1)</script> & http://127.0.0.1:9/r/abc?a=1&b=2.")
    ((_, html),) = bubbles(place)
    assert "&lt;script&gt;" in html and "<script>" not in html
    assert 'href="http://127.0.0.1:9/r/abc?a=1&amp;b=2"' in html and html.endswith("</a>.")


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("go to http://127.0.0.1/r/a, now", ["http://127.0.0.1/r/a"]),
        ("(http://127.0.0.1/r/a)", ["http://127.0.0.1/r/a"]),
        ("http://127.0.0.1/r/a\nhttp://127.0.0.1/r/b", ["http://127.0.0.1/r/a", "http://127.0.0.1/r/b"]),
        ("javascript:alert(1) data:text/html,x", []),
        ("no link", []),
    ],
)
def test_only_web_addresses_are_links_without_the_sentences_punctuation(text, links):
    assert [address for _, address in addresses(text)] == links


@pytest.mark.parametrize(
    "text", ['http://x/"onmouseover="alert(1)', "http://x/'><img src=x onerror=alert(1)>"]
)
def test_a_link_cannot_break_out_of_its_attribute(text):
    html = str(autolink(text))
    assert "<img" not in html and re.findall(r"<(\w+)[^>]*>", html) == ["a"]
    assert "onmouseover=" not in re.search(r"<a [^>]*>", html).group()


def test_a_quick_reply_is_sent_as_it_stands(place):
    place.send()
    response = answer(place, quick="STOP", text="")
    assert response.status_code == 303 and response.headers["Location"] == "/phone/+12125550110"
    place.settle()
    assert place.receiver.bodies("/inbound")[0]["text"] == "STOP" and len(place.ledger("opt_out")) == 1


def test_an_answer_typed_with_enter_is_not_a_quick_reply(place):
    """Enter presses a form's first button: it must be Send, not STOP."""
    place.send()
    html = place.get(f"/phone/{ANNA}").text
    form = html[html.index('class="answer"') :]
    assert form.index('<button class="primary">Send') < form.index('name="quick"')


def test_an_empty_answer_is_not_sent(place):
    answer(place, text="  ")
    place.settle()
    assert place.receiver.got == [] and bubbles(place) == []


def test_the_screen_shows_what_became_of_a_text(place):
    place.send("Hello")
    assert "arriving" in place.get(f"/phone/{ANNA}").text
    place.skip(seconds=10)
    assert "delivered" in place.get(f"/phone/{ANNA}").text


def test_the_sender_is_named_by_its_shop(place):
    place.shop("mugs")
    place.send("Hello")
    assert "Mugs" in place.get(f"/phone/{ANNA}").text and "Mugs: Hello" in place.get("/phone").text


def test_the_screen_tells_the_time_where_its_owner_lives(place):
    place.world.zones[ANNA] = "America/Los_Angeles"
    place.send("Hello")
    html = place.get(f"/phone/{ANNA}").text
    assert "Los Angeles" in html and "Tue 07:0" in html


def test_with_several_senders_one_chooses_whom_to_answer_the_latest_first(place):
    number = {"shop": "tea", "inbound_url": f"{place.receiver.url}/tea", "status_url": None}
    place.post("/sandbox/carrier", **account(place.receiver.url, numbers={"12015550124": number}))
    place.send("from mugs")
    place.send("from tea", **{"from": "12015550124"})
    html = place.get(f"/phone/{ANNA}").text
    assert re.findall(r'<option value="(\d+)"', html) == ["12015550124", SENDER]
    answer(place, text="hello mugs", to=SENDER)
    place.settle()
    assert [path for path, _, _ in place.receiver.got] == ["/inbound"]


def test_the_list_shows_each_phone_once_the_latest_first(place):
    for phone in (ANNA, "+12125550111", ANNA):
        place.send("Hello", to=phone)
    assert re.findall(r'class="who">([^<]+)', place.get("/phone").text) == [ANNA, "+12125550111"]


@pytest.mark.parametrize("typed", ["+12125550110", "12125550110", "1 212 555 0110", "+1 (212) 555-0110"])
def test_a_phone_is_found_however_its_number_is_written(place, typed):
    response = place.http.get(place.url + "/phone", params={"number": typed}, timeout=5)
    assert response.status_code == 200 and response.url.endswith("/phone/+12125550110")


@pytest.mark.parametrize("number", ["12", "abc", "+0123456789", "1234567890123456"])
def test_what_is_no_number_is_not_found(place, number):
    assert place.get(f"/phone/{number}").status_code == 404


def test_pages_load_nothing_from_elsewhere(place):
    place.send("Hello")
    for path in ("/", "/phone", f"/phone/{ANNA}"):
        html = place.get(path).text
        assert not re.findall(r'(?:src|href)="(?:https?:)?//', html), path
        for asset in re.findall(r'(?:src|href)="(/static/[^"]+)"', html):
            assert place.get(asset).status_code == 200, asset
