"""What stands in the documents and in every other text of the project: links that lead somewhere, commands that exist,
and nothing about where or by whom it was made."""

import re
import subprocess
import tomllib
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).resolve().parents[2]
NO_TEXT = {".png", ".jpg", ".woff2", ".gz", ".ico"}


def tracked() -> list[Path]:
    """Every file that is, or is about to be, in the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    if listed.returncode:
        pytest.skip("no git here: the list of files is unknown")
    paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [path for path in paths if path.is_file() and path.suffix not in NO_TEXT]


def documents() -> list[Path]:
    return [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]


PAGES = {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in documents()}


# -- links


def links(text: str) -> list[str]:
    """Where a document links to, code left out."""
    prose = re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)
    return re.findall(r"\]\(([^)\s]+)\)", prose)


def anchors(text: str) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    heads = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def broken(page: str, text: str) -> list[str]:
    """The links of a document that lead nowhere."""
    found = []
    for link in links(text):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = unquote(link).partition("#")
        target = ((ROOT / page).parent / path).resolve() if path else ROOT / page
        inside = target.is_relative_to(ROOT) and target.exists()
        if not inside or (anchor and anchor not in anchors(target.read_text("utf-8"))):
            found.append(link)
    return found


@pytest.mark.parametrize("page", PAGES)
def test_every_link_inside_leads_somewhere(page):
    assert broken(page, PAGES[page]) == []


def test_a_link_that_leads_nowhere_is_noticed():
    text = "[a](nowhere.md) [b](#nothing) [c](../../etc/passwd) [d](README.md) [e](README.md#commands) [f](https://x.example/)"
    assert broken("README.md", text) == ["nowhere.md", "#nothing", "../../etc/passwd"]


# -- commands, files, tests


def scripts(text: str) -> set[str]:
    return set(re.findall(r"(?<![\w/.])(?:\./)?(bin/[a-z][\w-]*)", text))


@pytest.mark.parametrize("page", PAGES)
def test_every_script_that_is_named_exists(page):
    assert [name for name in scripts(PAGES[page]) if not (ROOT / name).is_file()] == []


def test_a_script_that_doesnt_exist_is_noticed():
    assert scripts("run `bin/nothing now`, not /usr/bin/env") == {"bin/nothing"}


@pytest.mark.parametrize("page", PAGES)
def test_every_file_or_folder_of_ours_that_is_named_exists(page):
    rooms = "|".join(path.name for path in ROOT.iterdir() if path.is_dir() and path.name.isidentifier())
    named = set(re.findall(rf"(?<![\w/.])((?:{rooms})/[\w./-]*\w)", PAGES[page]))
    made_up = {"connectors/platforms/corner.py"}
    assert [name for name in named - made_up if not (ROOT / name).exists()] == []


def test_the_shortest_way_comes_first_in_the_readme():
    text = PAGES["README.md"]
    commands = re.findall(r"^bin/\w+.*$", text, re.MULTILINE)
    assert commands[0] == "bin/demo"
    assert "bin/demo --story --carts 200 --seed 1 --json out.json" in commands
    assert "bin/test" in commands


def test_the_license_is_what_the_project_says_it_is():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    text = (ROOT / "LICENSE").read_text("utf-8")
    assert project["license"] == "MIT"
    assert text.startswith("MIT License")
    assert "Comeback contributors" in text


# -- what has no place here. The words are put together, so that this file doesn't hold them.

FORBIDDEN = {
    "a path of somebody's machine": re.compile("/wo" + r"rk/|/ho" + r"me/[a-z]|/Us" + "ers/[a-z]"),
    "a package registry's address": re.compile(
        "py"
        + r"pi\.org|pythonho"
        + r"sted\.org|registry\.np"
        + r"mjs|proxy\.gol"
        + r"ang|index\.crat"
        + r"es\.io"
    ),
    "a number of our own tracker": re.compile(
        r"(?:issue|ticket|task|PR) #\d+|\(#\d+\)|(?:fixes|closes) #\d+", re.IGNORECASE
    ),
    "how it was made": re.compile(
        r"(?:this|previous|earlier|last|next) ses"
        + r"sion\b|hel"
        + r"per agent|sub-?age"
        + r"nt\b|langu"
        + "age model",
        re.IGNORECASE,
    ),
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_the_project_speaks_of_itself_alone(what):
    found = []
    for path in tracked():
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if FORBIDDEN[what].search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}")
    assert found == []


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("a path of somebody's machine", "see /wo" + "rk/main/README.md"),
        ("a path of somebody's machine", "/ho" + "me/me/x"),
        ("a package registry's address", "https://py" + "pi.org/simple"),
        ("a package registry's address", "https://registry.np" + "mjs.org/x"),
        ("a number of our own tracker", "as asked in iss" + "ue #12"),
        ("how it was made", "the previous ses" + "sion did this"),
        ("how it was made", "a hel" + "per agent wrote it"),
    ],
)
def test_a_line_that_has_no_place_here_is_noticed(what, line):
    assert FORBIDDEN[what].search(line)


@pytest.mark.parametrize(
    "line",
    ["one pooled session per process", "https://www.npmjs.com/package/x", "color: #333", "network/main"],
)
def test_ordinary_lines_are_left_alone(line):
    assert not any(pattern.search(line) for pattern in FORBIDDEN.values())
