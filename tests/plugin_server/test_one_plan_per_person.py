"""A person who leaves several carts gets one plan, whatever the order in which we hear of them and whoever plans."""

import threading
import time
from datetime import timedelta

import pytest
from spine_kit import (
    BRITON,
    LONDON,
    PHONE,
    at_noon,
    buy,
    change,
    claim,
    due,
    hand_over,
    leave_cart,
    left,
    one,
    owner,
    plan,
    rows,
    settle,
    skip,
    states,
    texted,
    texts,
    wait_idle,
    work,
)

from plugin_server.jobs import committing, dispatch, ingest, looking, planning
from plugin_server.store import shops
from sequences.one_plan import SHOPPING, TAKEN_OVER

HOUR = timedelta(hours=1)
LADDER = [{"delay": 3600}, {"delay": 86400, "tone": "brief"}]


def carts(spine) -> list[tuple[str, str]]:
    """State and reason of each cart, as they were first heard of."""
    return [(r.state, r.reason) for r in rows(spine, "SELECT state, reason FROM carts ORDER BY id")]


def ends(spine) -> list[tuple[int, int, str, str]]:
    """Each touch: which cart (from 1), which step (from 1), its state and reason."""
    sql = "SELECT * FROM touches ORDER BY cart_id, step"
    numbered = {r.id: n for n, r in enumerate(rows(spine, "SELECT id FROM carts ORDER BY id"), 1)}
    return [(numbered[r.cart_id], r.step + 1, r.state, r.reason) for r in rows(spine, sql)]


def again(spine, minutes: float = 10, **more) -> str:
    """The same person leaves another cart, later; it lies idle and is planned."""
    skip(spine, minutes=minutes)
    key = leave_cart(spine, **more)
    settle(spine)
    skip(spine, minutes=31)
    settle(spine)
    return key


def come_back(spine, key: str, shop: str = "mugs") -> None:
    spine.world.post(f"/sandbox/carts/{shop}/{key}/change", {})
    settle(spine)


# -- taking over


def test_of_two_carts_the_newer_takes_over_and_the_trace_of_the_older_says_so(spine) -> None:
    plan(spine, steps=LADDER)
    left(spine, **LONDON)
    again(spine, **LONDON)
    assert carts(spine) == [("expired", TAKEN_OVER), ("abandoned", "")]
    assert ends(spine) == [
        (1, 1, "cancelled", TAKEN_OVER),
        (1, 2, "cancelled", TAKEN_OVER),
        (2, 1, "planned", ""),
        (2, 2, "planned", ""),
    ]
    older, newer = [r.id for r in rows(spine, "SELECT id FROM carts ORDER BY id")]
    line = rows(spine, "SELECT * FROM traces WHERE cart_id = :id ORDER BY id DESC LIMIT 1", id=older)[0]
    assert (line.outcome, line.reason, line.facts) == ("expired", TAKEN_OVER, {"cart": newer})
    for hours in (1, 23):
        skip(spine, hours=hours)
        work(spine)
    assert len(texts(spine)) == 2, "one ladder, not two"


def test_two_tabs_that_lie_idle_together_are_one_plan_from_the_start(spine) -> None:
    at_noon(spine)
    for _ in range(3):
        leave_cart(spine)
        skip(spine, seconds=5)
    settle(spine)
    skip(spine, minutes=31)
    settle(spine)
    by_time = [r.state for r in rows(spine, "SELECT state FROM carts ORDER BY active_at")]
    assert by_time == ["expired", "expired", "abandoned"]
    assert states(spine) == ["planned"], "nothing was planned only to be cancelled"


def test_an_older_cart_that_we_hear_of_later_gets_no_plan(spine) -> None:
    at_noon(spine)
    leave_cart(spine)
    wait_idle(spine)
    change(spine, "UPDATE events SET state = 'parked'")  # it was lost on its way
    again(spine)
    assert [end[:3] for end in ends(spine)] == [(1, 1, "planned")]
    change(spine, "UPDATE events SET state = 'new' WHERE state = 'parked'")
    settle(spine)
    assert carts(spine) == [("abandoned", ""), ("expired", TAKEN_OVER)]
    assert [end[:3] for end in ends(spine)] == [(1, 1, "planned")]


