"""Who may send: an RS256 token of a known application, as Vonage's JWT authentication asks."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import jwt

from sandbox.vonage import problems
from sandbox.vonage.account import Account
from sandbox.vonage.orders import Refused

_LEEWAY = timedelta(seconds=60)
_LONGEST = timedelta(hours=24)  # Vonage: a token lives 15 minutes by default, 24 hours at most


def account_of(header: str | None, accounts: Mapping[str, Account], now: datetime) -> Account:
    """The account whose application signed the token in an Authorization header; raises Refused with 401.

    Expiry is judged by the sandbox's `now` and by the machine's: a client may live by either clock.
    """
    if not accounts:
        raise _refused("the sandbox's carrier is not set up: POST /sandbox/carrier")
    scheme, _, token = (header or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise _refused("the Authorization header must be: Bearer <JWT>")
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
        if jwt.get_unverified_header(token).get("alg") != "RS256":
            raise _refused("the token must be signed with RS256")
        account = accounts.get(str(claims.get("application_id")))
        if account is None:
            raise _refused("unknown application_id")
        if account.public_key is not None:
            _verify(token, account.public_key)
    except jwt.InvalidTokenError as trouble:
        raise _refused(f"the token is no good: {trouble}") from None
    _check_times(claims, now)
    return account


def _verify(token: str, public_key: str) -> None:
    jwt.decode(token, public_key, algorithms=["RS256"], options={"verify_exp": False, "verify_iat": False})


def _check_times(claims: Mapping[str, object], now: datetime) -> None:
    issued, expires = claims.get("iat"), claims.get("exp")
    if not isinstance(issued, int | float) or not isinstance(expires, int | float) or not claims.get("jti"):
        raise _refused("the token needs iat, exp and jti")
    if expires - issued > _LONGEST.total_seconds():
        raise _refused("the token may live 24 hours at most")
    if not any(_current(issued, expires, clock) for clock in (now, datetime.now(UTC))):
        raise _refused("the token has expired, or is from the future")


def _current(issued: float, expires: float, clock: datetime) -> bool:
    seconds, leeway = clock.timestamp(), _LEEWAY.total_seconds()
    return issued - leeway <= seconds < expires


def _refused(why: str) -> Refused:
    return Refused(problems.unauthorized(why))
