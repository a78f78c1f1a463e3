"""What PHP mints, Python reads, and the reverse: restore links and frame tokens of docs/woocommerce-plugin.md."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from plugin_php import PLUGIN, php

from connectors.platforms.woocommerce import frame_tokens

KEY, HOME, CART = "0f" * 32, "https://shop.example", "0b6f5f6c9d1e4d5c8f1c2a7e93b1d044"
NOW = 1_795_542_250
SECRET, COMEBACK = "s3" * 21 + "x", "https://comeback.example"


def value(expression: str, *values: object) -> object:
    """The value of a PHP expression over $v, with the plugin's pure classes at hand."""
    files = [str(PLUGIN / "includes" / f"class-{name}.php") for name in ("restore-link", "frame-token")]
    loads = "".join(f"require {json.dumps(file)};" for file in files)
    code = (
        f"define('ABSPATH', '/'); {loads} $v = json_decode($argv[1], true); echo json_encode({expression});"
    )
    return json.loads(php("-r", code, "--", json.dumps(values)))


def mac(key: str, home: str, cart: str, expires: int) -> str:
    text = f"restore/1\n{home}\n{cart}\n{expires}"
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()[:32]


def checked(token: str, home: str = HOME, now: int = NOW, key: str = KEY) -> object:
    return value(r"Comeback\Restore_Link::check(...$v)", key, home, token, now)


def test_a_restore_link_of_php_is_the_one_of_the_contract() -> None:
    minted = value(r"Comeback\Restore_Link::mint(...$v)", KEY, HOME, CART, NOW)
    expires = NOW + 14 * 86400
    assert minted == f"{CART}.{expires}.{mac(KEY, HOME, CART, expires)}"


def test_a_restore_link_of_the_contract_is_good_in_php_until_it_ends() -> None:
    token = f"{CART}.{NOW + 10}.{mac(KEY, HOME, CART, NOW + 10)}"
    assert checked(token) == {"cart_id": CART, "refused": ""}
    assert checked(token, now=NOW + 10) == {"cart_id": "", "refused": "expired"}


@pytest.mark.parametrize(
    "token",
    [
        f"{CART}.{NOW + 10}.{mac(KEY, 'https://other.example', CART, NOW + 10)}",
        f"{CART}.{NOW + 10}.{mac(KEY[::-1], HOME, CART, NOW + 10)}",
        f"{CART}.{NOW + 99}.{mac(KEY, HOME, CART, NOW + 10)}",
        f"{CART[::-1]}.{NOW + 10}.{mac(KEY, HOME, CART, NOW + 10)}",
        f"{CART}.{NOW + 10}.{mac(KEY, HOME, CART, NOW + 10)[:31]}",
        f"{CART}.{NOW + 10}.",
        "",
    ],
    ids=[
        "another store",
        "another key",
        "a longer life",
        "another cart",
        "a shorter mac",
        "no mac",
        "nothing",
    ],
)
def test_a_forged_restore_link_is_refused(token: str) -> None:
    assert checked(token) == {"cart_id": "", "refused": "forged"}


def made(now: int = NOW) -> str:
    values = (SECRET, HOME, COMEBACK, 7, "de_DE", "6f1c1e0e-4a53-4c2c-9f0e-0d1f5d1c7a10", now)
    answer = value(r"Comeback\Frame_Token::make(...$v)", *values)
    assert isinstance(answer, dict)
    assert answer["expires_at"] == now + 60
    return str(answer["token"])


def test_a_frame_token_says_what_the_contract_says() -> None:
    late = {"verify_exp": False, "verify_iat": False}
    claims = jwt.decode(made(), SECRET, algorithms=["HS256"], audience=COMEBACK, issuer=HOME, options=late)
    assert claims == {
        "iss": HOME,
        "aud": COMEBACK,
        "sub": "7",
        "role": "owner",
        "locale": "de_DE",
        "iat": NOW,
        "exp": NOW + 60,
        "jti": "6f1c1e0e-4a53-4c2c-9f0e-0d1f5d1c7a10",
    }


def test_comeback_knows_the_visitor_by_the_plugin_s_token_for_a_minute() -> None:
    token, now = made(), datetime.fromtimestamp(NOW, UTC)
    visitor = frame_tokens.read(token, SECRET, HOME, COMEBACK, now)
    assert (visitor.user, visitor.locale, visitor.expires_at) == ("7", "de_DE", now + timedelta(seconds=60))
    with pytest.raises(frame_tokens.BadFrameToken):
        frame_tokens.read(token, SECRET, HOME, COMEBACK, now + timedelta(minutes=2))
    with pytest.raises(frame_tokens.BadFrameToken):
        frame_tokens.read(token, SECRET, "https://other.example", COMEBACK, now)


def test_a_frame_token_of_another_secret_or_another_comeback_is_refused() -> None:
    late = {"verify_exp": False, "verify_iat": False}
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(made(), SECRET[::-1], algorithms=["HS256"], audience=COMEBACK, options=late)
    with pytest.raises(jwt.InvalidAudienceError):
        jwt.decode(made(), SECRET, algorithms=["HS256"], audience="https://other.example", options=late)


def test_a_frame_token_ends_after_a_minute() -> None:
    with pytest.raises(jwt.ExpiredSignatureError):
        jwt.decode(made(now=1_700_000_000), SECRET, algorithms=["HS256"], audience=COMEBACK)