def test_who_goes_back_to_the_older_cart_has_their_plan_there(spine) -> None:
    key = left(spine)
    again(spine)
    come_back(spine, key)
    skip(spine, minutes=31)
    settle(spine)
    assert carts(spine) == [("abandoned", ""), ("expired", TAKEN_OVER)]
    skip(spine, hours=2)
    work(spine)
    assert [(end[0], end[2]) for end in ends(spine)] == [(1, "sent"), (2, "cancelled")]
    assert len(texts(spine)) == 1


def test_a_newer_cart_that_is_bought_ends_the_older_ones_plan_too(spine) -> None:
    left(spine)
    skip(spine, minutes=10)
    buy(spine, leave_cart(spine))
    skip(spine, hours=3)
    work(spine)
    assert texts(spine) == []
    assert [end[2] for end in ends(spine)] == ["cancelled"]


def test_a_newer_cart_that_was_erased_or_emptied_leaves_the_older_one_its_plan(spine) -> None:
    due(spine)
    key = leave_cart(spine)
    settle(spine)
    spine.world.post(f"/sandbox/carts/mugs/{key}/empty", {})
    work(spine)
    assert len(texts(spine)) == 1


def test_two_people_with_one_address_have_a_plan_each(spine) -> None:
    """A household shares an e-mail address, and with it a customer account; each has a phone."""
    left(spine)
    again(spine, **LONDON)
    assert {
        r.n for r in rows(spine, "SELECT count(DISTINCT phone_hash) AS n FROM carts GROUP BY email_hash")
    } == {2}
    skip(spine, hours=1)
    work(spine)
    assert sorted(t["to"] for t in texts(spine)) == [PHONE, BRITON]


def test_the_same_person_in_another_shop_is_another_shopper(spine) -> None:
    at_noon(spine)
    for shop in ("mugs", "wool"):
        leave_cart(spine, shop)
    settle(spine)
    skip(spine, minutes=61)
    settle(spine)
    assert carts(spine) == [("abandoned", "")] * 2


# -- shopping right now


def test_who_is_shopping_is_not_texted_of_the_older_cart_and_then_of_the_newer_one(spine) -> None:
    due(spine)
    leave_cart(spine)
    work(spine)
    assert texts(spine) == []
    held = one(spine, "touches")
    assert (held.state, held.reason, held.rule) == ("held", SHOPPING, "one plan")
    assert held.due_at == rows(spine, "SELECT idle_at FROM carts WHERE state = 'open'")[0].idle_at
    skip(spine, minutes=31)
    work(spine)
    assert [end[:3] for end in ends(spine)] == [(1, 1, "cancelled"), (2, 1, "planned")]
    skip(spine, minutes=31)
    work(spine)
    assert [end[:3] for end in ends(spine)] == [(1, 1, "cancelled"), (2, 1, "sent")]


def test_a_desktop_that_names_no_phone_is_a_sign_of_life_and_takes_nothing_over(spine) -> None:
    due(spine, "wool")
    leave_cart(spine, "wool", phone="", consent=False)
    work(spine)
    assert texts(spine) == []
    assert one(spine, "touches").reason == SHOPPING
    skip(spine, minutes=61)
    work(spine)
    assert len(texts(spine)) == 1, "the cart that can be texted about keeps its plan"
    assert [state for state, _ in carts(spine)] == ["abandoned", "expired"]


def test_a_desktop_whose_customer_has_the_number_takes_over(spine) -> None:
    """Shopify knows the customer by the e-mail address, and their number by the customer."""
    left(spine)
    again(spine, phone="", consent=False)
    assert carts(spine) == [("expired", TAKEN_OVER), ("abandoned", "")]


def test_somebody_else_of_the_household_who_is_shopping_holds_nobodys_text_up(spine) -> None:
    due(spine)
    leave_cart(spine, **LONDON)
    work(spine)
    assert [t["to"] for t in texts(spine)] == [PHONE]


def test_a_stranger_who_names_nobody_holds_nobodys_text_up(spine) -> None:
    due(spine)
    leave_cart(spine, phone="", email="", consent=False)
    leave_cart(spine, phone="", email="somebody.else@example.com", consent=False)
    work(spine)
    assert len(texts(spine)) == 1


def test_a_touch_of_the_older_cart_that_survived_is_cancelled_when_it_is_due(spine) -> None:
    """As if it had been planned without knowing of the newer one."""
    left(spine)
    again(spine)
    change(spine, "UPDATE touches SET state = 'planned' WHERE state = 'cancelled'")
    change(spine, "UPDATE carts SET state = 'abandoned' WHERE state = 'expired'")
    skip(spine, hours=2)
    work(spine)
    assert [end[2:] for end in ends(spine)] == [("cancelled", TAKEN_OVER), ("sent", "")]
    assert len(texts(spine)) == 1


