"""Tokens that expire, what was read of a store since when, unique codes made before they are needed, usage to report."""

from alembic import op

revision = "0003"
down_revision = "0002"

SQL = """
-- A platform's token for one shop. A row of its own: refreshing locks it and nothing else, in a transaction of its own.
CREATE TABLE shop_tokens (
  shop_id     bigint PRIMARY KEY REFERENCES shops (id),
  sealed      bytea NOT NULL,        -- access token, refresh token, the one before it
  scopes      text NOT NULL DEFAULT '',
  expires_at  timestamptz,           -- of the access token; none: it doesn't
  refresh_expires_at timestamptz,
  refreshed_at timestamptz NOT NULL,
  state       text NOT NULL DEFAULT 'good' CHECK (state IN ('good', 'lost')),
  note        text NOT NULL DEFAULT ''
);
CREATE INDEX shop_tokens_expiring ON shop_tokens (refresh_expires_at) WHERE state = 'good';

-- What is known of a shop's own settings that decide whether anybody can be texted.
ALTER TABLE shops ADD COLUMN facts jsonb NOT NULL DEFAULT '{}';
-- What was used until then may be reported for another day.
ALTER TABLE shops ADD COLUMN uninstalled_at timestamptz;

-- How far a store was read, so that what webhooks lost is found.
CREATE TABLE watermarks (
  shop_id  bigint NOT NULL REFERENCES shops (id),
  what     text NOT NULL,            -- checkouts, orders
  until    timestamptz NOT NULL,     -- everything that changed before this is known
  began_at timestamptz,              -- of the reading under way: when it is done, this is the new "until"
  cursor   text NOT NULL DEFAULT '', -- how far that reading is
  done     integer NOT NULL DEFAULT 0,
  expected integer,
  read_at  timestamptz,              -- the end of the last reading; none: the first is still to be done
  healed   bigint NOT NULL DEFAULT 0, -- what readings after the first found that webhooks hadn't told
  due_at   timestamptz NOT NULL DEFAULT now(),
  tries    integer NOT NULL DEFAULT 0,
  lease_until timestamptz,
  note     text NOT NULL DEFAULT '',
  PRIMARY KEY (shop_id, what)
);
CREATE INDEX watermarks_due ON watermarks (due_at);

-- One discount of the store's, and the unique codes made for it beforehand.
CREATE TABLE code_pools (
  shop_id     bigint NOT NULL REFERENCES shops (id),
  id          bigint GENERATED ALWAYS AS IDENTITY,
  spec        text NOT NULL,         -- canonical JSON of what the offer gives: pools are found by it
  discount_id text NOT NULL DEFAULT '',
  single_code text NOT NULL DEFAULT '', -- where unique codes can't be made
  starts_at   timestamptz NOT NULL,
  ends_at     timestamptz NOT NULL,
  state       text NOT NULL DEFAULT 'making' CHECK (state IN ('making', 'open', 'closed', 'broken')),
  note        text NOT NULL DEFAULT '',
  job_id      text NOT NULL DEFAULT '', -- of a bulk creation under way
  due_at      timestamptz,           -- when somebody should look at it again
  tries       integer NOT NULL DEFAULT 0,
  lease_until timestamptz,
  PRIMARY KEY (shop_id, id)
);
CREATE INDEX code_pools_due ON code_pools (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX code_pools_spec ON code_pools (shop_id, spec);
CREATE TABLE codes (
  shop_id  bigint NOT NULL REFERENCES shops (id),
  code     text NOT NULL,
  pool_id  bigint NOT NULL,
  state    text NOT NULL DEFAULT 'asked' CHECK (state IN ('asked', 'ready', 'given', 'refused')),
  touch_id uuid,
  given_at timestamptz,
  PRIMARY KEY (shop_id, code),
  FOREIGN KEY (shop_id, pool_id) REFERENCES code_pools (shop_id, id) ON DELETE CASCADE
);
CREATE INDEX codes_pool ON codes (shop_id, pool_id, state);
CREATE UNIQUE INDEX codes_touch ON codes (shop_id, touch_id) WHERE touch_id IS NOT NULL;

-- Texts to be reported to the platform's billing, each at most once by its key.
CREATE TABLE usage_events (
  shop_id  bigint NOT NULL REFERENCES shops (id),
  ref      uuid NOT NULL,            -- of the text
  segments integer NOT NULL,
  at       timestamptz NOT NULL,
  state    text NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'told', 'given_up')),
  tries    integer NOT NULL DEFAULT 0,
  due_at   timestamptz NOT NULL,
  doubt_since timestamptz,           -- since then the platform may have it without having said so
  lease_until timestamptz,
  ended_at timestamptz,
  note     text NOT NULL DEFAULT '',
  PRIMARY KEY (shop_id, ref)
);
CREATE INDEX usage_events_due ON usage_events (due_at) WHERE state = 'new';

-- When a text reached its phone, by the carrier's own time. `reported_at` is when a report last moved the attempt.
ALTER TABLE attempts ADD COLUMN delivered_at timestamptz;
UPDATE attempts SET delivered_at = reported_at WHERE state = 'delivered';

-- Every way in which an order points to a cart or to one of its texts, as it was found: what claims are judged by.
CREATE TABLE ties (
  shop_id   bigint NOT NULL,
  order_key text NOT NULL,
  rule      text NOT NULL,
  cart_id   bigint NOT NULL,
  touch     text NOT NULL DEFAULT '', -- the text, where the rule knows which
  PRIMARY KEY (shop_id, order_key, rule, cart_id, touch),
  FOREIGN KEY (shop_id, order_key) REFERENCES orders (shop_id, key) ON DELETE CASCADE
);
CREATE INDEX ties_cart ON ties (shop_id, cart_id);
INSERT INTO ties SELECT shop_id, key, tied_by, cart_id FROM orders WHERE cart_id IS NOT NULL;
-- How long after a text an order may be its doing, as the shop had it when the order came: a later setting changes no sums.
ALTER TABLE orders ADD COLUMN claim_window interval;
-- Whose it was must not be learned again from a later word of it.
ALTER TABLE orders ADD COLUMN erased boolean NOT NULL DEFAULT false;
-- Whoever bought isn't reminded: looked up by each of their names, for each cart that is planned.
CREATE INDEX orders_email ON orders (shop_id, email_hash, created_at) WHERE email_hash IS NOT NULL;
CREATE INDEX orders_customer ON orders (shop_id, customer_id, created_at) WHERE customer_id <> '';
-- How it is known that the text came before the order: read, delivered, accepted.
ALTER TABLE recoveries ADD COLUMN proof text NOT NULL DEFAULT '';

GRANT SELECT, INSERT, UPDATE, DELETE ON ties TO comeback_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON shop_tokens, watermarks, code_pools, codes, usage_events TO comeback_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO comeback_app;
"""

TABLES_WITH_SHOP = "shop_tokens watermarks code_pools codes usage_events ties".split()


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
