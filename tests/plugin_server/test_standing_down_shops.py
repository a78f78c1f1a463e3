"""While another tool texts about a shop's carts, Comeback leaves them to it: as far as the shop's store tells."""

from dataclasses import replace
from datetime import timedelta

import pytest
from shopify_kit import found, open_app
from spine_kit import change, due, errand, faults, left, one, plan, rows, skip, texts, work

from plugin_server.install import fixing, shopify
from plugin_server.jobs import others, queues
from plugin_server.jobs.nightly import Nights

MUGS = "mugs.myshopify.com"
SEES = "read_orders,write_customers,write_discounts,read_marketing_events"
REASON = "Postscript (Abandoned cart SMS) writes to shoppers about their carts too"


def allow(spine, scopes: str = SEES) -> None:
    """The merchant gives leave to see which tools are at work."""
    errand(spine, "scopes", current=scopes.split(","))


def tool(spine, app: str = "Postscript", title: str = "Abandoned cart SMS", **facts) -> None:
    errand(spine, "automation", app=app, title=title, **facts)


def mugs(spine):
    return found(spine, MUGS)


def card(spine) -> fixing.Fix | None:
    cards = fixing.to_fix(shopify.Opened(installed=mugs(spine)), ())
    return next((one for one in cards if one.code == "other-tools"), None)


def said(spine) -> list[tuple[str, str]]:
    """What the traces say of other tools and of what wasn't planned."""
    sql = "SELECT outcome, reason FROM traces WHERE \"check\" IN ('other tools', 'plan') ORDER BY id"
    return [(r.outcome, r.reason) for r in rows(spine, sql) if r.outcome not in ("planned", "left out")]


def test_while_another_tool_texts_a_cart_gets_no_plan_and_its_trace_says_why(spine) -> None:
    allow(spine)
    tool(spine)
    assert others.run(spine.machine) == 1
    left(spine)
    skip(spine, hours=3)
    work(spine)
    assert texts(spine) == []
    cart = one(spine, "carts")
    assert (cart.state, cart.reason) == ("expired", REASON)
    assert said(spine) == [("nothing", REASON)]


def test_a_tool_that_was_switched_on_after_planning_ends_what_is_due(spine) -> None:
    allow(spine)
    due(spine)
    tool(spine)
    others.run(spine.machine)
    work(spine)
    touch = one(spine, "touches")
    assert (touch.state, touch.rule, touch.reason) == ("skipped", "stand down", f"{REASON}: nobody gets two")
    assert said(spine) == [("skipped", REASON)]
    assert texts(spine) == []


def test_once_it_is_switched_off_and_that_is_seen_texts_flow_again(spine) -> None:
    allow(spine)
    tool(spine)
    others.run(spine.machine)
    left(spine)
    tool(spine, status="PAUSED")
    others.run(spine.machine)
    assert mugs(spine).facts["automations"] == []
    skip(spine, hours=30)
    due(spine, phone="+12125550143", email="other@example.com")
    work(spine)
    assert [t["to"] for t in texts(spine)] == ["+12125550143"], (
        "what was left to the other tool stays with it"
    )


def test_without_leave_nothing_is_known_of_other_tools_and_texts_flow(spine) -> None:
    tool(spine)
    assert others.run(spine.machine) == 0
    assert mugs(spine).facts["automations_known"] is False
    due(spine)
    work(spine)
    assert len(texts(spine)) == 1


def test_leave_that_is_taken_back_makes_it_unknown_again(spine) -> None:
    allow(spine)
    tool(spine)
    others.run(spine.machine)
    assert mugs(spine).facts["automations_known"] is True
    allow(spine, "read_orders,write_customers,write_discounts")
    assert others.run(spine.machine) == 0
    assert (mugs(spine).facts["automations"], mugs(spine).facts["automations_known"]) == ([], False)


def test_a_shop_that_cant_be_asked_keeps_what_is_known_of_it(spine) -> None:
    allow(spine)
    tool(spine)
    others.run(spine.machine)
    before = mugs(spine).facts
    faults(spine, store_error=1)
    skip(spine, hours=1)
    assert others.run(spine.machine) == 1
    assert mugs(spine).facts == before


