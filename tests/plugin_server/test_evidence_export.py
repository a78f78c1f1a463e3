"""An export holds by itself, says everything, and shows every alteration."""

import copy
import hashlib
import html
import json
import re
import zipfile

import pytest
from evidence_kit import ASKED, HE, NOW, SHE, THEY, WORDING, confirmed, kept_on, lived, text_sent, ticked

from compliance.evidence import canonical
from compliance.evidence_chain import Anchor
from plugin_server.evidence import packing
from plugin_server.evidence.checking import MOST_BYTES, NotAnExport, check, read
from plugin_server.evidence.dossier import NothingKept
from plugin_server.evidence.signing import Signer, fingerprint, signed_by
from plugin_server.store import people

NAMES = {"evidence.html", "evidence.json", "messages.json", "manifest.json"}
REQUEST = "Mugs: reply Y <now> & get texts. Reply STOP to stop."


@pytest.fixture
def keeping(database_url):
    found = kept_on(database_url)
    yield found
    found.db.close()


@pytest.fixture
def files(keeping):
    """Hers, after a lived chain, a text, a reply and an opt-out."""
    lived(keeping)
    text_sent(keeping, REQUEST, consent=1)
    with keeping.tx() as tx:
        tx.run(
            "INSERT INTO replies (shop_id, provider_id, phone_hash, sealed, intent, rule, at)"
            " VALUES (:shop_id, 'in-1', :phone, :sealed, 'stop', 'OPT-01', :at)",
            phone=tx.phone(SHE),
            sealed=tx.seal({"from": SHE, "text": "stop <script>alert(1)</script>"}),
            at=NOW,
        )
        people.suppress(tx, tx.phone(SHE), "replied STOP", NOW)
    keeping.append(ticked(HE, 300))
    return keeping.export()


def broken(files: dict[str, bytes], **more) -> list[str]:
    return [finding.what for finding in check(files, **more) if not finding.holds]


def opened(files: dict[str, bytes], name: str = "evidence.json") -> dict:
    return json.loads(files[name])


# -- what it says


def test_an_export_holds_and_says_what_holds(keeping, files) -> None:
    assert set(files) == NAMES
    assert broken(files) == []
    said = [finding.what for finding in check(files, key=keeping.signer.public_key)]
    assert f"manifest.json was signed by the key {fingerprint(keeping.signer.public_key)}" in said
    assert "that is the key you named" in said
    assert any(
        re.match(r"3 line\(s\) of this number in the chain, which leads on to line 7", s) for s in said
    )
    assert "1 text(s) with the decision that each rests on" in said


def test_it_holds_every_line_in_full_and_of_others_nothing_but_hashes(keeping, files) -> None:
    told = opened(files)
    assert [line["seq"] for line in told["lines"]] == [1, 3, 5]
    assert [(run["from"], len(run["hashes"])) for run in told["links"]] == [(2, 1), (4, 1), (6, 2)]
    assert told["lines"][1]["personal"]["reply"] == "Y, please 👍"
    everything = b"".join(files.values()).decode()
    with keeping.tx() as tx:
        strangers = [tx.phone(phone).hex() for phone in (HE, THEY)]
    for secret in (HE, HE[1:] + '"', THEY, THEY[1:], *strangers):
        assert secret not in everything.replace('"sender": "12015550123"', "")
    assert opened(files, "manifest.json")["anchor"] == told["anchors"][-1]
    assert told["anchors"][-1]["seq"] == 7


def test_it_holds_every_text_with_its_decision_every_reply_and_opt_out(files) -> None:
    told = opened(files, "messages.json")
    (text,) = told["texts"]
    assert (text["text"], text["decision"]["consent"], text["decision"]["rules"]) == (REQUEST, 1, ["CART-02"])
    assert text["decision"]["sha256"] == hashlib.sha256(REQUEST.encode()).hexdigest()
    assert [(r["text"][:4], r["rule"]) for r in told["replies"]] == [("stop", "OPT-01")]
    assert [(s["kind"], s["reason"]) for s in told["suppressions"]] == [("stop", "replied STOP")]


def test_the_page_shows_the_wordings_word_for_word_and_lets_nothing_in_it_run(files) -> None:
    page = files["evidence.html"].decode()
    plain = html.unescape(page)
    for shown in (WORDING, ASKED, REQUEST, "Y, please 👍", "Dagmarella <Exemplarova>", SHE, "mugs & <Sons>"):
        assert shown in plain
    assert "<script" not in page
    assert "<b>Msg" not in page
    assert "stop &lt;script&gt;" in page
    assert not re.search(r"""(?:src|href)=["']?(?!#)|url\(|@import|https?://(?!mugs\.example/join)""", page)
    assert "2026-11-23 12:00:00 UTC · 2026-11-23 13:00:00 CET (Europe/Berlin)" in page
    assert "PST (America/Los_Angeles)" in page
    assert "Line 3: given, proven" in page
    for line in opened(files)["lines"]:
        assert line["hash"] in page
        assert line["prev_hash"] in page
    assert "was verified and held" in page


