"""What the intake is measured against, as small as Flask and the driver allow."""

import os
import queue

import psycopg
from flask import Flask, request

TABLE = "bench_bodies"
DATABASE = "BENCH_DATABASE"
THREADS = "BENCH_THREADS"


def bare() -> Flask:
    """Answers, and does nothing."""
    app = Flask("bare")

    @app.post("/webhooks/<source>/<key>")
    def take(source: str, key: str) -> str:
        return "kept\n"

    return app


def insert() -> Flask:
    """One statement that is committed when it returns, on a connection of its own, and nothing else."""
    app = Flask("insert")
    pool: queue.LifoQueue[psycopg.Connection[tuple[object, ...]]] = queue.LifoQueue()
    for _ in range(int(os.environ[THREADS])):
        pool.put(psycopg.connect(os.environ[DATABASE], autocommit=True))

    @app.post("/webhooks/<source>/<key>")
    def take(source: str, key: str) -> str:
        connection = pool.get()
        try:
            connection.execute(f"INSERT INTO {TABLE} (body) VALUES (%s)", [request.get_data(cache=False)])  # noqa: S608
        finally:
            pool.put(connection)
        return "kept\n"

    return app