def test_the_cart_that_has_the_plan_outweighs_one_that_is_open(spine) -> None:
    left(spine)
    again(spine)
    change(spine, "UPDATE touches SET state = 'planned' WHERE state = 'cancelled'")
    change(spine, "UPDATE carts SET state = 'abandoned' WHERE state = 'expired'")
    skip(spine, hours=2)
    leave_cart(spine)
    work(spine)
    assert [end[2:] for end in ends(spine)] == [("cancelled", TAKEN_OVER), ("held", SHOPPING)]


# -- resting


def test_who_got_a_reminder_rests_before_the_next_cart_and_the_ladder_of_the_first_ends(spine) -> None:
    plan(spine, steps=LADDER)
    texted(spine, **LONDON)
    again(spine, minutes=60, **LONDON)
    assert [end[:3] for end in ends(spine)] == [
        (1, 1, "delivered"),
        (1, 2, "cancelled"),
        (2, 1, "planned"),
        (2, 2, "planned"),
    ]
    skip(spine, hours=20)
    work(spine)
    assert len(texts(spine)) == 1
    skip(spine, hours=4)
    work(spine)
    assert len(texts(spine)) == 2
    a, b = (rows(spine, "SELECT committed_at FROM attempts ORDER BY id")[n].committed_at for n in (0, 1))
    assert 24 * HOUR <= b - a < 26 * HOUR
    outcomes = [r.outcome for r in rows(spine, "SELECT outcome FROM traces WHERE \"check\" = 'plan'")]
    assert "put off" in outcomes


def test_a_shop_may_let_people_rest_for_less(spine) -> None:
    plan(spine, rest=0)
    texted(spine)
    again(spine, minutes=60)
    skip(spine, hours=1)
    work(spine)
    assert len(texts(spine)) == 2, "another cart is another text where carriers count by cart (CART-03)"


def test_a_rest_that_lasts_longer_than_the_cart_leaves_it_without_a_plan(spine) -> None:
    plan(spine, rest=7 * 86400)
    texted(spine)
    again(spine, minutes=60)
    assert carts(spine)[1][0] == "expired"
    assert "rests until" in carts(spine)[1][1]


def test_a_rest_that_a_shop_prolonged_after_planning_holds(spine) -> None:
    plan(spine, rest=0)
    texted(spine)
    again(spine, minutes=60)
    plan(spine, rest=3 * 3600)
    skip(spine, hours=1)
    work(spine)
    held = rows(spine, "SELECT * FROM touches WHERE state = 'held'")
    assert [touch.rule for touch in held] == ["rest"]
    skip(spine, hours=1)
    work(spine)
    assert len(texts(spine)) == 2


def test_a_text_that_never_arrived_is_no_reason_to_rest(spine) -> None:
    unreachable = "+12125550198"  # the pretend carrier can't deliver there
    texted(spine, phone=unreachable)
    assert states(spine) == ["undelivered"]
    again(spine, minutes=60, phone=unreachable)
    sql = "SELECT t.due_at - c.active_at AS wait FROM touches t JOIN carts c ON c.id = t.cart_id"
    assert [row.wait for row in rows(spine, f"{sql} WHERE t.state = 'planned'")] == [HOUR]


# -- the holdout


def test_who_is_held_out_is_held_out_of_every_cart_and_rests_as_if_texted(spine) -> None:
    plan(spine, holdout="0.5")
    phones = [f"+1212555{n:04}" for n in range(100, 116)]
    at_noon(spine)
    for phone in phones:
        leave_cart(spine, phone=phone, email=f"{phone[1:]}@example.com")
    settle(spine)
    skip(spine, minutes=62)
    work(spine)
    held_out = {
        r.phone_hash
        for r in rows(
            spine,
            "SELECT phone_hash FROM carts c JOIN touches t ON t.cart_id = c.id WHERE t.rule = 'holdout'",
        )
    }
    assert 0 < len(held_out) < len(phones)
    skip(spine, minutes=60)
    for phone in phones:
        leave_cart(spine, phone=phone, email=f"{phone[1:]}@example.com")
    settle(spine)
    skip(spine, minutes=31)
    settle(spine)
    second = rows(
        spine,
        "SELECT t.due_at - c.active_at AS wait, c.phone_hash FROM touches t JOIN carts c ON c.id = t.cart_id"
        " WHERE t.state = 'planned'",
    )
    assert len(second) == len(phones)
    assert min(r.wait for r in second) > 20 * HOUR, "both arms rest"
    skip(spine, hours=25)
    work(spine)
    again_held = {
        r.phone_hash
        for r in rows(
            spine,
            "SELECT phone_hash FROM carts c JOIN touches t ON t.cart_id = c.id"
            " WHERE t.rule = 'holdout' GROUP BY phone_hash HAVING count(*) = 2",
        )
    }
    assert again_held == held_out
    assert len(texts(spine)) == 2 * (len(phones) - len(held_out))


