"""No shop sees, changes or adds to what belongs to another."""

import json
import re
import uuid

import pytest
import requests
from spine_kit import (
    PERSON,
    buy,
    carrier,
    everything,
    leave_cart,
    link_in,
    one,
    owner,
    report,
    rows,
    settle,
    shopify,
    states,
    texted,
    wait_idle,
    woo,
    work,
)
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from plugin_server.crypto import Tampered
from plugin_server.store import carts, events, shops
from plugin_server.store.tx import Tx
from plugin_server.web.app import create_app


def tables(url: str) -> list[str]:
    with owner(url) as c:
        return [
            r[0]
            for r in c.execute(
                "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public'"
                " AND column_name = 'shop_id' ORDER BY 1"
            )
        ]


@pytest.fixture
def lived(spine):
    """Both shops have lived: every table holds rows of wool's, and mugs has a few of its own."""
    key = texted(spine, "wool")
    requests.get(link_in(spine), headers=PERSON, timeout=5, allow_redirects=False)
    spine.world.post("/sandbox/phones/12125550142/reply", {"text": "STOP", "to": "12015550124"})
    buy(spine, key, "wool")
    work(spine)
    with owner(spine.machine.db.url) as c:
        for table, values in MORE.items():
            c.execute(f"INSERT INTO {table} SELECT id, {values} FROM shops WHERE platform = 'woocommerce'")  # noqa: S608
    return spine


# What this short life left empty.
MORE = {
    "stock": "'7', true, 1, now()",
    "consent_tombstones": "999, '', '', now(), 'a test'",
    "consent_anchors": "1, '', now()",
    "disclosures": "'00', 'sign-up page', 'en', 1, 'Text me', '', now()",
    "imports (shop_id, file_sha256, file_name, mapping, counts, at)": "'00', 'list.csv', '{}', '{}', now()",
    "api_keys (shop_id, name, hash, made_at)": "'a test', '\\x00', now()",
    "data_requests (shop_id, request_id, asked_at, answer_by)": "'7', now(), now()",
    "shop_tokens (shop_id, sealed, refreshed_at)": "'\\x00', now()",
    "code_pools (shop_id, spec, starts_at, ends_at)": "'{}', now(), now()",
    "codes (shop_id, code, pool_id)": "'BACK-1', (SELECT max(id) FROM code_pools)",
    "usage_events (shop_id, ref, segments, at, due_at)": "gen_random_uuid(), 1, now(), now()",
}
# Forbidden to everybody: nothing of the evidence is changed or taken back.
EVIDENCE = ("consents", "consent_tombstones", "consent_anchors", "disclosures")


def ids(spine) -> tuple[int, int]:
    found = {r.key: r.id for r in rows(spine, "SELECT key, id FROM shops")}
    return found[spine.keys["mugs"]], found[spine.keys["wool"]]


def test_every_table_of_a_shop_is_closed_to_another_and_to_whoever_names_none(lived) -> None:
    mugs, wool = ids(lived)
    found = tables(lived.machine.db.url)
    assert len(found) >= 14
    for table in found:
        count = text(f"SELECT count(*) FROM {table} WHERE shop_id = :s")  # noqa: S608
        everywhere = text(f"SELECT count(*) FROM {table}")  # noqa: S608
        with lived.machine.db.shop(wool) as c:
            assert c.execute(count, {"s": wool}).scalar_one() > 0, f"{table} is empty: this proves nothing"
        with lived.machine.db.shop(mugs) as c:
            assert c.execute(count, {"s": wool}).scalar_one() == 0, table
        with lived.machine.db.engine.begin() as c:
            assert c.execute(everywhere).scalar_one() == 0, f"{table} is open to whoever names no shop"


def test_shops_themselves_are_closed_to_each_other(lived) -> None:
    mugs, _ = ids(lived)
    with lived.machine.db.shop(mugs) as c:
        assert [r.id for r in c.execute(text("SELECT id FROM shops"))] == [mugs]
    with lived.machine.db.engine.begin() as c:
        assert c.execute(text("SELECT id FROM shops")).all() == []


def test_nothing_can_be_changed_or_deleted_in_another_shop(lived) -> None:
    mugs, wool = ids(lived)
    before = everything(lived.machine.db.url)
    for table in tables(lived.machine.db.url):
        for statement in (f"UPDATE {table} SET shop_id = shop_id", f"DELETE FROM {table}"):  # noqa: S608
            if table in EVIDENCE:
                with (
                    pytest.raises(ProgrammingError, match="permission denied"),
                    lived.machine.db.shop(wool) as c,
                ):
                    c.execute(text(statement))
                continue
            with lived.machine.db.shop(mugs) as c:
                assert c.execute(text(f"{statement} WHERE shop_id = :s"), {"s": wool}).rowcount == 0, (
                    statement
                )
    assert everything(lived.machine.db.url) == before


