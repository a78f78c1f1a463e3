"""How often somebody may: counted in Redis, so all processes of `web` count together.

Redis is a hurry, never truth: while it is down everybody may, and the log says so.
"""

import structlog
from redis import Redis
from redis.exceptions import RedisError

log = structlog.get_logger()
PATIENCE = 0.5  # seconds: a page must not wait long for a counter


class Limits:
    """Fixed windows: the first of a window starts it."""

    def __init__(self, url: str) -> None:
        self._redis = Redis.from_url(url, socket_connect_timeout=PATIENCE, socket_timeout=PATIENCE)

    def allows(self, what: str, who: bytes, most: int, seconds: int) -> bool:
        """Count one of `what` by `who` (a keyed hash, never a name); False once it is more than `most`."""
        key = f"limit:{what}:{who.hex()}"
        try:
            with self._redis.pipeline(transaction=True) as pipe:
                pipe.incr(key)
                pipe.expire(key, seconds, nx=True)
                count, _ = pipe.execute()
        except RedisError as error:
            log.warning("limits can't be counted", what=what, error=type(error).__name__)
            return True
        return int(count) <= most

    def same(self, what: str, who: bytes, content: bytes, seconds: int) -> bool:
        """False if `who` came with other content before, within `seconds`."""
        key = f"same:{what}:{who.hex()}"
        try:
            if self._redis.set(key, content, nx=True, ex=seconds):
                return True
            return self._redis.get(key) in (content, None)
        except RedisError as error:
            log.warning("repetitions can't be told", what=what, error=type(error).__name__)
            return True
