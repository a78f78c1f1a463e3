"""The plugin's own tests, on three versions of PHP, and the syntax of every file."""

import json
import re

import pytest
from plugin_php import PHP_TESTS, PLUGIN, native_results, php, test_names, wasm_results

test_names.__test__ = False  # type: ignore[attr-defined]
PHP_FILES = sorted(PLUGIN.rglob("*.php"))


@pytest.mark.parametrize("name", test_names())
def test_php(name: str) -> None:
    assert native_results().get(name, "did not run") == ""


@pytest.mark.parametrize("version", ["7-4", "8-4"])
def test_the_same_tests_pass_on_the_oldest_and_a_new_php(version: str) -> None:
    results = wasm_results(version)
    assert set(test_names()) <= set(results)
    assert {f"syntax of {file.name}" for file in PLUGIN.glob("includes/*.php")} <= set(results)
    assert {test: message for test, message in results.items() if message} == {}


@pytest.mark.parametrize("file", PHP_FILES, ids=lambda file: str(file.relative_to(PLUGIN)))
def test_php_compiles(file) -> None:  # type: ignore[no-untyped-def]
    assert "No syntax errors" in php("-d", "display_errors=1", "-l", str(file))


def test_the_table_in_memory_has_the_methods_of_the_real_one() -> None:
    """Tests of capture and sending run on a table in memory: it must not drift from the real class."""
    script = """
    namespace Comeback; define('ABSPATH', '/'); require $argv[1];
    $all = array();
    foreach ((new \\ReflectionClass('Comeback\\Carts'))->getMethods(\\ReflectionMethod::IS_PUBLIC) as $method) {
        $all[$method->name] = array((string) $method->getReturnType(), array_map('strval', $method->getParameters()));
    }
    echo json_encode($all);
    """
    real = json.loads(php("-r", script, "--", str(PLUGIN / "includes" / "class-carts.php")))
    stubs = (PHP_TESTS / "stubs.php").read_text(encoding="utf-8")
    table = stubs[: stubs.index("\nnamespace {")]
    # The table stands in a file of its own for this comparison: the rest of the stubs defines what is here already.
    shown = json.loads(
        php(
            "-r",
            script.replace("require $argv[1];", "eval(file_get_contents('php://stdin'));"),
            stdin=_bare(table),
        )
    )
    assert shown.keys() <= real.keys()
    assert shown == {name: real[name] for name in shown}


def _bare(source: str) -> str:
    body = source[source.index("final class Carts") :].rstrip().removesuffix("}")
    return "namespace Comeback; " + re.sub(r"\bself::DELAY\b", "30", body)


@pytest.mark.parametrize("file", PHP_FILES, ids=lambda file: str(file.relative_to(PLUGIN)))
def test_a_file_does_nothing_when_it_is_opened_directly(file) -> None:  # type: ignore[no-untyped-def]
    source = file.read_text(encoding="utf-8")
    assert re.search(
        r"^(defined\( 'ABSPATH' \)|defined\( 'WP_UNINSTALL_PLUGIN' \)) \|\| exit;$", source, re.MULTILINE
    ) or ("Silence is golden" in source)
