"""Settings of a test's own: the sandbox wiring, nothing from the machine it runs on."""

from pathlib import Path

from plugin_server import loading
from plugin_server.settings import Settings

ROOT = Path(__file__).resolve().parents[1]


def sandbox_settings(**more: str) -> Settings:
    env = {"COMEBACK_WIRING": "sandbox", "COMEBACK_DATA_DIR": str(ROOT / ".data" / "tests")}
    return loading.load({**env, **{f"COMEBACK_{k.upper()}": v for k, v in more.items()}}, dotenv=None)
