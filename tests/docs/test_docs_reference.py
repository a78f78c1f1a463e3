"""What exists is documented, and what is documented exists: commands, settings, variables, connectors, rules, faults,
errands, dependencies, and the example connector, which is run. Called as a program, it writes the table of settings."""

import dataclasses
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from compliance.rule_files import read_file
from compliance.rulebook import RULES_FOLDER
from connectors import registry
from message_templates.engine import TAGS
from message_templates.filters import FILTERS
from message_templates.variables import VARIABLES
from plugin_server import create_app
from plugin_server.demo import counting
from plugin_server.loading import about
from sandbox.app import create_app as create_sandbox
from sandbox.shopify.errands import ERRANDS
from sandbox.woocommerce.errands import ERRANDS as WOO_ERRANDS
from sandbox.world import Faults
from sequences.sequence import Sequence, Step

ROOT = Path(__file__).resolve().parents[2]
WRITE_ANEW = "PYTHONPATH=. .venv/bin/python tests/docs/test_docs_reference.py"
FLASKS_OWN = {"routes", "run", "shell"}


def page(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def first_column(name: str) -> list[str]:
    """What stands in backquotes in the first column of a page's tables."""
    cells = re.findall(r"^\| ([^|]*`[^|]*) \|", page(name), re.MULTILINE)
    return [word for cell in cells for word in re.findall(r"`([^`]+)`", cell)]


# -- commands


def commands() -> dict[str, list[str]]:
    """Every command of ours with its options."""
    group = create_app().cli
    context = click.Context(group)
    found = {name: group.get_command(context, name) for name in group.list_commands(context)}
    return {
        name: [option for p in command.params for option in p.opts if option.startswith("--")]
        for name, command in found.items()
        if command is not None and name not in FLASKS_OWN
    }


@pytest.mark.parametrize("name", ["README.md", "docs/commands.md"])
def test_every_command_is_in_the_tables_and_no_other(name):
    listed = {c.split()[1] for c in first_column(name) if c.startswith("bin/comeback ")}
    assert listed == set(commands())


def test_every_option_of_a_command_is_explained():
    text = page("docs/commands.md")
    missing = [
        f"{name} {option}" for name, options in commands().items() for option in options if option not in text
    ]
    assert missing == []


def test_every_option_of_the_demo_is_explained():
    said = subprocess.run(
        [sys.executable, "-m", "plugin_server.demo", "--help"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    ).stdout
    options = set(re.findall(r"--[a-z-]+", said)) - {"--help"}
    assert "--story" in options
    assert [option for option in options if option not in page("docs/commands.md")] == []


@pytest.mark.parametrize("name", ["README.md", "docs/commands.md"])
def test_every_script_of_bin_is_in_the_tables(name):
    scripts = {f"bin/{path.name}" for path in (ROOT / "bin").iterdir() if path.is_file()}
    assert scripts - {c.split()[0] for c in first_column(name)} == set()


def test_the_readme_shows_the_procfile_as_it_is():
    assert f"```\n{page('Procfile')}```" in page("README.md")


# -- settings and texts


def setting_row(name: str, setting) -> str:
    sandbox = "made once and kept" if setting.made else f"`{setting.sandbox}`" if setting.sandbox else "–"
    default = f"`{setting.default}`" if setting.default else "–"
    return f"| `{name}` | {default} | {sandbox} | {setting.words} |"


def settings_table() -> str:
    rows = [setting_row(name, setting) for name, _, setting in about()]
    return "\n".join(["| name | default | in the sandbox | meaning |", "|---|---|---|---|", *rows]) + "\n"


def test_the_page_of_settings_holds_every_setting_as_it_is_and_no_other():
    assert settings_table() + "\n" in page("docs/settings.md"), f"write it anew: {WRITE_ANEW}"


@pytest.mark.parametrize("variable", VARIABLES, ids=lambda v: v.name)
def test_every_template_variable_stands_in_its_page_as_it_is(variable):
    row = (
        f"| `{variable.name}` | {variable.kind} | {variable.meaning} | {variable.example}"
        f" | {variable.limit or '–'} | {'yes' if variable.optional else 'no'} |"
    )
    assert row in page("docs/variables.md")


def test_the_page_of_variables_lists_no_other():
    assert first_column("docs/variables.md") == [variable.name for variable in VARIABLES]


def test_every_tag_and_filter_is_named():
    lines = page("docs/variables.md").splitlines()
    tags, filters = (
        next(line for line in lines if line.startswith(start)) for start in ("Tags:", "Filters:")
    )
    assert [tag for tag in TAGS if f"`{tag}`" not in tags] == []
    assert set(re.findall(r"`(\w+)`", filters.split(".")[0])) == set(FILTERS)


def test_every_field_of_a_sequence_and_a_step_is_in_the_glossary():
    text = page("docs/glossary.md")
    names = [field.name for kind in (Sequence, Step) for field in dataclasses.fields(kind)]
    assert [name for name in names if f"`{name}`" not in text] == []


# -- connectors, rules, the sandbox


def test_every_connector_is_named_and_no_other():
    sentence = next(
        s for s in page("docs/adding-a-connector.md").split("\n\n") if s.startswith("There are now")
    )
    assert set(re.findall(r"`(\w+)`", sentence)) == {*registry.platforms(), *registry.channels()}


def test_the_example_connector_passes_the_contract(tmp_path):
    code = re.search(r"```python\n(.*?)```", page("docs/adding-a-connector.md"), re.DOTALL)
    assert code is not None
    (tmp_path / "found").mkdir()
    (tmp_path / "found" / "corner.py").write_text(code[1], "utf-8")
    place = str(tmp_path / "found")
    (tmp_path / "add_corner.py").write_text(
        f"import connectors.platforms\nconnectors.platforms.__path__.append({place!r})\n", "utf-8"
    )
    contract = "tests/connectors/test_connector_contract.py"
    ran = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "add_corner",
            "-p",
            "no:cacheprovider",
            contract,
            "-k",
            "corner",
        ],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])},
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-1000:]


