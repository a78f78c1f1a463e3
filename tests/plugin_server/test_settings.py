"""Settings come from one place; what is wrong with them is said at once and in words."""

import base64
import dataclasses
import multiprocessing
import stat
from collections.abc import Mapping
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from tests_settings import sandbox_settings

from plugin_server import loading as module
from plugin_server.loading import about, load
from plugin_server.setting import ROOT, SettingsError
from plugin_server.settings import Settings
from plugin_server.showing import example, masked

SECRET = base64.b64encode(bytes(range(32))).decode()
PEM = "-----BEGIN PRIVATE KEY-----\\nMIIB\\n-----END PRIVATE KEY-----"
PRODUCTION = {
    "COMEBACK_PUBLIC_URL": "https://comeback.example/",
    "COMEBACK_KEYS": f"k2:{SECRET}, k1:{base64.b64encode(bytes(32)).decode()}",
    "COMEBACK_PHONE_KEY": SECRET,
    "COMEBACK_VONAGE_API_KEY": "abcd1234",
    "COMEBACK_VONAGE_APPLICATION_ID": "aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab",
    "COMEBACK_VONAGE_PRIVATE_KEY": PEM,
    "COMEBACK_VONAGE_SIGNATURE_SECRET": "not-a-real-one",
}


def of(env: Mapping[str, str], dotenv: Path | None = None) -> Settings:
    return load(env, dotenv)


def problems(env: Mapping[str, str], dotenv: Path | None = None) -> list[str]:
    with pytest.raises(SettingsError) as error:
        load(env, dotenv)
    return error.value.problems


def test_production_starts_with_what_it_needs() -> None:
    settings = of(PRODUCTION)
    assert settings.public_url == "https://comeback.example"
    assert [key.id for key in settings.keys] == ["k2", "k1"]
    assert settings.phone_key == bytes(range(32))
    assert settings.vonage_private_key.splitlines()[1] == "MIIB"
    assert (settings.sandbox, settings.port, settings.clock_seconds, settings.log_format) == (
        False,
        8000,
        2,
        "json",
    )
    assert settings.data_dir == ROOT / ".data"


@pytest.mark.parametrize("name", PRODUCTION)
def test_each_thing_production_needs_is_missed_by_name(name: str) -> None:
    assert [name in line and "needed" in line for line in problems({**PRODUCTION, name: ""})] == [True]


def test_all_problems_are_said_at_once() -> None:
    found = problems({"COMEBACK_PORT": "eighty", "COMEBACK_DATABSE_URL": "x", "COMEBACK_CHANNEL": "pigeon"})
    words = "\n".join(found)
    assert "COMEBACK_PORT must be a whole number from 1 to 65535" in words
    assert "COMEBACK_DATABSE_URL is no setting, did you mean DATABASE_URL?" in words
    assert "COMEBACK_CHANNEL must be vonage_sms or console" in words
    assert "COMEBACK_KEYS is needed in production" in words


