"""The other way to send: one RQ job per text, worked off by RQ's own worker, which forks for every job."""

import time
import uuid

import requests
from redis import Redis
from rq import Queue, Worker
from rq.serializers import JSONSerializer

# Loaded here, in the parent, so that no job pays for it.
HEADERS = {"Authorization": "Bearer bench", "Accept": "application/json"}


def post(url: str, body: dict[str, object]) -> None:
    """The job: the plain call, without a database and without any of our questions."""
    answer = requests.post(url, json={**body, "client_ref": str(uuid.uuid4())}, headers=HEADERS, timeout=10)
    assert answer.status_code == 202


def work_off(redis_url: str, url: str, body: dict[str, object], texts: int) -> float:
    """Seconds that one worker takes for so many jobs that wait already. Runs in a process of its own."""
    connection = Redis.from_url(redis_url)
    queue = Queue(f"bench-{uuid.uuid4().hex}", connection=connection, serializer=JSONSerializer)
    jobs = [queue.enqueue(post, url, body, result_ttl=60) for _ in range(texts)]
    worker = Worker([queue], connection=connection, serializer=JSONSerializer)
    begun = time.perf_counter()
    worker.work(burst=True, logging_level="ERROR")
    took = time.perf_counter() - begun
    assert all(job.get_status(refresh=True) == "finished" for job in jobs)
    return took
