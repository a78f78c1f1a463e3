"""What people told us about texts, written into Shopify's customer records: against real sockets and, where it's
there, the real Admin schema."""

from datetime import UTC, datetime, timedelta

import pytest
from graphql import build_client_schema, parse
from graphql.execution.values import get_variable_values
from raw_http import RawServer, reply
from shopify_cast import SHOP, admin_schema

from connectors.platforms.shopify import connector
from connectors.platforms.shopify.admin import operation
from sequences.ports import PersonRef, StoreConsent, Told

SAID = datetime(2026, 11, 24, 9, 0, 0, 250_000, tzinfo=UTC)
DANA = PersonRef(phone="+14155552671", email="dana@example.com", customer_id="7001")
NO = StoreConsent(state="unsubscribed", at=SAID)
YES = StoreConsent(state="subscribed", level="confirmed_opt_in", at=SAID)
BEFORE, SAME, LATER = (f"2026-11-24T{time}Z" for time in ("08:59:59", "09:00:00", "09:00:01"))


def customer(
    state: str,
    at: str | None = BEFORE,
    phone: str = DANA.phone,
    level: str | None = "SINGLE_OPT_IN",
    number: int = 7001,
) -> dict:
    return {
        "id": f"gid://shopify/Customer/{number}",
        "defaultPhoneNumber": {"phoneNumber": phone, "state": state, "optInLevel": level, "updatedAt": at},
    }


def found(by_phone: dict | None, by_id: dict | None = None) -> dict:
    return {"byId": by_id, "byPhone": by_phone}


def done(*errors: dict) -> dict:
    return {"customerSmsMarketingConsentUpdate": {"customer": None, "userErrors": list(errors)}}


def tell(*answers, person: PersonRef = DANA, consent: StoreConsent = NO) -> tuple[Told, list[dict]]:
    """Tells a shop that gives these answers; also what it was asked."""
    left = [a if isinstance(a, bytes) else reply(200, {"data": a}) for a in answers]
    with RawServer(lambda seen: left.pop(0)) as server:
        credentials = {"access_token": "shpat_1", "api_base": server.url}
        said = connector.tell_consent(SHOP, credentials, person, consent)
        return said, [seen.json() for seen in server.seen]


def test_the_consent_is_told_with_the_time_at_which_it_was_said():
    said, asked = tell(found(None, customer("SUBSCRIBED")), done())
    assert said == Told(kind="told")
    assert asked[0]["variables"] == {
        "id": "gid://shopify/Customer/7001",
        "askId": True,
        "phone": DANA.phone,
    }
    assert asked[1]["variables"]["input"] == {
        "customerId": "gid://shopify/Customer/7001",
        "smsMarketingConsent": {
            "marketingState": "UNSUBSCRIBED",
            "marketingOptInLevel": "SINGLE_OPT_IN",
            "consentUpdatedAt": "2026-11-24T09:00:00Z",
        },
    }


def test_a_confirmed_yes_is_told_as_such():
    said, asked = tell(found(customer("NOT_SUBSCRIBED", None, level=None)), done(), consent=YES)
    assert said.kind == "told"
    told = asked[1]["variables"]["input"]["smsMarketingConsent"]
    assert (told["marketingState"], told["marketingOptInLevel"]) == ("SUBSCRIBED", "CONFIRMED_OPT_IN")


@pytest.mark.parametrize("consent", [NO, YES], ids=["no", "yes"])
def test_what_is_told_fits_the_real_schema(consent):
    _, asked = tell(found(customer("PENDING", level=None)), done(), consent=consent)
    schema = build_client_schema(admin_schema(), assume_valid=True)
    for request in asked:
        (definition,) = (
            d for d in parse(operation(request["operationName"])).definitions if hasattr(d, "operation")
        )
        values = get_variable_values(schema, definition.variable_definitions, request["variables"])
        assert not isinstance(values, list), values  # a list holds what is wrong


