"""Who opens the app: a session token is taken only if every part of it says so."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shopify_cast import RECORDED

from connectors.platforms.shopify.session_tokens import BadSessionToken, read

VECTOR = json.loads((RECORDED / "vectors.json").read_text())
SECRET, CLAIMS = VECTOR["client_secret"], VECTOR["session_token_claims"]
APP = CLAIMS["aud"]
NOW = datetime.fromtimestamp(CLAIMS["iat"] + 5, UTC)
SECRETS = {"client_secret": SECRET}


def minted(key: str = SECRET, algorithm: str = "HS256", **changes: object) -> str:
    """The recorded claims with some replaced; `...` takes one out."""
    claims = {name: value for name, value in (CLAIMS | changes).items() if value is not ...}
    return jwt.api_jws.encode(
        json.dumps(claims).encode(), key, algorithm=algorithm
    )  # claims may be of any type


def refused(token: str, *, secrets=SECRETS, app: str = APP, now: datetime = NOW) -> BadSessionToken:
    with pytest.raises(BadSessionToken) as caught:
        read(token, app, secrets, now)
    return caught.value


def test_the_recorded_token_is_read():
    session = read(VECTOR["session_token"], APP, SECRETS, NOW)
    assert (session.shop, session.user) == ("demo-shop.myshopify.com", "42")
    assert session.expires_at == datetime.fromtimestamp(CLAIMS["exp"], UTC)


def test_after_a_rotation_the_old_secret_is_still_taken():
    secrets = {"client_secret": "shpss_the_new_one_0123456789abcdef0123", "old_client_secret": SECRET}
    assert read(VECTOR["session_token"], APP, secrets, NOW).user == "42"
    refused(VECTOR["session_token"], secrets={**secrets, "old_client_secret": ""})


@pytest.mark.parametrize(("seconds", "good"), [(0, True), (9, True), (10, False), (11, False), (3600, False)])
def test_ten_seconds_after_its_end_are_allowed(seconds, good):
    now = datetime.fromtimestamp(CLAIMS["exp"], UTC) + timedelta(seconds=seconds)
    if good:
        assert read(minted(), APP, SECRETS, now)
    else:
        assert refused(minted(), now=now).expired


@pytest.mark.parametrize(("seconds", "good"), [(0, True), (9, True), (10, True), (11, False), (3600, False)])
def test_and_ten_before_its_beginning(seconds, good):
    now = datetime.fromtimestamp(CLAIMS["nbf"], UTC) - timedelta(seconds=seconds)
    if good:
        assert read(minted(), APP, SECRETS, now)
    else:
        assert not refused(minted(), now=now).expired


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "another-app"},
        {"aud": [APP]},
        {"aud": ...},
        {"exp": ...},
        {"exp": "soon"},
        {"exp": None},
        {"exp": True},
        {"exp": 1e300},
        {"exp": -1},
        {"nbf": "now"},
        {"iss": "https://other-shop.myshopify.com/admin"},
        {"iss": ...},
        {"dest": "https://other-shop.myshopify.com"},
        {"dest": ...},
        {"sub": ...},
        {"iss": "https://evil.example/admin", "dest": "https://evil.example"},
        {"iss": "https://a.myshopify.com.evil.example", "dest": "https://a.myshopify.com.evil.example"},
        {"iss": "http://demo-shop.myshopify.com/admin", "dest": "http://demo-shop.myshopify.com"},
        {"iss": "https://x@demo-shop.myshopify.com", "dest": "https://x@demo-shop.myshopify.com"},
        {"iss": "https://demo-shop.myshopify.com:8443", "dest": "https://demo-shop.myshopify.com:8443"},
        {"iss": "https://[", "dest": "https://["},
        {"iss": 7, "dest": 7},
    ],
    ids=str,
)
def test_one_wrong_claim_is_enough(changes):
    said = refused(minted(**changes))
    assert "evil" not in str(said)
    assert not said.expired


def unsigned(algorithm: str) -> str:
    parts = (json.dumps(p).encode() for p in ({"alg": algorithm, "typ": "JWT"}, CLAIMS))
    return ".".join(base64.urlsafe_b64encode(p).rstrip(b"=").decode() for p in parts) + "."


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "HS256", ""])
def test_a_token_without_a_signature_is_none_whatever_it_says_of_itself(algorithm):
    refused(unsigned(algorithm))


@pytest.mark.filterwarnings("ignore::jwt.InsecureKeyLengthWarning")
@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_the_algorithm_is_fixed(algorithm):
    refused(minted(algorithm=algorithm))


def test_another_key_or_a_changed_claim_is_refused():
    refused(minted(key="shpss_somebody_elses_0123456789abcdef"))
    head, _, signature = minted().split(".")
    claims = base64.urlsafe_b64encode(json.dumps(CLAIMS | {"dest": "https://x.myshopify.com"}).encode())
    refused(f"{head}.{claims.rstrip(b'=').decode()}.{signature}")


@pytest.mark.parametrize(
    "secrets", [{}, {"client_secret": ""}, {"client_secret": "", "old_client_secret": ""}]
)
def test_without_a_secret_nobody_gets_in(secrets):
    empty = hmac.new(b"", b"", hashlib.sha256).hexdigest()
    refused(minted(), secrets=secrets)
    refused(unsigned("HS256") + empty, secrets=secrets)


def test_without_a_client_id_nobody_gets_in():
    refused(minted(aud=""), app="")


def test_capital_letters_make_no_other_shop():
    upper = minted(iss="https://Demo-Shop.myshopify.com/admin", dest="https://demo-shop.MYSHOPIFY.com")
    assert read(upper, APP, SECRETS, NOW).shop == "demo-shop.myshopify.com"


@given(st.text(max_size=200))
def test_any_text_is_refused_in_words(text):
    assert str(refused(text))


@given(st.integers(0, len(VECTOR["session_token"]) - 1), st.characters(min_codepoint=33, max_codepoint=126))
def test_no_letter_of_a_token_can_be_another(place, letter):
    token = VECTOR["session_token"]
    changed = token[:place] + letter + token[place + 1 :]
    try:
        session = read(changed, APP, SECRETS, NOW)
    except BadSessionToken:
        return
    # The last letter of a base64 text has bits that mean nothing.
    assert changed == token or place == len(token) - 1
    assert session.shop == "demo-shop.myshopify.com"


def test_a_token_as_long_as_a_book_isnt_read():
    assert "no session token" in str(refused("a" * 5000))
