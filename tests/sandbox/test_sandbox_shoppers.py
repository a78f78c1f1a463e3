"""Planned shoppers: who they are, and what they do in shops and about texts."""

import json
import random
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import phonenumbers
import pytest
from sandbox_carrier_kit import START, account, running_place

from sandbox import links, reactions
from sandbox.courier import Courier, NotLoopback
from sandbox.people import TooMany, people
from sandbox.people_places import PLACES
from sandbox.phones import e164
from sandbox.plans import STEP, ShopFacts, ceil, plan
from sandbox.replies import OPT_OUTS, QUESTIONS, confirms_opt_out, wants_out

SHOPS = (ShopFacts("mugs", "US"), ShopFacts("tea", "GB"))


@pytest.fixture
def place():
    with running_place() as place:
        yield place


def some_people(count=2000, seed=5):
    return list(islice(people(random.Random(seed)), count))


# -- people


def test_the_same_seed_gives_the_same_people_and_another_seed_others():
    assert some_people(50) == some_people(50)
    assert some_people(50) != some_people(50, seed=6)


def test_no_two_people_share_a_phone_or_an_address():
    crowd = some_people()
    phones = [person.phone for person in crowd if person.phone]
    assert len(set(phones)) == len(phones) and len({person.email for person in crowd}) == len(crowd)


def test_phones_are_valid_in_form_and_what_they_claim_to_be():
    kinds = phonenumbers.PhoneNumberType
    for person in some_people():
        if person.phone is None:
            assert person.line in ("missing", "invalid")
            continue
        number = phonenumbers.parse(person.phone)
        assert phonenumbers.is_valid_number(number), person
        kind = phonenumbers.number_type(number)
        if person.line == "toll_free" and person.country == "US":
            assert kind == kinds.TOLL_FREE
        elif person.line == "landline" and person.country in ("GB", "FR", "DE"):
            assert kind == kinds.FIXED_LINE, person
        elif person.country == "US":
            assert person.phone[5:10] == "55501" and kind == kinds.FIXED_LINE_OR_MOBILE
        else:
            assert kind == kinds.MOBILE and phonenumbers.region_code_for_number(number) == person.country


def test_area_codes_belong_to_their_states_and_zones_exist():
    states = json.loads((Path(__file__).parents[1] / "cases" / "npa_state.json").read_text())
    for place in PLACES:
        ZoneInfo(place.zone)
        for code in place.area_codes:
            assert place.region in states[code], place
    assert len({place.zone for place in PLACES if place.country == "US"}) >= 7
    assert all(place.area_codes for place in PLACES if place.country == "US")


def test_the_crowd_is_mixed_as_real_ones_are():
    crowd = some_people()
    codes = {place.region: set() for place in PLACES}
    for place in PLACES:
        codes[place.region] |= set(place.area_codes)
    at_home = [p for p in crowd if p.country == "US" and p.line == "mobile"]
    moved = sum(p.phone[2:5] not in codes[p.region] for p in at_home) / len(at_home)
    assert 0.07 < moved < 0.16
    countries = Counter(person.country for person in crowd)
    assert (
        0.7 < countries["US"] / len(crowd) < 0.9 and min(countries[c] for c in ("GB", "FR", "DE", "ES")) > 30
    )
    lines = Counter(person.line for person in crowd)
    assert min(lines[kind] for kind in ("toll_free", "landline", "invalid", "missing")) > 15
    assert {person.locale for person in crowd} >= {"en-US", "es-US", "en-GB", "fr-FR", "de-DE", "es-ES"}


def test_what_is_typed_at_home_is_the_same_number():
    crowd = [person for person in some_people() if person.phone]
    assert all(e164(person.typed, person.country) == person.phone for person in crowd)
    assert any(person.typed != person.phone for person in crowd)


def test_asking_for_more_people_than_fictional_numbers_says_so():
    with pytest.raises(TooMany, match="fewer carts"):
        some_people(30_000)


@pytest.mark.parametrize(
    ("typed", "country", "number"),
    [
        ("+1 (212) 555-0110", None, "+12125550110"),
        ("212.555.0110", "US", "+12125550110"),
        ("1 212 555 0110", "US", "+12125550110"),
        ("07400 123456", "GB", "+447400123456"),
        ("0033 6 39 98 12 34", "FR", "+33639981234"),
        ("612 345 678", "ES", "+34612345678"),
        ("none", "US", None),
        (None, "US", None),
    ],
)
def test_a_typed_number_is_read_as_people_mean_it(typed, country, number):
    assert e164(typed, country) == number


