"""The spine: shops, events, carts, touches, attempts, links, orders, recoveries, traces.

Every table with a shop starts its key with shop_id and is behind row-level security: a statement that named no
shop sees nothing. The machine's own errands (claiming due touches over all shops) run in the `system` scope.
"""

from alembic import op

revision = "0001"
down_revision = None

SQL = """
CREATE TABLE shops (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  key         text NOT NULL UNIQUE,
  platform    text NOT NULL,
  domain      text NOT NULL,
  name        text NOT NULL,
  currency    text NOT NULL,
  country     text NOT NULL,
  locale      text NOT NULL,
  support     text NOT NULL DEFAULT '',
  sender      text NOT NULL DEFAULT '',
  state       text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'uninstalled', 'removed')),
  credentials bytea NOT NULL,
  sequence    jsonb NOT NULL,
  installed_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (platform, domain)
);

-- No foreign key to shops: its check locks one row of shops in every delivery of a busy shop. bench/ingest showed
-- 0.6 to 0.7 of a bare insert with it and 0.9 to 1.1 without. Shops are never deleted, only emptied.
CREATE TABLE events (
  shop_id     bigint NOT NULL,
  id          bigint GENERATED ALWAYS AS IDENTITY,
  source      text NOT NULL,
  dedup       text NOT NULL,
  digest      bytea NOT NULL,
  sealed      bytea NOT NULL,
  state       text NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'applied', 'stale', 'ignored', 'parked')),
  note        text NOT NULL DEFAULT '',
  cart_id     bigint,
  order_key   text,
  received_at timestamptz NOT NULL DEFAULT now(),
  decided_at  timestamptz,
  PRIMARY KEY (shop_id, id),
  UNIQUE (shop_id, source, dedup)
);
CREATE INDEX events_cart ON events (shop_id, cart_id) WHERE cart_id IS NOT NULL;
CREATE INDEX events_new ON events (id) WHERE state = 'new';
CREATE INDEX events_kept ON events (received_at) WHERE sealed <> '';
CREATE INDEX events_parked ON events (id) WHERE state = 'parked';

CREATE TABLE carts (
  shop_id     bigint NOT NULL REFERENCES shops (id) ON DELETE CASCADE,
  id          bigint GENERATED ALWAYS AS IDENTITY,
  key         text NOT NULL,
  state       text NOT NULL DEFAULT 'open'
              CHECK (state IN ('open', 'abandoned', 'bought', 'recovered', 'expired', 'erased')),
  reason      text NOT NULL DEFAULT '',
  sealed      bytea,
  phone_hash  bytea,
  email_hash  bytea,
  customer_id text NOT NULL DEFAULT '',
  total       numeric(18, 4) NOT NULL,
  currency    text NOT NULL,
  lines       integer NOT NULL,
  created_at  timestamptz NOT NULL,
  updated_at  timestamptz NOT NULL,
  active_at   timestamptz NOT NULL,
  idle_at     timestamptz,
  abandoned_at timestamptz,
  order_key   text,
  PRIMARY KEY (shop_id, id),
  UNIQUE (shop_id, key)
);
CREATE INDEX carts_idle ON carts (idle_at) WHERE state = 'open' AND idle_at IS NOT NULL;
CREATE INDEX carts_phone ON carts (shop_id, phone_hash) WHERE phone_hash IS NOT NULL;
CREATE INDEX carts_email ON carts (shop_id, email_hash) WHERE email_hash IS NOT NULL;
CREATE INDEX carts_customer ON carts (shop_id, customer_id) WHERE customer_id <> '';

CREATE TABLE cart_names (
  shop_id bigint NOT NULL,
  name    text NOT NULL,
  cart_id bigint NOT NULL,
  PRIMARY KEY (shop_id, name),
  FOREIGN KEY (shop_id, cart_id) REFERENCES carts (shop_id, id) ON DELETE CASCADE
);
CREATE INDEX cart_names_cart ON cart_names (shop_id, cart_id);

CREATE TABLE consents (
  shop_id    bigint NOT NULL REFERENCES shops (id) ON DELETE CASCADE,
  id         bigint GENERATED ALWAYS AS IDENTITY,
  phone_hash bytea NOT NULL,
  state      text NOT NULL,
  at         timestamptz NOT NULL,
  source     text NOT NULL,
  level      text NOT NULL DEFAULT '',
  wording    text NOT NULL DEFAULT '',
  recorded_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (shop_id, id),
  UNIQUE (shop_id, phone_hash, state, at, source)
);

CREATE TABLE suppressions (
  shop_id    bigint NOT NULL REFERENCES shops (id) ON DELETE CASCADE,
  phone_hash bytea NOT NULL,
  reason     text NOT NULL,
  at         timestamptz NOT NULL,
  PRIMARY KEY (shop_id, phone_hash)
);

CREATE TABLE touches (
  shop_id     bigint NOT NULL,
  id          uuid NOT NULL,
  cart_id     bigint NOT NULL,
  step        integer NOT NULL,
  due_at      timestamptz NOT NULL,
  deadline    timestamptz NOT NULL,
  state       text NOT NULL DEFAULT 'planned'
              CHECK (state IN ('planned', 'held', 'claimed', 'sending', 'sent', 'delivered', 'undelivered',
                               'unknown', 'never_known', 'skipped', 'cancelled', 'expired')),
  reason      text NOT NULL DEFAULT '',
  rule        text NOT NULL DEFAULT '',
  holds       integer NOT NULL DEFAULT 0,
  claim       uuid,
  lease_until timestamptz,
  decided_at  timestamptz,
  PRIMARY KEY (shop_id, id),
  UNIQUE (shop_id, cart_id, step),
  FOREIGN KEY (shop_id, cart_id) REFERENCES carts (shop_id, id) ON DELETE CASCADE
);
CREATE INDEX touches_due ON touches (due_at) WHERE state IN ('planned', 'held');
CREATE INDEX touches_leased ON touches (lease_until) WHERE state IN ('claimed', 'sending');
CREATE INDEX touches_claim ON touches (claim) WHERE state = 'claimed';
CREATE INDEX touches_unknown ON touches (decided_at) WHERE state = 'unknown';

CREATE TABLE attempts (
  shop_id     bigint NOT NULL,
  id          bigint GENERATED ALWAYS AS IDENTITY,
  touch_id    uuid NOT NULL,
  cart_id     bigint NOT NULL,
  phone_hash  bytea NOT NULL,
  channel     text NOT NULL,
  state       text NOT NULL CHECK (state IN ('sending', 'accepted', 'refused', 'retry_later', 'unknown',
                                             'delivered', 'undelivered', 'never_known')),
  sole        boolean NOT NULL,
  sealed      bytea,
  encoding    text NOT NULL,
  segments    integer NOT NULL,
  decision    jsonb NOT NULL,
  provider_id text NOT NULL DEFAULT '',
  code        text NOT NULL DEFAULT '',
  estimate    numeric(12, 6),
  price       numeric(12, 6),
  price_currency text NOT NULL DEFAULT '',
  committed_at timestamptz NOT NULL,
  handed_at   timestamptz,
  reported_at timestamptz,
  PRIMARY KEY (shop_id, id),
  FOREIGN KEY (shop_id, touch_id) REFERENCES touches (shop_id, id) ON DELETE CASCADE
);
-- Never twice, said by the database: one attempt of a touch that was or may have been handed over ...
CREATE UNIQUE INDEX attempts_once ON attempts (shop_id, touch_id) WHERE state NOT IN ('refused', 'retry_later');
-- ... and, where carriers allow one text for a cart (US and Canada), one for the cart (CART-03).
CREATE UNIQUE INDEX attempts_sole ON attempts (shop_id, cart_id)
  WHERE sole AND state NOT IN ('refused', 'retry_later');
-- Neither of the two above finds a touch's refused attempts: without this, each touch reads all of its shop's.
CREATE INDEX attempts_touch ON attempts (shop_id, touch_id);
CREATE INDEX attempts_phone ON attempts (shop_id, phone_hash, committed_at);

CREATE TABLE links (
  shop_id    bigint NOT NULL,
  code       text NOT NULL,
  touch_id   uuid NOT NULL,
  cart_id    bigint NOT NULL,
  ref        text NOT NULL,  -- what the store may know of it: it stands in campaign parameters, opens nothing
  sealed     bytea,
  offer_code text NOT NULL DEFAULT '',
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (shop_id, code),
  UNIQUE (code),
  UNIQUE (shop_id, ref),
  UNIQUE (shop_id, touch_id),
  FOREIGN KEY (shop_id, cart_id) REFERENCES carts (shop_id, id) ON DELETE CASCADE
);
CREATE INDEX links_offer ON links (shop_id, lower(offer_code)) WHERE offer_code <> '';

CREATE TABLE clicks (
  shop_id bigint NOT NULL,
  id      bigint GENERATED ALWAYS AS IDENTITY,
  code    text NOT NULL,
  visitor text NOT NULL CHECK (visitor IN ('person', 'bot')),
  at      timestamptz NOT NULL,
  PRIMARY KEY (shop_id, id),
  FOREIGN KEY (shop_id, code) REFERENCES links (shop_id, code) ON DELETE CASCADE
);
CREATE INDEX clicks_code ON clicks (shop_id, code);

CREATE TABLE orders (
  shop_id     bigint NOT NULL REFERENCES shops (id) ON DELETE CASCADE,
  key         text NOT NULL,
  number      text NOT NULL DEFAULT '',
  status      text NOT NULL,
  total       numeric(18, 4) NOT NULL,
  refunded    numeric(18, 4) NOT NULL DEFAULT 0,
  currency    text NOT NULL,
  phone_hash  bytea,
  email_hash  bytea,
  customer_id text NOT NULL DEFAULT '',
  test        boolean NOT NULL DEFAULT false,
  created_at  timestamptz NOT NULL,
  updated_at  timestamptz NOT NULL,
  cart_id     bigint,
  tied_by     text NOT NULL DEFAULT '',
  PRIMARY KEY (shop_id, key)
);
CREATE INDEX orders_phone ON orders (shop_id, phone_hash, created_at) WHERE phone_hash IS NOT NULL;

CREATE TABLE recoveries (
  shop_id   bigint NOT NULL,
  order_key text NOT NULL,
  cart_id   bigint NOT NULL,
  touch_id  uuid NOT NULL,
  rule      text NOT NULL,
  amount    numeric(18, 4) NOT NULL,
  currency  text NOT NULL,
  at        timestamptz NOT NULL,
  state     text NOT NULL DEFAULT 'standing' CHECK (state IN ('standing', 'undone')),
  reason    text NOT NULL DEFAULT '',
  PRIMARY KEY (shop_id, order_key),
  FOREIGN KEY (shop_id, order_key) REFERENCES orders (shop_id, key) ON DELETE CASCADE
);

CREATE TABLE replies (
  shop_id     bigint NOT NULL REFERENCES shops (id) ON DELETE CASCADE,
  id          bigint GENERATED ALWAYS AS IDENTITY,
  provider_id text NOT NULL,
  phone_hash  bytea NOT NULL,
  sealed      bytea,
  intent      text NOT NULL,
  rule        text NOT NULL,
  at          timestamptz NOT NULL,
  PRIMARY KEY (shop_id, id),
  UNIQUE (shop_id, provider_id)
);

CREATE TABLE stock (
  shop_id    bigint NOT NULL REFERENCES shops (id) ON DELETE CASCADE,
  product_id text NOT NULL,
  in_stock   boolean NOT NULL,
  quantity   numeric(18, 4),
  at         timestamptz NOT NULL,
  PRIMARY KEY (shop_id, product_id)
);

CREATE TABLE traces (
  shop_id  bigint NOT NULL REFERENCES shops (id) ON DELETE CASCADE,
  id       bigint GENERATED ALWAYS AS IDENTITY,
  cart_id  bigint NOT NULL,
  touch_id uuid,
  at       timestamptz NOT NULL,
  "check"  text NOT NULL,
  outcome  text NOT NULL,
  reason   text NOT NULL DEFAULT '',
  facts    jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (shop_id, id)
);
CREATE INDEX traces_cart ON traces (shop_id, cart_id, id);

CREATE TABLE leases (
  name   text PRIMARY KEY,
  holder text NOT NULL,
  until  timestamptz NOT NULL
);
"""

