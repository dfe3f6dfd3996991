"""The command line: what it says of itself, and one line for whatever keeps it from starting."""

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import IO

import pytest

from parlour import __version__, cli
from parlour.settings import PREFIX, Settings
from tests.support import commands
from tests.support.brief import thorough_but
from tests.support.people import http_client
from tests.support.rights import NAME, rights
from tests.support.server import PARLOUR, Server
from tests.support.timing import scaled

Parlour = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def parlour(tmp_path: Path) -> Parlour:
    """Return a way to run the program in an empty folder, where it is expected to end soon."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(PREFIX)}

    def run(*arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
        env = {f"{PREFIX}{name.upper()}": value for name, value in settings.items()}
        return subprocess.run(
            [PARLOUR, *arguments],
            cwd=tmp_path,
            env={**inherited, **env},
            capture_output=True,
            text=True,
            timeout=scaled(60),
            check=False,
        )

    return run


@pytest.fixture
def loaded(tmp_path: Path) -> Parlour:
    """Return the same for a program that has been loaded before: for what it says then."""

    def run(*arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
        env = {f"{PREFIX}{name.upper()}": value for name, value in settings.items()}
        return commands.parlour(*arguments, cwd=tmp_path, env=env)

    return run


def one_line(run: "subprocess.CompletedProcess[str]", status: int = 1) -> str:
    """Assert that a run failed with one line on standard error; return what it says."""
    assert run.returncode == status, run.stderr
    assert run.stdout == ""
    [line] = run.stderr.splitlines()
    assert line.startswith("parlour: ")
    return line.removeprefix("parlour: ")


def test_ctrl_c_ends_the_start_at_once_and_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As it ends any program, until the server listens for it; afterwards all is as it was."""
    former = signal.getsignal(signal.SIGINT)
    seen = []

    def starting(settings: Settings) -> int:
        seen.append(signal.getsignal(signal.SIGINT))
        return 0

    monkeypatch.setattr(cli, "serve", starting)
    assert cli.main(["serve"]) == 0
    assert seen == [signal.SIG_DFL]
    assert signal.getsignal(signal.SIGINT) == former


def test_it_says_its_version(parlour: Parlour) -> None:
    """On standard output."""
    run = parlour("--version")
    assert (run.returncode, run.stdout, run.stderr) == (0, f"parlour {__version__}\n", "")


def test_its_help_names_every_command(parlour: Parlour) -> None:
    """With a line for each."""
    run = parlour("--help")
    assert run.returncode == 0
    assert re.search(r"^ +serve +Start the server\.$", run.stdout, re.MULTILINE)


def test_the_help_of_serve_explains_every_setting(parlour: Parlour) -> None:
    """As a flag and as a variable, with its default."""
    run = parlour("serve", "--help")
    assert run.returncode == 0
    text = " ".join(run.stdout.split())
    for name, setting in Settings.model_fields.items():
        assert f"--{name.replace('_', '-')} VALUE" in text
        assert " ".join(str(setting.description).split()) in text
        assert f"({PREFIX}{name.upper()})" in text
        if setting.default not in ((), ""):
            assert f"Default: {setting.default} ({PREFIX}{name.upper()})" in text


@pytest.mark.parametrize("arguments", [[], ["dance"], ["serve", "--colour", "red"], ["serve", "x"]])
def test_a_wrong_command_is_told_with_how_it_is_used(loaded: Parlour, arguments: list[str]) -> None:
    """Status 2, as the shell expects it."""
    run = loaded(*arguments)
    assert run.returncode == 2
    assert run.stderr.startswith("usage: parlour")
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("backup --to x --keep banana", "--keep: say how many are kept, such as 7 or daily=7"),
        ("backup --to ftp://x", "--to: name a folder, or a bucket such as s3://backups/chat"),
        ("backup --to s3:/b/x", "--to: name a folder, or a bucket such as s3://backups/chat"),
        ("export --to S3:b", "--to: name a folder, or a bucket such as s3://backups/chat"),
        ("export --to s3://", "--to: name a bucket, such as s3://backups/chat"),
        ("retention preview --days abc", "--days: it has to be a number from 1 to 36500, and is"),
        (f"bench --people {'9' * 5_000}", "--people: it has to be a number from 1 to 1000, and is"),
        (f"audit verify --head {'9' * 5_000}:", "--head: it has to be ID:HASH, as this command"),
    ],
)
def test_a_wrong_value_of_a_flag_is_told_in_a_sentence(
    loaded: Parlour, tmp_path: Path, arguments: str, words: str
) -> None:
    """With status 2, and before anything is made."""
    run = loaded(*arguments.split())
    assert (run.returncode, run.stdout) == (2, "")
    assert f"error: argument {words}" in run.stderr
    assert len(run.stderr) < 1_000
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments", thorough_but(["doctor"], ["doctor", "--help", "backup --list --to ."])
)
def test_output_that_cannot_be_written_ends_it_without_a_traceback(
    tmp_path: Path, arguments: str
) -> None:
    """Quietly where nobody reads any more, as programs end there; else in one line."""

    def run(output: "int | IO[bytes]") -> "subprocess.CompletedProcess[bytes]":
        return subprocess.run(
            [PARLOUR, *arguments.split()], cwd=tmp_path, stdout=output, stderr=subprocess.PIPE,
            timeout=scaled(60), check=False,
        )  # fmt: skip

    reads, writes = os.pipe()
    os.close(reads)
    gone = run(writes)
    os.close(writes)
    assert (gone.returncode, gone.stderr) == (141, b"")
    with Path("/dev/full").open("wb") as full:
        lost = run(full)
    words = b"parlour: What it says cannot be written: No space left on device.\n"
    assert (lost.returncode, lost.stderr) == (1, words)