# -- plans


def a_plan(carts=1500, seed=3, days=3, now=START + timedelta(seconds=17)):
    return plan(SHOPS, carts, seed, days, now)


def test_a_plan_is_the_same_for_the_same_seed():
    assert a_plan(200) == a_plan(200) and a_plan(200) != a_plan(200, seed=4)


def test_everything_planned_happens_on_whole_ten_minutes_within_the_first_days():
    for each in a_plan():
        assert each.opens.timestamp() % 600 == 0
        assert START + STEP <= each.opens <= START + timedelta(days=2, minutes=10)
        for after in (each.buys_after, each.changes_after, each.empties_after, each.regrets_after):
            assert after is None or (after % STEP == timedelta(0) and after > timedelta(0))


def test_shares_are_those_of_real_shops():
    plans = a_plan()
    consent = sum(each.consent for each in plans) / len(plans)
    at_once = sum(each.buys_after is not None and each.buys_after <= 2 * STEP for each in plans) / len(plans)
    back = sum(each.buys_after is not None and each.buys_after > 2 * STEP for each in plans) / len(plans)
    assert 0.71 < consent < 0.79 and 0.21 < at_once < 0.29 and 0.03 < back < 0.09
    assert len({each.person.email for each in plans}) < len(plans), "some have two carts"
    assert Counter(each.shop for each in plans).keys() == {"mugs", "tea"}
    assert {each.regret for each in plans} == {None, "refund", "cancel"}
    assert all(
        sum(getattr(each, what) is not None for each in plans) > 10
        for what in ("changes_after", "empties_after")
    )


def test_few_shop_in_the_small_hours():
    hours = Counter(each.opens.astimezone(ZoneInfo(each.person.zone)).hour for each in a_plan())
    assert 0 < sum(hours[hour] for hour in range(1, 7)) < 0.1 * sum(hours.values())


@pytest.mark.parametrize(
    ("at", "whole"),
    [("10:00:00", "10:00"), ("10:00:01", "10:10"), ("10:09:59", "10:10"), ("10:10:00", "10:10")],
)
def test_times_are_rounded_up_to_whole_ten_minutes(at, whole):
    day = "2026-11-24T"
    assert ceil(datetime.fromisoformat(f"{day}{at}+00:00")) == datetime.fromisoformat(
        f"{day}{whole}:00+00:00"
    )


# -- words


def test_every_opt_out_in_the_book_is_one_and_no_question_is():
    for words in OPT_OUTS.values():
        for said in words:
            assert wants_out(said), said
    for words in QUESTIONS.values():
        for said in words:
            assert not wants_out(said), said


@pytest.mark.parametrize(
    "text",
    [
        "Mugs: You're unsubscribed. No more texts.",
        "You have opted out and will receive no further messages.",
        "Désabonné : plus de SMS de Mugs.",
        "Sie sind abgemeldet.",
    ],
)
def test_a_confirmation_is_known_by_its_words(text):
    assert confirms_opt_out(text) and not confirms_opt_out(text + " http://127.0.0.1/x")
    assert not confirms_opt_out("Your cart waits for you")


# -- at work