TABLES_WITH_SHOP = [
    "events",
    "carts",
    "cart_names",
    "consents",
    "suppressions",
    "touches",
    "attempts",
    "links",
    "clicks",
    "orders",
    "recoveries",
    "replies",
    "stock",
    "traces",
]

ROLE = """
DO $$ BEGIN
  -- Roles belong to the whole server: another database's release may be making it at this moment.
  CREATE ROLE comeback_app NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
GRANT comeback_app TO CURRENT_USER;
GRANT USAGE ON SCHEMA public TO comeback_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO comeback_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO comeback_app;
-- Consent is evidence: the application adds lines and takes none back.
REVOKE UPDATE ON consents FROM comeback_app;
"""


def policy(table: str, column: str) -> str:
    """A row is seen by its own shop, or by the machine's own errands."""
    mine = (
        f"current_setting('comeback.scope', true) = 'system' OR "
        f"{column} = nullif(current_setting('comeback.shop', true), '')::bigint"
    )
    return (
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY; ALTER TABLE {table} FORCE ROW LEVEL SECURITY;"
        f"CREATE POLICY own_shop ON {table} USING ({mine}) WITH CHECK ({mine});"
    )


def upgrade() -> None:
    op.execute(SQL)
    op.execute(ROLE)
    op.execute(policy("shops", "id"))
    for table in TABLES_WITH_SHOP:
        op.execute(policy(table, "shop_id"))


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only: restore a backup instead")
