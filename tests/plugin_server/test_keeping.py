"""What goes after its time, of every shop and everybody: also where nothing was sent, bought or known of a number."""

from datetime import timedelta

import pytest
from list_kit import ANN, BEN, NOW, Lists, given, two_shops
from spine_kit import (
    BRITON,
    LONDON,
    PHONE,
    at_noon,
    buy,
    change,
    due,
    errand,
    leave_cart,
    owner,
    plan,
    reply,
    rows,
    settle,
    texted,
    work,
)

from compliance.evidence import Person
from plugin_server.jobs import retention
from plugin_server.jobs.nightly import Nights
from plugin_server.store import consents, people, subscribers

LONG_AGO = {
    "consents": ("at",),
    "suppressions": ("at", "erased_at"),
    "notices": ("asked_at", "due_at", "deadline", "committed_at"),
    "attempts": ("committed_at",),
    "subscribers": ("joined_at", "changed_at"),
    "carts": ("active_at",),
    "orders": ("created_at",),
    "replies": ("at",),
}


def years_pass(spine, years: int) -> None:
    """All that happened is so much older. (The world's clock goes forward by a year at most, the database's not at
    all.)"""
    with owner(spine.machine.db.url) as c:
        for table, columns in LONG_AGO.items():
            older = ", ".join(f"{name} = {name} - interval '{years} years'" for name in columns)
            c.execute(f"UPDATE {table} SET {older}")  # noqa: S608


@pytest.fixture
def lists(database_url, tmp_path) -> Lists:
    found = two_shops(database_url, tmp_path)
    yield found
    found.db.close()


# -- one shop's trouble is its own


def test_a_shop_that_cant_be_read_ends_neither_the_night_nor_what_is_due_in_the_others(spine) -> None:
    texted(spine)
    years_pass(spine, 3)
    change(spine, "UPDATE shops SET credentials = '\\x00112233' WHERE key = :key", key=spine.keys["wool"])
    change(
        spine, """UPDATE shops SET sequence = '{"no": "sequence"}' WHERE key = :key""", key=spine.keys["wool"]
    )
    nights = Nights()
    assert nights.pass_by(spine.machine)
    assert rows(spine, "SELECT sealed FROM attempts")[0].sealed is None
    assert not nights.pass_by(spine.machine), "the night is done, and isn't begun again at every tick"


def test_a_shop_whose_data_the_database_refuses_to_change_waits_for_the_next_night(spine) -> None:
    texted(spine, "mugs")
    buy(spine, leave_cart(spine, "wool", **LONDON), "wool")
    work(spine)
    years_pass(spine, 3)
    (mugs,) = rows(spine, "SELECT id FROM shops WHERE key = :key", key=spine.keys["mugs"])
    with owner(spine.machine.db.url) as c:
        c.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" IF OLD.shop_id = {mugs.id} THEN RAISE EXCEPTION 'no'; END IF; RETURN NEW; END $$;"
            "CREATE TRIGGER refuse BEFORE UPDATE ON carts FOR EACH ROW EXECUTE FUNCTION refuse()"
        )
        try:
            assert Nights().pass_by(spine.machine)
        finally:
            c.execute("DROP FUNCTION refuse CASCADE")
    kept = {
        r.shop_id == mugs.id: r.sealed is not None for r in rows(spine, "SELECT shop_id, sealed FROM carts")
    }
    assert kept == {True: True, False: False}


# -- what has no text, no number or no evidence


def test_a_notice_that_was_never_handed_over_loses_its_number_too(spine) -> None:
    plan(spine, store_consent=False)
    due(spine)
    work(spine)
    reply(spine, "STOP")
    settle(spine)
    assert {r.committed_at is None for r in rows(spine, "SELECT committed_at FROM notices")} == {True, False}
    years_pass(spine, 3)
    retention.run(spine.machine)
    assert all(r.sealed is None for r in rows(spine, "SELECT sealed FROM notices"))


