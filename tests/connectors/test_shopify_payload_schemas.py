"""Payloads made from Shopify's own schemas, for every version and topic: each is read by `comeback read`, or refused in
words. What newer versions no longer have is never needed."""

import json
import os
import subprocess
from collections import Counter

import pytest
from payload_variants import bare, named, nulls, places, whole, with_odd, without
from shopify_cast import ROOT, storable, webhook_schema

from connectors.platforms.shopify.topics import READERS
from plugin_server import create_app
from plugin_server.cli.offline import readings_of
from sequences.errors import BadDelivery

VERSIONS = ("2025-10", "2026-01", "2026-04", "2026-07")
EVENTS = {
    "checkouts/create": "CartChanged checkout",
    "checkouts/update": "CartChanged checkout",
    "checkouts/delete": "CartChanged removed",
    "carts/create": "CartChanged lines",
    "carts/update": "CartChanged lines",
    "orders/create": "OrderPlaced",
    "orders/paid": "OrderChanged paid",
    "orders/cancelled": "OrderChanged cancelled",
    "orders/updated": "OrderChanged cancelled",  # a whole payload holds cancelled_at
    "customers_marketing_consent/update": "ConsentChanged",
    "customers/data_request": "DataRequested",
    "customers/redact": "ShopperErased",
    "shop/redact": "ShopRemoved",
    "app/uninstalled": "Uninstalled",
    "app/scopes_update": "ScopesChanged",
}
LINES = {"line_items[].price", "line_items[].quantity"}
CHECKOUT = {"token", "created_at", "updated_at", "total_price"} | LINES
ORDER = {"id", "created_at", "updated_at", "total_price"}
# What a payload can't be read without: neither a checkout's `id` nor an order's `checkout_id`, gone since 2026-04.
NEEDED = {
    "checkouts": CHECKOUT,
    "carts": {"token", "created_at", "updated_at"} | LINES,
    "orders": ORDER,
    "shop": {"shop_domain"},
}
OWN_SCHEMA = (
    "checkouts/delete",
    "app/uninstalled",
    "app/scopes_update",
    "customers/data_request",
    "customers/redact",
)
every_version = pytest.mark.parametrize("version", VERSIONS)
every_topic = pytest.mark.parametrize("topic", READERS)


class Reader:
    """`comeback read` in this process, over a file that is written anew each time."""

    def __init__(self, file, topic: str, version: str) -> None:
        self.file, self.topic, self.version = file, topic, version

    def read(self, payload):
        """The reading. Anything but that or BadDelivery is a failure of the test."""
        self.file.write_text(json.dumps(payload))
        (reading,) = readings_of("shopify", self.file, self.topic, self.version)
        assert storable(reading)
        return reading

    def survives(self, payload) -> bool:
        try:
            self.read(payload)
        except BadDelivery as error:
            assert 0 < len(str(error)) < 2000
            return False
        return True


@pytest.fixture
def reader(tmp_path):
    return lambda topic, version: Reader(tmp_path / "payload.json", topic, version)


def tried(payload, topic: str, version: str) -> list:
    """The places of a payload. Topics that share a schema take turns: one of them is tried at every place in each
    version, the others at every eighth."""
    group = [other for other in READERS if other.split("/")[0] == topic.split("/")[0]]
    first = (VERSIONS.index(version) - group.index(topic)) % len(group)
    return list(places(payload))[:: 8 if first and len(group) > 1 and topic not in OWN_SCHEMA else 1]


def said(reading) -> str:
    """The event's type and what kind of change it tells."""
    (event,) = reading.events
    kind = getattr(event, "scope", "") or getattr(event, "change", "")
    return f"{type(event).__name__} {kind}".strip()


def test_every_topic_we_read_has_a_schema_in_every_version_and_its_event_here():
    assert set(EVENTS) == set(READERS)
    assert all(
        webhook_schema(version, topic)["type"] == "object" for version in VERSIONS for topic in READERS
    )


@every_version
@every_topic
def test_a_whole_payload_gives_its_event(reader, topic, version):
    assert said(reader(topic, version).read(whole(webhook_schema(version, topic)))) == EVENTS[topic]


@every_version
@every_topic
@pytest.mark.parametrize("make", [bare, nulls])
def test_so_does_one_with_as_little_as_may_be(reader, make, topic, version):
    reading = reader(topic, version).read(make(webhook_schema(version, topic)))
    if topic == "customers_marketing_consent/update":
        assert not reading.events
        assert reading.notes
        return
    expected = "OrderChanged updated" if topic == "orders/updated" else EVENTS[topic]
    assert said(reading) == expected


@every_version
@every_topic
def test_any_field_may_be_absent_but_the_few_that_nothing_is_known_without(reader, topic, version):
    one, payload = reader(topic, version), whole(webhook_schema(version, topic))
    paths = tried(payload, topic, version)
    fatal = {named(path) for path in paths if not one.survives(without(payload, path))}
    expected = NEEDED.get(topic.split("/")[0], set())
    if topic == "checkouts/delete":
        expected = set()
    if topic == "app/scopes_update":
        expected = {"current"}
    if topic == "customers_marketing_consent/update":
        # Without a time of its own it would take the header's, which a bare payload hasn't.
        expected = {"sms_marketing_consent.consent_updated_at"}
    assert fatal == expected & {named(path) for path in paths}
    assert fatal.isdisjoint({"checkout_id"} if topic.startswith("orders/") else {"id", "checkout_id"})