def test_who_closes_its_output_wants_to_know_nothing(tmp_path: Path) -> None:
    """It does what it does, and ends well."""
    run = subprocess.run(
        ["/bin/sh", "-c", f"exec {PARLOUR} doctor >&-"], cwd=tmp_path, stderr=subprocess.PIPE,
        timeout=scaled(60), check=False,
    )  # fmt: skip
    assert (run.returncode, run.stderr) == (0, b"")


def test_it_runs_as_a_module_too() -> None:
    """For where scripts are not on the path."""
    run = subprocess.run(
        [sys.executable, "-m", "parlour.cli", "--version"],
        capture_output=True,
        text=True,
        timeout=scaled(60),
        check=True,
    )
    assert run.stdout == f"parlour {__version__}\n"


def test_a_wrong_setting_costs_one_line(parlour: Parlour, loaded: Parlour, tmp_path: Path) -> None:
    """From a flag, a variable or the file; nothing is made."""
    line = one_line(parlour("serve", "--port", "many"), status=2)
    assert line.startswith("PARLOUR_PORT is wrong: ")
    assert one_line(loaded("serve", log_level="loud")).startswith("PARLOUR_LOG_LEVEL is wrong: ")
    line = "PARLOUR_PROT is not a setting of Parlour. Did you mean PARLOUR_PORT?"
    assert one_line(loaded("serve", prot="1")) == line
    (tmp_path / ".env").write_text("PARLOUR_HOST=\n")
    assert one_line(loaded("serve")).startswith("PARLOUR_HOST is wrong: ")
    assert [path.name for path in tmp_path.iterdir()] == [".env"]


@pytest.mark.thorough
def test_a_data_directory_that_cannot_be_costs_one_line(
    parlour: Parlour, loaded: Parlour, tmp_path: Path
) -> None:
    """It names the directory and the reason."""
    (tmp_path / "file").write_text("")
    line = one_line(parlour("serve", "--data-dir", "file"))
    assert line == "Cannot use the data directory file: File exists."
    line = one_line(loaded("serve", "--data-dir", "file/inside"))
    assert line == "Cannot use the data directory file/inside: Not a directory."
    (tmp_path / "data").mkdir()
    for name in ("files", "uploads"):
        (tmp_path / "data" / name).write_text("")
        line = one_line(loaded("serve"))
        assert line == f"Cannot use data/{name}: Not a directory."
        (tmp_path / "data" / name).unlink()


@pytest.mark.sqlite
@pytest.mark.parametrize("command", ["audit verify", "retention preview", "retention held"])
def test_a_data_directory_of_another_user_costs_one_line(command: str) -> None:
    """Which says whose it is, also where it is only to be read."""
    with rights() as theirs:
        data = theirs.data_dir
        data.mkdir(mode=0o700)
        theirs.give_away(data)
        line = one_line(theirs.run(*command.split()))
    assert line == (
        f"Cannot use {data}/chat.db: Permission denied. {data} belongs to root, and this runs as"
        f" {NAME}."
    )


def test_a_file_that_is_no_database_costs_one_line_and_stays(
    loaded: Parlour, tmp_path: Path
) -> None:
    """Somebody may still want what is in it."""
    (tmp_path / "data").mkdir()
    path = tmp_path / "data" / "chat.db"
    path.write_bytes(b"something else entirely, longer than a header" * 20)
    before = path.read_bytes()
    line = one_line(loaded("serve"))
    assert "data/chat.db cannot be used: file is not a database" in line
    assert "backup" in line
    assert path.read_bytes() == before


def test_a_newer_database_costs_one_line_and_stays(loaded: Parlour, own_server: Server) -> None:
    """It names both schemas and says what to install."""
    own_server.stop()
    path = own_server.data_dir / "chat.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    before = path.read_bytes()
    line = one_line(loaded("serve", data_dir=str(own_server.data_dir)))
    assert "schema 9999" in line
    assert "newer version" in line
    assert path.read_bytes() == before


def test_an_address_that_cannot_be_listened_on_costs_one_line(
    loaded: Parlour, tmp_path: Path
) -> None:
    """It names the address, the reason and the flags; the data directory is free again."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        line = one_line(loaded("serve", "--port", port))
    assert line.startswith(f"Cannot listen on 127.0.0.1 port {port}: Address already in use.")
    assert "--port" in line
    # An address of nobody, kept for documentation (RFC 5737).
    line = one_line(loaded("serve", "--host", "192.0.2.1"))
    assert line.startswith("Cannot listen on 192.0.2.1 port 8000: Cannot assign")
    assert one_line(loaded("serve", "--host", "no host")).startswith("Cannot listen on no host")


def test_the_settings_of_flags_reach_the_server(new_server: Callable[..., Server]) -> None:
    """And win over the environment."""
    server = new_server(
        env={"PARLOUR_MAX_MESSAGE_LENGTH": "5"}, flags=["--max-message-length", "6"]
    ).start()
    with http_client(server) as http:
        assert "maxMessageLength&quot;: 6," in http.get("/").text


def test_main_reports_a_wrong_setting_to_its_caller(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By its status, for who calls it from Python."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    assert cli.main(["serve", "--port", "x"]) == cli.WRONG_FLAG
    assert capsys.readouterr().err.startswith("parlour: PARLOUR_PORT is wrong")
