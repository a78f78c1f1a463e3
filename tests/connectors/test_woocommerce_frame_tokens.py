"""Tokens that a store's plugin signs for its page in wp-admin."""

from datetime import UTC, datetime, timedelta

import jwt
import pytest

from connectors.platforms.woocommerce.frame_tokens import BadFrameToken, read

NOW = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
SECRET = "s" * 43
STORE, OURS = "https://shop.example", "https://comeback.example"
CLAIMS = {
    "iss": STORE,
    "aud": OURS,
    "sub": "7",
    "role": "owner",
    "locale": "de_DE",
    "iat": int(NOW.timestamp()),
    "exp": int(NOW.timestamp()) + 60,
    "jti": "x",
}


def token(secret: str = SECRET, algorithm: str = "HS256", without: tuple[str, ...] = (), **more) -> str:
    claims = {name: value for name, value in {**CLAIMS, **more}.items() if name not in without}
    return jwt.encode(claims, secret, algorithm=algorithm)


def taken(given: str, now: datetime = NOW, secret: str = SECRET) -> bool:
    try:
        read(given, secret, STORE, OURS, now)
    except BadFrameToken:
        return False
    return True


def test_a_good_token_says_who_looks() -> None:
    visitor = read(token(), SECRET, STORE, OURS, NOW)
    assert (visitor.user, visitor.locale) == ("7", "de_DE")
    assert visitor.expires_at == NOW + timedelta(seconds=60)


def test_a_slash_at_the_end_of_an_address_makes_no_difference() -> None:
    assert taken(token(iss=f"{STORE}/", aud=f"{OURS}/"))


def test_clocks_may_differ_by_ten_seconds() -> None:
    assert taken(token(), NOW + timedelta(seconds=69))
    assert not taken(token(), NOW + timedelta(seconds=70))
    assert taken(token(), NOW - timedelta(seconds=10))
    assert not taken(token(), NOW - timedelta(seconds=11))


def test_an_expired_token_is_told_from_one_that_never_was_good() -> None:
    with pytest.raises(BadFrameToken) as late:
        read(token(), SECRET, STORE, OURS, NOW + timedelta(minutes=5))
    with pytest.raises(BadFrameToken) as forged:
        read(token("x" * 43), SECRET, STORE, OURS, NOW)
    assert (late.value.expired, forged.value.expired) == (True, False)


@pytest.mark.parametrize("claim", ["iss", "aud", "exp", "iat", "sub"])
def test_a_token_without_a_claim_is_refused(claim) -> None:
    assert not taken(token(without=(claim,)))


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://other.example"},
        {"iss": "http://shop.example"},
        {"aud": "https://other.example"},
        {"aud": [OURS, "https://other.example"]},
        {"role": "customer"},
        {"exp": CLAIMS["iat"] + 3600},
        {"exp": True},
        {"iat": -1},
    ],
    ids=str,
)
def test_a_token_that_says_something_else_is_refused(wrong) -> None:
    assert not taken(token(**wrong))


def test_the_algorithm_is_ours_to_say() -> None:
    assert not taken(token(algorithm="HS512"))
    assert not taken(jwt.encode(CLAIMS, None, algorithm="none"))


@pytest.mark.parametrize("given", ["", "x", "a.b.c", "é.é.é", "x" * 5000])
def test_what_is_no_token_is_refused(given) -> None:
    assert not taken(given)


def test_nothing_is_taken_where_no_secret_is_known() -> None:
    assert not taken(token("x"), secret="")