def test_nothing_can_be_added_to_another_shop_or_moved_there(lived) -> None:
    mugs, wool = ids(lived)
    for table in tables(lived.machine.db.url):
        with owner(lived.machine.db.url) as c:
            columns = [
                f'"{r[0]}"'
                for r in c.execute(
                    "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public'"
                    " AND table_name = %s AND is_identity = 'NO' AND column_name <> 'shop_id'",
                    (table,),
                )
            ]
            row = c.execute(f"SELECT {', '.join(columns)} FROM {table} LIMIT 1").fetchone()  # noqa: S608
        places = ", ".join(f":c{n}" for n in range(len(columns)))
        values = {f"c{n}": json.dumps(v) if isinstance(v, dict) else v for n, v in enumerate(row)}
        insert = f"INSERT INTO {table} (shop_id, {', '.join(columns)}) VALUES (:s, {places})"  # noqa: S608
        with (
            pytest.raises(
                ProgrammingError, match=r"row-level security|permission denied for table consent_tombstones"
            ),
            lived.machine.db.shop(mugs) as c,
        ):
            c.execute(text(insert), {"s": wool, **values})


def test_evidence_of_consent_can_be_added_and_not_be_changed(lived) -> None:
    _, wool = ids(lived)
    with pytest.raises(DBAPIError, match="permission denied"), lived.machine.db.shop(wool) as c:
        c.execute(text("UPDATE consents SET state = 'subscribed'"))


def test_a_machine_has_no_more_rights_than_its_role_even_if_it_logs_in_as_the_owner(spine) -> None:
    with spine.machine.db.engine.begin() as c:
        assert c.execute(text("SELECT current_user")).scalar_one() == "comeback_app"
        assert not c.execute(
            text("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = 'comeback_app'")
        ).scalar_one()
    with spine.machine.db.system() as c, pytest.raises(ProgrammingError):
        c.execute(text("ALTER TABLE carts DISABLE ROW LEVEL SECURITY"))


def test_even_the_databases_owner_sees_nothing_without_naming_a_scope(lived) -> None:
    with owner(lived.machine.db.url) as c:
        assert c.execute("SELECT count(*) FROM carts").fetchone()[0] > 0
        c.execute("SELECT set_config('comeback.scope', '', false)")
        assert c.execute("SELECT count(*) FROM carts").fetchone()[0] == 0


def test_one_shops_scope_is_gone_with_its_transaction(lived) -> None:
    _, wool = ids(lived)
    for _ in range(20):
        with lived.machine.db.shop(wool):
            pass
        with lived.machine.db.system():
            pass
        with lived.machine.db.engine.begin() as c:
            assert c.execute(text("SELECT count(*) FROM carts")).scalar_one() == 0


def test_a_carriers_report_at_another_shops_address_moves_nothing(spine) -> None:
    texted(spine, "wool")
    touch = one(spine, "touches").id
    assert carrier(spine, report(touch, "rejected", "1240"), shop="mugs").status_code == 200
    work(spine)
    assert states(spine) == ["delivered"]
    assert rows(spine, "SELECT * FROM suppressions") == []
    last = rows(spine, "SELECT state, note FROM events ORDER BY id DESC LIMIT 1")[0]
    assert (last.state, last.note) == ("ignored", "a report on a text that we didn't send")


def test_a_signed_body_of_one_shop_erases_nothing_in_another(spine) -> None:
    texted(spine, "mugs")
    before = one(spine, "carts", "state, sealed")
    for topic, body in (
        ("shop/redact", {"shop_domain": "other.myshopify.com"}),
        ("app/uninstalled", {"myshopify_domain": "other.myshopify.com"}),
        ("customers/redact", {"shop_domain": "other.myshopify.com", "customer": {"phone": "+12125550142"}}),
    ):
        shopify(spine, topic, json.dumps(body).encode())
    work(spine)
    assert [r.state for r in rows(spine, "SELECT state FROM events ORDER BY id DESC LIMIT 3")] == [
        "parked"
    ] * 3
    assert one(spine, "carts", "state, sealed") == before
    assert {r.state for r in rows(spine, "SELECT state FROM shops")} == {"active"}


