"""A real store, and a Comeback that was connected to it by its key: all of ours is real too, but for the carrier."""

import json
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import given_store
import pytest

sys.path.append(str(Path(__file__).parents[1] / "plugin_server"))
import spine_kit as kit
from given_store import GivenStore
from people_awake import Person, awake
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from sqlalchemy import text
from storefront import visitor
from tests_settings import sandbox_settings
from werkzeug.serving import make_server

from plugin_server.demo import shops as demo_shops
from plugin_server.install import woo_parting, woocommerce
from plugin_server.jobs import pooling
from plugin_server.store import events, shops
from plugin_server.store.shops import Installed
from plugin_server.web.app import create_app
from plugin_server.wiring import Machine, machine

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = "--no-sandbox --disable-gpu --disable-background-networking --no-first-run --disable-sync".split()
SENDER = "12015550125"
# Due as soon as it was left: the store's clock is the world's, and nobody waits an hour here.
PLAN = {
    "idle_after": 0,
    "idle_unpaid": 0,
    "rest": 0,
    "holdout": "0",
    "store_consent": True,
    "steps": [{"delay": 0, "offer": {"discount": {"kind": "percent", "percent": "10"}}}],
}
PAGES = {"terms_url": "https://shop.example/terms", "privacy_url": "https://shop.example/privacy"}


@pytest.fixture(scope="session")
def store() -> GivenStore:
    return given_store.given()


@pytest.fixture(scope="session")
def chromium(store: GivenStore) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = next((p for name in NAMES if (p := shutil.which(name))), playwright.chromium.executable_path)
        if not Path(path).exists():
            pytest.skip("no Chromium: apt-get install chromium, or .venv/bin/playwright install chromium")
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def person() -> Person:
    return awake()


class Web:
    """Our web, which can go down and come back at the same port."""

    def __init__(self) -> None:
        self.app: Any = None
        self._server = make_server("127.0.0.1", 0, lambda e, s: self.app(e, s), threaded=True)
        self.port = self._server.server_port

    def start(self) -> None:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def start_again(self) -> None:
        self._server = make_server("127.0.0.1", self.port, lambda e, s: self.app(e, s), threaded=True)
        self.start()


class Comeback:
    """A machine with its web, connected to the store."""

    def __init__(
        self, made: Machine, world: demo_shops.World, web: Web, installed: Installed, database_url: str
    ) -> None:
        self.machine, self.world, self.web, self.installed = made, world, web, installed
        self.url = made.settings.public_url
        self.database_url = database_url
        self.keys = {"store": installed.shop.key}

    @property
    def wording(self) -> str:
        """What stands beside the box, in English."""
        sql = "SELECT wording FROM disclosures WHERE locale = 'en' ORDER BY version DESC LIMIT 1"
        return str(kit.rows(self, sql)[0].wording)

    def facts(self) -> dict:
        return dict(kit.one(self, "shops", "facts").facts)

    def hear(self, store: GivenStore) -> list[str]:
        """The store sends what it has, and it is applied. The states of all deliveries, oldest first."""
        store.tell_all()
        kit.settle(self)
        return [row.state for row in kit.rows(self, "SELECT state FROM events ORDER BY id")]

    def story(self) -> str:
        """What happened, for whoever reads why a test failed."""
        asked = (
            "SELECT state, note FROM events ORDER BY id",
            "SELECT key, state, reason FROM carts",
            "SELECT state, reason, due_at FROM touches",
            'SELECT "check", outcome, reason, facts FROM traces ORDER BY id',
        )
        return "\n".join(str(tuple(row)) for sql in asked for row in kit.rows(self, sql))

    def snapshots(self) -> list[dict]:
        """What the plugin posted, oldest first."""
        rows = kit.rows(self, "SELECT shop_id, sealed FROM events ORDER BY id")
        kept = [
            events.unseal(self.machine.secrets.vault, r.shop_id, bytes(r.sealed)) for r in rows if r.sealed
        ]
        return [json.loads(one.body) for one in kept if one.header("x-comeback-topic")]

    def stock_codes(self) -> None:
        """Codes are made in the store, ahead of the texts."""
        pooling.run(self.machine)

    @contextmanager
    def down(self) -> Iterator[None]:
        """Nobody answers meanwhile."""
        self.web.stop()
        try:
            yield
        finally:
            self.web.start_again()

    def part(self) -> None:
        """Nothing of ours stays in the store."""
        woo_parting.part(self.machine, self.installed)

    def reply(self, words: str, phone: str) -> None:
        said = {"text": words, "to": SENDER}
        self.world.post(f"/sandbox/phones/{phone.lstrip('+')}/reply", said)


@pytest.fixture
def comeback(store, database_url, embedded, sandbox) -> Iterator[Comeback]:
    web = Web()
    url = f"http://127.0.0.1:{web.port}"
    found = sandbox_settings(
        public_url=url,
        clock_url=f"{sandbox.url}/sandbox/clock",
        vonage_url=sandbox.url,
        vonage_per_second="100000",
    )
    made = machine(found, database_url, embedded.redis_url)
    web.app = create_app(made)
    web.start()
    installed = connected(made, store)
    demo_shops.set_up_carrier(found, sandbox, {"store": installed.shop.key}, {"store": SENDER})
    running = Comeback(made, sandbox, web, installed, database_url)
    yield running
    store.tell_all()  # or the next test would hear of the carts of this one
    woo_parting.leave(made, installed)
    running.part()
    web.stop()
    made.close()


@pytest.fixture
def devices(comeback: Comeback, chromium: Browser) -> Iterator[Callable[[], Page]]:
    """Opens browsers that know nothing of each other."""
    opened: list[BrowserContext] = []

    def one() -> Page:
        opened.append(visitor(chromium))
        return opened[-1].new_page()

    yield one
    for context in opened:
        context.close()


def connected(made: Machine, store: GivenStore) -> Installed:
    """As a merchant does it who types the key, tells where terms and privacy are, and chooses a plan."""
    installed = woocommerce.connect(made, store.url, store.key, store.secret)
    with made.db.system() as c:
        c.execute(
            text(
                "UPDATE shops SET sender = :sender, support = 'hello@shop.example',"
                " sequence = sequence || CAST(:plan AS jsonb), gathering = CAST(:pages AS jsonb) WHERE id = :id"
            ),
            {
                "sender": f"+{SENDER}",
                "plan": json.dumps(PLAN),
                "pages": json.dumps(PAGES),
                "id": installed.shop.id,
            },
        )
    again = woocommerce.connect(made, store.url, store.key, store.secret)
    assert again.shop.key == installed.shop.key
    with made.db.system() as c:
        fresh = shops.by_id(c, made.secrets.vault, again.shop.id)
    assert fresh is not None
    return fresh
