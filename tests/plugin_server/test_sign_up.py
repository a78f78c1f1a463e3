"""The hosted sign-up page: what is shown is what is stored, and nobody learns there who is known."""

import re

import pytest
import requests
from sign_up_kit import (
    AGENT,
    PRIVACY,
    TERMS,
    code,
    disclosure,
    evidence,
    opened,
    planned,
    send,
    show,
    suppress,
    token,
)
from spine_kit import BRITON, PHONE, at_noon, change, everything, forms, one, reply, rows, skip, texts, work

from plugin_server.web.joining import PER_ADDRESS, PER_NUMBER


def test_what_was_read_beside_the_box_is_kept_word_for_word(spine) -> None:
    url = opened(spine)
    page = show(url)
    assert send(url, page, name="Ann").status_code == 200
    (line,) = evidence(spine)
    assert (line["state"], line["proven"], line["source"]) == ("given", False, "sign-up page")
    assert line["facts"]["wording"] == disclosure(page)
    assert line["facts"]["wording_version"] == "sign-up page/en/1"
    assert line["facts"]["program"] == "cart_reminders"
    assert line["facts"]["action"] == "ticked a box that was empty"
    assert line["facts"]["url"] == url
    row = one(spine, "disclosures")
    assert (row.wording, row.version, row.locale, len(row.page_sha256)) == (disclosure(page), 1, "en", 64)


@pytest.mark.parametrize(
    "needed",
    [
        "Mugs & More",
        "cart reminders",
        "recurring automated",
        "not a condition of purchase",
        "frequency",
        "data rates may apply",
        "STOP",
        "HELP",
        TERMS[8:],
        PRIVACY[8:],
    ],
)
def test_the_disclosure_says_what_carriers_and_law_ask_for(spine, needed) -> None:
    assert needed in disclosure(show(opened(spine)))


def test_the_box_is_empty_and_the_links_lead_to_terms_and_privacy(spine) -> None:
    page = show(opened(spine))
    assert "checked" not in page
    assert f'href="{TERMS}"' in page and f'href="{PRIVACY}"' in page
    assert re.search(r'<input id="phone"[^>]*type="tel"[^>]*inputmode="tel"[^>]*autocomplete="tel"', page)
    assert "<script" not in page and "style=" not in page


def test_an_american_is_asked_to_confirm_and_a_yes_proves_it(spine) -> None:
    at_noon(spine)
    url = opened(spine)
    answer = send(url)
    assert "Reply Y" in answer.text
    assert planned(spine) == ["consent_request"]
    work(spine)
    assert "Reply Y to subscribe" in texts(spine)[0]["text"]
    reply(spine, "Y")
    work(spine)
    assert [line["proven"] for line in evidence(spine)] == [False, True]
    assert "signed up" in texts(spine)[-1]["text"]
    skip(spine, minutes=1)
    send(url)
    assert sorted(planned(spine)) == ["consent_request", "welcome"]


def test_where_no_confirmation_is_asked_for_a_welcome_is_planned_once(spine) -> None:
    url = opened(spine)
    for _ in range(2):
        assert "a confirmation is on its way" in send(url, phone=BRITON, country="GB").text
        skip(spine, hours=25)
    assert planned(spine) == ["welcome"]


def test_the_texts_come_in_the_language_of_the_page(spine) -> None:
    at_noon(spine)
    url = opened(spine) + "?lang=es"
    page = show(url)
    assert '<html lang="es">' in page
    send(url, page)
    work(spine)
    assert "responde SI" in texts(spine)[0]["text"]
    assert evidence(spine)[0]["facts"]["wording"].startswith("Quiero recibir")


@pytest.mark.parametrize(
    ("asked", "language"),
    [("de-CH,de;q=0.9", "de"), ("fr", "fr"), ("ja, es;q=0.5", "es"), ("ja", "en"), ("", "en")],
)
def test_the_page_speaks_the_browsers_language(spine, asked, language) -> None:
    assert f'<html lang="{language}">' in show(opened(spine), **{"Accept-Language": asked})


def test_without_the_tick_nothing_is_stored(spine) -> None:
    answer = send(opened(spine), agree=None, name="Dagmarella")
    assert answer.status_code == 422
    assert "Tick the box" in answer.text and 'href="#agree"' in answer.text
    assert f'value="{PHONE}"' in answer.text and 'value="Dagmarella"' in answer.text
    assert "checked" not in answer.text
    assert (evidence(spine), planned(spine), rows(spine, "SELECT 1 FROM subscribers")) == ([], [], [])