def test_an_envelope_moved_to_another_shops_row_cant_be_opened_there(lived) -> None:
    mugs, wool = ids(lived)
    with owner(lived.machine.db.url) as c:
        c.execute(
            "INSERT INTO carts (shop_id, key, sealed, total, currency, lines, created_at, updated_at, active_at)"
            " SELECT %s, key, sealed, total, currency, lines, created_at, updated_at, active_at FROM carts",
            (mugs,),
        )
        sealed = c.execute("SELECT sealed FROM events WHERE shop_id = %s LIMIT 1", (wool,)).fetchone()[0]
    vault = lived.machine.secrets.vault
    with lived.machine.db.system() as c:
        installed = shops.by_id(c, vault, mugs)
        moved = c.execute(text("SELECT id FROM carts WHERE shop_id = :s"), {"s": mugs}).scalar_one()
    with lived.machine.db.shop(mugs) as c, pytest.raises(Tampered):
        carts.by_id(Tx(c, installed.shop, lived.machine.secrets), moved)
    assert events.unseal(vault, wool, sealed).body
    with pytest.raises(Tampered):
        events.unseal(vault, mugs, sealed)


def test_one_person_has_another_hash_in_every_shop(spine) -> None:
    leave_cart(spine, "mugs")
    leave_cart(spine, "wool")
    settle(spine)
    found = rows(spine, "SELECT phone_hash, email_hash FROM carts")
    assert len({r.phone_hash for r in found}) == len({r.email_hash for r in found}) == 2


def routes(spine) -> list[tuple[str, str]]:
    """Every way in, by method."""
    found = create_app(spine.machine).url_map.iter_rules()
    inside = [(m, str(rule)) for rule in found for m in sorted((rule.methods or set()) - {"OPTIONS"})]
    # The door stands before Flask.
    return [*inside, ("POST", "/webhooks/<source>/<key>"), ("POST", "/webhooks/<source>")]


def test_no_route_shows_or_changes_wools_things_to_whoever_holds_mugs_key(lived) -> None:
    """Every route is walked with mugs' key and wool's identifiers in all other places. A new route with
    other placeholders fails here until somebody says what belongs into them."""
    spine = lived
    cart = rows(spine, "SELECT id FROM carts")[0].id
    known = {
        "key": spine.keys["mugs"],
        "shop_key": spine.keys[
            "wool"
        ],  # known to whoever reads a webhook's address: it opens nothing by itself
        "cart_id": cart,
        "source": "shopify",
        "filename": "x",
        "code": "AbCdEf123456",
    }
    spine_links = rows(spine, "SELECT code FROM links")
    before = everything(spine.machine.db.url)
    secrets = (spine_links[0].code, "Dagmarella", "12125550142", f'/carts/{cart}"', spine.keys["wool"])
    walked = 0
    for method, rule in routes(spine):
        if rule in ("/", "/health", "/backlog"):
            continue  # they belong to no shop
        holes = re.findall(r"<(?:\w+:)?(\w+)>", rule)
        assert set(holes) <= set(known), f"{rule}: what belongs there?"
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda m: str(known[m[1]]), rule)
        answer = requests.request(method, spine.url + path, headers=PERSON, timeout=5, allow_redirects=False)
        assert answer.status_code in (200, 400, 401, 404, 405, 422, 429), (method, path, answer.status_code)
        assert not any(s in answer.text or s in str(answer.headers) for s in secrets), (method, path)
        walked += 1
    assert walked >= 8
    assert everything(spine.machine.db.url) == before


def test_a_shops_own_page_does_show_its_cart(lived) -> None:
    """The walk above would prove nothing if nobody were shown anything."""
    spine = lived
    cart = one(spine, "carts").id
    path = f"/overview/{spine.keys['wool']}/carts/{cart}"
    assert requests.get(spine.url + path, timeout=5).status_code == 200
    other = f"/overview/{spine.keys['mugs']}/carts/{cart}"
    assert requests.get(spine.url + other, timeout=5).status_code == 404


def test_a_woo_shops_secret_opens_only_its_own_address(spine) -> None:
    with spine.machine.db.system() as c:
        wool = shops.by_key(c, spine.machine.secrets.vault, "woocommerce", spine.keys["wool"])
    secret = wool.credentials["webhook_secret"]
    body = b'{"id": 7}'
    assert woo(spine, "order.deleted", body, secret=secret).status_code == 200
    for other in (f"woocommerce/{spine.keys['mugs']}", f"shopify/{spine.keys['wool']}"):
        answer = requests.post(
            f"{spine.url}/webhooks/{other}",
            data=body,
            headers={"X-WC-Webhook-Topic": "order.deleted", "X-WC-Webhook-ID": uuid.uuid4().hex},
            timeout=5,
        )
        assert answer.status_code == 404
    wait_idle(spine)
    assert len(rows(spine, "SELECT * FROM events")) == 1
