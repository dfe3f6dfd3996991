"""Settings: defaults, `.env`, environment and flags, and one line for each that is wrong."""

import os
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlour.settings import PREFIX, Settings, SettingsError, load_settings


@pytest.fixture(autouse=True)
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Be in an empty folder, with no setting in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.upper().startswith(PREFIX)]:
        monkeypatch.delenv(name)


def refused(**flags: Any) -> str:
    """Return the line that says what is wrong."""
    with pytest.raises(SettingsError) as wrong:
        load_settings(**flags)
    line = str(wrong.value)
    assert "\n" not in line
    assert line.endswith((".", "?"))
    return line


def test_without_anything_given_the_defaults_hold() -> None:
    """They serve this machine alone."""
    settings = load_settings()
    assert settings.model_dump() == {
        "host": "127.0.0.1",
        "port": 8000,
        "data_dir": Path("data"),
        "database_url": "",
        "redis_url": "",
        "only": "",
        "allowed_origins": (),
        "max_message_length": 1000,
        "max_username_length": 50,
        "max_connections": 20_000,
        "rate_limits": 1,
        "edit_window": 0,
        "guests": "on",
        "registration": "open",
        "max_file_size": 100_000_000,
        "file_quota": 5_000_000_000,
        "retention_days": 0,
        "server_file_quota": 0,
        "guest_files": "off",
        "s3_bucket": "",
        "s3_endpoint": "",
        "s3_region": "us-east-1",
        "backup_to": "",
        "backup_every": 86_400,
        "backup_keep": "daily=7,weekly=4,monthly=12",
        "metrics_token": "",
        "tls_certificate": "",
        "tls_key": "",
        "traces": "off",
        "log_level": "info",
        "log_format": "auto",
        "log_requests": "off",
    }
    assert settings.database_path == Path("data/chat.db")
    assert settings.keys_path == Path("data/keys.json")


