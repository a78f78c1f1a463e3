"""Consent that holds in court, texts that answer people, and what is owed to stores and to persons.

`consents` becomes a chain: every line holds the hash of the line before it, and the application may only add lines.
What the law makes us forget leaves through three functions of the owner's, each of which leaves a trace.
"""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from alembic import op
from sqlalchemy import Connection, text

revision = "0002"
down_revision = "0001"

CONSENTS = """
ALTER TABLE consents RENAME TO consents_before;
ALTER INDEX consents_pkey RENAME TO consents_before_pkey;
CREATE TABLE consents (
  shop_id     bigint NOT NULL REFERENCES shops (id),
  seq         bigint NOT NULL,       -- 1, 2, 3 … in each shop, without a gap
  phone_hash  bytea NOT NULL,
  state       text NOT NULL CHECK (state IN ('given', 'pending', 'requested', 'withdrawn', 'noted')),
  at          timestamptz NOT NULL,  -- of the act itself
  recorded_at timestamptz NOT NULL,
  source      text NOT NULL,
  proven      boolean NOT NULL,
  facts       text NOT NULL,         -- canonical JSON without personal data: wording, version, form, basis …
  personal    bytea,                 -- sealed JSON: number, name, address, browser, reply. The one thing erasure empties
  personal_digest bytea NOT NULL,
  prev_hash   bytea NOT NULL,
  hash        bytea NOT NULL,
  PRIMARY KEY (shop_id, seq),
  UNIQUE (shop_id, phone_hash, state, at, source)
);
CREATE INDEX consents_phone ON consents (shop_id, phone_hash, seq);
-- A line that the law made us delete: its place in the chain stays.
CREATE TABLE consent_tombstones (
  shop_id    bigint NOT NULL REFERENCES shops (id),
  seq        bigint NOT NULL,
  prev_hash  bytea NOT NULL,
  hash       bytea NOT NULL,
  retired_at timestamptz NOT NULL,
  reason     text NOT NULL,
  PRIMARY KEY (shop_id, seq)
);
-- The chain's head, written down each night: a copy kept elsewhere shows a chain that was made anew.
CREATE TABLE consent_anchors (
  shop_id bigint NOT NULL REFERENCES shops (id),
  seq     bigint NOT NULL,
  hash    bytea NOT NULL,
  at      timestamptz NOT NULL,
  PRIMARY KEY (shop_id, at)
);
-- Every wording that was ever shown, word for word, with the page around it as a hash.
CREATE TABLE disclosures (
  shop_id     bigint NOT NULL REFERENCES shops (id),
  sha256      text NOT NULL,
  form        text NOT NULL,
  locale      text NOT NULL,
  version     integer NOT NULL,
  wording     text NOT NULL,
  page_sha256 text NOT NULL DEFAULT '',
  since       timestamptz NOT NULL,
  PRIMARY KEY (shop_id, form, locale, version),
  UNIQUE (shop_id, form, locale, sha256)
);
"""

