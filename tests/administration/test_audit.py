"""The audit log: it only grows, it can be verified, and whatever is done to it is found."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from parlour import audit
from parlour.admin import AdminError, verify_audit
from parlour.database import get_db
from parlour.models import Person
from parlour.store.audit import last_entry
from tests.support.accounts import Account
from tests.support.administration import ADMIN, change_user, log_of
from tests.support.brief import thorough_but
from tests.support.commands import parlour
from tests.support.local import local_settings, open_database
from tests.support.people import checked
from tests.support.places import name_of, new_account
from tests.support.server import Server

if TYPE_CHECKING:
    import subprocess

ENTRIES = 5
ADA = Person.by_account("ada", 1)
# What is changed in each column, as it is stored.
TAMPERED = {
    "id": "id + 100",
    "at": "replace(at, 'Z', '+00:00')",
    "actor": "'user:2'",
    "actor_name": "'bob'",
    "action": "'room.unban'",
    "room_id": "8",
    "subject": "'eve'",
    "detail": """'{"seconds":61}'""",
    "previous": f"'{'1' * 64}'",
    "hash": f"'{'1' * 64}'",
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a data directory whose log has a few entries."""
    with open_database(tmp_path) as database, get_db(database) as connection:
        for number in range(ENTRIES):
            detail = {"seconds": 60, "reason": f"№ {number}"}
            audit.note(connection, ADA, "room.ban", "bob", room_id=7, detail=detail)
    return tmp_path / "data"


@contextmanager
def opened(data: Path) -> Iterator[sqlite3.Connection]:
    """Yield the database as somebody has it who has the file."""
    with closing(sqlite3.connect(data / "chat.db")) as database, database:
        yield database


def tamper(data: Path, *statements: str) -> None:
    """Do what the triggers refuse, by taking them away."""
    with opened(data) as database:
        for verb in ("update", "delete"):
            database.execute(f"DROP TRIGGER audit_no_{verb}")
        for statement in statements:
            assert database.execute(statement).rowcount > 0


