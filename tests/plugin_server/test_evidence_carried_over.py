"""What was recorded before there was a chain becomes its first lines, and they verify."""

import importlib.util
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from alembic import command
from databases import database
from evidence_kit import NOW, SHE, Keeping, ticked
from sqlalchemy import create_engine, text
from tests_settings import sandbox_settings

from compliance.consent import view
from compliance.evidence_chain import Line, line_hash
from plugin_server.crypto import Vault, phone_hash, shop_phone_key
from plugin_server.store import chains, consents, db, shops
from plugin_server.store.tx import Secrets

WAS = datetime(2026, 3, 1, 10, 0, 0, 123456, tzinfo=UTC)
TOLD = [
    # shop, state, minutes, source, level, wording
    ("mugs", "subscribed", 0, "shopify checkout", "SINGLE_OPT_IN", 'Ja, „Warenkorb“ per SMS \\ "STOP"'),
    ("wool", "subscribed", 1, "woocommerce checkout", "", ""),
    ("mugs", "unsubscribed", 2, "shopify", "", ""),
    ("mugs", "redacted", 2, "shopify", "", ""),
    ("mugs", "not_subscribed", 3, "shopify", "", ""),
    ("mugs", "pending", 4, "shopify", "UNKNOWN", ""),
    ("mugs", "subscribed", 5, "shopify", "", "👍 cart"),
]

REASONS = ("erased", "replied with an opt-out (keyword stop)")


@pytest.fixture
def carried(embedded):
    """A database of the first schema, with lines, brought to the newest."""
    with database(embedded.database_url, "carried") as url:
        _first_schema(url)
        keys = _lines(url)
        db.migrate(url)
        yield _keeping(url, keys)


def _first_schema(url: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        config = db._config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    engine.dispose()


def _lines(url: str) -> dict[str, str]:
    settings = sandbox_settings()
    keys = {"mugs": "key-of-mugs", "wool": "key-of-wool"}
    with psycopg.connect(url.replace("+psycopg", "", 1)) as c:
        c.execute("SELECT set_config('comeback.scope', 'system', true)")
        for name, key in keys.items():
            c.execute(
                "INSERT INTO shops (key, platform, domain, name, currency, country, locale, credentials, sequence)"
                " VALUES (%s, 'shopify', %s, %s, 'USD', 'US', 'en', '', '{}')",
                (key, f"{name}.example", name),
            )
        for shop, state, minutes, source, level, wording in TOLD:
            phone = phone_hash(SHE, shop_phone_key(settings.phone_key, keys[shop]))
            c.execute(
                "INSERT INTO consents (shop_id, phone_hash, state, at, source, level, wording, recorded_at)"
                " SELECT id, %s, %s, %s, %s, %s, %s, %s FROM shops WHERE key = %s",
                (phone, state, WAS + timedelta(minutes=minutes), source, level, wording, NOW, keys[shop]),
            )
        for reason in REASONS:
            c.execute(
                "INSERT INTO suppressions (shop_id, phone_hash, reason, at) SELECT id, %s, %s, %s FROM shops",
                (reason.encode(), reason, WAS),
            )
    return keys


def _keeping(url: str, keys: dict[str, str]) -> Keeping:
    settings = sandbox_settings()
    found = db.Database(url)
    vault = Vault(settings.keys)
    with found.system() as c:
        installed = {name: shops.by_key(c, vault, None, key) for name, key in keys.items()}
    return Keeping(found, Secrets(vault, settings.phone_key), installed)


def test_lines_of_the_first_schema_become_a_chain_that_holds_and_goes_on(carried) -> None:
    try:
        assert carried.problems("mugs") + carried.problems("wool") == []
        assert (carried.verified("mugs").count, carried.verified("wool").count) == (5, 1)
        with carried.tx() as tx:
            hers = tx.phone(SHE)
            lines = chains.lines_of(tx, hers)
            claims = consents.claims(tx, [hers], {hers: SHE})[hers]
        # Unsubscribed and redacted at one instant are one withdrawal.
        assert [line.state for line in lines] == ["given", "withdrawn", "noted", "pending", "given"]
        assert lines[0].at == "2026-03-01T10:00:00.123456+00:00"
        assert lines[0].recorded_at == "2026-11-24T12:00:00.000000+00:00"
        assert not any(line.proven or line.personal for line in lines)
        assert [claim.wording for claim in claims] == [TOLD[0][5], None, None, "👍 cart"]
        assert (view(SHE, claims).evidence, view(SHE, claims).scope) == (5, "cart_reminders")
        assert carried.append(ticked()) == 1
        assert carried.forget(SHE) == 1
        assert carried.problems() == []
        carried.meddle("UPDATE consents SET state = 'given' WHERE seq = 2")
        assert carried.problems() == [
            "line 2 was altered: it was written as 'withdrawn', and now says 'given'"
        ]
    finally:
        carried.db.close()


def test_opt_outs_of_the_first_schema_say_whose_owner_was_erased(carried) -> None:
    """The owner of a database is no superuser where PostgreSQL is hosted: row-level security binds the migration."""
    try:
        with carried.db.system() as c:
            assert not c.execute(
                text("SELECT rolsuper FROM pg_roles WHERE rolname = session_user")
            ).scalar_one()
            told = c.execute(
                text("SELECT reason, kind, erased_at FROM suppressions ORDER BY shop_id, reason")
            ).all()
        assert [tuple(row) for row in told] == [(REASONS[0], "erased", WAS), (REASONS[1], "stop", None)] * 2
    finally:
        carried.db.close()


def test_the_migration_and_the_code_make_the_same_hash() -> None:
    spec = importlib.util.spec_from_file_location(
        "second", db.ROOT / "migrations" / "versions" / "0002_consent.py"
    )
    second = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(second)
    raw = {
        "seq": 7,
        "phone_hash": b"\x01" * 32,
        "state": "given",
        "at": WAS,
        "recorded_at": NOW,
        "source": "shopify checkout ü",
        "facts": '{"wording":"é\\"👍"}',
        "personal_digest": b"\x02" * 32,
        "prev_hash": b"\x03" * 32,
    }
    line = Line(
        seq=7,
        phone="01" * 32,
        state="given",
        at="2026-03-01T10:00:00.123456+00:00",
        recorded_at="2026-11-24T12:00:00.000000+00:00",
        source="shopify checkout ü",
        proven=False,
        facts=raw["facts"],
        personal=None,
        personal_digest="02" * 32,
        prev_hash="03" * 32,
        hash="",
    )
    assert line_hash("key", line) == second._hash("key", raw).hex()
