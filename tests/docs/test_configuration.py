"""docs/configuration.md tells every setting as the program has it, and what a wrong value says."""

import re
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from parlour import cli
from parlour.main import create_app
from parlour.server import Server
from parlour.settings import PREFIX, Settings, SettingsError, load_settings
from tests.docs.markdown import ROOT, Page, names

PAGE = Page(ROOT / "docs" / "configuration.md")
ROWS = PAGE.section("Settings").table("setting", "flag", "type", "default", "unit", "meaning")
WRONG = PAGE.section("Wrong values").table("given", "said")
SCHEMA: dict[str, Any] = Settings.model_json_schema()["properties"]


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of whoever runs the tests counts here."""
    for name in Settings.model_fields:
        monkeypatch.delenv(PREFIX + name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


def type_of(name: str) -> str:
    """The type of a setting, in the page's words."""
    schema = SCHEMA[name]
    if schema.get("type") == "integer":
        return f"whole number, {schema['minimum']} to {schema['maximum']}"
    if "enum" in schema:
        return f"one of {', '.join(each or 'nothing' for each in schema['enum'])}"
    if schema.get("format") == "path":
        return "path"
    return "list of origins" if schema["type"] == "array" else "text"


def default_of(name: str) -> str:
    """The default of a setting, as one would write it."""
    default = Settings.model_fields[name].default
    return "" if default in ((), "") else f"`{default}`"


def test_every_setting_is_told_and_every_setting_told_is_one() -> None:
    """In the order of the program."""
    told = [names(row["setting"])[0] for row in ROWS]
    assert told == [PREFIX + name.upper() for name in Settings.model_fields]


@pytest.mark.parametrize("name", Settings.model_fields)
def test_a_setting_is_told_with_its_flag_type_default_unit_and_meaning(name: str) -> None:
    """The meaning is the line that `parlour serve --help` prints."""
    [row] = [row for row in ROWS if row["setting"] == f"`{PREFIX}{name.upper()}`"]
    meaning = Settings.model_fields[name].description or ""
    assert row["flag"] == f"`--{name.replace('_', '-')}`"
    assert row["type"] == type_of(name)
    assert row["default"] == default_of(name)
    units = [unit for unit in ("characters", "seconds", "bytes") if f"in {unit}" in meaning]
    assert row["unit"] == "".join(units)
    assert row["meaning"] == meaning


def test_every_flag_that_is_told_is_one_of_the_program(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """`--help` is what people read when they have no page at hand."""
    with pytest.raises(SystemExit):
        cli.main(["serve", "--help"])
    flags = set(re.findall(r"(--[a-z0-9-]+) VALUE", capsys.readouterr().out))
    assert {names(row["flag"])[0] for row in ROWS} == flags


@pytest.mark.parametrize(("given", "said"), [(row["given"], row["said"]) for row in WRONG])
def test_a_wrong_value_says_what_the_page_says(
    given: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Word for word, on standard error, and the program ends with 1."""
    name, _, value = names(given)[0].partition("=")
    monkeypatch.setenv(name, value)
    assert cli.main(["serve"]) == 1
    assert capsys.readouterr().err == names(said)[0] + "\n"


def test_a_wrong_value_of_nearly_every_setting_is_shown() -> None:
    """Each can be wrong by its value alone."""
    shown = {names(row["given"])[0].partition("=")[0] for row in WRONG}
    settings = {PREFIX + name.upper() for name in Settings.model_fields}
    assert shown & settings == settings


def test_the_file_that_is_shown_is_read_as_it_is_meant(tmp_path: Path) -> None:
    """The example of a `.env` sets what it names and nothing else."""
    [block] = PAGE.section("The file .env").blocks
    (tmp_path / ".env").write_text(block.text, "utf-8")
    lines = dict(line.split("=", 1) for line in block.text.splitlines())
    settings = load_settings().model_dump(mode="json")
    for name, value in lines.items():
        field = settings[name.removeprefix(PREFIX).lower()]
        assert (",".join(field) if isinstance(field, list) else str(field)) == value
    untouched = Settings.model_fields.keys() - {n.removeprefix(PREFIX).lower() for n in lines}
    assert all(settings[name] == Settings.model_fields[name].default for name in untouched)


def test_the_environment_wins_over_the_file_and_a_flag_over_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order that the first lines of the page tell."""
    (tmp_path / ".env").write_text("PARLOUR_PORT=1001\nPARLOUR_HOST=a\nPARLOUR_DATA_DIR=a\n")
    monkeypatch.setenv("PARLOUR_PORT", "1002")
    monkeypatch.setenv("PARLOUR_HOST", "b")
    settings = load_settings(port="1003")
    assert (settings.port, settings.host, str(settings.data_dir)) == (1003, "b", "a")


def test_a_mistyped_name_in_the_file_is_refused_like_one_in_the_environment(
    tmp_path: Path,
) -> None:
    """And a line of another program is not."""
    (tmp_path / ".env").write_text("OTHER_PORT=1\n")
    assert load_settings().port == Settings.model_fields["port"].default
    (tmp_path / ".env").write_text("PARLOUR_PROT=1\n")
    with pytest.raises(SettingsError, match="PARLOUR_PROT is not a setting"):
        load_settings()


def test_the_flags_that_are_told_for_uvicorn_do_what_parlour_serve_does() -> None:
    """With the default length of a message."""
    config = Server(create_app(load_settings()), load_settings()).config
    told = dict(re.findall(r"`--([a-z-]+) (\w+)`", PAGE.path.read_text("utf-8")))
    assert told == {
        "ws-max-size": str(config.ws_max_size),
        "ws-per-message-deflate": str(config.ws_per_message_deflate).lower(),
        "timeout-graceful-shutdown": str(config.timeout_graceful_shutdown),
    }
    flags = {option for parameter in uvicorn.main.params for option in parameter.opts}
    assert {f"--{name}" for name in told} <= flags