def test_flags_win_over_the_environment_and_it_over_the_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each setting by itself."""
    Path(".env").write_text("PARLOUR_PORT=1\nPARLOUR_HOST=file\nPARLOUR_LOG_LEVEL=error\n")
    monkeypatch.setenv("PARLOUR_PORT", "2")
    monkeypatch.setenv("PARLOUR_HOST", "environment")
    settings = load_settings(port="3", host=None)
    assert (settings.port, settings.host, settings.log_level) == (3, "environment", "error")


def test_the_file_may_hold_other_programs_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """And comments, quotes and `export`."""
    Path(".env").write_text(
        "# ours\nexport PARLOUR_PORT='81'\nDATABASE_URL=x\nparlour_host = \"::1\"  # theirs\n"
    )
    monkeypatch.setenv("OTHER", "x")
    settings = load_settings()
    assert (settings.port, settings.host) == (81, "::1")


def test_names_of_variables_have_no_case(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on systems whose environments have none."""
    monkeypatch.setenv("parlour_port", "82")
    assert load_settings().port == 82


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("PORT", "x", "valid integer"),
        ("PORT", "", "valid integer"),
        ("PORT", "-1", "greater than or equal to 0"),
        ("PORT", "65536", "less than or equal to 65535"),
        ("PORT", "80.5", "valid integer"),
        ("HOST", "", "at least 1 character"),
        ("MAX_MESSAGE_LENGTH", "0", "greater than or equal to 1"),
        ("MAX_MESSAGE_LENGTH", "100001", "less than or equal to 100000"),
        ("MAX_USERNAME_LENGTH", "0", "greater than or equal to 1"),
        ("MAX_USERNAME_LENGTH", "101", "less than or equal to 100"),
        ("MAX_CONNECTIONS", "0", "greater than or equal to 1"),
        ("MAX_CONNECTIONS", "1000001", "less than or equal to 1000000"),
        ("RATE_LIMITS", "-1", "greater than or equal to 0"),
        ("RATE_LIMITS", "1000001", "less than or equal to 1000000"),
        ("LOG_LEVEL", "loud", "'debug', 'info', 'warning' or 'error'"),
        ("ALLOWED_ORIGINS", "chat.example.org", "'chat.example.org' is not an origin"),
        ("ALLOWED_ORIGINS", "https://a.example/path", "is not an origin"),
        ("ALLOWED_ORIGINS", "https://a.example?x", "is not an origin"),
        ("ALLOWED_ORIGINS", "https://user@a.example", "is not an origin"),
        ("ALLOWED_ORIGINS", "ws://a.example", "is not an origin"),
        ("ALLOWED_ORIGINS", "https://", "is not an origin"),
        ("ALLOWED_ORIGINS", "https://a.example,nonsense", "'nonsense' is not an origin"),
        ("ALLOWED_ORIGINS", "https://*.example", "is not an origin"),
        ("ALLOWED_ORIGINS", "https://[::1", "Invalid IPv6 URL"),
        ("DATA_DIR", "~nobody-of-that-name/chat", "no such user"),
    ],
)
def test_a_wrong_value_is_told_in_one_line(
    name: str, value: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It names the setting, the fault and the value; from a variable as from a flag."""
    by_flag = refused(**{name.lower(): value})
    monkeypatch.setenv(f"PARLOUR_{name}", value)
    by_variable = refused()
    for line in (by_variable, by_flag):
        assert line.startswith(f"PARLOUR_{name} is wrong: ")
        assert words in line
        assert f"(it is {value!r})" in line


@pytest.mark.parametrize(
    ("variable", "hint"),
    [
        ("PARLOUR_PROT", " Did you mean PARLOUR_PORT?"),
        ("parlour_log_levle", " Did you mean PARLOUR_LOG_LEVEL?"),
        ("PARLOUR_MAX_MESSAGE", " Did you mean PARLOUR_MAX_MESSAGE_LENGTH?"),
        ("PARLOUR_ZZZ", ""),
    ],
)
@pytest.mark.parametrize("place", ["environment", "file"])
def test_a_variable_that_is_no_setting_is_refused_with_a_hint(
    variable: str, hint: str, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistyped name would leave its setting at the default without a word."""
    if place == "file":
        Path(".env").write_text(f"{variable}=1\n")
    else:
        monkeypatch.setenv(variable, "1")
    assert refused() == f"{variable} is not a setting of Parlour.{hint}"


@pytest.mark.parametrize(
    "variable",
    [
        "PARLOUR_SERVICE_HOST",
        "PARLOUR_SERVICE_PORT",
        "PARLOUR_SERVICE_PORT_HTTP",
        "PARLOUR_PORT_8000_TCP",
        "PARLOUR_PORT_8000_TCP_ADDR",
    ],
)
def test_what_kubernetes_puts_there_is_no_mistake(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For a service named parlour, into every container."""
    monkeypatch.setenv(variable, "10.0.0.1")
    assert load_settings().port == 8000


def test_a_file_that_is_not_text_is_told_in_one_line() -> None:
    """Rather than as a fault of the program."""
    Path(".env").write_bytes(b"PARLOUR_HOST=\xff\xfe\n")
    assert refused() == ".env is not UTF-8 text."


def test_origins_are_separated_by_commas_and_brought_into_one_form(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without a slash at the end and in small letters, as browsers send them."""
    monkeypatch.setenv("PARLOUR_ALLOWED_ORIGINS", " https://A.example/ , http://b:81,, ")
    assert load_settings().allowed_origins == ("https://a.example", "http://b:81")
    assert load_settings(allowed_origins="*").allowed_origins == ("*",)
    assert load_settings(allowed_origins="").allowed_origins == ()
    assert load_settings(allowed_origins="http://[::1]:80").allowed_origins == ("http://[::1]:80",)


@pytest.mark.parametrize("level", ["debug", "INFO", "Warning", "error"])
def test_a_log_level_has_no_case(level: str) -> None:
    """It is known by its small letters."""
    assert load_settings(log_level=level).log_level == level.lower()


def test_a_data_directory_may_begin_with_the_users_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """No shell expands it in a file or a unit."""
    monkeypatch.setenv("HOME", "/home/ada")
    assert load_settings(data_dir="~/chat").data_dir == Path("/home/ada/chat")


def test_a_frame_may_have_four_bytes_a_character_and_room_for_its_fields() -> None:
    """As the protocol says."""
    assert load_settings().max_frame_bytes == 8096
    assert load_settings(max_message_length="1").max_frame_bytes == 4100


def test_settings_do_not_change_once_they_are_read() -> None:
    """They are read once and passed on."""
    settings = load_settings()
    with pytest.raises(ValueError, match="frozen"):
        settings.port = 1  # type: ignore[misc]  # which is the point


def test_every_setting_says_what_it_is() -> None:
    """In one line, for `--help` and the documentation."""
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert field.description[0].isupper()
        assert field.description.endswith(".")
        assert "\n" not in field.description


@given(name=st.sampled_from(sorted(Settings.model_fields)), value=st.text())
def test_any_flag_is_taken_or_refused_in_one_line_that_names_it(name: str, value: str) -> None:
    """Whatever somebody writes there."""
    try:
        load_settings(**{name: value})
    except SettingsError as error:
        line = str(error)
    else:
        line = f"PARLOUR_{name.upper()} is wrong: not at all."
    # A certificate without its key is no certificate.
    named = {"tls_certificate": "tls_key"}.get(name, name)
    assert re.fullmatch(rf"PARLOUR_({name}|{named}) is wrong: [^\n\r]+\.", line, re.IGNORECASE)
