"""The JSON API: a key opens one shop, a consent is kept once, an opt-out stands, errors name their field."""

import json
from datetime import timedelta
from pathlib import Path
from typing import get_args

import marshmallow
import pytest
import requests
from sign_up_kit import code, evidence, planned, suppress
from spine_kit import BRITON, PHONE, at_noon, change, everything, forms, one, reply, rows, skip, texts, work

from plugin_server.gathering import joining, keys
from plugin_server.store import shops
from plugin_server.store.tx import Tx
from plugin_server.web import api, api_bodies
from plugin_server.web.app import create_app

WORDING = "Text me cart reminders and offers from Mugs & More. Reply STOP to opt out."
CONTRACT = json.loads(Path(api.OPENAPI).read_text("utf-8"))


def key(spine, shop: str = "mugs") -> str:
    machine = spine.machine
    with machine.db.system() as c:
        installed = shops.by_key(c, machine.secrets.vault, None, spine.keys[shop])
        return keys.make(Tx(c, installed.shop, machine.secrets), "a test", machine.clock.now())


@pytest.fixture
def call(spine):
    """Post a body to the API of the first shop, with its key."""
    made = key(spine)

    def post(what: str = "subscribers", body=None, shop: str = "mugs", with_key: str = made, **headers):
        address = f"{spine.url}/api/v1/shops/{code(spine, shop)}/{what}"
        told = {"Authorization": f"Bearer {with_key}", **headers}
        return requests.post(address, json=body, headers=told, timeout=10)

    return post


def consent(spine, **more) -> dict:
    """A body that is taken; of `more`, what belongs to the consent goes there."""
    given = {
        "wording": WORDING,
        "at": spine.world.status().now.isoformat(),
        "source_url": "https://mugs.example/vip?email=ann@example.com#top",
        "action": "ticked_box",
    }
    for name in set(more) & {*given, "ip", "user_agent"}:
        given[name] = more.pop(name)
    return {"phone": PHONE, "consent": given, **more}


def test_a_consent_is_kept_with_its_evidence_and_asked_about(spine, call) -> None:
    at_noon(spine)
    answer = call(
        body=consent(spine, name="Dagmarella", email="d@example.com", ip="203.0.113.9", locale="fr")
    )
    assert (answer.status_code, answer.json()["state"], answer.json()["scope"]) == (
        201,
        "asked",
        "cart_reminders",
    )
    (line,) = evidence(spine)
    assert (line["state"], line["proven"], line["source"]) == ("given", False, "API")
    assert line["facts"]["wording"] == WORDING
    assert line["facts"]["action"] == "ticked a box that was empty"
    assert line["facts"]["url"] == "https://mugs.example/vip"
    work(spine)
    assert "répondez OUI" in texts(spine)[0]["text"]
    reply(spine, "oui")
    work(spine)
    assert call("lookup", {"phone": PHONE}).json()["confirmed"] is True
    skip(spine, minutes=1)
    assert call(body=consent(spine)).json()["state"] == "already"


def test_the_same_consent_told_twice_is_one_line(spine, call) -> None:
    body = consent(spine)
    assert [call(body=body).status_code for _ in range(3)] == [201, 200, 200]
    assert (len(evidence(spine)), planned(spine)) == (1, ["consent_request"])


def test_an_idempotency_key_holds_one_body(spine, call) -> None:
    body = consent(spine)
    assert call(body=body, **{"Idempotency-Key": "a"}).status_code == 201
    assert call(body=body, **{"Idempotency-Key": "a"}).status_code == 200
    other = call(body=consent(spine, phone="+12125550143"), **{"Idempotency-Key": "a"})
    assert (other.status_code, len(evidence(spine))) == (422, 1)
    assert call(body=consent(spine, phone="+12125550143"), **{"Idempotency-Key": "b"}).status_code == 201


def test_a_wording_without_carts_is_kept_as_marketing_only(spine, call) -> None:
    answer = call(body=consent(spine, wording="Get our newsletter by text. Reply STOP to opt out."))
    assert (answer.status_code, answer.json()["scope"]) == (201, "marketing")
    assert evidence(spine)[0]["facts"]["program"] == "marketing"


def test_an_opt_out_stands_whatever_the_api_is_told(spine, call) -> None:
    suppress(spine)
    answer = call(body=consent(spine))
    assert (answer.status_code, answer.json()["state"]) == (202, "opted_out")
    assert (planned(spine), one(spine, "suppressions").lifted_at) == ([], None)
    assert call("lookup", {"phone": PHONE}).json()["state"] == "opted_out"


