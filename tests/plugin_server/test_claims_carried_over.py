"""What was recovered before claims could be judged again still stands, and is judged with what was known then."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from alembic import command
from databases import database
from sqlalchemy import create_engine
from tests_settings import sandbox_settings

from plugin_server.applying import recovering
from plugin_server.crypto import Vault
from plugin_server.store import attempts, db, shops
from plugin_server.store.tx import Secrets, Tx
from sequences.events import DeliveryReported

WAS = datetime(2026, 3, 1, 10, tzinfo=UTC)
TOUCHES = [uuid.UUID(int=n) for n in (1, 2)]
ROWS = """
INSERT INTO shops (key, platform, domain, name, currency, country, locale, credentials, sequence)
  VALUES ('key-of-mugs', 'shopify', 'mugs.example', 'Mugs', 'USD', 'US', 'en', '', '{}');
INSERT INTO carts (shop_id, key, state, reason, total, currency, lines, created_at, updated_at, active_at, order_key)
  SELECT id, 'checkout:' || n, 'recovered', 'tied by utm', 24, 'USD', 1, :was, :was, :was, 'order:' || n
  FROM shops, generate_series(1, 2) n ORDER BY n;
INSERT INTO touches (shop_id, id, cart_id, step, due_at, deadline, state)
  SELECT shop_id, CAST(lpad(id::text, 32, '0') AS uuid), id, 0, :was, :was, 'sent' FROM carts;
INSERT INTO attempts (shop_id, touch_id, cart_id, phone_hash, channel, state, sole, encoding, segments, decision,
  committed_at, handed_at, reported_at)
  SELECT shop_id, CAST(lpad(id::text, 32, '0') AS uuid), id, '', 'console',
  CASE WHEN id = 1 THEN 'delivered' ELSE 'accepted' END, true, 'GSM-7', 1, '{}', :was, :was,
  CASE WHEN id = 1 THEN :was END FROM carts;
INSERT INTO orders (shop_id, key, status, total, currency, created_at, updated_at, cart_id, tied_by)
  SELECT shop_id, order_key, 'paid', 24, 'USD', :later, :later, id, 'utm' FROM carts;
INSERT INTO recoveries (shop_id, order_key, cart_id, touch_id, rule, amount, currency, at)
  SELECT shop_id, order_key, id, CAST(lpad(id::text, 32, '0') AS uuid), 'utm', 24, 'USD', :later FROM carts
"""


@pytest.fixture
def carried(embedded):
    """A database of the first schema, with two recovered carts, brought to the newest in two steps."""
    with database(embedded.database_url, "claims") as url:
        _upgrade(url, "0001", ROWS)
        _upgrade(url, "0002")
        db.migrate(url)
        found = db.Database(url)
        yield found
        found.close()


def _upgrade(url: str, revision: str, rows: str = "") -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        config = db._config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.exec_driver_sql("SELECT set_config('comeback.scope', 'system', true)")
        was, later = (f"'{at.isoformat()}'::timestamptz" for at in (WAS, WAS + timedelta(hours=1)))
        if rows:
            connection.exec_driver_sql(rows.replace(":was", was).replace(":later", later))
    engine.dispose()


def judged(found: db.Database, *reports: DeliveryReported) -> list[tuple[str, str]]:
    """State and proof of each recovery, after the carrier has said more."""
    settings = sandbox_settings()
    with found.system() as c:
        installed = shops.by_key(c, Vault(settings.keys), None, "key-of-mugs")
    assert installed is not None
    with found.shop(installed.shop.id) as c:
        tx = Tx(c, installed.shop, Secrets(Vault(settings.keys), settings.phone_key))
        for report in reports:
            attempts.report(tx, uuid.UUID(report.ref), report)
        for cart_id in (1, 2):
            recovering.of_cart(tx, cart_id, timedelta(days=5), WAS)
        rows = tx.rows("SELECT state, proof FROM recoveries WHERE shop_id = :shop_id ORDER BY order_key")
    return [(row.state, row.proof) for row in rows]


def test_recoveries_of_the_first_schema_stand_and_are_judged_again_by_later_reports(carried) -> None:
    assert judged(carried) == [("standing", "delivered"), ("standing", "accepted")]
    lost = DeliveryReported(ref=str(TOUCHES[1]), provider_id="p", status="undelivered", at=WAS)
    assert judged(carried, lost) == [("standing", "delivered"), ("undone", "accepted")]