PEOPLE = """
ALTER TABLE suppressions ADD COLUMN kind text NOT NULL DEFAULT 'stop'
  CHECK (kind IN ('stop', 'carrier', 'link', 'store', 'merchant', 'erased', 'bounced'));
ALTER TABLE suppressions ADD COLUMN lifted_at timestamptz;
-- When the number's owner was last forgotten: whatever kind of opt-out the row tells of since.
ALTER TABLE suppressions ADD COLUMN erased_at timestamptz;
UPDATE suppressions SET kind = 'erased', erased_at = at WHERE reason = 'erased';

-- Whom a delivery was about, where no cart or order tells: an erasure finds it by this.
ALTER TABLE events ADD COLUMN phone_hash bytea;
CREATE INDEX events_phone ON events (shop_id, phone_hash) WHERE phone_hash IS NOT NULL;

ALTER TABLE replies ADD COLUMN flagged boolean NOT NULL DEFAULT false;
CREATE INDEX replies_flagged ON replies (shop_id, at) WHERE flagged;
CREATE INDEX replies_phone ON replies (shop_id, phone_hash, at);

-- The customer database: one row for each number that ever said something about texts. What may be sent follows from
-- the lines of evidence, never from `state` here.
CREATE TABLE subscribers (
  shop_id    bigint NOT NULL REFERENCES shops (id),
  phone_hash bytea NOT NULL,
  email_hash bytea,
  sealed     bytea,
  country    text NOT NULL DEFAULT '',  -- kept when the rest is forgotten: it tells how long the opt-out must stay
  locale     text NOT NULL DEFAULT '',
  source     text NOT NULL,
  state      text NOT NULL CHECK (state IN ('pending', 'subscribed', 'unsubscribed', 'retired')),
  joined_at  timestamptz NOT NULL,
  changed_at timestamptz NOT NULL,
  PRIMARY KEY (shop_id, phone_hash)
);
CREATE INDEX subscribers_state ON subscribers (shop_id, state, changed_at);
CREATE INDEX subscribers_email ON subscribers (shop_id, email_hash) WHERE email_hash IS NOT NULL;

CREATE TABLE imports (
  shop_id     bigint NOT NULL REFERENCES shops (id),
  id          bigint GENERATED ALWAYS AS IDENTITY,
  file_sha256 text NOT NULL,
  file_name   text NOT NULL,
  mapping     jsonb NOT NULL,
  counts      jsonb NOT NULL,
  at          timestamptz NOT NULL,
  PRIMARY KEY (shop_id, id),
  UNIQUE (shop_id, file_sha256)
);

CREATE TABLE api_keys (
  shop_id    bigint NOT NULL REFERENCES shops (id),
  id         bigint GENERATED ALWAYS AS IDENTITY,
  name       text NOT NULL,
  hash       bytea NOT NULL UNIQUE,
  made_at    timestamptz NOT NULL,
  revoked_at timestamptz,
  PRIMARY KEY (shop_id, id)
);

CREATE TABLE data_requests (
  shop_id     bigint NOT NULL REFERENCES shops (id),
  id          bigint GENERATED ALWAYS AS IDENTITY,
  request_id  text NOT NULL,
  sealed      bytea,
  asked_at    timestamptz NOT NULL,
  answer_by   timestamptz NOT NULL,
  answered_at timestamptz,
  PRIMARY KEY (shop_id, id),
  UNIQUE (shop_id, request_id)
);
CREATE INDEX data_requests_open ON data_requests (answer_by) WHERE answered_at IS NULL;
"""