@every_version
@every_topic
def test_any_field_may_hold_something_odd(reader, topic, version):
    one, payload, outcomes = reader(topic, version), whole(webhook_schema(version, topic)), Counter()
    # Another odd value for each field in each version and topic.
    start = VERSIONS.index(version) + 4 * list(READERS).index(topic)
    for turn, path in enumerate(tried(payload, topic, version), start):
        outcomes[one.survives(with_odd(payload, path, turn))] += 1
    assert outcomes[True] >= outcomes.total() // 3


# -- what newer versions no longer have


@every_version
@pytest.mark.parametrize("topic", ["checkouts/create", "checkouts/update"])
def test_a_cart_goes_by_the_same_name_whether_its_checkout_has_an_id_or_not(reader, topic, version):
    one, payload = reader(topic, version), whole(webhook_schema(version, topic))
    assert ("id" in payload) == (version < "2026-04")
    readings = [one.read(changed) for changed in (payload, payload | {"id": 7}, _less(payload, "id"))]
    assert readings[0] == readings[1] == readings[2]
    assert readings[0].events[0].cart.key == f"checkout:{payload['token']}"


@every_version
@pytest.mark.parametrize("topic", ["orders/create", "orders/paid", "orders/cancelled", "orders/updated"])
def test_an_order_finds_its_cart_whether_it_has_a_checkout_id_or_not(reader, topic, version):
    one, payload = reader(topic, version), whole(webhook_schema(version, topic))
    assert ("checkout_id" in payload) == (version < "2026-04")
    readings = [
        one.read(changed)
        for changed in (payload, payload | {"checkout_id": 7}, _less(payload, "checkout_id"))
    ]
    assert readings[0] == readings[1] == readings[2]
    cart = reader("checkouts/update", version).read(whole(webhook_schema(version, "checkouts/update")))
    assert readings[0].events[0].order.checkout_key == cart.events[0].cart.key


@every_version
def test_a_deleted_checkout_is_known_by_its_other_names_with_an_id_or_without(reader, version):
    update = whole(webhook_schema(version, "checkouts/update")) | {"name": "#548380009"}
    cart = reader("checkouts/update", version).read(update).events[0].cart
    one, payload = reader("checkouts/delete", version), whole(webhook_schema(version, "checkouts/delete"))
    for changed in (payload, _less(payload, "id"), payload | {"cart_token": None}):
        gone = one.read(changed).events[0].cart
        assert {gone.key, *gone.aliases} & set(cart.aliases), changed
    with pytest.raises(BadDelivery, match="which cart"):
        one.read(_less(payload, "id") | {"cart_token": None})


def _less(payload, name):
    return {key: value for key, value in payload.items() if key != name}


# -- the command itself


@every_version
def test_the_real_program_reads_them(tmp_path, version):
    file = tmp_path / "made.json"
    file.write_text(json.dumps(whole(webhook_schema(version, "checkouts/update"))))
    done = subprocess.run(
        [
            ROOT / "bin" / "comeback",
            "read",
            "shopify",
            file,
            "--topic",
            "checkouts/update",
            "--api-version",
            version,
        ],
        env=os.environ | {"COMEBACK_WIRING": "sandbox"},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    (event,) = json.loads(done.stdout)
    assert (event["type"], event["cart"]["contact"]["phone"]) == ("CartChanged", "+14155552671")


def run(*command: str, stdin: bytes = b""):
    return create_app().test_cli_runner().invoke(args=["read", "shopify", *command], input=stdin)


@pytest.mark.parametrize(
    "name",
    [
        "checkouts_update.json",
        "checkouts-update.json",
        "checkouts_update_2026-07_3.json",
        "2026-07/checkouts/update.json",
        "2026-07/checkouts_update.full.json",
    ],
)
def test_a_files_name_says_its_topic(tmp_path, name):
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(whole(webhook_schema("2026-07", "checkouts/update"))))
    done = run(str(file))
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)[0]["type"] == "CartChanged"


@pytest.mark.parametrize(
    "name", ["draft_orders_create.json", "update.json", "orders.json", "my_checkouts_update.json"]
)
def test_a_name_that_says_none_is_no_guess(tmp_path, name):
    (tmp_path / name).write_text("{}")
    done = run(str(tmp_path / name))
    assert (done.exit_code, done.stdout) == (2, "")
    assert "--topic" in done.stderr


def test_standard_input_and_a_topic_in_another_spelling_will_do():
    made = json.dumps(whole(webhook_schema("2026-07", "orders/paid"))).encode()
    for topic in ("orders/paid", "orders_paid", "ORDERS_PAID"):
        done = run("-", "--topic", topic, stdin=made)
        assert json.loads(done.stdout)[0]["change"] == "paid"


@pytest.mark.parametrize("version", ["2026-7", "2026-08", "latest", "2026-07\n"])
def test_a_version_that_cant_be_is_refused(version):
    done = run("-", "--topic", "orders/paid", "--api-version", version, stdin=b"{}")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "--api-version" in done.stderr
