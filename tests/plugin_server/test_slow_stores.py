"""A store that is slow, or silent, costs its own texts some time: no claim is lost to it, nothing is sent twice."""

import json
import math
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace

import pytest
from shopify_kit import found, kept, open_app, open_shop
from spine_kit import at_noon, leave_cart, lose_leases, rows, settle, skip, states, texts, wait_idle, work
from werkzeug import Request, Response
from werkzeug.serving import make_server

from connectors.platforms.shopify import last_look
from plugin_server.jobs import dispatch, looking, sweep
from plugin_server.store import claiming, tokens
from sequences.ports import CartRef

NOBODY_BOUGHT = {"nodes": [], "pageInfo": {"hasNextPage": False}}
ANSWER = {"data": dict.fromkeys(("byToken", "byPerson", "byPhone"), NOBODY_BOUGHT)}
LEASE = 3


class SlowStore:
    """A Shopify store that takes so many seconds to say that nobody bought."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.asked = seconds, 0
        self.server = make_server("127.0.0.1", 0, Request.application(self.answer), threaded=True)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def answer(self, _: Request) -> Response:
        self.asked += 1
        time.sleep(self.seconds)
        return Response(json.dumps(ANSWER), content_type="application/json")


@pytest.fixture
def slow() -> Iterator[SlowStore]:
    store = SlowStore(60)
    threading.Thread(target=store.server.serve_forever, args=(0.05,), daemon=True).start()
    yield store
    store.server.shutdown()
    store.server.server_close()


@pytest.fixture
def five(spine, slow, monkeypatch):
    """Five carts whose texts are due, decided one by one, in a world in which seconds count as minutes do."""
    at_noon(spine)
    for n in range(5):
        leave_cart(spine, phone=f"+1212555014{n}", email=f"dana{n}@example.com")
    settle(spine)
    skip(spine, minutes=31)
    settle(spine)
    skip(spine, minutes=31)
    wait_idle(spine)
    at_sandbox = spine.machine.settings
    monkeypatch.setattr(spine.machine, "settings", replace(at_sandbox, shopify_url=slow.url, connections=1))
    monkeypatch.setattr(last_look, "SECONDS", 0.8)
    monkeypatch.setattr(looking, "SLOW", 0.4)
    spine.back_to_sandbox = lambda: monkeypatch.setattr(spine.machine, "settings", at_sandbox)
    return spine


def claim(spine) -> uuid.UUID:
    with spine.machine.db.system() as c:
        token, taken = claiming.claim(c, "touches", spine.machine.clock.now(), 100, LEASE)
    assert taken == 5
    return token


def worked_off(spine) -> int:
    """One claim. Returns how many texts it led to. Nothing of it is left to be found by the sweep."""
    handed = dispatch.run(spine.machine, claim(spine))
    assert sweep.run(spine.machine).released == 0
    return handed


def test_a_silent_store_is_asked_once_by_a_claim_whose_texts_are_all_put_off(five, slow) -> None:
    handed = worked_off(five)
    assert (handed, slow.asked) == (0, 1)
    assert states(five) == ["held"] * 5
    told = [row.reason for row in rows(five, "SELECT reason FROM touches ORDER BY due_at, id")]
    assert sum("gave no answer within 0.8 s" in reason for reason in told) == 1
    assert sum("too slow" in reason for reason in told) == 4
    assert texts(five) == []


def test_once_it_answers_again_each_of_them_gets_their_text_and_none_gets_two(five) -> None:
    worked_off(five)
    five.back_to_sandbox()
    skip(five, minutes=2)
    work(five)
    assert sorted(entry["to"] for entry in texts(five)) == [f"+1212555014{n}" for n in range(5)]


def test_a_store_that_answers_slowly_is_asked_for_half_of_the_lease_and_no_longer(
    five, slow, monkeypatch
) -> None:
    monkeypatch.setattr(last_look, "SECONDS", 20)
    monkeypatch.setattr(looking, "SLOW", 10)
    slow.seconds = 0.45
    handed = worked_off(five)
    assert slow.asked == handed
    assert 1 <= handed <= 4, "in a second and a half no fifth question is begun"
    assert sorted(states(five)) == ["held"] * (5 - handed) + ["sent"] * handed


def test_a_claim_that_lay_in_the_queue_for_long_is_worth_a_question_all_the_same(five, slow) -> None:
    slow.seconds = 0
    token = claim(five)
    lose_leases(five)
    assert dispatch.run(five.machine, token) > 0, "nobody else has taken it yet"


def test_a_claim_has_patience_for_half_of_what_its_lease_has_left() -> None:
    patience = looking.Patience.of(120)
    patience.took(1, 9)
    assert patience.may_ask(1)
    patience.took(1, looking.SLOW)
    assert not patience.may_ask(1)
    assert patience.may_ask(2), "another shop isn't slow because this one is"
    patience.took(2, 9)
    patience.took(3, 9)
    patience.took(4, 23)
    assert not patience.may_ask(5), "a minute is over"
    assert looking.Patience.of(-5).may_ask(1)
    assert looking.Patience.of(math.inf).may_ask(1)


# -- several questions at a time, one token


@pytest.fixture
def tea(spine):
    open_shop(spine)
    assert open_app(spine).status_code == 200
    return spine


def look_at_many(spine) -> list[str]:
    """A hundred carts: seven questions, four at a time."""
    installed = found(spine)
    carts = [CartRef(key=f"checkout:{n}", since=spine.machine.clock.now()) for n in range(100)]
    platform = spine.machine.platform("shopify")
    looks = platform.last_look(installed.shop, spine.machine.store_secrets(installed), carts)
    return [look.state for look in looks.values()]


def refreshes(spine) -> int:
    entries = spine.world.get("/sandbox/ledger?kind=token")["entries"]
    return max((entry["refresh"] for entry in entries), default=0)


def test_a_token_that_has_ended_is_renewed_once_for_all_questions_of_a_look(tea) -> None:
    before = refreshes(tea)
    skip(tea, hours=2)
    assert look_at_many(tea) == ["open"] * 100
    assert refreshes(tea) == before + 1


def test_a_token_that_the_shop_refuses_is_renewed_once_as_well(tea) -> None:
    before, held, shop = refreshes(tea), kept(tea), found(tea).shop
    with tea.machine.db.shop(shop.id) as c:
        spoilt = replace(held.tokens, access="shpat_unknown")
        tokens.write(c, tea.machine.secrets.vault, shop.id, spoilt, tea.machine.clock.now(), held.before)
    assert look_at_many(tea) == ["open"] * 100
    assert refreshes(tea) == before + 1
