"""Every setting, in one frozen object: what there is, what it means, how it is read. `loading.py` fills it.

`.env.example`, the documentation and `comeback settings` are made from the fields below (`showing.py`).
"""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from plugin_server.crypto import Key
from plugin_server.setting import (
    Closed,
    database_url,
    decimal,
    emergencies,
    folder,
    key_bytes,
    keys,
    one_of,
    pem,
    prices,
    redis_url,
    setting,
    url,
    whole,
)

SANDBOX = "http://127.0.0.1:8200"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a running Comeback knows about where it is and whom it talks to."""

    wiring: str = setting(
        "production",
        "The world it is wired to: 'production', or 'sandbox' (pretend shops and a pretend carrier).",
        one_of("production", "sandbox"),
    )
    public_url: str = setting(
        "",
        "Our own address as shops, carriers and shoppers reach it. Needed in production, as https.",
        url("https", "http"),
        sandbox="http://127.0.0.1:8000",
    )
    host: str = setting("127.0.0.1", "The address 'web' listens on; 0.0.0.0 for all.")
    port: int = setting("8000", "The port 'web' listens on.", whole(1, 65535))
    web_workers: int = setting("2", "Processes of 'web'; one per core is a good start.", whole(1, 256))
    web_threads: int = setting("8", "Requests one process of 'web' answers at a time.", whole(1, 256))

    proxies: int = setting("0", "Reverse proxies before 'web' that add to X-Forwarded-For.", whole(0, 10))

    data_dir: Path = setting(  # noqa: RUF009 - a field, like its neighbours
        ".data", "Folder of the embedded servers; a relative one starts at the project's folder.", folder
    )
    database_url: str = setting(
        "",
        "A PostgreSQL, postgresql://user:password@host/name. Empty: an embedded one.",
        database_url,
        secret=True,
    )
    redis_url: str = setting(
        "", "A Redis or Valkey, redis://host:6379/0. Empty: an embedded one.", redis_url, secret=True
    )

    keys: tuple[Key, ...] = setting(
        "",
        "Keys that encrypt personal data, newest first: id:base64 of 32 bytes, separated by commas."
        " Needed in production; make one with: echo k1:$(openssl rand -base64 32)",
        keys,
        secret=True,
        made=True,
    )
    phone_key: bytes = setting(
        "",
        "Key under which phones are hashed, base64 of 32 bytes. Needed in production. Never change it:"
        " opt-outs are found by it.",
        key_bytes,
        secret=True,
        made=True,
    )

    shopify_client_id: str = setting(
        "", "The Shopify app's client id. Empty: no Shopify.", sandbox="0123456789abcdef0123456789abcdef"
    )
    shopify_client_secret: str = setting(
        "", "The Shopify app's client secret.", sandbox="sandbox-client-secret-of-32-bytes", secret=True
    )
    shopify_old_client_secret: str = setting(
        "", "The client secret before the last rotation, still accepted while it is set.", secret=True
    )
    shopify_app_handle: str = setting("", "The app's handle at Shopify, for the link to its plans.")
    shopify_usage_event: str = setting(
        "", "The handle of the meter at Shopify that counts segments sent. Empty: no usage is reported."
    )
    shopify_events_url: str = setting(
        "https://api.shopify.com",
        "Where Shopify takes reports of usage.",
        url("https", "http"),
        sandbox=SANDBOX + "/shopify-api",
    )
    shopify_url: str = setting(
        "https://{shop}",
        "Where a Shopify shop's API is; {shop} stands for its myshopify.com domain.",
        url("https", "http", holds="{shop}"),
        sandbox=SANDBOX + "/shopify/{shop}",
    )

    channel: str = setting(
        "vonage_sms",
        "What carries the texts: 'vonage_sms', or 'console' (prints them).",
        one_of("vonage_sms", "console"),
    )
    vonage_api_key: str = setting("", "The Vonage account's API key.", sandbox="5a4dbc0f")
    vonage_application_id: str = setting(
        "", "The Vonage application's id (a UUID).", sandbox="aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab"
    )
    vonage_private_key: str = setting(
        "", "The Vonage application's private key: PEM, or the path of its file.", pem, secret=True, made=True
    )
    vonage_signature_secret: str = setting(
        "",
        "The Vonage account's signature secret, which signs their webhooks.",
        sandbox="sandbox-signature-secret-of-32-bytes",
        secret=True,
    )
    vonage_url: str = setting(
        "https://api.nexmo.com", "Where Vonage's API is.", url("https", "http"), sandbox=SANDBOX
    )
    vonage_per_second: float = setting(
        "30",
        "Texts one worker hands to Vonage per second; workers together must keep to Vonage's limit (30).",
        decimal(0.01, 100_000),
    )

    stop_answered_by: str = setting(
        "comeback",
        "Who replies to STOP, HELP and START: 'comeback', or 'carrier' where Vonage's Opt-Out Assist is switched on;"
        " with both, people get two replies.",
        one_of("comeback", "carrier"),
    )
    rulebook: str = setting(
        "law",
        "Hours in the US: 'law' (federal and each state's), 'standard' (8 to 20 everywhere on top of it), or 'strict'"
        " (10 to 20, Sundays from 12).",
        one_of("law", "standard", "strict"),
    )
    emergencies: tuple[Closed, ...] = setting(
        "",
        "States that get no texts because of an emergency (Louisiana's law forbids them), with the first and last"
        " day: US-LA:2026-08-29..2026-09-05.",
        emergencies,
    )

    text_prices: dict[str, Decimal] = setting(  # noqa: RUF009 - a field, like its neighbours
        "",
        "What the carrier takes for one segment, in its own currency (Vonage: EUR), by country:"
        " US:0.0079,GB:0.042,*:0.08. Foretells a text's cost; its report then tells the true one.",
        prices,
        sandbox="US:0.0079,CA:0.0076,GB:0.042,DE:0.085,FR:0.071,ES:0.082,*:0.08",
    )

    batch: int = setting("500", "Touches that one job carries.", whole(1, 10_000))
    connections: int = setting("32", "Texts one worker hands over at a time.", whole(1, 1000))
    clock_seconds: float = setting("2", "Seconds between two looks for what is due.", decimal(0.05, 3600))
    lease_seconds: int = setting(
        "120", "Seconds a worker may hold touches before they count as abandoned by it.", whole(1, 86_400)
    )
    event_days: int = setting(
        "30", "Days that what shops and carriers sent us is kept as it came.", whole(1, 3650)
    )

    log_level: str = setting(
        "INFO", "The least that is logged.", one_of("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
    )
    log_format: str = setting(
        "json", "How a line is written: 'json' or 'text'.", one_of("json", "text"), sandbox="text"
    )
    clock_url: str = setting(
        "",
        "The sandbox clock to live by, like http://127.0.0.1:8200/sandbox/clock. Only in the sandbox.",
        url("http"),
        sandbox="",
    )

    @property
    def sandbox(self) -> bool:
        """True in the pretend world."""
        return self.wiring == "sandbox"
