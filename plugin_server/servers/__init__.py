"""The PostgreSQL and the Valkey a process works with: those of the settings, or embedded ones.

The embedded ones lie in the data folder, are started by the first process that needs them, shared by all, and
stopped by the last that leaves. If the last is killed, they run on, and the next process adopts them.
"""

import atexit
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
import redis

from plugin_server.servers import postgres, valkey
from plugin_server.servers.errors import NotAnswering, NotStarted, ServersError
from plugin_server.servers.users import Membership
from plugin_server.setting import without_password
from plugin_server.settings import Settings

__all__ = ["NotAnswering", "NotStarted", "Servers", "ServersError", "up"]

ANSWER_SECONDS = 5


class Servers:
    """Two addresses that answer. Close it, or leave its `with`, when this process needs them no more."""

    def __init__(self, database_url: str, redis_url: str, embedded: "Embedded | None" = None) -> None:
        self.database_url = database_url
        self.redis_url = redis_url
        self._embedded = embedded

    def close(self) -> None:
        """Leave; the last to leave stops the embedded servers. Harmless twice, and in a forked child."""
        if self._embedded:
            self._embedded.leave()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Embedded:
    """This process's share of the embedded servers of a data folder."""

    def __init__(self, data_dir: Path, want_postgres: bool, want_valkey: bool) -> None:
        self._postgres = data_dir / "postgres"
        self._valkey = data_dir / "valkey"
        self._wanted = (want_postgres, want_valkey)
        data_dir.mkdir(parents=True, exist_ok=True)
        self._membership = Membership(data_dir, self._start, self._stop)
        # A process that ends without leaving (sys.exit, an exception) leaves all the same.
        atexit.register(self.leave)

    def leave(self) -> None:
        atexit.unregister(self.leave)
        self._membership.leave()

    @property
    def database_url(self) -> str:
        return postgres.url(self._postgres)

    @property
    def redis_url(self) -> str:
        return valkey.url(self._valkey)

    def _start(self) -> None:
        want_postgres, want_valkey = self._wanted
        if want_valkey:
            valkey.ensure(self._valkey)
        if want_postgres:
            postgres.ensure(self._postgres)

    def _stop(self) -> None:
        valkey.stop(self._valkey)
        postgres.stop(self._postgres)


def up(settings: Settings) -> Servers:
    """Both servers, answering. Raises NotAnswering, which names the setting, or NotStarted."""
    if settings.database_url:
        _ask_postgres(settings.database_url)
    if settings.redis_url:
        _ask_redis(settings.redis_url)
    if settings.database_url and settings.redis_url:
        return Servers(settings.database_url, settings.redis_url)
    embedded = Embedded(settings.data_dir, not settings.database_url, not settings.redis_url)
    return Servers(
        settings.database_url or embedded.database_url, settings.redis_url or embedded.redis_url, embedded
    )


def _ask_postgres(url: str) -> None:
    try:
        psycopg.connect(url.replace("+psycopg", "", 1), connect_timeout=ANSWER_SECONDS).close()
    except psycopg.Error as error:
        raise NotAnswering(f"DATABASE_URL, {without_password(url)}: {str(error).strip()}") from None


def _ask_redis(url: str) -> None:
    try:
        with redis.Redis.from_url(
            url, socket_connect_timeout=ANSWER_SECONDS, socket_timeout=ANSWER_SECONDS
        ) as client:
            client.ping()
    except (redis.RedisError, ValueError) as error:
        raise NotAnswering(f"REDIS_URL, {without_password(url)}: {error}") from None