def test_an_old_act_is_kept_and_nobody_is_texted_about_it(spine, call) -> None:
    old = (spine.world.status().now - timedelta(days=3)).isoformat()
    assert call(body=consent(spine, at=old)).json()["state"] == "recorded"
    assert (len(evidence(spine)), planned(spine)) == (1, [])


def test_opting_out_suppresses_and_cancels_and_may_be_told_twice(spine, call) -> None:
    call(body=consent(spine))
    for _ in range(2):
        answer = call("opt-outs", {"phone": PHONE, "reason": "complained"})
        assert (answer.status_code, answer.json()) == (200, {"state": "opted_out"})
    row = one(spine, "suppressions")
    assert (row.kind, row.reason) == ("store", "through the API: complained")
    assert [line["state"] for line in evidence(spine)] == ["given", "withdrawn"]
    assert planned(spine) == []


@pytest.mark.parametrize(
    ("phone", "state"), [(PHONE, "unknown"), ("(212) 555-0142", "unknown"), (BRITON, "unknown")]
)
def test_a_number_nobody_knows_is_unknown(call, phone, state) -> None:
    answer = call("lookup", {"phone": phone})
    assert answer.json() == {"state": state, "scope": "none", "confirmed": False, "since": None}


WRONG = [
    ({"phone": "555-SHIP-NOW"}, "#/phone"),
    ({"phone": ""}, "#/phone"),
    ({"phone": 12125550142}, "#/phone"),
    ({"phone": "+919123456789"}, "#/phone"),
    ({"country": "usa"}, "#/country"),
    ({"email": "no address"}, "#/email"),
    ({"locale": "../../etc"}, "#/locale"),
    ({"name": "a" * 201}, "#/name"),
    ({"name": "a\0b"}, "#/name"),
    ({"wording": ""}, "#/consent/wording"),
    ({"wording": "a" * 4001}, "#/consent/wording"),
    ({"at": "2026-11-24T10:00:00"}, "#/consent/at"),
    ({"at": "2036-11-24T10:00:00Z"}, "#/consent/at"),
    ({"at": "yesterday"}, "#/consent/at"),
    ({"source_url": "javascript:alert(1)"}, "#/consent/source_url"),
    ({"source_url": "https://[x"}, "#/consent/source_url"),
    ({"action": "pre_ticked_box"}, "#/consent/action"),
    ({"ip": "999.1.1.1"}, "#/consent/ip"),
    ({"consent": None}, "#/consent"),
    ({"consent": []}, "#/consent"),
    ({"proven": True}, "#/proven"),
]


@pytest.mark.parametrize(("change", "pointer"), WRONG, ids=[f"{p}-{i}" for i, (_, p) in enumerate(WRONG)])
def test_what_is_wrong_is_named_field_by_field_and_not_repeated(spine, call, change, pointer) -> None:
    answer = call(body=consent(spine, **change))
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    said = answer.json()
    assert (said["status"], [error["pointer"] for error in said["errors"]]) == (422, [pointer])
    assert all(
        str(value) not in answer.text
        for value in change.values()
        if isinstance(value, str) and len(value) > 3
    )
    assert evidence(spine) == []


@pytest.mark.parametrize("missing", ["wording", "at", "source_url", "action"])
def test_nothing_of_a_consent_may_be_missing(spine, call, missing) -> None:
    body = consent(spine)
    del body["consent"][missing]
    assert [e["pointer"] for e in call(body=body).json()["errors"]] == [f"#/consent/{missing}"]


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '"a"', "\udcff", "[" * 5000, '{"phone": NaN}'])
def test_what_is_no_json_object_is_refused_in_words(spine, body) -> None:
    answer = requests.post(
        f"{spine.url}/api/v1/shops/{code(spine)}/subscribers",
        data=body.encode("utf-8", "surrogatepass"),
        headers={"Authorization": f"Bearer {key(spine)}"},
        timeout=10,
    )
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_body_that_is_too_large_is_refused_as_a_problem(call) -> None:
    answer = call(body={"phone": "1" * 20_000})
    assert (answer.status_code, answer.json()["status"]) == (413, 413)


@pytest.mark.parametrize("what", ["subscribers", "lookup", "opt-outs"])
def test_only_the_shops_own_key_opens_it(spine, call, what) -> None:
    said = []
    for wrong in ("", "cbk_x", key(spine, "wool"), "\xe9"):
        answer = call(what, {"phone": PHONE}, with_key=wrong)
        said.append((answer.status_code, answer.text))
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    unknown = requests.post(f"{spine.url}/api/v1/shops/0123456789abcdef/{what}", json={}, timeout=10)
    said.append((unknown.status_code, unknown.text))
    assert len(set(said)) == 1 and said[0][0] == 401
    assert rows(spine, "SELECT 1 FROM suppressions") == []