@pytest.mark.parametrize(
    ("consent", "state", "at", "pushed"),
    [
        (NO, "SUBSCRIBED", BEFORE, True),
        (NO, "SUBSCRIBED", SAME, True),
        (NO, "SUBSCRIBED", None, True),
        (NO, "SUBSCRIBED", LATER, False),
        (NO, "PENDING", SAME, True),
        (NO, "PENDING", LATER, False),
        (NO, "NOT_SUBSCRIBED", None, True),
        (NO, "NOT_SUBSCRIBED", LATER, True),
        (NO, "UNSUBSCRIBED", BEFORE, False),
        (NO, "UNSUBSCRIBED", LATER, False),
        (NO, "REDACTED", None, False),
        (YES, "UNSUBSCRIBED", BEFORE, True),
        (YES, "UNSUBSCRIBED", SAME, False),
        (YES, "UNSUBSCRIBED", LATER, False),
        (YES, "UNSUBSCRIBED", None, False),
        (YES, "SUBSCRIBED", BEFORE, True),
        (YES, "SUBSCRIBED", LATER, False),
        (YES, "PENDING", LATER, True),
        (YES, "NOT_SUBSCRIBED", None, True),
        (YES, "REDACTED", None, False),
    ],
)
def test_the_newest_word_counts_and_in_doubt_it_is_no(consent, state, at, pushed):
    said, asked = tell(found(customer(state, at)), done(), consent=consent)
    assert said.kind == ("told" if pushed else "needless")
    assert len(asked) == (2 if pushed else 1)
    assert pushed or said.detail


def test_a_yes_that_the_store_holds_as_confirmed_needs_no_telling():
    said, _ = tell(found(customer("SUBSCRIBED", BEFORE, level="CONFIRMED_OPT_IN")), consent=YES)
    assert said.kind == "needless"


def test_only_the_customer_of_that_number_is_told_about_it():
    other = customer("SUBSCRIBED", phone="+12015550123")
    assert tell(found(None, other))[0].kind == "needless"
    assert (
        tell(found(None, {"id": "gid://shopify/Customer/7001", "defaultPhoneNumber": None}))[0].kind
        == "needless"
    )
    said, asked = tell(found(customer("SUBSCRIBED", number=7002), other), done())
    assert said.kind == "told"
    assert asked[1]["variables"]["input"]["customerId"] == "gid://shopify/Customer/7002"


@pytest.mark.parametrize("known_as", ["", "0x1", "٣", "gid://shopify/Order/1"])
def test_an_id_that_is_none_isnt_asked_for(known_as):
    person = PersonRef(phone=DANA.phone, customer_id=known_as)
    said, asked = tell(found(customer("SUBSCRIBED")), done(), person=person)
    assert said.kind == "told"
    assert asked[0]["variables"]["askId"] is False


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"code": "INVALID", "field": ["input", "smsMarketingConsent"]}, "refused"),
        ({"code": None, "field": None}, "refused"),
        ({"code": "INTERNAL_ERROR", "field": None}, "retry_later"),
        ({"code": "INVALID", "field": ["input", "customerId"]}, "needless"),
    ],
)
def test_a_user_error_is_an_answer_in_our_words(error, kind):
    said, _ = tell(found(customer("SUBSCRIBED")), done(error))
    assert said.kind == kind
    assert said.detail


def test_a_throttled_shop_says_how_long_to_wait():
    cost = {
        "requestedQueryCost": 2000,
        "throttleStatus": {"maximumAvailable": 2000, "currentlyAvailable": 0, "restoreRate": 100},
    }
    error = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
    said, asked = tell(reply(200, {"errors": [error], "extensions": {"cost": cost}}))
    assert (said.kind, said.retry_after, len(asked)) == ("retry_later", 20.0, 1)


def test_an_answer_that_makes_no_sense_tells_nobody_anything():
    for nonsense in (
        {"byPhone": 7},
        {"byPhone": {"id": 1, "defaultPhoneNumber": {"phoneNumber": DANA.phone}}},
    ):
        assert tell(nonsense)[0].kind in ("refused", "retry_later")
    assert tell(found(customer("SUBSCRIBED")), {})[0].kind in ("refused", "retry_later")


def test_an_answer_that_was_lost_is_asked_for_again_and_then_needless():
    assert tell(found(customer("SUBSCRIBED")), reply(503))[0].kind == "retry_later"
    assert tell(found(customer("UNSUBSCRIBED", SAID.isoformat())))[0].kind == "needless"
    assert tell(found(customer("SUBSCRIBED", (SAID + timedelta(days=1)).isoformat())))[0].kind == "needless"