@pytest.mark.parametrize(
    ("phone", "words"),
    [
        ("", "Type your mobile number"),
        ("212", "too short"),
        ("2125550142000000000", "too long"),
        ("1-800-FLOWERS", "without letters"),
        ("+1 800 555 0199", "Texts don&#39;t reach this kind"),
        ("+91 91234 56789", "numbers in India"),
        ("+8613912345678", "numbers in China"),
        ("+999123456789", "no such number"),
        ("+" + "1" * 5000, "too long"),
        ("<script>alert(1)</script>", "without letters"),
    ],
)
def test_a_number_that_cant_be_texted_is_refused_in_words_and_kept_in_the_field(spine, phone, words) -> None:
    answer = send(opened(spine), phone=phone)
    assert answer.status_code == 422
    assert words in answer.text
    assert 'aria-invalid="true"' in answer.text and 'href="#phone"' in answer.text
    assert "<script" not in answer.text
    assert evidence(spine) == []


def test_a_shop_may_offer_fewer_countries(spine) -> None:
    url = opened(spine, countries=["US", "CA"])
    page = show(url)
    assert re.findall(r'<option value="(\w+)"', page) == ["US", "CA"]
    assert "numbers in United Kingdom" in send(url, page, phone=BRITON).text


def test_a_national_number_is_read_in_the_country_that_was_chosen(spine) -> None:
    assert "+447400123456" in send(opened(spine), phone="07400 123456", country="GB").text


def test_the_answer_is_the_same_for_new_known_and_opted_out_numbers(spine) -> None:
    url = opened(spine)
    said = []
    for shop_state in ("new", "known", "opted out"):
        if shop_state == "opted out":
            suppress(spine)
        answer = send(url)
        said.append((answer.status_code, answer.text, dict(answer.headers) | {"Date": ""}))
    assert said[0] == said[1] == said[2]


def test_typing_a_number_never_lifts_its_opt_out(spine) -> None:
    at_noon(spine)
    suppress(spine)
    answer = send(opened(spine))
    assert "Text START to +12015550123" in answer.text
    assert planned(spine) == []
    assert one(spine, "suppressions").lifted_at is None
    work(spine)
    assert texts(spine) == []


def test_a_form_sent_twice_is_one_line_and_one_text(spine) -> None:
    url = opened(spine)
    page = show(url)
    assert send(url, page).text == send(url, page).text
    assert (len(evidence(spine)), planned(spine)) == (1, ["consent_request"])


def test_who_signs_up_again_before_answering_is_not_asked_twice(spine) -> None:
    at_noon(spine)
    url = opened(spine)
    for days in (0, 0, 3, 3):
        skip(spine, days=days)
        send(url)
        work(spine)
    assert (len(evidence(spine)), len(texts(spine))) == (4, 1)
    skip(spine, days=2)
    send(url)
    work(spine)
    assert len(texts(spine)) == 2


def test_the_language_that_was_read_counts_not_the_one_in_the_address(spine) -> None:
    url = opened(spine)
    page = show(url + "?lang=es")
    send(url + "?lang=de", page)
    (line,) = evidence(spine)
    assert line["facts"]["locale"] == "es"
    assert line["facts"]["wording"] == disclosure(page)


def test_a_changed_wording_is_a_new_version_and_an_old_page_keeps_its_own(spine) -> None:
    url = opened(spine)
    before = show(url)
    opened(spine, terms_url="https://mugs.example/new-terms")
    after = show(url)
    send(url, before)
    send(url, after, phone="+12125550143")
    assert [line["facts"]["wording"] for line in evidence(spine)] == [disclosure(before), disclosure(after)]
    assert [line["facts"]["wording_version"] for line in evidence(spine)] == [
        "sign-up page/en/1",
        "sign-up page/en/2",
    ]
    opened(spine)
    show(url)
    assert len(rows(spine, "SELECT 1 FROM disclosures")) == 2


@pytest.mark.parametrize("spoil", ["", "nonsense", "{}.x", "other shop", "cut"])
def test_a_token_that_isnt_ours_stores_nothing(spine, spoil) -> None:
    url, good = opened(spine), token(show(opened(spine)))
    bad = {"other shop": token(show(opened(spine, "wool"))), "cut": good[:-2]}.get(spoil, spoil)
    answer = send(url, token=bad)
    assert answer.status_code == 400
    assert "open for too long" in answer.text and f'value="{PHONE}"' in answer.text
    assert evidence(spine) == []


