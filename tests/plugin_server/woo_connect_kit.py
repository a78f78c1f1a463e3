"""A WooCommerce store to be connected: a small real server that does what a merchant's may, also what it shouldn't."""

import json
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import jwt
import requests
from requests.adapters import HTTPAdapter
from spine_kit import change, rows
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from plugin_server.jobs import connecting
from plugin_server.store import shops

KEY, SECRET = "ck_" + "1" * 40, "cs_" + "2" * 40
OTHER_KEY = "ck_" + "3" * 40
PAGE = "<!doctype html><title>Coming soon</title><p>Back in a minute."
SPACES = ["wp/v2", "wc/v3", "wc/store/v1"]


@dataclass
class RawStore:
    """`keys`: what each may do. `claims`: the home_url that it gives out. `plugin`: what the plugin was told, {} if it
    was told nothing, None if it isn't there. `lose`: so many answers about made webhooks are lost."""

    url: str = ""
    keys: dict[str, str] = field(default_factory=lambda: {KEY: "read_write"})
    claims: str = ""
    name: str = "Yarn & Co"
    plugin: dict | None = None
    webhooks: dict[int, dict] = field(default_factory=dict)
    on_to: str = ""
    page: bool = False
    status: int = 0
    spaces: list[str] = field(default_factory=lambda: list(SPACES))
    lose: int = 0
    terms: str = "https://yarn.example/terms"
    asked: list[tuple[str, str]] = field(default_factory=list)
    pongs: list[int] = field(default_factory=list)

    def __call__(self, environ, start_response):
        return self._answer(Request(environ))(environ, start_response)

    def _answer(self, asked: Request) -> Response:
        self.asked.append((asked.method, asked.path))
        if self.on_to:
            return Response("", 301, {"Location": self.on_to + asked.path})
        if self.page:
            return Response(PAGE, 200, mimetype="text/html")
        if self.status:
            return Response(PAGE, self.status, mimetype="text/html")
        if asked.path == "/wp-json/":
            return said({"name": self.name, "timezone_string": "Europe/Paris", "namespaces": self.spaces})
        key = dict(parse_qsl(asked.query_string.decode())).get("oauth_consumer_key", "")
        if key not in self.keys:
            return refusal(401, "woocommerce_rest_authentication_error", "Consumer key is invalid.")
        if asked.method != "GET" and self.keys[key] == "read":
            words = "The API key provided does not have write permissions."
            return refusal(401, "woocommerce_rest_authentication_error", words)
        return self._rest(asked)

    def _rest(self, asked: Request) -> Response:
        part = asked.path.removeprefix("/wp-json/")
        if part == "wc/v3/system_status":
            home = self.claims or self.url
            environment = {"home_url": f"{home}/", "site_url": home, "version": "11.0.1", "wp_version": "7.1"}
            settings = {"currency": "EUR"}
            return said({"environment": {**environment, "language": "fr_FR"}, "settings": settings})
        if part == "wc/v3/settings/general/woocommerce_default_country":
            return said({"value": "FR"})
        if part == "wc/v3/settings/products/woocommerce_hold_stock_minutes":
            return said({"value": "45"})
        if part == "wc-comeback/v1/connection" and self.plugin is not None:
            return self._connection(asked)
        if part.startswith("wc/v3/webhooks"):
            return self._webhook(asked, int(part.rpartition("/")[2]) if part.count("/") == 3 else 0)
        return refusal(404, "rest_no_route", "No route was found matching the URL and request method.")

    def _connection(self, asked: Request) -> Response:
        if asked.method == "DELETE":
            self.plugin = {}
        if asked.method == "PUT":
            self.plugin = json.loads(asked.get_data())
        told = self.plugin or {}
        shown = [{k: one[k] for k in ("locale", "version")} for one in told.get("wordings", [])]
        return said(
            {
                "protocol": 1,
                "plugin": "1.0.0",
                "connected": bool(told),
                "shop_key": told.get("shop_key", ""),
                "store": self.url,
                "checkout": "block",
                "locale": "fr_FR",
                "wordings": shown,
                "privacy_url": "https://yarn.example/privacy",
                "terms_url": self.terms,
                "hold_stock_minutes": 45,
                "core_recovery_email": "off",
                "waiting": 0,
                "moved": False,
            }
        )

    def _webhook(self, asked: Request, number: int) -> Response:
        if asked.method == "GET":
            return said(list(self.webhooks.values()))
        if number and number not in self.webhooks:
            return refusal(404, "woocommerce_rest_shop_webhook_invalid_id", "Invalid ID.")
        if asked.method == "DELETE":
            if asked.args.get("force") != "true":
                words = "Webhooks do not support trashing."
                return refusal(501, "woocommerce_rest_trash_not_supported", words)
            return said(self.webhooks.pop(number))
        made = {"id": max(self.webhooks, default=0) + 1, **json.loads(asked.get_data())}
        self.webhooks[made["id"]] = made
        ping = requests.post(made["delivery_url"], data={"webhook_id": str(made["id"])}, timeout=5)
        self.pongs.append(ping.status_code)
        if self.lose:
            self.lose -= 1
            return Response(PAGE, 504, mimetype="text/html")
        return said({k: v for k, v in made.items() if k != "secret"}, 201)

    @property
    def topics(self) -> list[str]:
        return sorted(hook["topic"] for hook in self.webhooks.values() if hook["status"] == "active")

    @property
    def origin(self) -> str:
        return "://".join(urlsplit(self.url)[:2])


