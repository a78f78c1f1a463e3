"""Hands a text to Vonage: one POST, once, and a clear word about what came of it.

Vonage's SDK gives the model of the body and signs the JWT. It doesn't send: `messages.send()` of
vonage 4.9.1 posts up to ten times when the connection drops after the server has read the request, and
the Messages API has no idempotency key.
"""

import logging
from functools import partial

import requests
from pydantic import ValidationError
from vonage_messages.models import Sms, SmsOptions

from connectors.channels.vonage_sms.account import Account
from connectors.channels.vonage_sms.answers import outcome
from connectors.channels.vonage_sms.pacing import Pacer
from connectors.channels.vonage_sms.tokens import Tokens
from connectors.http import NotReached, session
from sequences.ports import OutboundText, Outcome

LONGEST_TEXT = 1000  # characters, by Vonage's Messages OpenAPI 1.11.0; the SDK's model lets 3200 pass
THREADS = 64  # connections kept alive: as many as threads may share one channel

# The SDK's own logger writes numbers, texts and Authorization headers at DEBUG, error bodies at WARNING.
logging.getLogger("vonage").setLevel(logging.ERROR)

_refused = partial(Outcome, kind="refused")


def body(message: OutboundText) -> dict[str, object]:
    """The JSON of POST /v1/messages. Raises pydantic.ValidationError for what Vonage would not take."""
    sms = Sms(
        to=message.to.removeprefix("+"),
        from_=message.sender.removeprefix("+"),
        text=message.text,
        client_ref=message.ref,
        webhook_url=message.callback or None,
        webhook_version="v1" if message.callback else None,
        ttl=message.ttl_seconds,
        sms=SmsOptions(encoding_type="unicode") if message.unicode else None,
    )
    dumped: dict[str, object] = sms.model_dump(mode="json", by_alias=True, exclude_none=True)
    return dumped


class VonageChannel:
    """A channel over one pooled session. Share it between threads; make a new one after a fork."""

    def __init__(self, account: Account, *, connect: float = 3.05, read: float = 10.0) -> None:
        """`connect` and `read`: seconds. Raises BadCredentials for a key that can't sign."""
        self._url = f"{account.base_url}/v1/messages"
        self._tokens = Tokens(account.application_id, account.private_key)
        self._pacer = Pacer(account.per_second)
        self._session = session(allow_private=account.allow_private, connect=connect, read=read, pool=THREADS)

    def send(self, message: OutboundText) -> Outcome:
        """Hand over once. Never raises; never repeats a request."""
        if len(message.text) > LONGEST_TEXT:
            return _refused(code="too-long", detail=f"a text may have {LONGEST_TEXT} characters")
        try:
            sms = body(message)
        except ValidationError as e:
            return _refused(code="invalid", detail=_fields(e))
        self._pacer.wait()
        return self._post(sms)

    def _post(self, sms: dict[str, object]) -> Outcome:
        headers = {"Authorization": f"Bearer {self._tokens.current()}", "Accept": "application/json"}
        try:
            return outcome(self._session.post(self._url, json=sms, headers=headers))
        except NotReached as e:
            if e.permanent:
                return _refused(code="private-address", detail=str(e), account=True, permanent=False)
            return Outcome(kind="retry_later", code="not-reached", detail=str(e), permanent=False)
        except requests.RequestException as e:
            return Outcome(kind="unknown", code="no-answer", detail=type(e).__name__, permanent=False)


def _fields(error: ValidationError) -> str:
    """Which fields are wrong and how, without what stood in them."""
    wrong = error.errors(include_input=False, include_url=False, include_context=False)
    return "; ".join(f"{'.'.join(map(str, w['loc']))}: {w['type']}" for w in wrong)[:200]