def test_whoever_no_line_speaks_of_any_more_leaves_the_customer_list(spine) -> None:
    texted(spine)
    reply(spine, "STOP")
    work(spine)
    years_pass(spine, 4)
    retention.run(spine.machine)
    assert rows(spine, "SELECT sealed FROM subscribers")[0].sealed is not None, (
        "its evidence is kept, and so is it"
    )
    years_pass(spine, 8)
    retention.run(spine.machine)
    assert rows(spine, "SELECT FROM consents WHERE state IN ('given', 'withdrawn')") == []
    assert rows(spine, "SELECT FROM suppressions") == []
    assert rows(spine, "SELECT FROM subscribers") == []


def test_while_the_opt_out_is_kept_the_list_keeps_the_country_alone(lists) -> None:
    lists.append(given(ANN, person=Person(name="Ann Example", email="ann@example.com"), locale="en"))
    with lists.tx() as tx:
        people.suppress(tx, tx.phone(ANN), "said so", NOW, "stop")
    with owner(lists.db.url) as c:
        c.execute("DELETE FROM consents")
    with lists.tx() as tx:
        assert subscribers.drop_untold(tx) == 1
        assert subscribers.drop_untold(tx) == 0
    (row,) = lists.rows("SELECT * FROM subscribers")
    assert (row.sealed, row.email_hash, row.locale, row.country) == (None, None, "", "US")


def test_an_order_without_a_number_loses_its_other_names(spine) -> None:
    at_noon(spine)
    buy(spine, leave_cart(spine, phone="", consent=False))
    settle(spine)
    (before,) = rows(spine, "SELECT phone_hash, email_hash FROM orders")
    assert before.phone_hash is None
    assert before.email_hash is not None
    years_pass(spine, 3)
    retention.run(spine.machine)
    (after,) = rows(spine, "SELECT email_hash, customer_id, total FROM orders")
    assert (after.email_hash, after.customer_id) == (None, "")
    assert after.total > 0


# -- how long an opt-out is kept of whom nothing is known any more


def test_the_opt_out_of_an_erased_american_is_kept_as_long_as_america_asks_in_a_british_shop(spine) -> None:
    texted(spine)
    change(spine, "UPDATE shops SET country = 'GB'")
    reply(spine, "STOP")
    work(spine)
    errand(spine, "redact", phone=PHONE)
    settle(spine)
    (listed,) = rows(spine, "SELECT sealed, email_hash, locale, country, state FROM subscribers")
    assert tuple(listed) == (None, None, "", "US", "unsubscribed")
    years_pass(spine, 7)
    retention.run(spine.machine)
    assert len(rows(spine, "SELECT FROM suppressions")) == 1
    assert rows(spine, "SELECT FROM consents WHERE state = 'withdrawn'")
    years_pass(spine, 5)
    retention.run(spine.machine)
    assert rows(spine, "SELECT FROM suppressions") == []


def test_of_an_unknown_number_the_opt_out_is_kept_as_long_as_any_country_asks(spine) -> None:
    book = spine.machine.rulebook
    assert retention.period(book, "GB", "opt_out") < timedelta(days=7 * 365)
    assert retention.longest(book, "opt_out") >= retention.period(book, "US", "opt_out")
    texted(spine, **LONDON)
    change(spine, "UPDATE shops SET country = 'GB'")
    errand(spine, "redact", phone=BRITON)
    settle(spine)
    change(spine, "UPDATE subscribers SET country = ''")
    years_pass(spine, 7)
    retention.run(spine.machine)
    assert len(rows(spine, "SELECT FROM suppressions")) == 1
    change(spine, "UPDATE subscribers SET country = 'GB'")
    retention.run(spine.machine)
    assert rows(spine, "SELECT FROM suppressions") == []


def test_a_list_made_anew_keeps_the_country_of_whoever_was_forgotten(lists) -> None:
    lists.append(given(ANN, person=Person(email="ann@example.com")), given(BEN))
    with lists.tx() as tx:
        subscribers.forget(tx, tx.phone(ANN))
        consents.forget(tx, tx.phone(ANN), NOW)
    assert lists.rebuilt() == 2
    with lists.tx() as tx:
        phone = tx.phone(ANN)
    (row,) = lists.rows("SELECT country, sealed, email_hash FROM subscribers WHERE phone_hash = :p", p=phone)
    assert tuple(row) == ("US", None, None)
    with owner(lists.db.url) as c:
        c.execute("DELETE FROM consents")
    assert lists.rebuilt() == 0
    assert lists.count("subscribers") == 0