TEXTS = """
-- Texts that remind of no cart: asking for confirmation, answering STOP, HELP and a new opt-in. A row is its own and
-- only hand-over: `sending` is committed before the call.
CREATE TABLE notices (
  shop_id     bigint NOT NULL REFERENCES shops (id),
  id          uuid NOT NULL,
  kind        text NOT NULL CHECK (kind IN ('consent_request', 'opt_out_confirmation', 'help_reply', 'welcome')),
  phone_hash  bytea NOT NULL,
  sealed      bytea,                 -- to, locale; once handed over also the text
  reply_id    bigint,                -- the text that this one answers
  cart_id     bigint,                -- the cart that waits for it
  asked_at    timestamptz NOT NULL,  -- of the reply, or of the act that let us ask
  due_at      timestamptz NOT NULL,
  deadline    timestamptz NOT NULL,
  state       text NOT NULL DEFAULT 'planned'
              CHECK (state IN ('planned', 'held', 'claimed', 'sending', 'sent', 'delivered', 'undelivered', 'unknown',
                               'never_known', 'skipped', 'cancelled', 'expired')),
  reason      text NOT NULL DEFAULT '',
  rule        text NOT NULL DEFAULT '',
  holds       integer NOT NULL DEFAULT 0,
  claim       uuid,
  lease_until timestamptz,
  decided_at  timestamptz,
  decision    jsonb NOT NULL DEFAULT '{}',
  segments    integer NOT NULL DEFAULT 0,
  provider_id text NOT NULL DEFAULT '',
  code        text NOT NULL DEFAULT '',
  committed_at timestamptz,
  answered_at timestamptz,           -- of a consent request: when the person answered
  price       numeric(12, 6),
  price_currency text NOT NULL DEFAULT '',
  PRIMARY KEY (shop_id, id),
  UNIQUE (shop_id, reply_id, kind)
);
CREATE INDEX notices_due ON notices (due_at) WHERE state IN ('planned', 'held');
CREATE INDEX notices_leased ON notices (lease_until) WHERE state IN ('claimed', 'sending');
CREATE INDEX notices_claim ON notices (claim) WHERE state = 'claimed';
CREATE INDEX notices_unknown ON notices (decided_at) WHERE state = 'unknown';
CREATE INDEX notices_phone ON notices (shop_id, phone_hash, kind, asked_at);
-- Nobody is asked twice at a time.
CREATE UNIQUE INDEX notices_asking ON notices (shop_id, phone_hash)
  WHERE kind = 'consent_request' AND state IN ('planned', 'held', 'claimed', 'sending');

-- What a store must be told, until it has heard it.
CREATE TABLE errands (
  shop_id     bigint NOT NULL REFERENCES shops (id),
  id          bigint GENERATED ALWAYS AS IDENTITY,
  kind        text NOT NULL CHECK (kind IN ('opt_out', 'opt_in')),
  phone_hash  bytea NOT NULL,
  sealed      bytea,
  at          timestamptz NOT NULL,
  state       text NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'done', 'given_up', 'needless')),
  note        text NOT NULL DEFAULT '',
  tries       integer NOT NULL DEFAULT 0,
  due_at      timestamptz NOT NULL,
  lease_until timestamptz,
  done_at     timestamptz,
  PRIMARY KEY (shop_id, id)
);
CREATE INDEX errands_due ON errands (due_at) WHERE state = 'new';
CREATE INDEX errands_leased ON errands (shop_id) WHERE lease_until IS NOT NULL;
CREATE INDEX errands_phone ON errands (shop_id, phone_hash) WHERE state = 'new';

-- The address of a shop's sign-up page; the key stands in webhook addresses and must not be seen there.
ALTER TABLE shops ADD COLUMN join_code text NOT NULL UNIQUE
  DEFAULT substr(encode(sha256(convert_to(gen_random_uuid()::text, 'UTF8')), 'hex'), 1, 16);
ALTER TABLE shops ADD COLUMN gathering jsonb NOT NULL DEFAULT '{}';
"""

TABLES_WITH_SHOP = (
    "consents consent_tombstones consent_anchors disclosures subscribers imports api_keys data_requests notices errands"
).split()

# The three ways out of the evidence. They run as the owner, so they bind themselves: to the caller's shop, by the
# same setting that row-level security reads, and to what they are for.
WAYS_OUT = """
CREATE FUNCTION comeback_forget_person(phone bytea) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH emptied AS (
    UPDATE consents SET personal = NULL
    WHERE shop_id = nullif(current_setting('comeback.shop', true), '')::bigint AND phone_hash = phone
      AND personal IS NOT NULL
    RETURNING 1)
  SELECT count(*) FROM emptied
$$;
CREATE FUNCTION comeback_retire_consents(seqs bigint[], why text, moment timestamptz) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH gone AS (
    DELETE FROM consents WHERE shop_id = nullif(current_setting('comeback.shop', true), '')::bigint
      AND seq = ANY (seqs) AND at < clock_timestamp() - interval '3 years'  -- no law asks for less
    RETURNING shop_id, seq, prev_hash, hash),
  kept AS (
    INSERT INTO consent_tombstones (shop_id, seq, prev_hash, hash, retired_at, reason)
    SELECT shop_id, seq, prev_hash, hash, moment, why FROM gone RETURNING 1)
  SELECT count(*) FROM kept
$$;
CREATE FUNCTION comeback_forget_shop() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE mine bigint := nullif(current_setting('comeback.shop', true), '')::bigint;
BEGIN
  IF NOT EXISTS (SELECT FROM shops WHERE id = mine AND state = 'removed') THEN
    RAISE EXCEPTION 'only the evidence of a removed shop may be deleted';
  END IF;
  DELETE FROM consents WHERE shop_id = mine;
  DELETE FROM consent_tombstones WHERE shop_id = mine;
  DELETE FROM consent_anchors WHERE shop_id = mine;
  DELETE FROM disclosures WHERE shop_id = mine;
END
$$;
REVOKE ALL ON FUNCTION comeback_forget_person(bytea), comeback_forget_shop(),
  comeback_retire_consents(bigint[], text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION comeback_forget_person(bytea), comeback_forget_shop(),
  comeback_retire_consents(bigint[], text, timestamptz) TO comeback_app;
"""

