"""The plugin as it is handed out: the zip, its texts, and what the files may not hold."""

import importlib.machinery
import importlib.util
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
PLUGIN = ROOT / "wordpress" / "comeback"
SOURCES = sorted(PLUGIN.rglob("*.php"))


def script(name: str) -> ModuleType:
    loader = importlib.machinery.SourceFileLoader(name.replace("-", "_"), str(ROOT / "bin" / name))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def built(into: Path) -> Path:
    run = [sys.executable, str(ROOT / "bin" / "build-plugin"), "--into", str(into)]
    said = subprocess.run(run, capture_output=True, text=True, check=True).stdout
    return Path(said.strip())


def test_the_zip_has_the_same_bytes_each_time_wherever_the_plugin_lies(tmp_path: Path) -> None:
    builder, copy = script("build-plugin"), tmp_path / "comeback"
    shutil.copytree(PLUGIN, copy)  # with other times
    for path in copy.rglob("*.php"):
        path.chmod(0o600)
    builder.pack(copy, tmp_path / "copy.zip")
    assert built(tmp_path / "one").read_bytes() == built(tmp_path / "two").read_bytes()
    assert built(tmp_path / "one").read_bytes() == (tmp_path / "copy.zip").read_bytes()


def test_the_zip_holds_the_plugin_and_nothing_else(tmp_path: Path) -> None:
    with zipfile.ZipFile(built(tmp_path)) as archive:
        names = archive.namelist()
        assert archive.testzip() is None
        assert archive.read("comeback/comeback.php") == (PLUGIN / "comeback.php").read_bytes()
    assert names[:-1] == sorted(names[:-1], key=lambda name: Path(name).parts)
    wanted = {f"comeback/{path.relative_to(PLUGIN)}" for path in PLUGIN.rglob("*") if path.is_file()}
    wanted.add("comeback/LICENSE")
    assert set(names) == wanted
    assert {"comeback/comeback.php", "comeback/uninstall.php", "comeback/readme.txt"} <= wanted


def test_a_zip_with_versions_that_do_not_agree_is_not_made(tmp_path: Path) -> None:
    builder, copy = script("build-plugin"), tmp_path / "comeback"
    shutil.copytree(PLUGIN, copy)
    readme = copy / "readme.txt"
    readme.write_text(readme.read_text().replace("Stable tag: ", "Stable tag: 9"))
    with pytest.raises(SystemExit, match="versions don't agree"):
        builder.version(copy)


def test_a_stray_file_stops_the_zip(tmp_path: Path) -> None:
    builder, copy = script("build-plugin"), tmp_path / "comeback"
    shutil.copytree(PLUGIN, copy)
    (copy / ".env").write_text("SECRET=1")
    with pytest.raises(SystemExit, match="not for a plugin"):
        builder.pack(copy, tmp_path / "x.zip")


def test_the_readme_and_the_header_ask_for_the_same_wordpress_and_php() -> None:
    header, readme = (PLUGIN / "comeback.php").read_text(), (PLUGIN / "readme.txt").read_text()
    for name in ("Requires at least", "Requires PHP", "License"):
        assert re.findall(rf"^ \* {name}: +(\S+)", header, re.M) == re.findall(
            rf"^{name}: (\S+)", readme, re.M
        ), name


def test_every_text_is_in_the_template_and_translated() -> None:
    run = [sys.executable, str(ROOT / "bin" / "plugin-texts"), "--check"]
    ran = subprocess.run(run, capture_output=True, text=True)
    assert ran.returncode == 0, f"run bin/plugin-texts, then fill in what is empty:\n{ran.stdout}"


def test_the_collector_of_texts_sees_every_one() -> None:
    seen = script("plugin-texts").CALL
    for path in SOURCES:
        text = path.read_text()
        assert len(seen.findall(text)) == len(re.findall(r", 'comeback' \)", text)), path.name


def test_translations_keep_the_places_that_are_filled_in() -> None:
    texts = script("plugin-texts")
    for path in texts.LANGUAGES.glob("comeback-*.po"):
        catalog = texts.read_po(path.open("rb"))
        for message in catalog:
            ids = message.id if isinstance(message.id, tuple) else (message.id,)
            strings = message.string if isinstance(message.string, tuple) else (message.string,)
            for string in strings if message.id else ():
                assert re.findall("%[sd]", string) == re.findall("%[sd]", ids[0]), (path.name, ids)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_a_file_of_the_plugin_does_nothing_when_it_is_opened_by_its_address(path: Path) -> None:
    text = path.read_text()
    guard = re.search(r"^defined\( '(ABSPATH|WP_UNINSTALL_PLUGIN)' \) \|\| exit;$", text, re.M)
    assert guard, "no guard"
    before = re.sub(r"/\*.*?\*/", "", text[: guard.start()], flags=re.S)
    assert re.fullmatch(r"(<\?php|namespace \S+;|use \S+;|\s)+", before), before


def test_no_secret_reaches_a_page() -> None:
    pages = [
        path
        for path in SOURCES
        if path.name.startswith("class-admin") or path.name == "class-store-facts.php"
    ]
    assert len(pages) == 4
    for path in pages:
        assert "secret'" not in path.read_text(), path.name
