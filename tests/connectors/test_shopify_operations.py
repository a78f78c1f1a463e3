"""Every operation that is sent to Shopify, against its real Admin schemas, and what leave the app asks for it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import parse
from shopify_cast import ROOT, contract
from shopify_operations_kit import NAMES, VERSIONS, faults, lacking, misfits, needs, operations_in

from connectors.platforms.shopify import install, last_look
from connectors.platforms.shopify.admin import API_VERSION, operation
from sandbox.shopify import cost

OPTIONAL = {"CartAutomations": "read_marketing_events"}
"""Operations that go without an answer where a merchant gives no leave; each with the scope that it is for."""
SMALLEST_BUCKET = 1000
"""Points; the example in shopify.dev/docs/api/usage/rate-limits."""


@pytest.fixture(params=VERSIONS)
def version(request) -> str:
    contract(f"admin/admin_{request.param}.json.gz")
    return request.param


def test_the_version_we_ask_for_is_one_that_is_checked():
    assert API_VERSION in VERSIONS


@pytest.mark.parametrize("name", NAMES)
def test_an_operation_fits_the_real_schema_and_is_named_as_its_file(name, version):
    assert faults(operation(name), version) == []
    assert [d.name.value for d in operations_in(operation(name))] == [name]


@pytest.mark.parametrize("name", NAMES)
def test_an_operation_needs_no_leave_that_the_app_doesnt_ask_for(name, version):
    needed = needs(operation(name), version)
    optional = OPTIONAL.get(name)
    assert optional is None or optional in install.OPTIONAL_SCOPES
    assert lacking(needed, (*install.SCOPES, *filter(None, [optional]))) == []


def test_the_app_asks_for_no_leave_that_it_doesnt_need(version):
    needed = {leave for name in NAMES for leave in needs(operation(name), version)}
    unused = [
        s for s in (*install.SCOPES, *install.OPTIONAL_SCOPES) if not any(s in leave for leave in needed)
    ]
    assert unused == []


def test_an_optional_leave_is_really_what_its_operation_needs(version):
    for name, scope in OPTIONAL.items():
        assert lacking(needs(operation(name), version), install.SCOPES), f"{name} needs no {scope}"


def test_a_shops_settings_can_be_read_before_it_gave_any_leave(version):
    assert needs(operation("ShopSettings"), version) == {}


def test_the_checker_finds_an_unknown_field_a_missing_leave_and_a_wrong_variable(version):
    assert "totalPrize" in faults("query X { orders(first: 1) { nodes { totalPrize } } }", version)[0].message
    stock = "query X { products(first: 1) { nodes { id } } }"
    assert faults(stock, version) == []
    assert "read_products" in lacking(needs(stock, version), install.SCOPES)[0]
    told = "mutation X($i: CustomerSmsMarketingConsentUpdateInput!) {"
    told += " customerSmsMarketingConsentUpdate(input: $i) { customer { id } } }"
    assert lacking(needs(told, version), ("read_customers",)) == [
        "Mutation.customerSmsMarketingConsentUpdate needs write_customers"
    ]
    assert lacking(needs(told, version), ("write_customers",)) == []
    asked = {"tokens": 7, "askTokens": True, "people": "", "askPeople": False, "more": 1}
    assert len(misfits("OrdersOfCarts", asked, version)) == 4  # one wrong, two missing, one unknown


@pytest.mark.parametrize("name", NAMES)
def test_an_operation_costs_less_than_one_query_may(name):
    assert asked_for(name) < cost.MAX_COST


def test_the_looks_that_are_under_way_at_a_time_fit_the_smallest_bucket():
    """Else a shop that nobody else asks for anything would throttle us."""
    assert last_look.AT_ONCE * asked_for("OrdersOfCarts") <= SMALLEST_BUCKET


def test_a_look_shows_more_customers_than_it_asks_for():
    """A number belongs to one customer; the search may find others."""
    (first,) = re.findall(r"byPhone: customers\(first: (\d+)", operation("OrdersOfCarts"))
    assert int(first) > last_look.BATCH


def asked_for(name: str) -> int:
    (definition,) = operations_in(operation(name))
    return cost.requested(parse(operation(name)), definition, {})


# -- where operations stand

GRAPHQL = re.compile(r"\b(query|mutation|subscription|fragment)\b[^{}]*\{")
ROOMS = ("connectors", "plugin_server")


def strings(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def in_the_code() -> dict[Path, list[str]]:
    return {
        path: [*strings(path.read_text("utf-8"))] for room in ROOMS for path in (ROOT / room).rglob("*.py")
    }


def test_no_operation_is_written_anywhere_but_in_a_file_of_its_own():
    found = [
        (str(path), text) for path, texts in in_the_code().items() for text in texts if GRAPHQL.search(text)
    ]
    assert found == []
    bad = 'ASK = f"""query Orders($n: Int!) {{ orders(first: $n) {{ nodes {{ id }} }} }}"""'
    assert any(GRAPHQL.search(text) for text in strings(bad))


def test_every_operation_is_sent_by_something():
    named = {text for texts in in_the_code().values() for text in texts}
    assert [name for name in NAMES if name not in named] == []
