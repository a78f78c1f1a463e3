"""The real Admin schemas, of npm `@shopify/dev-mcp` 1.16.0, put under `.cache/contracts` by `bin/contracts`.

Without them the sandbox still answers, only less strictly: it can't say that a field doesn't exist.
"""

import gzip
import json
import logging
import threading
from pathlib import Path

from graphql import GraphQLSchema, build_client_schema

log = logging.getLogger("sandbox.shopify")

VERSIONS = ("2026-01", "2026-04", "2026-07", "2026-10", "unstable")  # supported in November 2026
FOLDER = Path(__file__).resolve().parents[2] / ".cache" / "contracts" / "admin"

_loaded: dict[str, GraphQLSchema | None] = {}
_lock = threading.Lock()


def served_version(asked: str) -> str:
    """An unsupported version falls forward to the oldest supported one (shopify.dev, API versioning)."""
    return asked if asked in VERSIONS else VERSIONS[0]


def schema_for(version: str) -> GraphQLSchema | None:
    """The schema of a version, read once per process (about 0.3 s); None if its file isn't there."""
    with _lock:
        if version not in _loaded:
            _loaded[version] = _read(FOLDER / f"admin_{version}.json.gz")
        return _loaded[version]


def preload(version: str = "2026-10") -> None:
    """Read a schema in the background, so that the first query doesn't wait."""
    threading.Thread(target=schema_for, args=(version,), name="sandbox-schema", daemon=True).start()


def _read(path: Path) -> GraphQLSchema | None:
    if not path.exists():
        log.warning("%s is missing: queries are only parsed, not validated; run bin/contracts", path.name)
        return None
    with gzip.open(path) as file:
        return build_client_schema(json.load(file)["data"], assume_valid=True)
