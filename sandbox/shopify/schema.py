"""The real Admin schemas, of npm `@shopify/dev-mcp` 1.16.0, put under `.cache/contracts` by `bin/contracts`.

Without them the sandbox still answers, only less strictly: it can't say that a field doesn't exist.
"""

import gzip
import json
import logging
import re
import threading
from pathlib import Path

from graphql import GraphQLSchema, build_client_schema

from sandbox.shopify.access import WITHOUT_SCHEMA, Rules, rules_of

log = logging.getLogger("sandbox.shopify")

VERSIONS = ("2026-01", "2026-04", "2026-07", "2026-10")  # supported in November 2026
CANDIDATE = "2027-01"  # played with the schema of "unstable"
FOLDER = Path(__file__).resolve().parents[2] / ".cache" / "contracts" / "admin"

_loaded: dict[str, tuple[GraphQLSchema | None, Rules]] = {}
_lock = threading.Lock()


def served_version(asked: str, retired: bool = False) -> str | None:
    """An unsupported version falls forward to the oldest supported one (shopify.dev, API versioning); None for what
    is no version, or none yet. `retired`: all of today's are unsupported, as they will be one day."""
    if asked in ("unstable", CANDIDATE):
        return asked
    if not re.fullmatch(r"20\d\d-(01|04|07|10)", asked) or asked > CANDIDATE:
        return None
    if retired:
        return CANDIDATE
    return asked if asked in VERSIONS else VERSIONS[0]


def file_of(version: str) -> str:
    """The version whose schema is used for it."""
    return "unstable" if version == CANDIDATE else version


def schema_for(version: str) -> GraphQLSchema | None:
    """The schema of a version, read once per process (about 0.3 s); None if its file isn't there."""
    return _load(version)[0]


def rules_for(version: str) -> Rules:
    """The scopes that the fields of a version need."""
    return _load(version)[1]


def _load(version: str) -> tuple[GraphQLSchema | None, Rules]:
    with _lock:
        name = file_of(version)
        if name not in _loaded:
            _loaded[name] = _read(FOLDER / f"admin_{name}.json.gz")
        return _loaded[name]


def preload(version: str = "2026-10") -> None:
    """Read a schema in the background, so that the first query doesn't wait."""
    threading.Thread(target=schema_for, args=(version,), name="sandbox-schema", daemon=True).start()


def _read(path: Path) -> tuple[GraphQLSchema | None, Rules]:
    if not path.exists():
        log.warning("%s is missing: queries are only parsed, not validated; run bin/contracts", path.name)
        return None, WITHOUT_SCHEMA
    with gzip.open(path) as file:
        found = json.load(file)
    return build_client_schema(found["data"], assume_valid=True), rules_of(found["offline_scopes"]["items"])