def step(place, minutes, by=10):
    for _ in range(minutes // by):
        place.skip(minutes=by)


def test_a_population_shops_in_every_shop_and_buys_without_any_text(place):
    place.shop("mugs")
    place.shop("tea", "woocommerce", "GB")
    answer = place.post("/sandbox/population", carts=60, seed=1, days=1).json()
    assert 50 <= answer["shoppers"] <= 60
    place.skip(hours=60)
    summary = place.summary()
    assert summary["carts"] == 60 and 10 <= summary["orders"] <= 30
    assert {entry["shop"] for entry in place.ledger("cart")} == {"mugs", "tea"}
    assert summary["deliveries"] == len(summary["delivery_hashes"]) > 60
    assert summary["texts"] == summary["clicks"] == 0


def test_a_population_needs_a_shop_and_sensible_numbers(place):
    answer = place.post("/sandbox/population")
    assert answer.status_code == 422 and "POST /sandbox/shops" in answer.json()["error"]
    place.shop()
    for body in ({"carts": 0}, {"carts": 10**6}, {"days": "3"}, {"seed": None}):
        assert place.post("/sandbox/population", **body).status_code == 422, body


def texted(
    place, monkeypatch, wanted, platform="shopify", query="?discount=SAVE10&utm_source=comeback", plugin=False
):
    """A population with one reaction only, whose first open cart gets a text with a link; that cart's entry."""
    monkeypatch.setattr(reactions, "REACTIONS", ((wanted, 1.0),))
    monkeypatch.setattr(reactions, "PREVIEWED", 0.0)
    place.shop("mugs", platform)
    if plugin:
        place.post("/sandbox/shops/mugs/plugin")
        place.world.stores["mugs"].plugin.connect(
            {
                "protocol": 1, "comeback_url": place.receiver.url, "shop_key": "mugs", "secret": "s" * 43,
                "wordings": [{"locale": "en", "version": 1, "text": "Text me."}],
            }
        )  # fmt: skip
    place.post("/sandbox/population", carts=40, seed=2, days=1)
    step(place, 12 * 60)
    shopper = next(
        s for s in place.world.shoppers
        if s.phone and s.phone[-2:] not in ("97", "98", "99") and not s.bought and s.plan.empties_after is None
        and s.plan.buys_after is None and (s.plan.consent or not plugin)
        and sum(o.phone == s.phone for o in place.world.shoppers) == 1
    )  # fmt: skip
    target = shopper.cart.recover_url + query.replace("?", "&" if "?" in shopper.cart.recover_url else "?")
    place.receiver.links["/r/abc"] = target
    answer = place.send(
        f"Your cart waits: {place.receiver.url}/r/abc.", to=shopper.phone, client_ref="touch-1"
    )
    assert answer.status_code == 202
    return shopper


def wait_for_reaction(place):
    step(place, 36 * 60, by=60)


def test_a_shopper_who_buys_clicks_first_and_uses_what_the_link_carried(place, monkeypatch):
    shopper = texted(place, monkeypatch, "buy")
    wait_for_reaction(place)
    ((path, agent),) = place.receiver.visits
    assert path == "/r/abc" and "Mobile" in agent
    (click,) = place.ledger("click")
    assert (click["phone"], click["status"], click["landed"], click["client_ref"]) == (
        shopper.phone, 302, True, "touch-1",
    )  # fmt: skip
    clicked = datetime.fromisoformat(click["at"])
    assert 8 <= clicked.astimezone(ZoneInfo(shopper.plan.person.zone)).hour < 23
    (order,) = [entry for entry in place.ledger("order") if entry["token"] == shopper.cart.token]
    assert shopper.bought and order["at"] > click["at"]
    told = [body for body in place.receiver.bodies("/mugs") if str(body.get("id")) == order["order_id"]]
    assert told and all("utm_source" in json.dumps(body) for body in told)
    assert place.summary()["texts_after_purchase"] == 0


def test_a_click_on_woocommerces_checkout_link_is_finished_by_filling_in_the_form(place, monkeypatch):
    shopper = texted(place, monkeypatch, "buy", "woocommerce")
    home = shopper.cart.recover_url.partition("/checkout/")[0]
    place.receiver.links["/r/abc"] = f"{home}/checkout-link/?products=11:2&utm_source=comeback"
    wait_for_reaction(place)
    assert place.ledger("click")[0]["landed"] is True and shopper.bought
    (order,) = [entry for entry in place.ledger("order") if entry["phone"] == shopper.typed]
    assert order["total"] == "25.00" and order["token"] != shopper.cart.token
    place.send(to=shopper.phone)
    assert place.ledger("text")[-1]["after_purchase"] is True


def test_a_click_on_the_plugins_link_brings_the_very_cart_back_and_buys_it(place, monkeypatch):
    shopper = texted(
        place, monkeypatch, "buy", "woocommerce", "?utm_id=rec_1&utm_source=comeback", plugin=True
    )
    assert not shopper.cart.token.isdigit()
    told = [body for body in place.receiver.bodies("/webhooks/woocommerce/mugs") if "cart" in body]
    assert shopper.cart.token in {body["cart"]["id"] for body in told}
    wait_for_reaction(place)
    assert place.ledger("click")[0]["landed"] is True and shopper.bought
    (order,) = [entry for entry in place.ledger("order") if entry["token"] == shopper.cart.token]
    made = place.world.stores["mugs"].orders[int(order["order_id"])]
    assert (made.meta["_comeback_cart"], made.meta["_comeback_recovery_id"]) == (shopper.cart.token, "rec_1")
    place.send(to=shopper.phone)
    assert place.ledger("text")[-1]["after_purchase"] is True


def test_a_shopper_who_only_looks_does_not_buy(place, monkeypatch):
    shopper = texted(place, monkeypatch, "click")
    wait_for_reaction(place)
    assert len(place.ledger("click")) == 1 and not shopper.bought


def test_a_shopper_who_has_had_enough_says_so(place, monkeypatch):
    shopper = texted(place, monkeypatch, "stop")
    wait_for_reaction(place)
    (opt_out,) = place.ledger("opt_out")
    assert (
        opt_out["phone"] == shopper.phone and wants_out(opt_out["text"]) and opt_out["known_seq"] is not None
    )
    assert place.receiver.bodies("/inbound")[0]["text"] == opt_out["text"]


def test_a_shopper_who_asks_something_does_not_opt_out(place, monkeypatch):
    texted(place, monkeypatch, "ask")
    wait_for_reaction(place)
    assert place.ledger("opt_out") == [] and len(place.ledger("reply")) == 1


def test_a_preview_robot_looks_at_once_and_is_no_click(place, monkeypatch):
    monkeypatch.setattr(reactions, "REACTIONS", ())
    shopper = texted(place, monkeypatch, "nothing")
    place.receiver.visits.clear()
    monkeypatch.setattr(reactions, "PREVIEWED", 1.0)
    place.send(f"Again: {place.receiver.url}/r/abc", to=shopper.phone)
    place.settle()
    (preview,) = place.ledger("preview")
    ((path, agent),) = place.receiver.visits
    assert path == "/r/abc" and agent == preview["agent"] and agent in links.PREVIEW_ROBOTS
    assert place.summary()["previews"] == 1 and place.summary()["clicks"] == 0


def test_a_link_to_another_machine_is_left_alone(place, monkeypatch):
    shopper = texted(place, monkeypatch, "buy")
    place.receiver.links["/r/abc"] = "https://shop.example/checkout"
    wait_for_reaction(place)
    assert place.ledger("click")[0]["landed"] is False and not shopper.bought
    with pytest.raises(NotLoopback):
        links.open_link(Courier(place.world), "https://shop.example/x", "a phone")


def test_a_link_in_circles_ends(place):
    place.receiver.links["/r/abc"] = f"{place.receiver.url}/r/abc"
    landing = links.open_link(Courier(place.world), f"{place.receiver.url}/r/abc", "a phone")
    assert landing.status == 302 and len(place.receiver.visits) == 6


def test_what_a_link_carried_is_told_apart_from_what_is_the_stores(place):
    place.receiver.links["/r/abc"] = (
        f"{place.receiver.url}/cart?key=secret&locale=en-US&discount=SAVE10&utm_source=comeback&cb=7"
    )
    landing = links.open_link(Courier(place.world), f"{place.receiver.url}/r/abc", "a phone")
    assert landing.discount_code == "SAVE10"
    assert landing.attributes == {"utm_source": "comeback", "cb": "7"}
    assert urlsplit(landing.url).path == "/cart"


def test_regret_follows_a_purchase(place):
    place.shop()
    place.post("/sandbox/population", carts=1, seed=2, days=1)
    (shopper,) = place.world.shoppers
    shopper.plan = replace(
        shopper.plan, buys_after=STEP, empties_after=None, regret="cancel", regrets_after=6 * STEP
    )
    place.skip(hours=14)
    place.skip(hours=2)
    assert len(place.ledger("order")) == 1 and len(place.ledger("cancel")) == 1


def test_homes_of_planned_shoppers_are_known_to_the_figures(place):
    place.shop()
    place.post("/sandbox/carrier", **account(place.receiver.url))
    place.post("/sandbox/population", carts=30, seed=2, days=1)
    for shopper in place.world.shoppers:
        if shopper.phone:
            assert place.world.carrier.tally.zone(shopper.phone) == shopper.plan.person.zone