def test_a_page_that_was_open_for_too_long_is_shown_again(spine) -> None:
    url = opened(spine)
    page = show(url)
    skip(spine, hours=25)
    assert send(url, page).status_code == 400
    assert evidence(spine) == []


def test_a_machine_that_fills_in_everything_is_told_nothing_and_stores_nothing(spine) -> None:
    assert send(opened(spine), subject="buy now").status_code == 200
    assert evidence(spine) == []


def test_one_address_may_not_sign_up_the_whole_town(spine) -> None:
    url = opened(spine)
    page = show(url)
    for n in range(PER_ADDRESS):
        assert send(url, page, phone=f"+1212555{100 + n:04}").status_code == 200
    answer = send(url, page, phone="+12125550199")
    assert answer.status_code == 429
    assert "Too many sign-ups" in answer.text
    assert len(evidence(spine)) == PER_ADDRESS
    assert send(opened(spine, "wool"), phone="+12125550199").status_code == 200


def test_one_number_gets_only_so_many_lines_a_day_and_the_page_says_nothing_of_it(spine) -> None:
    url = opened(spine)
    said = {send(url).text for _ in range(PER_NUMBER + 2)}
    assert len(said) == 1
    assert len(evidence(spine)) == PER_NUMBER


def test_terms_and_privacy_come_before_the_form(spine) -> None:
    for missing in ("terms_url", "privacy_url"):
        url = opened(spine, **{missing: ""})
        answer = requests.get(url, timeout=10)
        assert (answer.status_code, "<form" in answer.text) == (503, False)
        assert requests.post(url, data={"phone": PHONE}, timeout=10).status_code == 503


def test_a_page_that_is_off_or_unknown_shows_no_form(spine) -> None:
    off = requests.get(opened(spine, page_on=False), timeout=10)
    assert (off.status_code, "closed" in off.text, "<form" in off.text) == (404, True, False)
    for path in ("0123456789abcdef", "x", "%00" * 9, "a" * 5000, "%F0%9F%92%A9" * 3, "'--------"):
        answer = requests.get(f"{spine.url}/join/{path}", timeout=10)
        assert (answer.status_code, "Traceback" in answer.text) == (404, False)


def test_a_shop_that_left_has_no_page(spine) -> None:
    url = opened(spine)
    change(spine, "UPDATE shops SET state = 'uninstalled' WHERE key = :k", k=spine.keys["mugs"])
    assert requests.get(url, timeout=10).status_code == 404


def test_an_age_gate_asks_for_a_birth_date_and_doesnt_keep_it(spine) -> None:
    url = opened(spine, min_age=21)
    now = spine.world.status().now
    born = {"day": "24", "month": "11"}
    assert "21 or older" in send(url, year=str(now.year - 20), **born).text
    assert "day, month and year" in send(url, year="x", **born).text
    assert evidence(spine) == []
    assert send(url, year="1961", **born).status_code == 200
    (line,) = evidence(spine)
    assert line["facts"]["action"].endswith("gave a birth date that makes them 21 or older")
    assert "1961" not in str(line)


def test_an_incentive_is_promised_but_its_code_is_not_on_the_page(spine) -> None:
    url = opened(spine, incentive="10% off your next order", incentive_code="HELLO10")
    said = show(url) + send(url).text
    assert said.count("10% off your next order") == 2
    assert "HELLO10" not in said


def test_nothing_of_the_person_lies_in_the_clear(spine) -> None:
    send(opened(spine), name="Dagmarella")
    dump = everything(spine.machine.db.url)
    for secret in (PHONE, PHONE[1:], "Dagmarella", AGENT, "127.0.0.1:1"):
        for form in forms(secret):
            assert form not in dump, secret


def test_the_page_tells_browsers_to_keep_nothing_and_run_nothing(spine) -> None:
    answer = requests.get(opened(spine), timeout=10)
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in answer.headers


def test_poster_and_code_lead_to_the_page(spine) -> None:
    url = opened(spine, keyword="MUGS")
    page = show(f"{url}/poster")
    assert f"/join/{code(spine)}/qr.svg" in page
    for needed in ("text MUGS to +12015550123", "cart reminders", "STOP", "HELP", TERMS[8:], PRIVACY[8:]):
        assert needed in page
    image = requests.get(f"{url}/qr.svg", timeout=10)
    assert image.headers["Content-Type"].startswith("image/svg+xml")
    assert image.text.count("<svg") == 1 and "<script" not in image.text


def test_a_body_that_is_too_large_is_refused(spine) -> None:
    url = opened(spine)
    assert requests.post(url, data={"phone": "1" * 20_000}, timeout=10).status_code == 413
