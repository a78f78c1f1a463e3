"""The account behind a channel: its credentials, its token and its pace."""

import time
from concurrent.futures import ThreadPoolExecutor

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import PrivateFormat
from raw_http import RawServer
from vonage_cast import ACCEPTED, APPLICATION, credentials, pem, text

from connectors.channels.vonage_sms import connector
from connectors.channels.vonage_sms.account import BadCredentials, account
from connectors.channels.vonage_sms.pacing import Pacer
from connectors.channels.vonage_sms.tokens import Tokens


def test_a_token_is_signed_once_and_renewed_before_it_expires():
    at = [1_795_522_465.7]
    tokens = Tokens(APPLICATION, pem(), clock=lambda: at[0])
    first = tokens.current()
    at[0] += 800
    assert tokens.current() == first
    at[0] += 50
    second = tokens.current()
    left = jwt.decode(second, options={"verify_signature": False})["exp"] - at[0]
    assert second != first
    assert 840 < left <= 900


def test_a_clock_that_is_set_back_makes_a_new_token():
    at = [1_795_522_465.0]
    tokens = Tokens(APPLICATION, pem(), clock=lambda: at[0])
    first = tokens.current()
    at[0] -= 3600
    assert tokens.current() != first


def test_threads_that_meet_an_expired_token_sign_one_between_them():
    at = [1_795_522_465.0]
    tokens = Tokens(APPLICATION, pem(), clock=lambda: at[0])
    at[0] += 900
    with ThreadPoolExecutor(16) as pool:
        assert len(set(pool.map(lambda _: tokens.current(), range(64)))) == 1


def test_texts_are_spaced_evenly_whichever_thread_asks():
    at, waits = [100.0], []
    pacer = Pacer(10, clock=lambda: at[0], sleep=waits.append)
    for _ in range(4):
        pacer.wait()
    assert waits == pytest.approx([0.1, 0.2, 0.3])
    at[0] += 60
    pacer.wait()
    assert len(waits) == 3


def test_a_channel_keeps_its_pace_against_the_clock():
    with RawServer(lambda seen: ACCEPTED) as server:
        channel = connector.channel(credentials(server.url, per_second="50"))
        started = time.monotonic()
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda n: channel.send(text(ref=str(n))), range(16)))
        assert time.monotonic() - started >= 15 / 50


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"application_id": ""}, "application_id is missing"),
        ({"private_key": " "}, "private_key is missing"),
        ({"private_key": "/run/secrets/key.pem"}, "PKCS#8"),
        ({"private_key": pem(PrivateFormat.TraditionalOpenSSL)}, "openssl pkcs8"),
        ({"private_key": pem()[:400]}, "private_key can't sign"),
        ({"base_url": "ftp://api.nexmo.com"}, "base_url"),
        ({"base_url": "http://api.nexmo.com", "allow_private": ""}, "base_url"),
        ({"base_url": "api.nexmo.com"}, "base_url"),
        ({"per_second": "many"}, "per_second"),
        ({"per_second": "-1"}, "per_second"),
        ({"per_second": "nan"}, "per_second"),
    ],
)
def test_credentials_that_cannot_work_are_refused_in_words_that_give_nothing_away(changes, words):
    with pytest.raises(BadCredentials, match=words) as caught:
        connector.channel(credentials("https://api.nexmo.com", **changes))
    given = changes.get("private_key", "")
    assert not (len(given) > 5 and given[-40:] in str(caught.value))


def test_a_key_that_lost_its_line_breaks_is_repaired():
    with RawServer(lambda seen: ACCEPTED) as server:
        for broken in (pem().replace("\n", "\\n"), pem().replace("\n", "\r\n"), pem().strip()):
            channel = connector.channel(credentials(server.url, private_key=broken))
            assert channel.send(text()).kind == "accepted"


def test_defaults_are_vonages_address_and_its_limit():
    checked = account({"application_id": APPLICATION, "private_key": pem()})
    assert (checked.base_url, checked.per_second) == ("https://api.nexmo.com", 30.0)
    assert not checked.allow_private
    assert "PRIVATE KEY" not in repr(checked)
