"""The files of an export, their manifest with its signature, and how they are written: as a folder or as a zip."""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from compliance.evidence import canonical
from plugin_server.evidence.signing import Signer

FORMAT = "comeback consent export, version 1"
MANIFEST = "manifest.json"


def text_of(value: object) -> bytes:
    """JSON for people and programs, always the same for the same value."""
    return (json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def with_manifest(
    files: Mapping[str, bytes], evidence: Mapping[str, Any], signer: Signer
) -> dict[str, bytes]:
    """The files, and the manifest that holds their digests and is signed (EV-14)."""
    anchors = evidence["anchors"]
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "made_at": evidence["made_at"],
        "shop": evidence["shop"],
        "anchor": anchors[-1] if anchors else None,
        "files": {
            name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in sorted(files.items())
        },
        "algorithm": "Ed25519 over the canonical JSON of this without its signature",
        "public_key": signer.public_key,
    }
    manifest["signature"] = signer.sign(canonical(manifest))
    return {**files, MANIFEST: text_of(manifest)}


def write(out: Path, files: Mapping[str, bytes]) -> None:
    """A zip if the name says so, else a folder; readable by whoever asked for it alone. Raises OSError, also where
    something stands there already."""
    if out.suffix.lower() == ".zip":
        _private(out, as_zip(files))
        return
    out.mkdir(mode=0o700, parents=True)
    for name, content in files.items():
        _private(out / name, content)


def as_zip(files: Mapping[str, bytes]) -> bytes:
    """The files, in the order given."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _private(path: Path, content: bytes) -> None:
    path.touch(mode=0o600, exist_ok=False)
    path.write_bytes(content)