def test_the_message_holds_every_problem_and_no_secret() -> None:
    with pytest.raises(SettingsError) as error:
        of({**PRODUCTION, "COMEBACK_PHONE_KEY": "hunter2", "COMEBACK_PORT": "0"})
    assert "COMEBACK_PORT" in str(error.value)
    assert "COMEBACK_PHONE_KEY must be 32 random bytes in base64" in str(error.value)
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("WIRING", "test", "production or sandbox"),
        ("PORT", "65536", "whole number"),
        ("PORT", "-1", "whole number"),
        ("PORT", "٨٠", "whole number"),
        ("CLOCK_SECONDS", "0", "number from 0.05"),
        ("CLOCK_SECONDS", "nan", "number from 0.05"),
        ("PUBLIC_URL", "comeback.example", "https://"),
        ("PUBLIC_URL", "http://comeback.example", "must start with https:// in production"),
        ("PUBLIC_URL", "https://comeback.example/?a=b", "https://"),
        ("PUBLIC_URL", "https://[::1", "https://"),
        ("SHOPIFY_URL", "https://shop", "must contain {shop}"),
        ("VONAGE_URL", "http://127.0.0.1:8200", "must start with https:// in production"),
        ("DATABASE_URL", "mysql://localhost/x", "postgresql://"),
        ("REDIS_URL", "localhost:6379", "redis://"),
        ("KEYS", SECRET, "id:base64"),
        ("KEYS", f"a:{SECRET},a:{SECRET}", "two keys alike"),
        ("KEYS", "a:YQ==", "32 random bytes"),
        ("KEYS", f"a b:{SECRET}", "key's id"),
        ("PHONE_KEY", "YQ==", "32 random bytes"),
        ("VONAGE_PRIVATE_KEY", "/nowhere/key.pem", "readable file"),
        ("SHOPIFY_CLIENT_ID", "abc", "must be set together"),
        ("CLOCK_URL", "http://127.0.0.1:8200", "only for COMEBACK_WIRING=sandbox"),
        ("LOG_LEVEL", "LOUD", "DEBUG or INFO"),
    ],
)
def test_a_value_that_cannot_be_is_refused_in_words(name: str, value: str, words: str) -> None:
    name = name if name in ("DATABASE_URL", "REDIS_URL") else f"COMEBACK_{name}"
    found = problems({**PRODUCTION, name: value})
    assert len(found) == 1
    assert words in found[0]
    assert name in found[0]


def test_other_names_of_the_environment_are_none_of_our_business() -> None:
    assert of({**PRODUCTION, "PORT": "80", "PATH": "/bin"}) == of(PRODUCTION)


def test_the_servers_have_the_names_that_hosting_platforms_give_them_and_only_those() -> None:
    given = {"DATABASE_URL": "postgres://db/c", "REDIS_URL": "redis://queue"}
    assert of({**PRODUCTION, **given}).redis_url == "redis://queue"
    assert problems({**PRODUCTION, "COMEBACK_REDIS_URL": "redis://queue"}) == [
        "COMEBACK_REDIS_URL is no setting, did you mean REDIS_URL?"
    ]


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_a_postgres_address_becomes_one(scheme: str) -> None:
    settings = of({**PRODUCTION, "DATABASE_URL": f"{scheme}://u:p@db/comeback"})
    assert settings.database_url == "postgresql+psycopg://u:p@db/comeback"


def test_a_private_key_can_lie_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "vonage"
    path.write_text(PEM.replace("\\n", "\n") + "\n")
    settings = of({**PRODUCTION, "COMEBACK_VONAGE_PRIVATE_KEY": str(path)})
    assert settings.vonage_private_key == PEM.replace("\\n", "\n")


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text(
        "# ours\n\nexport COMEBACK_PORT='9000'\nCOMEBACK_HOST = 0.0.0.0\nCOMEBACK_BATCH=\nPOSTGRES_USER=x\n"
    )
    settings = of({**PRODUCTION, "COMEBACK_HOST": "::1"}, dotenv)
    assert (settings.port, settings.host, settings.batch) == (9000, "::1", 500)