# -- races


@pytest.fixture
def gate(spine):
    """While it is shut, whoever plans a touch of the first cart stops right there."""
    with owner(spine.machine.db.url) as c:
        c.execute(
            "CREATE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN IF NEW.cart_id = (SELECT min(id) FROM carts) THEN PERFORM pg_advisory_xact_lock(99, 99);"
            " END IF; RETURN NEW; END $$;"
            "CREATE TRIGGER gate BEFORE INSERT ON touches FOR EACH ROW EXECUTE FUNCTION gate()"
        )
        c.execute("SELECT pg_advisory_lock(99, 99)")
        yield c
        c.execute("SELECT pg_advisory_unlock_all()")
        c.execute("DROP FUNCTION gate CASCADE")


def waiting(connection) -> int:
    """How many planners stand before the gate, or wait for one another."""
    sql = (
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND classid IN (41, 42, 99)"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    return connection.execute(sql).fetchone()[0]


def wait_until(what) -> None:
    for _ in range(1000):
        if what():
            return
        time.sleep(0.01)
    raise AssertionError("never")


def test_two_planners_at_once_give_one_plan(spine, gate) -> None:
    """The first has looked at the older cart and not committed when the newer one comes to the second."""
    at_noon(spine)
    for _ in range(2):
        leave_cart(spine)
        settle(spine)
        skip(spine, minutes=20)
    planners = [threading.Thread(target=planning.run, args=(spine.machine,)) for _ in range(2)]
    planners[0].start()
    wait_until(lambda: waiting(gate) == 1)
    skip(spine, minutes=20)  # now the newer one is idle, too
    planners[1].start()
    wait_until(lambda: waiting(gate) == 2 or not planners[1].is_alive())
    gate.execute("SELECT pg_advisory_unlock(99, 99)")
    for planner in planners:
        planner.join(20)
    assert [(end[0], end[2]) for end in ends(spine)] == [(1, "cancelled"), (2, "planned")]
    assert [state for state, _ in carts(spine)] == ["expired", "abandoned"]


def test_a_text_that_is_being_decided_while_the_newer_cart_is_planned_goes_out_once_for_the_person(
    spine,
) -> None:
    """Dispatch has looked at the store and not yet decided: planning takes over first, and the touch is gone."""
    due(spine)
    token = claim(spine)
    with spine.machine.db.system() as c:
        installed = shops.by_key(c, spine.machine.secrets.vault, None, spine.keys["mugs"])
    touch = one(spine, "touches")
    looks = looking.look(spine.machine, installed, [touch.cart_id])
    leave_cart(spine)
    wait_idle(spine)
    ingest.run(spine.machine)
    change(spine, "UPDATE carts SET idle_at = active_at WHERE state = 'open'")
    planning.run(spine.machine)
    assert committing.commit(spine.machine, installed, token, [touch.id], looks) == []
    assert dispatch.run(spine.machine, token) == 0
    assert texts(spine) == []
    assert [end[2] for end in ends(spine)] == ["cancelled", "planned"]


@pytest.mark.parametrize("first", ["dispatch", "planning"])
def test_whichever_comes_first_the_person_gets_one_text_before_the_rest(spine, first) -> None:
    due(spine)
    leave_cart(spine)
    settle(spine)
    change(spine, "UPDATE carts SET idle_at = active_at WHERE state = 'open'")
    if first == "planning":
        planning.run(spine.machine)
        hand_over(spine)
    else:
        hand_over(spine)
        planning.run(spine.machine)
    skip(spine, hours=3)
    work(spine)
    assert len(texts(spine)) == 1
    assert "planned" not in states(spine)