def verify(data: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run `parlour audit verify` on a data directory."""
    return parlour("audit", "verify", "--data-dir", data, *arguments, cwd=data.parent)


def head_of(data: Path) -> str:
    """Return the head of a log that is right."""
    run = verify(data)
    assert (run.returncode, run.stderr) == (0, "")
    found = re.fullmatch(rf"{ENTRIES} entries, head ({ENTRIES}:[0-9a-f]{{64}})\n", run.stdout)
    assert found is not None
    return found[1]


def wrong(data: Path, head: str | None = None) -> str:
    """Assert that a log is found to be wrong; return what is said of it."""
    number, _, digest = (head or "").partition(":")
    known = None if head is None else (int(number), digest)
    with pytest.raises(AdminError) as error:
        verify_audit(local_settings(data.parent), known)
    found = re.fullmatch(r"The audit log is wrong: (.*)\.", str(error.value))
    assert found is not None, error.value
    return found[1]


@pytest.mark.sqlite
def test_a_log_that_nobody_touched_is_right(data: Path) -> None:
    """With its head, and with that of any moment before."""
    head = head_of(data)
    assert verify(data, "--head", head).returncode == 0
    with opened(data) as database:
        [(early,)] = database.execute("SELECT id || ':' || hash FROM audit WHERE id = 2").fetchall()
    assert verify(data, "--head", early).returncode == 0


AHEAD = """INSERT INTO audit
    SELECT 100, at, actor, actor_name, action, room_id, subject, detail, previous, hash
    FROM audit WHERE id = 2"""


@pytest.mark.sqlite
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET subject = 'eve'",
        "DELETE FROM audit",
        "REPLACE INTO audit SELECT * FROM audit WHERE id = 2",
        f"REPLACE INTO audit SELECT * FROM audit WHERE id = {ENTRIES}",
        AHEAD,
    ],
)
def test_entries_are_neither_changed_nor_taken_away(data: Path, statement: str) -> None:
    """The database itself refuses it."""
    with opened(data) as database, pytest.raises(sqlite3.IntegrityError, match="only grows"):
        database.execute(statement)
    head_of(data)


@pytest.mark.sqlite
@pytest.mark.parametrize("entry", thorough_but([3], [1, 3, ENTRIES]))
@pytest.mark.parametrize("column", TAMPERED)
def test_every_column_of_an_entry_is_kept(data: Path, column: str, entry: int) -> None:
    """Whatever is changed in it is found where it was changed."""
    with opened(data) as database:
        columns = [row[1] for row in database.execute("PRAGMA table_info(audit)")]
    assert set(columns) == set(TAMPERED)
    tamper(data, f"UPDATE audit SET {column} = {TAMPERED[column]} WHERE id = {entry}")
    assert re.search(rf"\bentry ({entry}|{entry + 100})\b", wrong(data))


@pytest.mark.sqlite
def test_the_command_says_in_one_line_what_is_wrong(data: Path) -> None:
    """And ends with status 1."""
    tamper(data, "UPDATE audit SET subject = 'eve' WHERE id = 2")
    run = verify(data)
    assert (run.returncode, run.stdout) == (1, "")
    words = "parlour: The audit log is wrong: entry 2 was changed: its hash is another.\n"
    assert run.stderr == words


@pytest.mark.sqlite
def test_what_is_no_value_at_all_is_found(data: Path) -> None:
    """A time that is none, bytes where there should be text."""
    tamper(data, "UPDATE audit SET at = 'yesterday' WHERE id = 2")
    assert wrong(data) == "entry 2 was changed: it cannot be read"


@pytest.mark.sqlite
def test_bytes_where_there_should_be_text_are_found(data: Path) -> None:
    """The same."""
    tamper(data, "UPDATE audit SET subject = x'00ff' WHERE id = 4")
    assert wrong(data) == "entry 4 was changed: it cannot be read"


@pytest.mark.sqlite
@pytest.mark.parametrize("entry", [1, 3])
def test_a_removed_entry_is_missed(data: Path, entry: int) -> None:
    """The first one too."""
    tamper(data, f"DELETE FROM audit WHERE id = {entry}")
    assert wrong(data).startswith(f"entry {entry} is missing")


@pytest.mark.sqlite
def test_entries_that_were_moved_up_are_found(data: Path) -> None:
    """Also when the gap is closed."""
    tamper(data, "DELETE FROM audit WHERE id = 3", "UPDATE audit SET id = id - 1 WHERE id > 3")
    assert wrong(data) == "entry 3 does not follow the entry before it"


@pytest.mark.sqlite
def test_an_inserted_entry_is_found(data: Path) -> None:
    """A copy of another one behind it, with room made for it."""
    tamper(
        data,
        "UPDATE audit SET id = -id WHERE id > 2",
        "INSERT INTO audit SELECT 3, at, actor, actor_name, action, room_id, subject, detail,"
        " previous, hash FROM audit WHERE id = 2",
        "UPDATE audit SET id = -id + 1 WHERE id < 0",
    )
    assert wrong(data) == "entry 3 does not follow the entry before it"


@pytest.mark.sqlite
def test_entries_that_changed_places_are_found(data: Path) -> None:
    """Each is right by itself."""
    tamper(
        data,
        "UPDATE audit SET id = -3 WHERE id = 3",
        "UPDATE audit SET id = 3 WHERE id = 4",
        "UPDATE audit SET id = 4 WHERE id = -3",
    )
    assert wrong(data) == "entry 3 does not follow the entry before it"


@pytest.mark.sqlite
@pytest.mark.parametrize("left", [0, 4])
def test_an_end_that_was_cut_off_is_found_by_a_head_that_was_noted(data: Path, left: int) -> None:
    """Without one nobody can tell."""
    head = head_of(data)
    tamper(data, f"DELETE FROM audit WHERE id > {left}")
    assert verify(data).returncode == 0
    assert wrong(data, head) == f"entry 5 is missing: the log ends with entry {left}"


@pytest.mark.sqlite
def test_a_log_that_was_written_anew_is_found_by_a_head_that_was_noted(data: Path) -> None:
    """Hashes and all, by somebody who knows how."""
    head = head_of(data)
    tamper(data, "DELETE FROM audit")
    with open_database(data.parent) as database, get_db(database) as connection:
        for _ in range(ENTRIES + 1):
            audit.note(connection, ADA, "room.ban", "eve", room_id=7)
    assert verify(data).returncode == 0
    assert wrong(data, head) == "entry 5 is not the one whose hash was noted"


@pytest.mark.sqlite
def test_an_empty_log_is_right(tmp_path: Path) -> None:
    """It has the head that every log begins with."""
    with open_database(tmp_path):
        pass
    assert verify(tmp_path / "data").stdout == f"0 entries, head 0:{'0' * 64}\n"


def test_what_is_no_log_costs_one_line(tmp_path: Path) -> None:
    """No folder, no database in it, no head."""
    missing = verify(tmp_path / "none")
    assert (missing.returncode, missing.stdout) == (1, "")
    assert missing.stderr == f"parlour: There is no database in {tmp_path / 'none'}.\n"
    assert not (tmp_path / "none").exists()
    (tmp_path / "chat.db").write_bytes(b"not a database" * 100)
    broken = verify(tmp_path)
    assert broken.returncode == 1
    [line] = broken.stderr.splitlines()
    assert "cannot be read" in line
    strange = verify(tmp_path, "--head", "5:abc")
    assert strange.returncode == 2
    assert "ID:HASH" in strange.stderr


@pytest.mark.sqlite
def test_a_running_server_is_verified_beside_it(server: Server, chief: Account) -> None:
    """Its newest entries too; it goes on writing."""
    account = new_account(server, "watched")
    for number in range(1, 4):
        checked(change_user(chief, name_of(account), disabled=number % 2 == 1))
        run = verify(server.data_dir)
        assert (run.returncode, run.stderr) == (0, "")
        newest = log_of(chief)[-1]
        assert run.stdout.endswith(f"head {newest['id']}:{newest['hash']}\n")


def test_the_log_is_read_newest_first_page_by_page(server: Server, chief: Account) -> None:
    """Each entry with who did what to whom, and what else there is to say."""
    account = new_account(server, "watched")
    for disabled in (True, False):
        checked(change_user(chief, name_of(account), disabled=disabled, role="member"))
    first, second = log_of(chief, limit=2)
    assert (first["action"], second["action"]) == ("user.disable", "user.enable")
    assert set(second) == {
        "id", "at", "actor", "actor_guest", "action", "room_id", "subject", "subject_guest",
        "detail", "hash",
    }  # fmt: skip
    assert (second["actor"], second["subject"]) == (name_of(chief), name_of(account))
    assert (second["room_id"], second["detail"]) == (None, {})
    assert (second["actor_guest"], second["subject_guest"]) == (False, False)
    page = {"before": second["id"], "limit": 1}
    assert checked(chief.call("GET", f"{ADMIN}/audit", params=page)) == [first]
    assert checked(chief.call("GET", f"{ADMIN}/audit", params={"before": 1})) == []


@pytest.mark.parametrize(
    ("by", "action", "author", "expected"),
    [
        (ADA, "room.ban", "guest:abc", (False, True)),
        (ADA, "room.unban", "name:bob", (False, True)),
        (ADA, "message.delete", "user:7", (False, False)),
        (ADA, "member.remove", None, (False, False)),
        # Written down before reports knew whose message they are about.
        (ADA, "report.resolve", None, (False, None)),
        (ADA, "policy.change", None, (False, None)),
        (ADA, "room.slow", None, (False, None)),
        (Person.by_name("bob"), "room.delete", None, (True, None)),
        (audit.COMMAND_LINE, "admin.create", None, (False, False)),
    ],
)
def test_an_entry_says_who_is_a_guest(
    tmp_path: Path, by: Person, action: str, author: str | None, expected: tuple[bool, bool | None]
) -> None:
    """Who did it, and to whom, where it is somebody."""
    with open_database(tmp_path) as database, get_db(database) as connection:
        audit.note(connection, by, action, "bob", detail={"author": author} if author else {})
        entry = last_entry(connection)
    assert entry is not None
    told = audit.told(entry)
    assert (told.actor_guest, told.subject_guest) == expected


def test_the_command_line_is_written_down(tmp_path: Path) -> None:
    """Administrators that it made, passwords that it reset."""
    for arguments in (["create", "ada"], ["reset-password", "ADA"]):
        place = ("--data-dir", tmp_path / "data")
        words = ("admin", *arguments, "--password-stdin")
        run = parlour(*words, *place, cwd=tmp_path, given="a long and rare one\n")
        assert run.returncode == 0, run.stderr
    with opened(tmp_path / "data") as database:
        rows = database.execute("SELECT actor, actor_name, action, subject FROM audit").fetchall()
    assert rows == [
        ("cli", "cli", "admin.create", "ada"),
        ("cli", "cli", "user.password_reset", "ada"),
    ]
    assert verify(tmp_path / "data").stdout.startswith("2 entries, head 2:")