RIGHTS = """
GRANT SELECT, INSERT, UPDATE, DELETE ON subscribers, imports, api_keys, data_requests, notices, errands TO comeback_app;
-- Evidence: lines are added, and none is changed or taken back.
GRANT SELECT, INSERT ON consents, consent_anchors, disclosures TO comeback_app;
GRANT SELECT ON consent_tombstones TO comeback_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO comeback_app;
"""


STATES = {"subscribed": "given", "pending": "pending", "unsubscribed": "withdrawn", "redacted": "withdrawn"}
NOTHING = hashlib.sha256(b"").digest()  # the digest of a line without personal data


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


def carry_over(c: Connection) -> None:
    """What stores told us before becomes the first lines of each shop's chain, in the order it was recorded."""
    heads: dict[int, tuple[int, bytes]] = {}
    rows = c.execute(
        text(
            "SELECT b.*, s.key FROM consents_before b JOIN shops s ON s.id = b.shop_id ORDER BY b.shop_id, b.id"
        )
    ).all()
    for row in rows:
        seq, prev = heads.get(row.shop_id, (0, bytes(32)))
        line = _line(row, seq + 1, prev)
        added = c.execute(
            text(
                "INSERT INTO consents VALUES (:shop_id, :seq, :phone_hash, :state, :at, :recorded_at, :source,"
                " false, :facts, NULL, :personal_digest, :prev_hash, :hash) ON CONFLICT DO NOTHING"
            ),
            line,
        ).rowcount
        if added:  # unsubscribed and redacted at one instant are one withdrawal
            heads[row.shop_id] = (seq + 1, line["hash"])


def _line(row: Any, seq: int, prev: bytes) -> dict[str, Any]:
    told = {"level": row.level, "wording": row.wording}
    line = {
        "shop_id": row.shop_id,
        "seq": seq,
        "phone_hash": bytes(row.phone_hash),
        "state": STATES.get(row.state, "noted"),
        "at": row.at,
        "recorded_at": row.recorded_at,
        "source": row.source,
        "facts": _canonical({name: value for name, value in told.items() if value}),
        "personal_digest": NOTHING,
        "prev_hash": prev,
    }
    return {**line, "hash": _hash(row.key, line)}


def _hash(shop: str, line: dict[str, Any]) -> bytes:
    """The first version of a line's hash; compliance/evidence.py computes the same."""
    content = {
        "v": 1,
        "shop": shop,
        "seq": line["seq"],
        "phone": line["phone_hash"].hex(),
        "state": line["state"],
        "at": _moment(line["at"]),
        "recorded_at": _moment(line["recorded_at"]),
        "source": line["source"],
        "proven": False,
        "facts": line["facts"],
        "personal": line["personal_digest"].hex(),
        "prev": line["prev_hash"].hex(),
    }
    return hashlib.sha256(_canonical(content).encode()).digest()


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def upgrade() -> None:
    # The owner too is bound by row-level security, unless it is a superuser: first of all, so that the rows that are
    # there can be changed.
    op.execute("SELECT set_config('comeback.scope', 'system', true)")
    for sql in (CONSENTS, PEOPLE, TEXTS, WAYS_OUT, RIGHTS):
        op.execute(sql)
    for table in TABLES_WITH_SHOP:
        op.execute(own_shop(table))
    carry_over(op.get_bind())
    op.execute("DROP TABLE consents_before")


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only: restore a backup instead")
