"""STOP, HELP and START as people live through them: one answer each, through the real carrier's doors."""

import uuid

import pytest
from spine_kit import (
    PHONE,
    answer,
    at_noon,
    change,
    due,
    leave_cart,
    one,
    reply,
    rows,
    settle,
    skip,
    states,
    texted,
    texts,
    wait_idle,
    work,
)

from message_templates.wording import fill, languages, wording
from plugin_server.applying.stopping import stop
from plugin_server.jobs import answering
from plugin_server.store import shops
from plugin_server.store.tx import Tx
from sandbox.replies import confirms_opt_out, wanted_yes

SHOPS = ["mugs", "wool"]


def said(spine) -> list[str]:
    return [entry["text"] for entry in texts(spine)]


def bad(spine) -> int:
    summary = spine.world.get("/sandbox/summary")
    return sum(summary[name] for name in ("texts_after_stop", "texts_without_consent", "texts_at_night"))


@pytest.mark.parametrize("shop", SHOPS)
@pytest.mark.parametrize("words", ["STOP", "please stop texting me"])
def test_an_opt_out_is_confirmed_once_and_then_there_is_silence(spine, shop, words) -> None:
    texted(spine, shop)
    reply(spine, words, shop)
    work(spine)
    assert len(said(spine)) == 2
    assert "unsubscribed" in said(spine)[1] and "://" not in said(spine)[1]
    reply(spine, "STOP", shop)
    work(spine)
    assert len(said(spine)) == 2
    assert bad(spine) == 0


def test_the_suppression_stands_before_the_confirmation_leaves(spine) -> None:
    texted(spine)
    reply(spine, "STOP")
    settle(spine)
    assert one(spine, "suppressions", "kind, lifted_at") == ("stop", None)
    assert states(spine, "notices") == ["planned"]


def test_a_confirmation_that_comes_too_late_is_not_sent(spine) -> None:
    """47 CFR 64.1200(a)(12): within five minutes."""
    texted(spine)
    reply(spine, "STOP")
    settle(spine)
    skip(spine, minutes=5, seconds=1)
    work(spine)
    assert len(said(spine)) == 1
    assert states(spine, "notices") == ["expired"]


def test_whoever_never_got_a_text_is_answered_too(spine) -> None:
    at_noon(spine)
    reply(spine, "STOP")
    work(spine)
    assert len(said(spine)) == 1


def test_stop_is_answered_at_night_too(spine) -> None:
    texted(spine)
    skip(spine, hours=12)
    wait_idle(spine)
    reply(spine, "STOP")
    work(spine)
    assert len(said(spine)) == 2


def test_help_is_answered_and_changes_nothing(spine) -> None:
    texted(spine)
    reply(spine, "HELP")
    work(spine)
    assert "Help:" in said(spine)[1] and "Mugs & More" in said(spine)[1]
    assert rows(spine, "SELECT * FROM suppressions") == []
    reply(spine, "STOP")
    work(spine)
    skip(spine, minutes=2)
    reply(spine, "HELP")
    work(spine)
    assert len(said(spine)) == 4
    assert one(spine, "suppressions", "kind, lifted_at") == ("stop", None)
    assert bad(spine) == 0


def test_machines_that_answer_each_other_stop_after_one_round(spine) -> None:
    at_noon(spine)
    for _ in range(5):
        reply(spine, "HELP")
        work(spine)
    assert len(said(spine)) == 1


def test_the_french_are_answered_in_french(spine) -> None:
    texted(spine, locale="fr-CA")
    reply(spine, "Arrêt")
    work(spine)
    assert "désabonnement" in said(spine)[1]


def test_start_lifts_the_opt_out_only_after_a_new_yes_are_there_reminders(spine) -> None:
    texted(spine)
    reply(spine, "STOP")
    work(spine)
    skip(spine, hours=26)
    reply(spine, "START")
    work(spine)
    assert "Reply Y" in said(spine)[2]
    assert one(spine, "suppressions", "lifted_at IS NOT NULL") == (True,)
    due(spine, consent=False)
    work(spine)
    assert len(said(spine)) == 3  # asked, not answered: still no reminder
    reply(spine, "Y")
    work(spine)
    assert "signed up" in said(spine)[3]
    assert "/r/" in said(spine)[4]
    assert bad(spine) == 0


def test_ticking_the_box_again_is_no_start(spine) -> None:
    texted(spine)
    reply(spine, "STOP")
    work(spine)
    skip(spine, hours=26)
    due(spine)
    work(spine)
    assert len(said(spine)) == 2


