"""A shop with a database and nothing else: what tests of the list of numbers act on."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text
from tests_settings import sandbox_settings

from compliance.evidence import Evidence
from plugin_server.crypto import Vault
from plugin_server.gathering import csv_files, importing, judging, mapping
from plugin_server.gathering.importing import Outcome
from plugin_server.gathering.judging import Judged
from plugin_server.gathering.rows import Reading
from plugin_server.store import consents, imports, shops, subscribers
from plugin_server.store.db import Database
from plugin_server.store.tx import Secrets, Tx
from sequences.sequence import Sequence

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
WORDING = (
    "I agree to marketing texts from Mugs, such as cart reminders. Msg & data rates may apply. Reply STOP."
)
ANN, BEN, CLEO, DEE = "+14155552671", "+12015550123", "+447400123456", "+33612345678"
HEADER = "Phone,Status,Consent time,Source,Page URL,Consent text,Confirmed at,Reply,Opted out at,Email,Name"


@dataclass
class Lists:
    """Two shops on one database."""

    db: Database
    secrets: Secrets
    shops: dict[str, shops.Installed]
    files: Path
    written: int = field(default=0)

    @contextmanager
    def tx(self, shop: str = "mugs") -> Iterator[Tx]:
        installed = self.shops[shop]
        with self.db.shop(installed.shop.id) as c:
            yield Tx(c, installed.shop, self.secrets)

    def file(self, *rows: str | dict[str, str], header: str = HEADER, encoding: str = "utf-8") -> Path:
        """A CSV file of these rows; a dict names cells of the header."""
        self.written += 1
        path = self.files / f"people-{self.written}.csv"
        names = header.split(",")
        lines = [
            row if isinstance(row, str) else ",".join(quoted(row.get(n, "")) for n in names) for row in rows
        ]
        path.write_bytes("\n".join([header, *lines, ""]).encode(encoding))
        return path

    def rehearsed(self, path: Path, shop: str = "mugs", said: str = "", **how) -> tuple[Judged, Outcome]:
        return self._run(importing.rehearse, path, shop, said, how)

    def imported(self, path: Path, shop: str = "mugs", said: str = "", **how) -> tuple[Judged, Outcome]:
        return self._run(importing.write, path, shop, said, how)

    def _run(self, what, path: Path, shop: str, said: str, how: dict) -> tuple[Judged, Outcome]:
        tick = how.pop("tick", lambda _: None)
        table = csv_files.look(path)
        with self.tx(shop) as tx:
            known = imports.wordings(tx)
        reading = Reading(
            columns=mapping.columns(table.header, mapping.said(said) if said else {}),
            width=len(table.header),
            **{"now": NOW, "wordings": known, **how},
        )
        judged = judging.judge(table, reading)
        with self.tx(shop) as tx:
            return judged, what(tx, table, reading, judged, tick)

    def append(self, *lines: Evidence, shop: str = "mugs", now: datetime = NOW) -> int:
        with self.tx(shop) as tx:
            return consents.append(tx, lines, now)

    def state(self, phone: str, shop: str = "mugs") -> str | None:
        """As the list has it."""
        with self.tx(shop) as tx:
            row = tx.one(
                "SELECT state FROM subscribers WHERE shop_id = :shop_id AND phone_hash = :p",
                p=tx.phone(phone),
            )
        return None if row is None else row.state

    def rows(self, sql: str, **binds) -> list:
        with self.db.system() as c:
            return list(c.execute(text(sql), binds))

    def count(self, table: str) -> int:
        return self.rows(f"SELECT count(*) AS n FROM {table}")[0].n  # noqa: S608

    def everything(self) -> dict[str, int]:
        """How many rows there are of all that an import may write."""
        return {t: self.count(t) for t in ("consents", "subscribers", "suppressions", "imports")}

    def rebuilt(self, shop: str = "mugs") -> int:
        with self.tx(shop) as tx:
            consents.hold(tx)
            return subscribers.rebuild(tx)


def quoted(cell: str) -> str:
    return f'"{cell.replace(chr(34), chr(34) * 2)}"' if any(sign in cell for sign in ',"\n') else cell


def given(phone: str, at: datetime = NOW, **more) -> Evidence:
    return Evidence(**{"phone": phone, "state": "given", "at": at, "source": "checkout", **more})


def person(phone: str = ANN, **cells: str) -> dict[str, str]:
    """A row with its proof, but without a confirmation."""
    return {
        "Phone": phone,
        "Status": "subscribed",
        "Consent time": "2025-05-01T10:00:00Z",
        "Source": "Popup",
        "Page URL": "https://mugs.example/popup",
        "Consent text": WORDING,
        **cells,
    }


def confirmed(phone: str = ANN, **cells: str) -> dict[str, str]:
    return person(phone, **{"Confirmed at": "2025-05-01T10:02:00Z", "Reply": "Y", **cells})


def two_shops(url: str, files: Path) -> Lists:
    settings = sandbox_settings()
    secrets = Secrets(Vault(settings.keys), settings.phone_key)
    db = Database(url)
    facts = {"currency": "USD", "country": "US", "locale": "en", "credentials": {}, "sequence": Sequence()}
    with db.system() as c:
        keys = {
            name: shops.install(
                c, secrets.vault, platform="shopify", domain=f"{name}.example", name=name, **facts
            )
            for name in ("mugs", "wool")
        }
        found = {name: shops.by_key(c, secrets.vault, None, key) for name, key in keys.items()}
    return Lists(db, secrets, found, files)
