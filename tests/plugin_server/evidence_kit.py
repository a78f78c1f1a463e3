"""Two shops, a database and its owner: what tests of the evidence's chain act on."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psycopg
from sqlalchemy import text
from tests_settings import sandbox_settings

from compliance.evidence import Evidence, Person
from compliance.evidence_chain import Anchor
from compliance.evidence_checks import Report, verify
from plugin_server.crypto import Vault
from plugin_server.evidence.exporting import export
from plugin_server.evidence.signing import Signer
from plugin_server.store import chains, consents, shops
from plugin_server.store.db import Database
from plugin_server.store.tx import Secrets, Tx
from sequences.sequence import Sequence

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SHE, HE, THEY = "+14155552671", "+12015550123", "+447400123456"
WORDING = (
    "Text me about my cart & offers. Consent isn't needed to buy. <b>Msg & data rates</b> may apply."
    ' Reply "STOP" to stop.'
)
ASKED = "Mugs: reply Y to get recurring automated texts (e.g. cart reminders). Msg & data rates may apply."


@dataclass
class Keeping:
    """Chains of evidence, as the application and as the database's owner reach them."""

    db: Database
    secrets: Secrets
    shops: dict[str, shops.Installed]

    @contextmanager
    def tx(self, shop: str = "mugs") -> Iterator[Tx]:
        installed = self.shops[shop].shop
        with self.db.shop(installed.id) as c:
            yield Tx(c, installed, self.secrets)

    def append(self, *lines: Evidence, shop: str = "mugs", now: datetime = NOW) -> int:
        with self.tx(shop) as tx:
            return consents.append(tx, lines, now)

    def forget(self, phone: str, shop: str = "mugs", now: datetime = NOW) -> int:
        with self.tx(shop) as tx:
            return consents.forget(tx, tx.phone(phone), now, "she asked")

    def retire(self, *seqs: int, shop: str = "mugs", now: datetime = NOW) -> int:
        with self.tx(shop) as tx:
            return consents.retire(tx, seqs, "kept long enough", now)

    def anchor(self, shop: str = "mugs", now: datetime = NOW) -> Anchor:
        with self.tx(shop) as tx:
            return chains.anchor(tx, now)

    def verified(self, shop: str = "mugs", kept: tuple[Anchor, ...] = ()) -> Report:
        with self.tx(shop) as tx:
            return verify(tx.shop.key, chains.walk(tx), [*chains.anchors(tx), *kept])

    def problems(self, shop: str = "mugs", kept: tuple[Anchor, ...] = ()) -> list[str]:
        report = self.verified(shop, kept)
        assert report.unsaid == 0
        return [f"line {p.seq} {p.what}" for p in report.problems]

    def export(self, phone: str = SHE, shop: str = "mugs", now: datetime = NOW) -> dict[str, bytes]:
        with self.tx(shop) as tx:
            return export(tx, phone, now, self.signer)

    @property
    def signer(self) -> Signer:
        return Signer(self.secrets.phone_key)

    def id(self, shop: str = "mugs") -> int:
        return self.shops[shop].shop.id

    @contextmanager
    def owner(self) -> Iterator[psycopg.Connection]:
        """One transaction as the database's owner, whom nothing binds."""
        with psycopg.connect(self.db.url.replace("+psycopg", "", 1)) as connection:
            connection.execute("SELECT set_config('comeback.scope', 'system', true)")
            yield connection

    def meddle(self, sql: str, *values: object) -> int:
        """A statement of the owner's, which must have done something."""
        with self.owner() as c:
            done = c.execute(sql, values or None).rowcount
        assert done != 0, "nothing was altered: this proves nothing"
        return done

    def rows(self, sql: str, **binds) -> list:
        with self.db.system() as c:
            return list(c.execute(text(sql), binds))


def kept_on(url: str) -> Keeping:
    settings = sandbox_settings()
    secrets = Secrets(Vault(settings.keys), settings.phone_key)
    db = Database(url)
    facts = {"currency": "USD", "country": "US", "locale": "en", "credentials": {}, "sequence": Sequence()}
    with db.system() as c:
        keys = {
            name: shops.install(
                c,
                secrets.vault,
                platform="shopify",
                domain=f"{name}.example",
                name=f"{name} & <Sons>",
                **facts,
            )
            for name in ("mugs", "wool")
        }
        found = {name: shops.by_key(c, secrets.vault, None, key) for name, key in keys.items()}
    return Keeping(db, secrets, found)


def ticked(phone: str = SHE, minutes: int = 0, **more) -> Evidence:
    """A box that was ticked at our own form."""
    told = {
        "phone": phone,
        "state": "given",
        "at": NOW - timedelta(days=1, minutes=-minutes),
        "source": "join page",
        "wording": WORDING,
        "wording_version": "3",
        "form": "join",
        "url": "https://mugs.example/join",
        "action": "ticked the box, which was empty",
        "person": Person(
            name="Dagmarella <Exemplarova>",
            email="d@example.com",
            ip="192.0.2.7",
            browser_zone="Europe/Berlin",
        ),
    }
    return Evidence(**{**told, **more})


def confirmed(phone: str = SHE, minutes: int = 10, **more) -> Evidence:
    told = {
        "phone": phone,
        "state": "given",
        "at": NOW - timedelta(days=1, minutes=-minutes),
        "source": "confirmation reply",
        "proven": True,
        "program": "cart_reminders",
        "wording": ASKED,
        "request": {
            "id": "7",
            "text": ASKED,
            "sent_at": "2026-11-23T12:05:00.000000+00:00",
            "sender": "12015550123",
        },
        "person": Person(reply="Y, please 👍", provider_id="abc", sender="12015550123"),
    }
    return Evidence(**{**told, **more})


def withdrawn(phone: str = SHE, minutes: int = 20, **more) -> Evidence:
    at = NOW - timedelta(days=1, minutes=-minutes)
    return Evidence(**{"phone": phone, "state": "withdrawn", "at": at, "source": "opt-out: stop", **more})


def lived(keeping: Keeping) -> Keeping:
    """Two people's lines, woven into each other: 1 and 3, 5 hers; 2 and 4 his; 6 theirs."""
    for line in (ticked(), ticked(HE, 1), confirmed(), confirmed(HE, 11), withdrawn(), ticked(THEY, 2)):
        assert keeping.append(line) == 1
    return keeping


def text_sent(
    keeping: Keeping, words: str, consent: int | None, shop: str = "mugs", phone: str = SHE
) -> None:
    """A notice that was handed over, with the decision it rests on."""
    with keeping.tx(shop) as tx:
        tx.run(
            "INSERT INTO notices (shop_id, id, kind, phone_hash, sealed, asked_at, due_at, deadline, state, decision,"
            " committed_at) VALUES (:shop_id, gen_random_uuid(), 'consent_request', :phone, :sealed, :now, :now, :now,"
            " 'delivered', CAST(:decision AS jsonb), :now)",
            phone=tx.phone(phone),
            sealed=tx.seal({"to": phone, "text": words, "sender": "12015550123", "locale": "en"}),
            now=NOW,
            decision=json.dumps(
                {
                    "consent": consent,
                    "rulebook": "2026-11-24",
                    "rules": ["CART-02"],
                    "local_times": {"America/Los_Angeles": "04:00"},
                    "sha256": hashlib.sha256(words.encode()).hexdigest(),
                }
            ),
        )