def test_a_file_with_a_wrong_name_stops_the_start(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text("COMEBACK_PROT=1\nBATCH=10\nPOSTGRES_USER=x\n")
    found = "\n".join(problems(PRODUCTION, dotenv))
    assert "COMEBACK_PROT is no setting, did you mean COMEBACK_PORT?" in found
    assert "BATCH is no setting, did you mean COMEBACK_BATCH?" in found
    assert "POSTGRES_USER" not in found


def test_the_sandbox_needs_nothing_and_keeps_its_keys(tmp_path: Path) -> None:
    env = {"COMEBACK_WIRING": "sandbox", "COMEBACK_DATA_DIR": str(tmp_path / "data")}
    settings = of(env)
    assert settings.sandbox
    assert settings.shopify_url == "http://127.0.0.1:8200/shopify/{shop}"
    assert settings == of(env)
    assert load_pem_private_key(settings.vonage_private_key.encode(), None)
    assert stat.S_IMODE((tmp_path / "data" / "keys").stat().st_mode) == 0o600
    assert settings.phone_key != of({**env, "COMEBACK_DATA_DIR": str(tmp_path / "other")}).phone_key


def test_a_key_that_is_given_in_the_sandbox_is_used(tmp_path: Path) -> None:
    env = {"COMEBACK_WIRING": "sandbox", "COMEBACK_DATA_DIR": str(tmp_path), "COMEBACK_PHONE_KEY": SECRET}
    assert of(env).phone_key == bytes(range(32))


def test_a_data_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    env = {"COMEBACK_WIRING": "sandbox", "COMEBACK_DATA_DIR": str(tmp_path / "file")}
    assert "COMEBACK_DATA_DIR can't be used" in problems(env)[0]


def test_processes_that_start_together_end_up_with_the_same_keys(tmp_path: Path) -> None:
    env = {"COMEBACK_WIRING": "sandbox", "COMEBACK_DATA_DIR": str(tmp_path)}
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        found = pool.starmap(load, [(env, None)] * 8, chunksize=1)
    assert all(settings == found[0] for settings in found)


def test_settings_cannot_be_changed_and_do_not_show_their_secrets(tmp_path: Path) -> None:
    settings = of({**PRODUCTION, "DATABASE_URL": "postgres://u:hunter2@db/c?sslmode=require"})
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.port = 1  # type: ignore[misc]
    for shown in (repr(settings), str(masked(settings))):
        for secret in ("hunter2", SECRET, "MIIB", "not-a-real-one"):
            assert secret not in shown
    assert masked(settings)["DATABASE_URL"] == "postgresql+psycopg://u:***@db/c?sslmode=require"
    assert masked(settings)["COMEBACK_KEYS"] == "***"
    assert masked(settings)["COMEBACK_SHOPIFY_CLIENT_SECRET"] == ""
    assert masked(settings)["COMEBACK_PORT"] == "8000"


def test_masked_shows_every_setting() -> None:
    assert list(masked(of(PRODUCTION))) == [name for name, _, _ in about()]


def test_the_example_file_holds_every_setting_with_its_default_and_meaning() -> None:
    assert (ROOT / ".env.example").read_text(encoding="utf-8") == example(), (
        "write it anew: .venv/bin/python -c"
        " 'from plugin_server.showing import example; print(example(), end=\"\")' > .env.example"
    )
    for name, _, about_it in about():
        assert f"#{name}={about_it.default}\n" in example()
        assert about_it.words.endswith((".", ")"))


def test_the_example_file_uncommented_reads_as_the_defaults(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text(example().replace("#COMEBACK_", "COMEBACK_"))
    assert of(PRODUCTION, dotenv) == of(PRODUCTION)


def test_the_file_in_the_project_folder_is_read_unless_told_otherwise() -> None:
    assert module.DOTENV == ROOT / ".env"
    assert load.__defaults__ == (module.DOTENV,)


def test_an_emergency_closes_a_state_for_its_days_and_no_other() -> None:
    found = sandbox_settings(emergencies="US-LA:2026-08-29..2026-09-05, US-FL:2026-10-01..2026-10-01")
    assert [(c.place, c.first.day, c.last.day) for c in found.emergencies] == [
        ("US-LA", 29, 5),
        ("US-FL", 1, 1),
    ]


@pytest.mark.parametrize(
    "text",
    ["US-LA", "US-LA:2026-08-29", "US-LA:2026-09-05..2026-08-29", "US-LA:2026-02-30..2026-03-01", "la:x..y"],
)
def test_an_emergency_that_cant_be_read_stops_the_start(text) -> None:
    with pytest.raises(SettingsError, match="US-LA:2026-08-29"):
        sandbox_settings(emergencies=text)
