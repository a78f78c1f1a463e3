"""What lies in the database can't be read, moved or changed without the keys."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_server.crypto import (
    Key,
    Malformed,
    Tampered,
    UnknownKey,
    Vault,
    VaultError,
    phone_hash,
    shop_phone_key,
)

OLD = Key("2025", bytes(range(32)))
NEW = Key("2026", bytes(range(32, 64)))
MAYA = "+14155552671"


@given(st.binary(max_size=300), st.text(max_size=30))
def test_bytes_come_back_as_they_were(data: bytes, place: str) -> None:
    vault = Vault([NEW])
    assert vault.decrypt(vault.encrypt(data, place), place) == data


@pytest.mark.parametrize("value", [{"name": "Zoë", "n": [1, None]}, [], "x", None])
def test_json_comes_back_as_it_was(value: object) -> None:
    vault = Vault([NEW])
    assert vault.decrypt_json(vault.encrypt_json(value, "a"), "a") == value


def test_text_comes_back_and_does_not_stand_in_the_envelope() -> None:
    vault = Vault([NEW])
    envelope = vault.encrypt_text("Maya Ørsted")
    assert vault.decrypt_text(envelope) == "Maya Ørsted"
    assert b"Maya" not in envelope


def test_the_same_text_never_gives_the_same_envelope() -> None:
    vault = Vault([NEW])
    assert len({vault.encrypt_text("one") for _ in range(200)}) == 200


def test_an_envelope_does_not_open_in_another_row() -> None:
    vault = Vault([NEW])
    envelope = vault.encrypt(b"token", "shops.token/17")
    with pytest.raises(Tampered, match=r"shops.token/18"):
        vault.decrypt(envelope, "shops.token/18")
    with pytest.raises(Tampered):
        vault.decrypt(envelope)


def test_any_changed_byte_is_noticed() -> None:
    vault = Vault([NEW, OLD])
    envelope = vault.encrypt(b"token", "here")
    for position in range(len(envelope)):
        broken = bytearray(envelope)
        broken[position] ^= 0x04
        with pytest.raises(VaultError):
            vault.decrypt(bytes(broken), "here")


def test_any_cut_is_noticed() -> None:
    vault = Vault([NEW])
    envelope = vault.encrypt(b"token")
    for length in range(len(envelope)):
        with pytest.raises(VaultError):
            vault.decrypt(envelope[:length])


def test_after_a_rotation_old_envelopes_open_and_new_ones_use_the_new_key() -> None:
    before = Vault([OLD])
    after = Vault([NEW, OLD])
    old_envelope, new_envelope = before.encrypt(b"a"), after.encrypt(b"b")
    assert after.decrypt(old_envelope) == b"a"
    assert after.needs_rotation(old_envelope)
    assert not after.needs_rotation(new_envelope)
    with pytest.raises(UnknownKey, match=r"'2026', known are 2025"):
        before.decrypt(new_envelope)


def test_a_key_of_the_same_name_with_other_bytes_opens_nothing() -> None:
    with pytest.raises(Tampered):
        Vault([Key("2026", bytes(32))]).decrypt(Vault([NEW]).encrypt(b"a"))


@pytest.mark.parametrize("garbage", [b"", b"\x01", b"\x02abc", b"plain text", b"\x01\xff" + bytes(40)])
def test_what_is_no_envelope_is_called_malformed(garbage: bytes) -> None:
    with pytest.raises(Malformed):
        Vault([NEW]).decrypt(garbage)


def test_a_vault_refuses_no_key_and_twins() -> None:
    with pytest.raises(ValueError, match="at least one key"):
        Vault([])
    with pytest.raises(ValueError, match="own id"):
        Vault([NEW, Key("2026", bytes(32))])


@pytest.mark.parametrize(("id_", "secret"), [("", bytes(32)), ("a b", bytes(32)), ("ok", bytes(16))])
def test_a_bad_key_is_refused(id_: str, secret: bytes) -> None:
    with pytest.raises(ValueError, match="key"):
        Key(id_, secret)


def test_a_key_does_not_show_itself() -> None:
    assert repr(NEW) == "Key(id='2026')"


def test_a_phone_is_found_again_in_its_shop_and_only_there() -> None:
    mugs, socks = shop_phone_key(bytes(32), 1), shop_phone_key(bytes(32), 2)
    assert phone_hash(MAYA, mugs) == phone_hash(MAYA, mugs)
    assert phone_hash(MAYA, mugs) != phone_hash(MAYA, socks)
    assert phone_hash(MAYA, mugs) != phone_hash("+14155552672", mugs)
    assert shop_phone_key(bytes(32), 1) != shop_phone_key(bytes(31) + b"\1", 1)


@pytest.mark.parametrize(
    "phone", ["14155552671", "+1 4155552671", "+04155552671", "", "+1415\n", "+१४१५५५५२६७१"]
)
def test_only_e164_is_hashed_and_the_refusal_does_not_repeat_the_number(phone: str) -> None:
    with pytest.raises(ValueError, match=r"E\.164") as refusal:
        phone_hash(phone, bytes(32))
    assert not phone or phone not in str(refusal.value)


def test_a_thousand_values_are_sealed_and_opened_within_a_moment() -> None:
    vault = Vault([NEW, OLD])
    started = time.perf_counter()
    for _ in range(1000):
        vault.decrypt(vault.encrypt(b"x" * 200, "carts.phone/1"), "carts.phone/1")
    assert time.perf_counter() - started < 1  # measured: 0.006 s
