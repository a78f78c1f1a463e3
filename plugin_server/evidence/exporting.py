"""An export of one number's consent, from the store to signed files."""

from datetime import datetime

from compliance.evidence_checks import verify
from plugin_server.evidence import dossier, form, packing, page
from plugin_server.evidence.signing import Signer
from plugin_server.store.tx import Tx


def export(tx: Tx, e164: str, now: datetime, signer: Signer) -> dict[str, bytes]:
    """The files by their names: evidence.html for people, evidence.json and messages.json for programs, manifest.json
    with the signature. A chain that doesn't hold is exported as it is, and the page says so. Raises NothingKept."""
    evidence, messages = dossier.gather(tx, e164, now)
    _, entries = form.chain_of(evidence)
    report = verify(tx.shop.key, entries, form.anchors_in(evidence["anchors"]), begins=evidence["begins"])
    files = {
        "evidence.html": page.render(evidence, messages, report),
        "evidence.json": packing.text_of(evidence),
        "messages.json": packing.text_of(messages),
    }
    return packing.with_manifest(files, evidence, signer)
