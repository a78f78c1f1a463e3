"""The settings are loaded once, at the start, from the environment and `.env`.

A name nobody knows, a value that can't be read and a value that is missing stop the start together, in words.
"""

from collections.abc import Iterator, Mapping
from dataclasses import Field, fields
from pathlib import Path

from plugin_server import sandbox_keys
from plugin_server.dotenv import read_dotenv
from plugin_server.production import missing
from plugin_server.setting import PREFIX, ROOT, Setting, SettingsError, closest
from plugin_server.settings import Settings

DOTENV = ROOT / ".env"


def about() -> Iterator[tuple[str, str, Setting]]:
    """Every setting as (environment name, field name, Setting), in order."""
    for field in fields(Settings):
        yield _name(field), field.name, field.metadata["setting"]


def load(env: Mapping[str, str], dotenv: Path | None = DOTENV) -> Settings:
    """The settings of `env`, completed by the file `dotenv` if there is one; `env` wins.

    An empty value counts as not set. In the sandbox, keys nobody gave are made once and kept in
    `data_dir/keys`. Raises SettingsError with all problems at once.
    """
    given, problems = _given(env, dotenv)
    wiring = given.get(PREFIX + "WIRING", "production")
    values: dict[str, object] = {}
    for name, attribute, about_it in about():
        text = given.get(name) or _default(about_it, wiring)
        try:
            values[attribute] = about_it.read(text)
        except ValueError as error:
            problems.append(f"{name} {error}")
    problems += missing(values)
    if problems:
        raise SettingsError(problems)
    if wiring == "sandbox":
        try:
            sandbox_keys.fill(values, about())
        except OSError as error:
            raise SettingsError([f"{PREFIX}DATA_DIR can't be used: {error}"]) from None
    return Settings(**values)  # type: ignore[arg-type]


def _name(field: "Field[object]") -> str:
    # Hosting platforms hand out the addresses of the two servers under these names.
    return field.name.upper() if field.name in ("database_url", "redis_url") else PREFIX + field.name.upper()


def _default(about_it: Setting, wiring: str) -> str:
    if wiring == "sandbox" and about_it.sandbox is not None:
        return about_it.sandbox
    return about_it.default


def _given(env: Mapping[str, str], dotenv: Path | None) -> tuple[dict[str, str], list[str]]:
    """What is set and known, and a problem for each name that isn't known."""
    known = [name for name, _, _ in about()]
    from_file = read_dotenv(dotenv) if dotenv and dotenv.is_file() else {}
    unknown = [
        f"{name} is no setting{closest(name, known)}"
        for name in {**from_file, **env}
        if name not in known and (name.startswith(PREFIX) or (name in from_file and PREFIX + name in known))
    ]
    given = {name: value.strip() for name, value in {**from_file, **env}.items() if name in known}
    return {name: value for name, value in given.items() if value}, unknown
