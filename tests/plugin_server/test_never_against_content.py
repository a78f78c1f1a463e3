"""A text that says what it may not say is never handed over, and the touch names the rule."""

from dataclasses import replace

import pytest
from spine_kit import change, due, plan, rows, states, texts, work

from sandbox import catalog

LINK = "{{ cart.link }}"


def says(spine, source: str, **step) -> None:
    plan(spine, steps=[{"delay": 3600, "texts": {"en": source}, **step}])


@pytest.mark.parametrize(
    ("source", "rule"),
    [
        (f"{{{{ shop.name }}}}: vape kits, {LINK}", "CONT-07"),
        (f"{{{{ shop.name }}}}: see bit.ly/x, {LINK}", "CONT-08"),
        (f"{{{{ shop.name }}}}: reply YES to buy, {LINK}", "CART-06"),
        (f"{{{{ shop.name }}}}: 20% off, {LINK}", "CONT-13"),
        (f"Your cart: {LINK}", "CONT-03"),
    ],
)
def test_such_a_text_is_skipped_by_its_rule(spine, source: str, rule: str) -> None:
    says(spine, source)
    due(spine)
    work(spine)
    assert texts(spine) == [] and states(spine) == ["skipped"]
    (row,) = rows(spine, "SELECT rule, reason FROM touches")
    assert row.rule == rule and row.reason.startswith("the text may not be sent so: ")
    assert rows(spine, "SELECT id FROM attempts") == []


def test_the_offer_of_the_step_may_be_promised(spine) -> None:
    offer = {"kind": "percent", "value": "20%", "code": "MUG20"}
    says(spine, f"{{{{ shop.name }}}}: 20% off with code MUG20: {LINK}", offer=offer)
    due(spine)
    work(spine)
    assert "20% off with code MUG20" in texts(spine)[0]["text"]


def test_a_name_that_is_also_a_drink_is_left_out(spine) -> None:
    due(spine, first_name="Gin")
    work(spine)
    (sent,) = texts(spine)
    assert "Gin" not in sent["text"] and "/r/" in sent["text"]


def test_an_item_that_no_text_may_name_is_left_out(spine, monkeypatch) -> None:
    beanie = catalog.BY_SKU["BEANIE"]
    monkeypatch.setitem(catalog.BY_SKU, "BEANIE", replace(beanie, title="Hemp lotion"))
    says(spine, "{{ shop.name }}: {% if cart.item %}{{ cart.item }}{% else %}your cart{% endif %} " + LINK)
    due(spine, items=[{"sku": "BEANIE", "quantity": 1}])
    work(spine)
    assert "your cart" in texts(spine)[0]["text"] and "Hemp" not in texts(spine)[0]["text"]


def test_reply_stop_does_not_do_where_nobody_can_reply(spine) -> None:
    says(spine, f"{{{{ shop.name }}}}: {LINK} Reply STOP to opt out")
    change(spine, "UPDATE shops SET sender = 'MUGS' WHERE key = :key", key=spine.keys["mugs"])
    due(
        spine,
        phone="+447400123456",
        country="GB",
        region="",
        postcode="SW1A 1AA",
        city="London",
        locale="en-GB",
    )
    work(spine)
    assert texts(spine) == [] and [r.rule for r in rows(spine, "SELECT rule FROM touches")] == ["OPT-08"]
