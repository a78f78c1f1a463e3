"""The channel that only writes to the log."""

import logging

from vonage_cast import NOW, PHONE, SECRETS, SHOP, text, token

from connectors.channels.console import connector
from connectors.delivery import Delivery
from sequences.ports import Outcome


def test_a_text_is_accepted_and_shown_without_whom_or_what(caplog):
    with caplog.at_level(logging.DEBUG):
        outcome = connector.channel({}).send(text())
    assert outcome == Outcome(kind="accepted", provider_id="console:touch-1")
    assert "touch-1: to …71, 19 characters" in caplog.text
    assert PHONE[:9] not in caplog.text
    assert "mug" not in caplog.text


def test_no_delivery_is_let_in():
    delivery = Delivery(headers={"authorization": f"Bearer {token(b'{}')}"}, body=b"{}")
    assert connector.verify(delivery, SECRETS, NOW) is False
    assert connector.is_ping(delivery) is False
    assert connector.read(delivery, SHOP).events == ()
    assert connector.dedup(delivery) != connector.dedup(Delivery(headers={}, body=b"{} "))
