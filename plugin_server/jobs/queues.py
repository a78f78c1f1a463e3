"""The queues: hurry, never truth. Redis may be emptied at any moment, the clock finds everything again."""

import uuid

from redis import Redis
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry
from rq import Queue
from rq.serializers import JSONSerializer

EVENTS = "events"
TEXTS = "texts"
ANSWERS = "answers"
ERRANDS = "errands"
CONNECTS = "connects"
NAMES = (EVENTS, TEXTS, ANSWERS, ERRANDS, CONNECTS)
# A killed job is found by its rows' leases, not by RQ: results and failures needn't be kept for long.
KEPT = {"result_ttl": 60, "failure_ttl": 86400}
DOWN = (RedisConnectionError, RedisTimeoutError)


def redis(url: str) -> "Redis":
    """A client that outlives a restart of its server: RQ's own loops die of one second without it."""
    return Redis.from_url(
        url, retry=Retry(ExponentialBackoff(cap=2, base=0.1), 100), retry_on_error=list(DOWN)
    )


def impatient(url: str) -> "Redis":
    """For the clock: a Redis that is down must not keep it from its other errands."""
    return Redis.from_url(url, socket_connect_timeout=1, socket_timeout=2)


def queue(name: str, connection: "Redis") -> Queue:
    # JSON, never pickle: whoever reaches Redis must not be able to run code here.
    return Queue(name, connection=connection, serializer=JSONSerializer)


def ask_for_events(q: Queue) -> bool:
    """Have the inbox worked off, unless that is asked for already."""
    if q.count > 0:
        return False
    q.enqueue("plugin_server.jobs.worker.work_events", job_timeout=120, **KEPT)
    return True


def ask_for_texts(q: Queue, token: uuid.UUID, timeout: int) -> None:
    """Have one claim worked off."""
    q.enqueue("plugin_server.jobs.worker.work_texts", str(token), job_timeout=timeout, **KEPT)


def ask_for_answers(q: Queue, token: uuid.UUID, timeout: int) -> None:
    """Have one claim of notices worked off."""
    q.enqueue("plugin_server.jobs.worker.work_answers", str(token), job_timeout=timeout, **KEPT)


def ask_for_errands(q: Queue) -> bool:
    """Have stores told what is due, unless that is asked for already."""
    if q.count > 0:
        return False
    q.enqueue("plugin_server.jobs.worker.work_errands", job_timeout=900, **KEPT)
    return True


def ask_for_refreshing(q: Queue) -> None:
    """Have the tokens of dormant shops refreshed."""
    q.enqueue("plugin_server.jobs.worker.work_refreshing", job_timeout=900, **KEPT)


def ask_for_others(q: Queue) -> None:
    """Have it seen which other tools write to shops' shoppers."""
    q.enqueue("plugin_server.jobs.worker.work_others", job_timeout=900, **KEPT)


def ask_for_connecting(q: Queue) -> bool:
    """Have keys tried that stores gave us, unless that is asked for already."""
    if q.count > 0:
        return False
    q.enqueue("plugin_server.jobs.worker.work_connecting", job_timeout=900, **KEPT)
    return True