def test_a_revoked_key_and_a_shop_that_left_are_shut_out(spine, call) -> None:
    assert call("lookup", {"phone": PHONE}).status_code == 200
    change(spine, "UPDATE api_keys SET revoked_at = now()")
    assert call("lookup", {"phone": PHONE}).status_code == 401
    change(spine, "UPDATE api_keys SET revoked_at = NULL")
    change(spine, "UPDATE shops SET state = 'uninstalled'")
    assert call("lookup", {"phone": PHONE}).status_code == 401


def test_a_key_is_not_kept(spine, call) -> None:
    made = key(spine)
    dump = everything(spine.machine.db.url)
    assert all(form not in dump for form in forms(made))


def test_a_key_may_only_ask_so_often(spine, call, monkeypatch) -> None:
    monkeypatch.setattr(api, "PER_KEY", 2)
    assert [call("lookup", {"phone": PHONE}).status_code for _ in range(3)] == [200, 200, 429]
    assert call("lookup", {"phone": PHONE}).headers["Retry-After"] == "60"


def test_logs_and_rows_hold_no_number(spine, call, capfd) -> None:
    call(body=consent(spine, name="Dagmarella", email="dagmarella@example.com", user_agent="Browserella/1"))
    call("opt-outs", {"phone": PHONE})
    logged = "".join(capfd.readouterr())
    dump = everything(spine.machine.db.url)
    for secret in (PHONE[1:], "Dagmarella", "dagmarella@example.com", "ann@example.com", "Browserella"):
        assert secret not in logged
        assert all(form not in dump for form in forms(secret)), secret


def test_unknown_addresses_and_methods_are_problems_too(spine) -> None:
    for method, path, status in (("GET", "/api/v1/nothing", 404), ("DELETE", "/api/v1/openapi.json", 405)):
        answer = requests.request(method, spine.url + path, timeout=10)
        assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"


# -- the contract


def test_the_contract_is_served_and_names_every_route(spine) -> None:
    assert requests.get(f"{spine.url}/api/v1/openapi.json", timeout=10).json() == CONTRACT
    served = {
        str(rule).removeprefix("/api/v1").replace("<code>", "{code}")
        for rule in create_app(spine.machine).url_map.iter_rules()
        if str(rule).startswith("/api/v1") and not str(rule).endswith("openapi.json")
    }
    assert served == set(CONTRACT["paths"])


SCHEMAS = [
    ("Number", api_bodies.Number),
    ("Subscriber", api_bodies.Subscriber),
    ("Consent", api_bodies.Consent),
    ("OptOut", api_bodies.OptOut),
]


@pytest.mark.parametrize(("name", "schema"), SCHEMAS, ids=[name for name, _ in SCHEMAS])
def test_the_contract_says_what_is_checked(name, schema) -> None:
    written, checked = CONTRACT["components"]["schemas"][name], schema().fields
    assert set(written["properties"]) == set(checked)
    assert set(written["required"]) == {field for field, it in checked.items() if it.required}
    assert written["additionalProperties"] is False
    for field, it in checked.items():
        assert _limits(it) == _written(written["properties"][field]), field


def _limits(field: marshmallow.fields.Field) -> dict:
    """The lengths, pattern and choices that marshmallow holds a field to."""
    found: dict = {}
    for rule in _flat(field.validators):
        if isinstance(rule, marshmallow.validate.Length):
            found["maxLength"] = rule.max
            found |= {"minLength": rule.min} if rule.min else {}
        elif isinstance(rule, marshmallow.validate.Regexp):
            found["pattern"] = f"^{rule.regex.pattern.removesuffix(chr(92) + 'Z')}$"
        elif isinstance(rule, marshmallow.validate.OneOf):
            found["enum"] = list(rule.choices)
    return found


def _flat(validators):
    for rule in validators:
        yield from _flat(rule.validators) if isinstance(rule, marshmallow.validate.And) else [rule]


def _written(schema: dict) -> dict:
    return {k: v for k, v in schema.items() if k in ("maxLength", "minLength", "pattern", "enum")}


def test_every_reference_in_the_contract_leads_somewhere() -> None:
    def references(value):
        if isinstance(value, dict):
            yield from ([value["$ref"]] if "$ref" in value else [])
            value = list(value.values())
        for part in value if isinstance(value, list) else []:
            yield from references(part)

    found = set(references(CONTRACT))
    assert found
    for reference in found:
        here = CONTRACT
        for step in reference.removeprefix("#/").split("/"):
            here = here[step]


def test_every_state_that_is_answered_is_in_the_contract() -> None:
    said = CONTRACT["components"]["schemas"]["Joined"]["properties"]["state"]["enum"]
    assert set(said) == set(get_args(joining.State))