@pytest.mark.parametrize(("choice", "sent"), [("texts", 1), ("any", 0), ("off", 1)])
def test_a_tool_that_mails_is_stood_down_for_only_by_choice(spine, choice, sent) -> None:
    allow(spine)
    tool(spine, "Shopify Messaging", "Abandoned checkout", medium="email")
    others.run(spine.machine)
    plan(spine, stand_down=choice)
    due(spine)
    work(spine)
    assert len(texts(spine)) == sent
    assert [one["kind"] for one in mugs(spine).facts["automations"]] == ["mails"]


def test_a_shop_may_text_all_the_same_and_the_trace_says_beside_whom(spine) -> None:
    allow(spine)
    tool(spine)
    others.run(spine.machine)
    plan(spine, stand_down="off")
    due(spine)
    work(spine)
    assert len(texts(spine)) == 1
    assert said(spine) == [("texted all the same", REASON)]
    assert "may get two texts" in card(spine).why


@pytest.mark.parametrize("shop", ["mugs", "wool"])
def test_a_merchant_may_name_a_tool_that_the_store_doesnt_tell_of(spine, shop) -> None:
    plan(spine, shop, other_tool="Attentive")
    left(spine, shop)
    assert one(spine, "carts").reason == "Attentive writes to shoppers about their carts too"
    assert texts(spine) == []


def test_a_store_that_tells_nothing_is_asked_all_the_same(spine) -> None:
    others.run(spine.machine)
    (wool,) = rows(spine, "SELECT facts FROM shops WHERE platform = 'woocommerce'")
    assert wool.facts["automations_known"] is False


# -- what the merchant sees


def test_opening_the_app_looks_and_the_page_names_the_tool_and_what_we_do_meanwhile(spine) -> None:
    assert card(spine) is None
    allow(spine)
    tool(spine, "Post & Co", "<b>Texts</b>")
    page = open_app(spine, "mugs")
    assert "Post &amp; Co (&lt;b&gt;Texts&lt;/b&gt;) writes to shoppers about their carts too" in page.text
    assert "Comeback texts nobody meanwhile" in page.text
    assert 'href="https://admin.shopify.com/store/mugs/marketing/automations" target="_top"' in page.text
    tool(spine, "Post & Co", "<b>Texts</b>", status="PAUSED")
    assert "Post &amp; Co" not in open_app(spine, "mugs").text


def test_a_tool_that_only_mails_is_no_trouble_unless_the_merchant_wants_it_to_be(spine) -> None:
    allow(spine)
    tool(spine, "Shopify Messaging", "Abandoned checkout", medium="email")
    others.run(spine.machine)
    assert card(spine) is None
    plan(spine, stand_down="any")
    assert card(spine).title.startswith("Shopify Messaging (Abandoned checkout) writes")


def test_what_is_known_says_when_it_was_seen(spine) -> None:
    allow(spine)
    tool(spine)
    now = spine.machine.clock.now()
    others.run(spine.machine)
    (seen,) = mugs(spine).facts["automations"]
    assert {k: v for k, v in seen.items() if k != "seen_at"} == {
        "app": "Postscript",
        "title": "Abandoned cart SMS",
        "kind": "texts",
        "status": "ACTIVE",
    }
    assert now.isoformat() <= seen["seen_at"] <= (now + timedelta(minutes=1)).isoformat()


# -- every night


def test_every_night_has_the_errands_worker_look_once(spine) -> None:
    with queues.impatient(spine.machine.redis_url) as connection:
        queue = queues.queue(queues.ERRANDS, connection)
        queue.empty()
        nights = Nights()
        nights.pass_by(spine.machine)
        nights.pass_by(spine.machine)
        assert [job.func_name for job in queue.jobs].count("plugin_server.jobs.worker.work_others") == 1
        queue.empty()
    assert others.ask(replace(spine.machine, redis_url="redis://127.0.0.1:1/0")) is False


def test_a_shop_that_was_removed_isnt_asked_and_one_that_cant_be_read_stops_no_other(spine) -> None:
    allow(spine)
    tool(spine)
    change(spine, "UPDATE shops SET sequence = '{\"rest\": -1}' WHERE platform = 'woocommerce'")
    assert others.run(spine.machine) == 1
    change(spine, "UPDATE shops SET state = 'uninstalled', facts = '{}' WHERE platform = 'shopify'")
    assert others.run(spine.machine) == 0
    assert rows(spine, "SELECT facts FROM shops WHERE platform = 'shopify'")[0].facts == {}
