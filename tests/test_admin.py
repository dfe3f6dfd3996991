"""`parlour admin`: what can be done while no server runs, and one line for what cannot."""

import asyncio
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from parlour.settings import PREFIX
from parlour.store.backends import ELSEWHERE
from tests.support.accounts import PASSWORD, log_in, register, stranger, try_login
from tests.support.answers import assert_refused
from tests.support.brief import thorough_but
from tests.support.commands import parlour
from tests.support.databases import database_url
from tests.support.inside import inside
from tests.support.lived import ask
from tests.support.people import checked
from tests.support.server import PARLOUR, Server
from tests.support.timing import scaled

Admin = Callable[..., "subprocess.CompletedProcess[str]"]
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith(PREFIX)}


@pytest.fixture
def admin(tmp_path: Path) -> Admin:
    """Return a way to run `parlour admin` on a data directory of its own, or on `at`."""

    def run(
        *arguments: str, given: str = "", at: Server | None = None
    ) -> "subprocess.CompletedProcess[str]":
        home, data = (tmp_path, tmp_path / "data") if at is None else (at.home, at.data_dir)
        where = {"PARLOUR_DATABASE_URL": database_url(home)}
        to = ("--data-dir", data)
        return parlour("admin", *arguments, *to, cwd=tmp_path, env=where, given=given)

    return run


def done(run: "subprocess.CompletedProcess[str]") -> str:
    """Assert that a run did what it should, and return the one line that says so."""
    assert (run.returncode, run.stderr) == (0, "")
    [line] = run.stdout.splitlines()
    return line


def failed(run: "subprocess.CompletedProcess[str]") -> str:
    """Assert that a run failed with one line on standard error; return what it says."""
    assert (run.returncode, run.stdout) == (1, "")
    [line] = run.stderr.splitlines()
    return line.removeprefix("parlour: ")


@pytest.mark.sqlite
def test_without_the_servers_settings_no_other_database_is_begun(
    admin: Admin, new_server: Callable[..., Server]
) -> None:
    """Where the chat lies elsewhere, the folder says so; not with what password."""
    server = new_server()
    server.data_dir.mkdir(mode=0o700, parents=True)
    note = server.data_dir / ELSEWHERE
    note.write_text("postgresql://chat@db.example.org/chat\n")
    said = failed(admin("create", "Ada", "--password-stdin", given=f"{PASSWORD}\n", at=server))
    assert said.startswith(f"The database of {server.data_dir} is postgresql://chat@db")
    assert not (server.data_dir / "chat.db").exists()
    for command in (["audit", "verify"], ["retention", "preview"], ["retention", "held"]):
        assert failed(ask(server, *command)) == said
    note.write_bytes(b"")
    assert " is elsewhere: set PARLOUR_" in failed(ask(server, "audit", "verify"))
    note.unlink()
    done(admin("create", "Ada", "--password-stdin", given=f"{PASSWORD}\n", at=server))


def test_an_administrator_is_made_before_the_first_start(
    admin: Admin, new_server: Callable[..., Server]
) -> None:
    """And signs in then; no link is printed for another one."""
    server = new_server()
    line = done(admin("create", "Ada", "--password-stdin", given=f"{PASSWORD}\n", at=server))
    assert line == "ada is an administrator."
    server.start()
    account = log_in(server, "ada")
    assert (account.user["role"], account.user["display_name"]) == ("administrator", "Ada")
    server.stop()
    assert "First administrator" not in server.process.output


@pytest.mark.sqlite
def test_where_there_is_no_database_none_is_begun(admin: Admin, tmp_path: Path) -> None:
    """As in a folder that was mistyped: nothing but a first administrator begins one."""
    data = tmp_path / "data"
    acts = ("disable ada", "enable ada", "invite", "rotate-keys", "sweep-files --delete",
            "reset-password ada --password-stdin")  # fmt: skip
    for act in acts:
        run = admin(*act.split(), given=PASSWORD)
        assert failed(run) == f"There is no database in {data}."
        assert not data.exists()
    data.mkdir(mode=0o700)
    assert failed(admin("invite")) == f"There is no database in {data}."
    assert list(data.iterdir()) == []
    # Of a log without its file there is more to say, as at a start.
    (data / "chat.db-wal").write_bytes(b"what was said last")
    assert "with what was written to it last" in failed(admin("invite"))


