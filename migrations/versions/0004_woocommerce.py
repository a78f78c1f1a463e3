"""Stores that are being connected: a one-time state each, until the store has given us a key and we have tried it."""

from alembic import op

revision = "0004"
down_revision = "0003"

SQL = """
-- No shop of ours yet. The state itself is known to the merchant's browser and to the store; here stands its hash.
CREATE TABLE connect_states (
  hash        bytea PRIMARY KEY,     -- SHA-256
  store       text NOT NULL,         -- the address that the merchant gave
  state       text NOT NULL DEFAULT 'waiting'
              CHECK (state IN ('waiting', 'keyed', 'connected', 'failed', 'denied')),
  made_at     timestamptz NOT NULL,
  expires_at  timestamptz NOT NULL,  -- a key that comes later isn't taken
  sealed      bytea,                 -- the key, until it was tried
  keyed_at    timestamptz,
  trouble     text NOT NULL DEFAULT '', -- which kind: what to do about it follows from that
  note        text NOT NULL DEFAULT '',
  shop        bigint REFERENCES shops (id) ON DELETE CASCADE, -- whose it became
  tries       integer NOT NULL DEFAULT 0,
  due_at      timestamptz,           -- when the key is to be tried
  lease_until timestamptz
);
CREATE INDEX connect_states_due ON connect_states (due_at) WHERE state = 'keyed';
CREATE INDEX connect_states_old ON connect_states (expires_at);
ALTER TABLE connect_states ENABLE ROW LEVEL SECURITY;
ALTER TABLE connect_states FORCE ROW LEVEL SECURITY;
CREATE POLICY no_shops ON connect_states
  USING (current_setting('comeback.scope', true) = 'system')
  WITH CHECK (current_setting('comeback.scope', true) = 'system');

GRANT SELECT, INSERT, UPDATE, DELETE ON connect_states TO comeback_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO comeback_app;
"""

TABLES_WITH_SHOP: list[str] = []


def own_shop(table: str) -> str:
    """A row is seen by its own shop, or by the machine's own errands."""
    mine = (
        "current_setting('comeback.scope', true) = 'system' OR "
        "shop_id = nullif(current_setting('comeback.shop', true), '')::bigint"
    )
    return (
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY; ALTER TABLE {table} FORCE ROW LEVEL SECURITY;"
        f"CREATE POLICY own_shop ON {table} USING ({mine}) WITH CHECK ({mine});"
    )


def upgrade() -> None:
    # The owner too is bound by row-level security, unless it is a superuser: else no row that is there would be changed.
    op.execute("SELECT set_config('comeback.scope', 'system', true)")
    op.execute(SQL)
    for table in TABLES_WITH_SHOP:
        op.execute(own_shop(table))


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only: restore a backup instead")