@pytest.mark.parametrize("path", sorted(RULES_FOLDER.glob("*.toml")), ids=lambda path: path.name)
def test_every_rule_file_has_its_row_with_every_rule(path):
    file = read_file(path)
    ids = ", ".join(f"`{rule.id}`" for rule in file.rules) or "none of its own"
    row = f"| `{path.name}` | {file.name} | {'yes' if file.enabled else 'no'} | {ids} |"
    assert row in page("docs/compliance.md")


def test_the_page_of_rules_lists_no_file_that_is_gone():
    listed = {word for word in first_column("docs/compliance.md") if word.endswith(".toml")}
    assert listed == {path.name for path in RULES_FOLDER.glob("*.toml")}


def test_the_readme_counts_countries_states_and_languages_rightly():
    enabled = [file.place for file in map(read_file, RULES_FOLDER.glob("*.toml")) if file.enabled]
    states = [place for place in enabled if "-" in place]
    languages = list((RULES_FOLDER.parent / "data" / "optout").glob("*.toml"))
    text = " ".join(page("README.md").split())
    assert f"{len(enabled) - len(states)} countries and {len(states)} US states" in text
    assert f"opt-outs in {len(languages)} languages" in text


def test_every_fault_of_the_sandbox_is_explained_and_no_other():
    listed = first_column("docs/sandbox.md")
    names = [field.name for field in dataclasses.fields(Faults)]
    assert sorted(word for word in listed if re.fullmatch(r"[a-z0-9_]+", word)) == sorted(names)


def test_every_address_of_the_control_api_is_explained():
    text = page("docs/sandbox.md")
    rules = [r for r in create_sandbox().url_map.iter_rules() if r.rule.startswith("/sandbox/")]
    methods = [
        f"`{method} {r.rule}`" for r in rules for method in sorted((r.methods or set()) & {"GET", "POST"})
    ]
    assert len(methods) > 15
    assert [line for line in methods if line[1:-1] not in text] == []


def test_every_errand_of_a_shop_is_named():
    assert [
        errand for errand in [*ERRANDS, *WOO_ERRANDS] if f"`{errand}`" not in page("docs/sandbox.md")
    ] == []


def test_every_promise_of_the_story_is_explained():
    numbers = dict.fromkeys(re.findall(r'"(\w+)"', Path(counting.__file__).read_text("utf-8")), 0)
    zeros = dict.fromkeys("texts_after_purchase touches_undecided events_lost".split(), 0)
    more = dict.fromkeys("texts_at_night texts_without_consent texts_after_stop".split(), 0)
    promised = [promise.name for promise in counting.promises({**numbers, **zeros, **more})]
    assert len(promised) >= 7
    assert [name for name in promised if f"`{name}`" not in page("docs/testing.md")] == []


# -- dependencies and decisions


def test_every_dependency_has_its_reason_and_no_other():
    lines = [line.split("#")[0].strip() for line in page("requirements.in").splitlines()]
    names = [re.split(r"[\[<>=!~ ]", line)[0] for line in lines if line]
    assert first_column("docs/decisions/dependencies.md") == names


def test_every_development_tool_is_named():
    lines = [line.split("#")[0].strip() for line in page("requirements-dev.in").splitlines()]
    tools = [line for line in lines if line and not line.startswith("-")]
    prose = page("docs/decisions/dependencies.md").partition("Tests and tools")[2]
    assert len(tools) > 5
    assert [tool for tool in tools if tool not in prose] == []


def test_every_decision_is_in_the_list_and_says_context_decision_and_reason():
    folder = ROOT / "docs" / "decisions"
    index = page("docs/decisions/README.md")
    for path in folder.glob("[0-9]*.md"):
        text = path.read_text("utf-8")
        assert f"[{text.splitlines()[0][2:]}]({path.name})" in index
        assert [word for word in ("**Context.**", "**Decision.**", "**Reason.**") if word not in text] == []


def write_settings() -> None:
    text = page("docs/settings.md")
    head, _, rest = text.partition("| name | default |")
    (ROOT / "docs" / "settings.md").write_text(
        head + settings_table() + "\n" + rest.partition("\n\n")[2], "utf-8"
    )


if __name__ == "__main__":
    write_settings()
