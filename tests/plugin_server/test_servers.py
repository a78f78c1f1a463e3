"""The embedded servers are there while somebody needs them, and gone afterwards: real processes, real kills."""

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import ClassVar, Self

import psutil
import psycopg
import pytest
import redis
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer

from plugin_server import servers
from plugin_server.loading import load
from plugin_server.servers import NotAnswering, NotStarted, accounts
from plugin_server.setting import ROOT
from plugin_server.settings import Settings

USER = """
import json, sys
from plugin_server import loading, servers
env = {"COMEBACK_WIRING": "sandbox", "COMEBACK_DATA_DIR": sys.argv[1]}
with servers.up(loading.load(env, None)) as found:
    print(json.dumps([found.database_url, found.redis_url]), flush=True)
    sys.stdin.readline()
"""


class User:
    """A process that needs the servers until it leaves or is killed."""

    started: ClassVar[list["User"]] = []

    def __init__(self, folder: Path) -> None:
        User.started.append(self)
        self.process = subprocess.Popen(
            [sys.executable, "-c", USER, str(folder)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def wait_up(self) -> Self:
        assert self.process.stdout
        self.database_url, self.redis_url = json.loads(self.process.stdout.readline())
        return self

    def leave(self) -> None:
        self.process.communicate("\n", timeout=60)
        assert self.process.returncode == 0

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


def settings_for(folder: Path, **more: str) -> Settings:
    env = {"COMEBACK_WIRING": "sandbox", "COMEBACK_DATA_DIR": str(folder)}
    return load(env | more, None)


def running(folder: Path) -> set[int]:
    """The numbers of the PostgreSQL and the Valkey that run in the folder."""
    homes = {str(folder.resolve() / "postgres"), str(folder.resolve() / "valkey")}
    parents = {
        process.pid: process.info["ppid"]
        for process in psutil.process_iter(["cwd", "ppid"])
        if process.info["cwd"] in homes
    }
    return {pid for pid, parent in parents.items() if parent not in parents}


def sql(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url.replace("+psycopg", "", 1)) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def value(redis_url: str, key: str) -> object:
    with redis.Redis.from_url(redis_url) as client:
        return client.get(key)


def put(redis_url: str, key: str, word: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.set(key, word)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder that leaves neither servers nor 40 MB behind."""
    top = Path(tempfile.mkdtemp(prefix="comeback-test-"))
    yield top / "data"
    while User.started:
        User.started.pop().kill()
    for path in top.rglob("servers.lock"):
        servers.up(settings_for(path.parent)).close()
    shutil.rmtree(top)


def test_both_servers_answer_and_are_set_up_to_lose_nothing(folder: Path) -> None:
    with servers.up(settings_for(folder)) as found:
        assert sql(found.database_url, "SELECT current_user, current_database()") == [
            ("comeback", "comeback")
        ]
        for name, wanted in [
            ("fsync", "on"),
            ("synchronous_commit", "on"),
            ("max_connections", "200"),
            ("shared_buffers", "128MB"),
            ("server_encoding", "UTF8"),
            ("TimeZone", "UTC"),
            ("data_checksums", "on"),
            ("listen_addresses", ""),
        ]:
            assert sql(found.database_url, f"SHOW {name}") == [(wanted,)]
        with redis.Redis.from_url(found.redis_url) as client:
            config = client.config_get("*")
        assert (config["appendonly"], config["maxmemory-policy"], config["port"]) == (
            "yes",
            "noeviction",
            "0",
        )


def test_the_owner_of_the_database_is_bound_by_row_level_security_and_may_make_roles(folder: Path) -> None:
    with servers.up(settings_for(folder)) as found:
        facts = "SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = current_user"
        assert sql(found.database_url, facts) == [(False, False, True)]
        sql(found.database_url, "CREATE ROLE small NOLOGIN; GRANT small TO CURRENT_USER; SET ROLE small")


def test_a_job_queue_works_over_the_socket(folder: Path) -> None:
    with servers.up(settings_for(folder)) as found:
        connection = redis.Redis.from_url(found.redis_url)
        queue = Queue("texts", connection=connection, serializer=JSONSerializer)
        job = queue.enqueue("operator.add", 20, 22)
        SimpleWorker([queue], connection=connection, serializer=JSONSerializer).work(burst=True)
        assert job.return_value() == 42
        connection.close()


def test_processes_that_start_together_share_one_pair_which_stops_with_the_last(folder: Path) -> None:
    users = [User(folder) for _ in range(4)]
    with ThreadPoolExecutor() as pool:
        urls = {(user.database_url, user.redis_url) for user in pool.map(User.wait_up, users)}
    assert len(urls) == 1
    pair = running(folder)
    assert len(pair) == 2
    for user in users[:3]:
        user.leave()
        assert running(folder) == pair
    users[3].leave()
    assert running(folder) == set()


def test_processes_that_come_and_go_at_the_same_moment_never_lose_their_servers(folder: Path) -> None:
    def visit(_: int) -> list[tuple[object, ...]]:
        user = User(folder).wait_up()
        answer = sql(user.database_url, "SELECT 1")
        put(user.redis_url, "a", "b")
        user.leave()
        return answer

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(visit, range(9))) == [[(1,)]] * 9
    assert running(folder) == set()


def test_after_the_last_user_was_killed_the_next_one_adopts_the_servers(folder: Path) -> None:
    killed = User(folder).wait_up()
    sql(killed.database_url, "CREATE TABLE kept AS SELECT 7 AS n")
    pair = running(folder)
    killed.kill()
    assert running(folder) == pair
    with servers.up(settings_for(folder)) as found:
        assert running(folder) == pair
        assert sql(found.database_url, "SELECT n FROM kept") == [(7,)]
    assert running(folder) == set()


def test_servers_that_were_killed_come_back_with_everything(folder: Path) -> None:
    first = User(folder).wait_up()
    sql(first.database_url, "CREATE TABLE kept AS SELECT 7 AS n")
    put(first.redis_url, "kept", "yes")
    time.sleep(1.1)  # the append-only file is written out every second
    for pid in running(folder):
        os.kill(pid, signal.SIGKILL)
    first.kill()
    with servers.up(settings_for(folder)) as found:
        assert sql(found.database_url, "SELECT n FROM kept") == [(7,)]
        assert value(found.redis_url, "kept") == b"yes"


def test_data_survives_an_orderly_stop(folder: Path) -> None:
    with servers.up(settings_for(folder)) as found:
        put(found.redis_url, "kept", "yes")
        sql(found.database_url, "CREATE TABLE kept AS SELECT 7 AS n")
    with servers.up(settings_for(folder)) as found:
        assert value(found.redis_url, "kept") == b"yes"
        assert sql(found.database_url, "SELECT n FROM kept") == [(7,)]


def test_the_number_of_a_dead_server_may_belong_to_somebody_else_now(folder: Path) -> None:
    servers.up(settings_for(folder)).close()
    stale = f"{os.getpid()}\n{folder}/postgres\n1\n5432\n\n\n0 0\nready\n"
    (folder / "postgres" / "postmaster.pid").write_text(stale)
    (folder / "valkey" / "valkey.pid").write_text(f"{os.getpid()}\n")
    with servers.up(settings_for(folder)) as found:
        assert sql(found.database_url, "SELECT 1") == [(1,)]
        assert os.getpid() not in running(folder)


def test_a_first_start_that_was_killed_half_way_is_begun_anew(folder: Path) -> None:
    draft = folder / "postgres.new"
    draft.mkdir(parents=True)
    (draft / "PG_VERSION").write_text("18\n")
    with servers.up(settings_for(folder)) as found:
        assert sql(found.database_url, "SELECT 1") == [(1,)]
    assert not draft.exists()


@pytest.mark.parametrize("name", ['a folder\'s "name", ü', "long/" + "x" * 150], ids=["odd", "long"])
def test_any_path_will_do(folder: Path, name: str) -> None:
    odd = folder / name
    with servers.up(settings_for(odd)) as found:
        assert sql(found.database_url, "SELECT 1") == [(1,)]
        put(found.redis_url, "a", "b")
        assert value(found.redis_url, "a") == b"b"
        with servers.up(settings_for(odd)) as again:
            assert again.database_url == found.database_url
    assert running(odd) == set()
    assert (odd / "valkey" / "appendonlydir").is_dir()


def test_a_long_path_leaves_nothing_in_the_temporary_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = folder.parent / "t"
    temporary.mkdir(mode=0o755)
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    with servers.up(settings_for(folder / ("x" * 150))) as found:
        assert str(temporary) in found.redis_url
        assert all(stat.S_IMODE(path.stat().st_mode) == 0o700 for path in temporary.iterdir())
    assert list(temporary.iterdir()) == []


def test_a_socket_folder_that_somebody_else_prepared_is_not_used(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = folder.parent / "t"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    from plugin_server.servers.sockets import socket_folder

    deep = folder / ("x" * 150)
    deep.mkdir(parents=True)
    socket_folder(deep, "s.sock", os.geteuid()).chmod(0o777)
    with pytest.raises(NotStarted, match="ours alone"):
        socket_folder(deep, "s.sock", os.geteuid())


def test_neither_server_gets_the_terminals_ctrl_c(folder: Path) -> None:
    with servers.up(settings_for(folder)):
        for pid in running(folder):
            assert os.getsid(pid) != os.getsid(0)


def test_a_forked_child_stops_nothing(folder: Path) -> None:
    with servers.up(settings_for(folder)) as found:
        pair = running(folder)
        child = os.fork()
        if child == 0:
            found.close()
            os.execv("/bin/true", ["true"])  # noqa: S606
        assert os.waitpid(child, 0)[1] == 0
        assert running(folder) == pair


@pytest.mark.parametrize(("end", "servers_stay"), [("os.kill(os.getpid(), 9)", True), ("pass", False)])
def test_a_forked_child_stands_in_for_a_killed_parent_and_not_for_one_that_left(
    folder: Path, end: str, servers_stay: bool
) -> None:
    script = USER.replace(
        "sys.stdin.readline()", f"import os, time; os.fork() or (time.sleep(60), os._exit(0)); {end}"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script, str(folder)], cwd=ROOT, stdout=subprocess.PIPE, start_new_session=True
    )
    assert parent.stdout
    parent.stdout.readline()
    parent.wait(60)
    try:
        started = time.monotonic()
        servers.up(settings_for(folder)).close()
        assert len(running(folder)) == (2 if servers_stay else 0)
        assert time.monotonic() - started < 30  # nobody waited for the child to end
    finally:
        os.killpg(parent.pid, signal.SIGKILL)
        parent.stdout.close()


def test_a_process_that_ends_without_leaving_leaves_all_the_same(folder: Path) -> None:
    script = USER.replace(
        "with servers.up(loading.load(env, None)) as found:",
        "if found := servers.up(loading.load(env, None)):",
    ).replace("sys.stdin.readline()", "sys.exit(3)")
    done = subprocess.run([sys.executable, "-c", script, str(folder)], cwd=ROOT, check=False, timeout=60)
    assert done.returncode == 3
    assert running(folder) == set()


def test_a_server_that_cannot_start_says_why_and_leaves_the_other_not_behind(folder: Path) -> None:
    servers.up(settings_for(folder)).close()
    with (folder / "postgres" / "postgresql.conf").open("a") as file:
        file.write("no_such_setting = 1\n")
    with pytest.raises(NotStarted, match='unrecognized configuration parameter "no_such_setting"'):
        servers.up(settings_for(folder))
    assert running(folder) == set()
    shutil.rmtree(folder)


def test_the_log_of_the_database_holds_no_values(folder: Path) -> None:
    with servers.up(settings_for(folder)) as found:
        sql(
            found.database_url,
            "CREATE TABLE people (phone text PRIMARY KEY); INSERT INTO people VALUES ('+14155552671')",
        )
        with pytest.raises(psycopg.errors.UniqueViolation):
            sql(found.database_url, "INSERT INTO people VALUES ('+14155552671')")
        written = (folder / "postgres" / "log").read_text()
        assert "duplicate key" in written
        assert "4155552671" not in written


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as another account")
def test_root_opens_no_more_of_a_private_home_than_one_account_needs(folder: Path) -> None:
    home = folder.parent / "home"
    home.mkdir(mode=0o700)
    with servers.up(settings_for(home / "data")) as found:
        assert sql(found.database_url, "SELECT 1") == [(1,)]
        assert stat.S_IMODE(home.stat().st_mode) & 0o007 == 0
        account = accounts.account_for(home / "data" / "postgres")
        assert account.uid != 0
        assert not accounts._can(account, 'ls "$1"', home)
        stranger = accounts.Account(54_321, 54_321, root=True)
        assert not accounts._can(stranger, 'cd "$1"', home)


def test_a_grant_to_search_keeps_what_an_access_list_says() -> None:
    before = accounts._packed({(1, accounts.NO_ID): 7, (4, accounts.NO_ID): 5, (32, accounts.NO_ID): 0})
    after = accounts.with_search(before, 101)
    assert after == accounts.with_search(after, 101)
    assert after == accounts._packed(
        {
            (1, accounts.NO_ID): 7,
            (2, 101): 1,
            (4, accounts.NO_ID): 5,
            (16, accounts.NO_ID): 5,
            (32, accounts.NO_ID): 0,
        }
    )


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@pytest.mark.parametrize(
    ("setting", "url"),
    [
        ("DATABASE_URL", "postgresql://maya:hunter2@127.0.0.1:{}/shop"),
        ("REDIS_URL", "redis://:hunter2@127.0.0.1:{}/0"),
    ],
)
def test_a_server_that_does_not_answer_is_named_by_its_setting(folder: Path, setting: str, url: str) -> None:
    with pytest.raises(NotAnswering, match=setting) as error:
        servers.up(settings_for(folder, **{setting: url.format(free_port())}))
    assert "hunter2" not in str(error.value)
    assert not (folder / "postgres").exists()


def test_servers_of_the_settings_are_used_as_they_are(folder: Path) -> None:
    with servers.up(settings_for(folder)) as ours:
        given = settings_for(
            folder.parent / "other", DATABASE_URL=ours.database_url, REDIS_URL=ours.redis_url
        )
        with servers.up(given) as found:
            assert (found.database_url, found.redis_url) == (ours.database_url, ours.redis_url)
        assert not (folder.parent / "other" / "postgres").exists()
        assert len(running(folder)) == 2


def test_only_the_missing_one_is_started(folder: Path) -> None:
    other = folder.parent / "other"
    with (
        servers.up(settings_for(folder)) as ours,
        servers.up(settings_for(other, DATABASE_URL=ours.database_url)) as found,
    ):
        assert found.database_url == ours.database_url
        assert found.redis_url != ours.redis_url
        assert not (other / "postgres").exists()


def test_a_second_process_finds_running_servers_within_a_moment(folder: Path) -> None:
    with servers.up(settings_for(folder)):
        started = time.perf_counter()
        servers.up(settings_for(folder)).close()
        assert time.perf_counter() - started < 2  # measured: 0.05 s