def said(body, status: int = 200) -> Response:
    return Response(json.dumps(body), status, mimetype="application/json")


def refusal(status: int, code: str, message: str) -> Response:
    return said({"code": code, "message": message, "data": {"status": status}}, status)


@contextmanager
def raw_store(host: str = "127.0.0.1", **about) -> Iterator[RawStore]:
    store = RawStore(**about)
    server = make_server(host, 0, lambda e, s: store(e, s), threaded=True)
    store.url = f"http://{host}:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield store
    server.shutdown()
    thread.join(5)
    server.server_close()


# -- what a merchant and their store do


class _From(HTTPAdapter):
    """Comes from an address of the test's own: visitors are counted for an hour, tests are many."""

    def init_poolmanager(self, *args, **kwargs) -> None:
        super().init_poolmanager(*args, **kwargs, source_address=(VISITOR[0], 0))


def drawn() -> str:
    return f"127.{random.randint(1, 250)}.{random.randint(0, 250)}.{random.randint(2, 250)}"


VISITOR = [drawn()]


def post(spine, path: str, **form) -> requests.Response:
    visitor = requests.Session()
    visitor.mount("http://", _From())
    return visitor.post(
        f"{spine.url}/connect/woocommerce{path}", data=form, timeout=30, allow_redirects=False
    )


def by_keys(spine, store: str, key: str = KEY, secret: str = SECRET) -> str:
    """Type keys. Returns the attempt's state."""
    sent = post(spine, "/keys", store=store, consumer_key=key, consumer_secret=secret)
    assert sent.status_code == 303, sent.text
    return dict(parse_qsl(urlsplit(sent.headers["Location"]).query))["user_id"]


def callback(spine, state: str, key: str = KEY, secret: str = SECRET, **more) -> requests.Response:
    """As WC_Auth posts a key, except that it would insist on https."""
    body = {"key_id": 3, "user_id": state, "consumer_key": key, "consumer_secret": secret}
    agent = "WordPress/7.1; https://yarn.example"
    return requests.post(
        f"{spine.url}/connect/woocommerce/callback",
        data=json.dumps({**body, "key_permissions": "read_write", **more}),
        headers={"Content-Type": "application/json;charset=UTF-8", "User-Agent": agent},
        timeout=10,
    )


def returned(spine, state: str, success: str = "1") -> requests.Response:
    query = {"success": success, "user_id": state}
    return requests.get(f"{spine.url}/connect/woocommerce/return", params=query, timeout=10)


def connected(spine, store: RawStore):
    """The store, connected by its keys as a worker does. Returns the shop."""
    by_keys(spine, store.url)
    assert connecting.run(spine.machine) == 1
    return shop_at(spine, store.url)


def shop_at(spine, domain: str):
    with spine.machine.db.system() as c:
        return shops.by_domain(c, spine.machine.secrets.vault, "woocommerce", domain)


def woo_domains(spine) -> list[str]:
    """Those of shops that a test brought in."""
    sql = (
        "SELECT domain FROM shops WHERE platform = 'woocommerce' AND domain NOT LIKE '%/woo/wool' ORDER BY id"
    )
    return [row.domain for row in rows(spine, sql)]


def note_facts(spine, shop_key: str, **facts) -> None:
    new = json.dumps(facts)
    sql = "UPDATE shops SET facts = facts || CAST(:new AS jsonb) WHERE key = :key"
    change(spine, sql, new=new, key=shop_key)


def frame_token(spine, installed, **claims) -> str:
    """As the plugin signs one."""
    now = spine.machine.clock.now()
    usual = {
        "iss": installed.shop.domain,
        "aud": spine.machine.settings.public_url,
        "sub": "1",
        "role": "owner",
        "locale": "fr_FR",
        "jti": "one",
        "iat": int(now.timestamp()),
        "exp": int((now + timedelta(seconds=60)).timestamp()),
    }
    return jwt.encode({**usual, **claims}, installed.credentials["plugin_secret"], algorithm="HS256")