def test_stop_ends_a_question_that_was_not_sent_yet(spine) -> None:
    at_noon(spine)
    reply(spine, "JOIN")
    settle(spine)
    reply(spine, "STOP")
    work(spine)
    assert len(said(spine)) == 1 and "unsubscribed" in said(spine)[0]


def test_an_unclear_stop_stops_and_waits_for_a_person(spine) -> None:
    texted(spine)
    reply(spine, "cancel my order")
    work(spine)
    assert one(spine, "replies", "flagged") == (True,)
    assert one(spine, "suppressions", "kind") == ("stop",)


def test_where_the_carrier_answers_the_keyword_we_answer_only_free_words(spine, monkeypatch) -> None:
    object.__setattr__(spine.machine.settings, "stop_answered_by", "carrier")
    at_noon(spine)
    reply(spine, "STOP")
    work(spine)
    assert said(spine) == []
    reply(spine, "please take me off your list", phone="+12125550143")
    work(spine)
    assert len(said(spine)) == 1


def test_an_answer_whose_worker_dies_in_the_call_is_never_repeated(spine) -> None:
    texted(spine)
    reply(spine, "STOP")
    settle(spine)
    change(
        spine,
        "UPDATE notices SET state = 'sending', committed_at = :now,"
        " lease_until = clock_timestamp() - interval '1 second'",
        now=spine.machine.clock.now(),
    )
    work(spine)
    assert len(said(spine)) == 1
    assert states(spine, "notices") == ["unknown"]


def test_an_answer_that_no_worker_took_is_claimed_again(spine) -> None:
    texted(spine)
    reply(spine, "STOP")
    settle(spine)
    change(
        spine,
        "UPDATE notices SET state = 'claimed', claim = :token, lease_until = clock_timestamp() - interval '1 second'",
        token=uuid.uuid4(),
    )
    work(spine)
    assert len(said(spine)) == 2


def test_a_claim_that_ran_out_sends_nothing(spine) -> None:
    texted(spine)
    reply(spine, "STOP")
    settle(spine)
    token = uuid.uuid4()
    assert answering.run(spine.machine, token) == 0
    assert answer(spine) == 1
    assert len(said(spine)) == 2


def test_card_numbers_are_not_kept(spine) -> None:
    texted(spine)
    reply(spine, "take it from 4111 1111 1111 1111 please")
    work(spine)
    installed = spine.keys["mugs"]
    assert installed
    with spine.machine.db.system() as c:
        from_db = [bytes(r.sealed) for r in c.exec_driver_sql("SELECT sealed FROM replies")]
    opened = [spine.machine.secrets.vault.decrypt_json(blob, f"shop {installed}")["text"] for blob in from_db]
    assert opened == ["take it from •••• (card number removed) please"]


def test_a_store_that_withdraws_consent_ends_the_reminders(spine) -> None:
    texted(spine)
    leave_cart(spine)
    settle(spine)
    skip(spine, minutes=31)
    settle(spine)
    spine.world.post("/sandbox/shops/mugs/consent", {"phone": PHONE, "state": "UNSUBSCRIBED"})
    settle(spine)
    assert "cancelled" in states(spine)
    due(spine, consent=False)
    work(spine)
    assert len(said(spine)) == 1


def test_an_opt_out_told_to_the_merchant_counts_as_much_as_a_reply(spine) -> None:
    """47 CFR 64.1200(a)(10): any reasonable means. Their own START brings them back, to be asked anew."""
    texted(spine)
    with spine.machine.db.system() as c:
        installed = shops.by_key(c, spine.machine.secrets.vault, None, spine.keys["mugs"])
    with spine.machine.db.shop(installed.shop.id) as c:
        tx = Tx(c, installed.shop, spine.machine.secrets)
        stop(tx, tx.phone(PHONE), PHONE, "by e-mail", "merchant", spine.machine.clock.now())
    due(spine)
    work(spine)
    assert len(said(spine)) == 1
    assert one(spine, "suppressions", "kind, reason") == ("merchant", "by e-mail")
    reply(spine, "START")
    work(spine)
    assert "Reply Y" in said(spine)[1]


@pytest.mark.parametrize("locale", languages())
def test_the_pretend_carrier_understands_our_own_words_in_every_language(locale) -> None:
    """Else it would take a confirmation for a text after STOP, or nobody would answer a question."""
    words = wording(locale)
    assert confirms_opt_out(fill(words.stop_confirmation, shop="Mugs & More"))
    assert wanted_yes(fill(words.double_opt_in, shop="Mugs & More"))