def test_a_chain_that_doesnt_hold_is_exported_and_both_page_and_check_say_so(keeping) -> None:
    lived(keeping)
    keeping.meddle("UPDATE consents SET state = 'given' WHERE seq = 5")
    files = keeping.export()
    said = "line 5 was altered: it was written as 'withdrawn', and now says 'given'"
    assert said in html.unescape(files["evidence.html"].decode())
    assert said in broken(files)


def test_personal_data_that_cant_be_opened_is_exported_as_such(keeping) -> None:
    lived(keeping)
    keeping.meddle("UPDATE consents SET personal = '\\x01', facts = 'no JSON', at = 'infinity' WHERE seq = 3")
    files = keeping.export()
    assert (
        "can&#39;t be opened" in files["evidence.html"].decode()
        or "can't be opened" in files["evidence.html"].decode()
    )
    assert any("can't be opened" in what for what in broken(files))


def test_after_an_erasure_the_export_still_holds_and_says_what_was_erased(keeping) -> None:
    lived(keeping)
    text_sent(keeping, REQUEST, consent=3)
    keeping.forget(SHE)
    with keeping.tx() as tx:
        tx.run("UPDATE notices SET sealed = NULL WHERE shop_id = :shop_id")
    files = keeping.export()
    assert broken(files) == []
    notes = [finding.what for finding in check(files)]
    assert "lines 1, 3, 5: personal data were erased on 2026-11-24, as line 7 says" in notes
    everything = b"".join(files.values()).decode()
    for secret in ("Dagmarella", "192.0.2.7", "Y, please", REQUEST):
        assert secret not in everything
    assert ASKED in html.unescape(files["evidence.html"].decode())


def test_retired_lines_of_hers_leave_an_export_that_holds(keeping) -> None:
    keeping.append(ticked(at=NOW.replace(year=2020)), ticked(HE), ticked())
    keeping.retire(1)
    assert broken(keeping.export()) == []


def test_a_number_without_lines_but_with_a_text_can_be_exported(keeping) -> None:
    text_sent(keeping, REQUEST, consent=None)
    files = keeping.export()
    assert broken(files) == []
    keeping.append(ticked(HE))
    assert broken(keeping.export()) == []


def test_nothing_kept_is_said(keeping) -> None:
    lived(keeping)
    with pytest.raises(NothingKept):
        keeping.export("+33612345678")
    with pytest.raises(NothingKept):
        keeping.export(SHE, "wool")


# -- alterations