@pytest.mark.parametrize(
    ("name", "password", "said"),
    [
        ("x", PASSWORD, "A username has at least 2 characters."),
        ("two words", PASSWORD, "A username has letters and digits of one kind"),
        ("admin", PASSWORD, "Nobody can be called admin."),
        ("y" * 51, PASSWORD, "A username has at most 50 characters."),
        ("ada", "short", "A password has at least 8 characters."),
        ("ada", "password1", "This password is one of the most common; choose another."),
        ("ada", "", "A password has at least 8 characters."),
    ],
)
def test_what_cannot_be_an_administrator_is_refused_in_one_line(
    admin: Admin, name: str, password: str, said: str
) -> None:
    """As at registration."""
    run = admin("create", name, "--password-stdin", given=password)
    assert failed(run).startswith(said)


def test_a_name_that_is_taken_is_refused_in_one_line(admin: Admin) -> None:
    """Also one that only looks like it."""
    done(admin("create", "ada", "--password-stdin", given=PASSWORD))
    run = admin("create", "\u0430da", "--password-stdin", given=PASSWORD)
    assert failed(run) == "The name \u0430da is taken."


# Runs a program at a terminal of its own, and hands on what is typed there and shown.
AT_A_TERMINAL = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"


@pytest.mark.parametrize(
    ("again", "status", "said"),
    thorough_but(
        [(PASSWORD, 0, "ada is an administrator.")],
        [(PASSWORD, 0, "ada is an administrator."), ("another", 1, "The two are not the same.")],
    ),
)
def test_a_password_is_asked_for_twice_and_not_shown(
    tmp_path: Path, again: str, status: int, said: str
) -> None:
    """At a terminal; what was typed does not stand on it."""
    with subprocess.Popen(
        [sys.executable, "-c", AT_A_TERMINAL, PARLOUR, "admin", "create", "ada"],
        cwd=tmp_path,
        env=ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        shown = b""
        for prompt, typed in ((b"Password: ", PASSWORD), (b"Once more: ", again)):
            while prompt not in shown:
                shown += os.read(program.stdout.fileno(), 1024)
            program.stdin.write(f"{typed}\n".encode())
            program.stdin.flush()
        shown += program.stdout.read()
        assert program.wait(scaled(30)) == status
    assert said in shown.decode()
    assert PASSWORD not in shown.decode()


@pytest.mark.parametrize(
    ("shell", "said"),
    [
        (
            "exec parlour admin create ada </dev/null",
            "There is no terminal to ask for the password at: use --password-stdin.",
        ),
        (
            "exec parlour admin create ada --password-stdin <&-",
            "A password has at least 8 characters.",
        ),
    ],
    ids=["no terminal", "closed"],
)
def test_where_no_password_can_be_had_one_line_says_so(
    tmp_path: Path, shell: str, said: str
) -> None:
    """And what to do where there is no terminal."""
    path = f"{Path(PARLOUR).parent}:{ENVIRONMENT['PATH']}"
    run = subprocess.run(
        ["/bin/sh", "-c", shell], cwd=tmp_path, env={**ENVIRONMENT, "PATH": path},
        # Without this it has the terminal of whoever runs the tests.
        start_new_session=True, capture_output=True, text=True, timeout=scaled(60), check=False,
    )  # fmt: skip
    assert failed(run) == said


async def test_a_new_password_ends_all_logins(admin: Admin, own_server: Server) -> None:
    """And the old one is worth nothing."""
    account = register(own_server, "bea")
    await own_server.astop()
    line = done(
        admin("reset-password", "BEA", "--password-stdin", given="another one", at=own_server)
    )
    assert line == "bea has a new password and is signed out everywhere."
    run = admin("reset-password", "nobody-here", "--password-stdin", given=PASSWORD, at=own_server)
    assert failed(run) == "There is no account nobody-here."
    await asyncio.to_thread(own_server.start)
    assert account.status() == 401
    assert_refused(account.renewed(), "not_signed_in")
    with stranger(own_server) as client:
        assert_refused(try_login(client, "bea", PASSWORD), "wrong_credentials")
    assert log_in(own_server, "bea", "another one").status() == 200


async def test_an_account_is_disabled_and_enabled_again(admin: Admin, own_server: Server) -> None:
    """Disabled it can do nothing; enabled it signs in anew, and no login comes back to life."""
    account, other = register(own_server, "bodo"), register(own_server, "bodil")
    await own_server.astop()
    line = done(admin("disable", "BODO", at=own_server))
    assert line == "bodo is disabled and signed out everywhere."
    assert failed(admin("disable", "nobody-here", at=own_server)) == (
        "There is no account nobody-here."
    )
    await asyncio.to_thread(own_server.start)
    assert (account.status(), other.status()) == (401, 200)
    assert_refused(account.renewed(), "not_signed_in")
    with stranger(own_server) as client:
        assert_refused(try_login(client, "bodo", PASSWORD), "wrong_credentials")
        taken = client.post("/api/auth/guest", json={"username": "bodo"})
        assert_refused(taken, "name_taken", "username")
    await own_server.astop()
    assert done(admin("enable", "bodo", at=own_server)) == "bodo can sign in again."
    assert failed(admin("enable", "nobody-here", at=own_server)) == (
        "There is no account nobody-here."
    )
    await asyncio.to_thread(own_server.start)
    assert account.status() == 401
    assert log_in(own_server, "bodo").status() == 200


@pytest.mark.thorough
async def test_what_changes_nothing_is_not_noted(admin: Admin, own_server: Server) -> None:
    """To disable and enable an account once more writes nothing into the audit log."""
    register(own_server, "bert")
    await own_server.astop()
    for act in ("enable", "disable", "disable", "enable", "enable"):
        done(admin(act, "bert", at=own_server))
    with inside(own_server) as database:
        noted = database.execute("SELECT action FROM audit WHERE subject = 'bert' ORDER BY id")
        assert noted.fetchall() == [("user.disable",), ("user.enable",)]


@pytest.mark.thorough
async def test_a_new_key_signs_nobody_out(admin: Admin, own_server: Server) -> None:
    """Tokens of both keys are taken; a renewal is signed with the new one."""
    account = register(own_server, "carl")
    await own_server.astop()
    line = done(admin("rotate-keys", at=own_server))
    assert line == "New logins are signed with a new key; 0 old ones were dropped."
    await asyncio.to_thread(own_server.start)
    assert account.status() == 200
    renewed = checked(account.renewed())
    assert renewed["access_token"].partition(".")[0] != account.access.partition(".")[0]
    # The token just replaced is of the old key, its successor of the new one.
    assert checked(account.renewed())["refresh_token"] == renewed["refresh_token"]
    assert checked(account.renewed(renewed["refresh_token"]))["user"] == account.user


@pytest.mark.sqlite
def test_an_invitation_is_as_it_was_asked_for(admin: Admin, tmp_path: Path) -> None:
    """Once for a week, or so often and so long; what is stored is no token."""
    done(admin("create", "ada", "--password-stdin", given=PASSWORD))
    tokens = []
    for arguments in ([], ["--uses", "20", "--days", "3"]):
        found = re.fullmatch(
            r"http://localhost:8000/#/invite/([\w-]{22})", done(admin("invite", *arguments))
        )
        assert found
        tokens.append(found[1])
    with closing(sqlite3.connect(tmp_path / "data" / "chat.db")) as database:
        rows = database.execute(
            "SELECT uses_left, created_at, expires_at, token_hash, kind FROM invites ORDER BY id"
        ).fetchall()
    lives = [
        round(
            (datetime.fromisoformat(row[2]) - datetime.fromisoformat(row[1])) / timedelta(hours=1)
        )
        for row in rows
    ]
    assert [(row[0], life) for row, life in zip(rows, lives, strict=True)] == [(1, 168), (20, 72)]
    assert all(row[4] == "server" and len(row[3]) == 64 for row in rows)
    assert not {row[3] for row in rows} & set(tokens)


@pytest.mark.parametrize("argument", ["--uses=0", "--uses=x", "--days=-1", "--days=99999"])
def test_a_number_that_is_none_is_refused(admin: Admin, argument: str) -> None:
    """As every wrong flag is."""
    run = admin("invite", argument)
    assert run.returncode == 2
    assert "it has to be a number from 1 to" in run.stderr


@pytest.mark.parametrize(
    "arguments",
    thorough_but(
        [["rotate-keys"]],
        [
            ["create", "ada", "--password-stdin"],
            ["disable", "dora"],
            ["enable", "dora"],
            ["invite"],
            ["rotate-keys"],
            ["sweep-files", "--delete"],
        ],
    ),
    ids=lambda arguments: arguments[0],
)
def test_nothing_is_done_while_a_server_runs(
    admin: Admin, own_server: Server, arguments: list[str]
) -> None:
    """It would not know of it. One line says so, and what runs is not disturbed."""
    account = register(own_server, "dora")
    before = (own_server.data_dir / "keys.json").read_bytes()
    assert "runs on" in failed(admin(*arguments, given=PASSWORD, at=own_server))
    assert (own_server.data_dir / "keys.json").read_bytes() == before
    assert account.status() == 200


async def test_a_damaged_file_of_keys_costs_one_line(admin: Admin, own_server: Server) -> None:
    """For the server and for whoever wants to add one; nothing is overwritten."""
    await own_server.astop()
    (own_server.data_dir / "keys.json").write_text("[]")
    assert "is no file of keys" in failed(admin("rotate-keys", at=own_server))
    process = own_server.launch()
    assert process.wait() == 1
    [line] = process.lines
    assert line.startswith("parlour: ")
    assert "is no file of keys" in line
    assert (own_server.data_dir / "keys.json").read_text() == "[]"
