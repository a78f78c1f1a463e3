"""Runs the plugin's PHP tests on the PHP of this machine, and on PHP 7.4 and 8.4 compiled to WebAssembly (npm)."""

import json
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLUGIN = ROOT / "wordpress" / "comeback"
PHP_TESTS = Path(__file__).parent / "php"
WASM = "3.1.56"  # https://github.com/WordPress/wordpress-playground; each package holds one PHP
PACKAGES = [f"@php-wasm/{name}@{WASM}" for name in ("universal", "node-7-4", "node-8-4")]
WASM_HOME = ROOT / ".cache" / "npm" / f"php-wasm-{WASM}"
INSTALL = [
    "npm",
    "install",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--prefix",
    str(WASM_HOME),
    *PACKAGES,
]


def test_names() -> list[str]:
    """The functions of php/test-*.php: one case each."""
    sources = [file.read_text(encoding="utf-8") for file in sorted(PHP_TESTS.glob("test-*.php"))]
    return [name for source in sources for name in re.findall(r"^function (test_\w+)", source, re.MULTILINE)]


def php(*arguments: str, stdin: str = "") -> str:
    """What this machine's PHP prints; skips where there is none."""
    found = shutil.which("php")
    if found is None:
        pytest.skip("PHP was not found; on Debian and Ubuntu: apt-get install php-cli")
    return _run([found, *arguments], stdin)


@cache
def native_results() -> dict[str, str]:
    """Message by test, '' for one that passed, on this machine's PHP."""
    return _results(php(str(PHP_TESTS / "run.php"), str(PLUGIN), str(PHP_TESTS)))


@cache
def wasm_results(version: str) -> dict[str, str]:
    """Message by test, '' for one that passed. `version` as in the package's name: 7-4."""
    node = shutil.which("node")
    if not node or not shutil.which("npm"):
        pytest.skip(f"Node and npm were not found; install them, then run: {' '.join(INSTALL)}")
    _install()
    script = str(PHP_TESTS / "wasm.mjs")
    modules = str(WASM_HOME / "node_modules")
    return _results(_run([node, script, modules, version, str(PLUGIN), str(PHP_TESTS)]))


@cache
def _install() -> None:
    if (WASM_HOME / ".whole").exists():
        return
    WASM_HOME.mkdir(parents=True, exist_ok=True)
    try:
        subprocess.run(INSTALL, capture_output=True, timeout=90, check=True)
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
        shutil.rmtree(WASM_HOME)
        pytest.skip(f"PHP 7.4 and 8.4 could not be installed; run: {' '.join(INSTALL)}")
    (WASM_HOME / ".whole").touch()


def _run(command: list[str], stdin: str = "") -> str:
    ran = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-2000:]
    return ran.stdout


def _results(output: str) -> dict[str, str]:
    lines = [json.loads(line) for line in output.splitlines()]
    return {line["test"]: "" if line["ok"] else line["message"] or "failed" for line in lines}
