"""Does an export hold? Checked with nothing but the export itself: no database, no settings, no network."""

import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from compliance.evidence import canonical
from compliance.evidence_chain import Anchor, Entry, Line
from compliance.evidence_checks import Report, verify
from plugin_server.evidence import form, packing
from plugin_server.evidence.form import BadForm
from plugin_server.evidence.packing import MANIFEST
from plugin_server.evidence.signing import fingerprint, signed_by

MOST_BYTES = 2**30
"""An export of millions of lines is smaller; a file that was made to fill a disk isn't."""
FILES = ("evidence.json", "messages.json", "evidence.html")


class NotAnExport(Exception):
    """This is no export of consent, or no whole one."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that holds, or doesn't."""

    holds: bool
    what: str


def read(path: Path) -> dict[str, bytes]:
    """The files of an export, a zip or a folder. Raises NotAnExport, saying why."""
    try:
        if path.is_dir():
            return {one.name: one.read_bytes() for one in sorted(path.iterdir()) if one.is_file()}
        with zipfile.ZipFile(path) as archive:
            return _unzipped(archive)
    except zipfile.BadZipFile:
        raise NotAnExport("it is no zip, or one that was cut off or damaged") from None
    except (OSError, EOFError, NotImplementedError, RuntimeError, zlib.error) as error:
        raise NotAnExport(f"it can't be read: {error}") from None


def _unzipped(archive: zipfile.ZipFile) -> dict[str, bytes]:
    names = archive.namelist()
    if len(set(names)) < len(names):
        raise NotAnExport("it holds two files of one name")
    if sum(info.file_size for info in archive.infolist()) > MOST_BYTES:
        raise NotAnExport("it is larger than any export")
    return {name: archive.read(name) for name in names}


def shop_id(files: Mapping[str, bytes]) -> int:
    """Which shop the export is of, by its maker's number. Raises NotAnExport."""
    shop = _manifest(files).get("shop")
    found = shop.get("id") if isinstance(shop, dict) else None
    return found if isinstance(found, int) else 0


def check(files: Mapping[str, bytes], *, key: str = "", anchors: Iterable[Anchor] = ()) -> list[Finding]:
    """Every finding, in the order of what rests on what. `key`: the public key that must have signed; "": whichever
    did. `anchors`: kept elsewhere, of this shop. Raises NotAnExport."""
    manifest = _manifest(files)
    found = [*_signature(files, manifest, key), *_files(files, manifest)]
    try:
        evidence, messages = _parsed(files, "evidence.json"), _parsed(files, "messages.json")
        found += _evidence(evidence, manifest, list(anchors))
        found += _texts(messages, {line["seq"] for line in evidence["lines"]})
    except BadForm as error:
        found.append(Finding(False, f"the export isn't in the form that it should have: {error}"))
    return found


def _manifest(files: Mapping[str, bytes]) -> dict[str, Any]:
    try:
        manifest = json.loads(files[MANIFEST])
    except (KeyError, ValueError, RecursionError):
        raise NotAnExport(f"it has no {MANIFEST} that can be read") from None
    if not isinstance(manifest, dict) or manifest.get("format") != packing.FORMAT:
        raise NotAnExport(f"its {MANIFEST} isn't that of a {packing.FORMAT}")
    return manifest


def _signature(files: Mapping[str, bytes], manifest: dict[str, Any], key: str) -> Iterator[Finding]:
    told = {name: value for name, value in manifest.items() if name != "signature"}
    public, signature = str(manifest.get("public_key")), str(manifest.get("signature"))
    written = files[MANIFEST] == packing.text_of(manifest)
    if not written or not signed_by(public, signature, canonical(told)):
        yield Finding(False, f"{MANIFEST} was altered, or its signature is none of the key that it names")
        return
    yield Finding(True, f"{MANIFEST} was signed by the key {fingerprint(public)}")
    if key:
        yield Finding(
            public == key.lower(), "that is the key you named" if public == key.lower() else FOREIGN
        )


FOREIGN = "it was signed by another key than the one you named: it isn't from them"


def _files(files: Mapping[str, bytes], manifest: dict[str, Any]) -> Iterator[Finding]:
    listed = manifest.get("files")
    listed = listed if isinstance(listed, dict) else {}
    for name in sorted({*listed, *files, *FILES} - {MANIFEST}):
        told = listed.get(name)
        if name not in files:
            yield Finding(False, f"{name} is missing")
        elif not isinstance(told, dict):
            yield Finding(False, f"{name} isn't in the manifest: it was put there later")
        elif told != {"bytes": len(files[name]), "sha256": hashlib.sha256(files[name]).hexdigest()}:
            yield Finding(False, f"{name} was altered: it has another SHA-256 than the manifest says")
        else:
            yield Finding(True, f"{name} is as the manifest says")


