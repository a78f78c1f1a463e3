"""The worker: one process per queue, everything warm between jobs.

One queue per process, since an RQ worker on two can lose a job for good (github.com/rq/rq issue 1716). No fork
per job: connections, the carrier's token and the templates stay warm, and what a killed process had in hand is
found by its rows' leases.
"""

import os
import signal
import sys
import threading
import time
import uuid
from collections.abc import Callable

import structlog
from rq import SimpleWorker
from rq.serializers import JSONSerializer

from plugin_server.jobs import (
    answering,
    billing,
    connecting,
    dispatch,
    errands,
    ingest,
    others,
    planning,
    pooling,
    queues,
    refreshing,
    rereading,
    tending,
)
from plugin_server.wiring import Machine

log = structlog.get_logger()
# What worker and clock print once they are at work, for whoever supervises them.
READY = "is ready"
_machine: Machine | None = None


def work_events() -> int:
    """Job: apply what the inbox holds, and plan what lies idle."""
    return ingest.run(_here()) + planning.run(_here())


def work_texts(token: str) -> int:
    """Job: work off one claim."""
    return dispatch.run(_here(), uuid.UUID(token))


def work_answers(token: str) -> int:
    """Job: work off one claim of answers and questions to people."""
    return answering.run(_here(), uuid.UUID(token))


def work_errands() -> int:
    """Job: tell stores what people told us, look after them, have them make codes, tell their billing what was used,
    and read them."""
    here = _here()
    return errands.run(here) + tending.run(here) + pooling.run(here) + billing.run(here) + rereading.run(here)


def work_refreshing() -> int:
    """Job: keep the tokens of shops that nothing asks for."""
    return refreshing.run(_here())


def work_others() -> int:
    """Job: see which other tools write to our shops' shoppers."""
    return others.run(_here())


def work_connecting() -> int:
    """Job: try the keys that stores gave us."""
    return connecting.run(_here())


def _here() -> Machine:
    if _machine is None:
        raise RuntimeError("this job runs in a worker process: bin/comeback worker")
    return _machine


def serve(make: Callable[[], Machine], name: str) -> None:
    """Work off one queue until told to stop. `make` puts the machine together in this process."""
    global _machine
    _machine = make()
    connection = queues.redis(_machine.redis_url)
    worker = SimpleWorker(
        [queues.queue(name, connection)],
        connection=connection,
        serializer=JSONSerializer,
        maintenance_interval=30,
        worker_ttl=60,
    )
    try:
        sys.stdout.write(f"{name} worker {READY}\n")
        sys.stdout.flush()
        worker.work(with_scheduler=False, logging_level="WARNING")
    finally:
        _machine.close()


def serve_all(make: Callable[[], Machine], names: list[str]) -> int:
    """One child per queue; if one ends, all end, and whoever supervises us starts anew."""
    children = {_child(make, name): name for name in names}

    def stop(signum: int, _frame: object) -> None:
        for pid in children:
            os.kill(pid, signum)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    gone, status = os.wait()
    log.info("worker process ended", queue=children.pop(gone), status=status)
    stop(signal.SIGTERM, None)
    for pid in list(children):
        os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status)


def _child(make: Callable[[], Machine], name: str) -> int:
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        threading.Thread(target=_leave_with, args=(parent,), daemon=True).start()
        serve(make, name)
        code = 0
    except Exception:
        log.exception("worker process failed", queue=name)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return 0


def _leave_with(parent: int) -> None:
    """A killed parent must not leave children that go on working unseen."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)