@pytest.mark.parametrize("name", sorted(NAMES))
@pytest.mark.parametrize("how", ["first", "middle", "last", "cut off", "longer", "empty"])
def test_an_altered_file_is_found(files, name, how) -> None:
    content = files[name]
    at = {"first": 0, "middle": len(content) // 2, "last": len(content) - 1}.get(how)
    if at is None:
        changed = {"cut off": content[:-2], "longer": content + b"\n", "empty": b""}[how]
    else:
        changed = content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
    try:
        assert broken({**files, name: changed})
    except NotAnExport:
        assert name == "manifest.json"


def test_every_byte_of_the_manifest_counts(files) -> None:
    content = files["manifest.json"]
    for at in range(0, len(content), 3):
        changed = content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
        try:
            assert broken({**files, "manifest.json": changed}), at
        except NotAnExport:
            continue


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_missing_file_is_found(files, name) -> None:
    left = {one: content for one, content in files.items() if one != name}
    if name == "manifest.json":
        with pytest.raises(NotAnExport, match=r"manifest\.json"):
            check(left)
        return
    assert f"{name} is missing" in broken(left)


def test_a_file_put_in_later_is_found(files) -> None:
    assert broken({**files, "consent.pdf": b"%PDF"}) == [
        "consent.pdf isn't in the manifest: it was put there later"
    ]


def paths(value, so_far=()):
    """Every leaf of a JSON value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = [path for key, inner in items for path in paths(inner, (*so_far, key))]
    return found or [so_far]


def altered(value, path):
    """The same with another value at one leaf."""
    found = copy.deepcopy(value)
    inner = found
    for key in path[:-1]:
        inner = inner[key]
    was = inner[path[-1]]
    inner[path[-1]] = (
        (not was) if isinstance(was, bool) else was + 1 if isinstance(was, int) else f"{was or ''}x"
    )
    return found


@pytest.mark.parametrize("name", ["evidence.json", "messages.json", "manifest.json"])
def test_every_altered_field_is_found(files, name) -> None:
    told = opened(files, name)
    found = paths(told)
    assert len(found) > 10
    for path in found:
        changed = {**files, name: packing.text_of(altered(told, path))}
        try:
            assert broken(changed), path
        except NotAnExport:
            assert (name, path) == ("manifest.json", ("format",))


def resigned(files, evidence, signer) -> dict[str, bytes]:
    """As somebody would who can sign: all digests and the signature are right again."""
    plain = {name: content for name, content in files.items() if name != "manifest.json"}
    plain["evidence.json"] = packing.text_of(evidence)
    return packing.with_manifest(plain, evidence, signer)


def test_every_altered_field_of_a_line_is_found_even_if_everything_is_signed_anew(keeping, files) -> None:
    told = opened(files)
    for path in paths(told["lines"]):
        changed = {**told, "lines": altered(told["lines"], path)}
        assert broken(resigned(files, changed, keeping.signer)), path


@pytest.mark.parametrize(
    "change",
    [
        lambda told: told["lines"].pop(1),
        lambda told: told["lines"].pop(),
        lambda told: told["lines"].reverse(),
        lambda told: told["lines"].append(told["lines"][0]),
        lambda told: told["links"].pop(),
        lambda told: told["links"].pop(0),
        lambda told: told["links"][-1]["hashes"].pop(),
        lambda told: told["links"][0].update(prev_hash="ab" * 32),
        lambda told: told["links"][0].update(hashes=["ab" * 32]),
        lambda told: told["anchors"].pop(),
        lambda told: told["anchors"][-1].update(hash="ab" * 32),
        lambda told: told["anchors"][-1].update(seq=99),
        lambda told: told.update(phone=HE),
        lambda told: told.update(phone_hash="ab" * 32),
        lambda told: told.update(begins=2),
        lambda told: told["shop"].update(key="another"),
        lambda told: told["lines"][2].update(personal=None),
        lambda told: told["lines"][0].update(extra="field"),
        lambda told: told["lines"][0].pop("source"),
        lambda told: told["lines"][0].update(seq="1"),
        lambda told: told["lines"][0].update(proven=1),
        lambda told: told["lines"][0].update(personal=[]),
        lambda told: told["lines"].append(None),
        lambda told: told.update(links=None),
        lambda told: told.update(links=[{"from": 2}]),
        lambda told: told.update(links=[{"from": 2, "prev_hash": 1, "hashes": []}]),
        lambda told: told.update(anchors=[{"seq": 7}]),
        lambda told: told.update(anchors=7),
        lambda told: told.update(shop=None),
        lambda told: told.update(format="another"),
    ],
)
def test_an_excerpt_that_was_put_together_otherwise_is_found_even_if_it_is_signed_anew(
    keeping, files, change
) -> None:
    told = opened(files)
    change(told)
    changed = (
        resigned({**files}, {"anchors": [], **told}, keeping.signer)
        if isinstance(told["anchors"], list)
        else resigned(files, {**told, "anchors": []}, keeping.signer)
        | {"evidence.json": packing.text_of(told)}
    )
    assert broken(changed)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text.update(text="another text"), "isn't the one that was decided on"),
        (lambda text: text["decision"].update(consent=2), "rests on line 2, which isn't in the export"),
        (lambda text: text.update(decision=None), "a text has no decision"),
    ],
)
def test_a_text_that_doesnt_fit_its_decision_is_found_even_if_it_is_signed_anew(
    keeping, files, change, said
) -> None:
    told = opened(files, "messages.json")
    change(told["texts"][0])
    changed = {**files, "messages.json": packing.text_of(told)}
    del changed["manifest.json"]
    found = broken(packing.with_manifest(changed, opened(files), keeping.signer))
    assert len(found) == 1
    assert said in found[0]


def test_a_manifest_that_names_another_shop_is_found_even_if_it_is_signed_anew(keeping, files) -> None:
    plain = {name: content for name, content in files.items() if name != "manifest.json"}
    told = opened(files)
    other = {**told, "shop": {**told["shop"], "name": "Another"}}
    found = broken(packing.with_manifest(plain, other, keeping.signer))
    assert found == ["evidence.json and the manifest name different shops"]


def test_an_export_of_somebody_else_is_found_by_its_key(keeping, files) -> None:
    stranger = Signer(b"\x07" * 32)
    foreign = resigned(files, opened(files), stranger)
    assert broken(foreign) == [], "it is whole: only the key tells whose it is"
    (said,) = broken(foreign, key=keeping.signer.public_key)
    assert "signed by another key" in said
    lying = opened(foreign, "manifest.json") | {"public_key": keeping.signer.public_key}
    assert broken({**foreign, "manifest.json": packing.text_of(lying)}, key=keeping.signer.public_key)


def test_files_of_two_exports_cant_be_mixed(keeping, files) -> None:
    keeping.append(confirmed(minutes=500))
    later = keeping.export()
    for name in NAMES - {"messages.json"}:
        assert broken({**later, name: files[name]}), name


# -- anchors from elsewhere


def test_an_anchor_kept_elsewhere_is_compared(keeping, files) -> None:
    kept = Anchor(**opened(files)["anchors"][-1])
    assert broken(files, anchors=[kept]) == []
    (said,) = broken(files, anchors=[Anchor(seq=kept.seq, hash="ab" * 32, at=kept.at)])[:1]
    assert "the chain was made anew" in said


def test_an_anchor_that_knew_more_lines_when_the_export_was_made_shows_what_was_cut_off(files) -> None:
    before = Anchor(seq=9, hash="ab" * 32, at="2026-11-24T03:00:00.000000+00:00")
    after = Anchor(seq=9, hash="ab" * 32, at="2026-11-25T03:00:00.000000+00:00")
    assert any("cut off" in what for what in broken(files, anchors=[before]))
    assert broken(files, anchors=[after]) == [
        "0 of 1 anchors from elsewhere are about the lines of the export"
    ]


# -- zips, folders, keys


@pytest.mark.parametrize("name", ["her.zip", "her.ZIP", "folder/of/hers"])
def test_an_export_can_be_a_zip_or_a_folder_for_its_owners_eyes_only(files, tmp_path, name) -> None:
    out = tmp_path / name
    (tmp_path / "her.zip").parent.mkdir(exist_ok=True)
    packing.write(out, files)
    assert read(out) == files
    assert out.stat().st_mode & 0o077 == 0
    with pytest.raises(FileExistsError):
        packing.write(out, files)


def test_a_zip_that_was_cut_off_or_damaged_is_no_export(files, tmp_path) -> None:
    whole, out = packing.as_zip(files), tmp_path / "her.zip"
    for content in (
        b"",
        whole[: len(whole) // 2],
        whole[:-30],
        b"PK" + whole[2:200],
        whole[:80] + b"\0\0\0\0" + whole[84:],
    ):
        out.write_bytes(content)
        with pytest.raises(NotAnExport):
            read(out)


def test_a_zip_with_two_files_of_one_name_is_no_export(files, tmp_path) -> None:
    out = tmp_path / "her.zip"
    out.write_bytes(packing.as_zip(files))
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(out, "a") as archive:
        archive.writestr("evidence.json", "{}")
    with pytest.raises(NotAnExport, match="two files"):
        read(out)


def test_a_zip_that_unpacks_to_fill_a_disk_is_not_unpacked(tmp_path) -> None:
    out = tmp_path / "bomb.zip"
    with (
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("evidence.json", "w", force_zip64=True) as f,
    ):
        for _ in range(MOST_BYTES // 2**24 + 1):
            f.write(bytes(2**24))
    with pytest.raises(NotAnExport, match="larger than any export"):
        read(out)


@pytest.mark.parametrize("manifest", [b"", b"[]", b"{}", b"\xff", b"[" * 100_000, b'{"format": 1}'])
def test_what_has_no_manifest_of_ours_is_no_export(manifest) -> None:
    with pytest.raises(NotAnExport):
        check({"manifest.json": manifest})


def test_the_key_is_the_same_for_as_long_as_the_installation_lives() -> None:
    """Exports that were handed out are checked against it for years: it may never change."""
    one = Signer(bytes(range(32)))
    assert one.public_key == Signer(bytes(range(32))).public_key
    assert one.public_key == "f057102dd94840a3fb17fe574115f415f1d28b4bafe998978b1bbc17bd385f6b"
    assert one.public_key != Signer(bytes(32)).public_key
    signature = one.sign(canonical({"a": "ü"}))
    assert signed_by(one.public_key, signature, canonical({"a": "ü"}))
    assert not signed_by(one.public_key, signature, canonical({"a": "u"}))
    for nonsense in ("", "zz", "ab"):
        assert not signed_by(nonsense, signature, "x")
        assert not signed_by(one.public_key, nonsense, "x")