def _parsed(files: Mapping[str, bytes], name: str) -> dict[str, Any]:
    try:
        told = json.loads(files[name])
    except (KeyError, ValueError, RecursionError):
        raise BadForm(f"{name} can't be read") from None
    if not isinstance(told, dict) or told.get("format") != form.FORMAT:
        raise BadForm(f"{name} isn't {form.FORMAT}")
    return told


def _evidence(evidence: dict[str, Any], manifest: dict[str, Any], kept: list[Anchor]) -> Iterator[Finding]:
    lines, entries = form.chain_of(evidence)
    shop, begins = evidence.get("shop"), evidence.get("begins")
    if not isinstance(shop, dict) or not isinstance(shop.get("key"), str) or not isinstance(begins, int):
        raise BadForm("evidence.json names no shop, or no line that it begins with")
    told = form.anchors_in(evidence.get("anchors"))
    if shop != manifest.get("shop"):
        yield Finding(False, "evidence.json and the manifest name different shops")
    fitting = _of_these(kept, entries, str(evidence.get("made_at")))
    report = verify(shop["key"], entries, [*told, *fitting], begins=begins)
    yield from (Finding(False, f"line {problem.seq} {problem.what}") for problem in report.problems)
    if report.unsaid:
        yield Finding(False, f"{report.unsaid} more problems")
    yield _place(report, lines, told)
    yield from (Finding(True, note) for note in report.notes)
    yield from _about_one(evidence, lines)
    if kept:
        what = f"{len(fitting)} of {len(kept)} anchors from elsewhere are about the lines of the export"
        yield Finding(bool(fitting), what)


def _of_these(kept: list[Anchor], entries: list[Entry], made_at: str) -> list[Anchor]:
    """Those about lines before the export's first one say nothing of it, nor do those about lines that came later."""
    first, last = (entries[0].seq, entries[-1].seq) if entries else (1, 0)
    return [one for one in kept if first <= one.seq and (one.seq <= last or one.at <= made_at)]


def _place(report: Report, lines: list[Line], anchors: list[Anchor]) -> Finding:
    if not anchors or anchors[-1].seq != report.head:
        return Finding(
            not lines and not anchors,
            "the chain up to its last anchor isn't all there" if lines else NO_LINES,
        )
    what = (
        f"{len(lines)} line(s) of this number in the chain, which leads on to line {report.head}, anchored on"
    )
    return Finding(report.ok, f"{what} {anchors[-1].at}")


NO_LINES = "there is no line of evidence about this number"


def _about_one(evidence: dict[str, Any], lines: list[Line]) -> Iterator[Finding]:
    phone, hashed = evidence.get("phone"), evidence.get("phone_hash")
    strange = [line.seq for line in lines if line.phone != hashed]
    strange += [
        line.seq for line in lines if line.personal is not None and line.personal.get("phone") != phone
    ]
    for seq in sorted(set(strange)):
        yield Finding(False, f"line {seq} is about another number than the export")
    if lines and not strange:
        yield Finding(True, "all lines are about the number that the export names")


def _texts(messages: dict[str, Any], seqs: set[int]) -> Iterator[Finding]:
    texts = messages.get("texts")
    if not isinstance(texts, list):
        raise BadForm("messages.json has no list of texts")
    good = 0
    for text in texts:
        problem = _text_problem(text, seqs)
        if problem:
            yield Finding(False, f"the text of {text.get('committed_at')} {problem}")
        good += not problem
    if good:
        yield Finding(True, f"{good} text(s) with the decision that each rests on")


def _text_problem(text: Any, seqs: set[int]) -> str:
    if not isinstance(text, dict) or not isinstance(text.get("decision"), dict):
        raise BadForm("a text has no decision")
    said, decision = text.get("text"), text["decision"]
    if said is not None and hashlib.sha256(str(said).encode()).hexdigest() != decision.get("sha256"):
        return "isn't the one that was decided on: its SHA-256 differs"
    if decision.get("consent") is not None and decision["consent"] not in seqs:
        return f"rests on line {decision['consent']}, which isn't in the export"
    return ""
