"""`parlour doctor`: what an installation has lost, and what was left in it by what was killed."""

import os
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.accounts import register
from tests.support.archives import made
from tests.support.brief import thorough_but
from tests.support.doctor import Said, Seen, seen, seen_at
from tests.support.files import said, sent, until
from tests.support.lived import ENVIRONMENT
from tests.support.places import make_room
from tests.support.server import PARLOUR, NewServer, Server

pytestmark = [pytest.mark.sqlite, pytest.mark.one_node("it is told of one installation")]

FILES = 5


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Server:
    """Return a server with files large enough for a backup to take a moment; it runs no more."""
    with Server(tmp_path_factory.mktemp("filled")) as server:
        ann = register(server, "ann")
        room = make_room(ann).room
        for _ in range(FILES):
            said(ann, room, sent(ann, room, os.urandom(3_000_000)))
    told = seen_at(server.home)
    assert (told.of("FAULT"), told.of("warning")) == ([], [])
    return server


@pytest.fixture
def home(filled: Server, tmp_path: Path) -> Path:
    """Return where there is a copy of it, with which all is well."""
    shutil.copytree(filled.data_dir, tmp_path / "home" / "data")
    return tmp_path / "home"


def about(told: Seen, what: str) -> list[Said]:
    """What it says of something that is not as it should be."""
    return [each for each in told.said if each.what == what and each.kind != "ok"]


def take_away(path: Path) -> None:
    """Let there be nothing."""
    shutil.rmtree(path) if path.is_dir() else path.unlink()


REMAINS = {
    "all": ((), "keys.json and files that people have sent are"),
    "keys alone": (("files",), "keys.json is"),
    "files alone": (("keys.json",), "files that people have sent are"),
}


@pytest.mark.parametrize("which", REMAINS)
@pytest.mark.parametrize("is_empty", thorough_but([False], [False, True]), ids=["gone", "emptied"])
def test_a_database_that_is_gone_from_an_installation_is_a_fault(
    home: Path, which: str, is_empty: bool
) -> None:
    """A start would begin an empty chat; one that is empty is as good as gone."""
    gone, words = REMAINS[which]
    for name in (*gone, "chat.db"):
        take_away(home / "data" / name)
    if is_empty:
        (home / "data" / "chat.db").touch(mode=0o600)
    told = seen_at(home)
    found = told.only_fault()
    assert found.what == "Database"
    seen_so = "is empty" if is_empty else "is not there"
    assert found.seen == (
        f"{home}/data/chat.db {seen_so}, but {words} in {home}/data: a start would begin an empty"
        " chat."
    )
    assert found.mend.startswith("before a start put the database back")
    assert "restore a backup" in found.mend
    assert (home / "data" / "chat.db").exists() == is_empty


def test_a_log_without_its_database_is_a_fault(home: Path) -> None:
    """What is in it belongs to the database, without which no server starts."""
    for name in ("files", "keys.json"):
        take_away(home / "data" / name)
    (home / "data" / "chat.db").rename(home / "data" / "chat.db-wal")
    found = seen_at(home).only_fault()
    assert found.seen.endswith(f", but chat.db-wal is in {home}/data: no server starts.")
    assert "with its chat.db-wal" in found.mend


def test_files_that_are_gone_are_a_fault(home: Path) -> None:
    """None can be sent out; a chat in which nothing was sent has none, and nothing is said."""
    take_away(home / "data" / "files")
    found = seen_at(home).only_fault()
    assert found.what == "Files"
    assert found.seen == (
        f"{home}/data/files is not there, and the database names files in it: none can be sent out."
    )


def test_a_chat_without_files_needs_no_folder_of_them(own_server: Server) -> None:
    """The next start makes it."""
    make_room(register(own_server, "ann"))
    own_server.stop()
    (own_server.data_dir / "files").rmdir()
    told = seen(own_server)
    assert told.status == 0
    assert "Files" not in told.output


def test_a_folder_of_files_that_leads_nowhere_is_a_fault(home: Path) -> None:
    """As one does whose disk is not mounted; and so is one that is no folder."""
    path = home / "data" / "files"
    path.rename(home / "elsewhere")
    path.symlink_to(home / "elsewhere")
    assert seen_at(home).of("FAULT") == []
    (home / "elsewhere").rename(home / "unmounted")
    found = seen_at(home).only_fault()
    words = f"{path} leads to {home}/elsewhere, which is not there: no file can be stored."
    assert (found.what, found.seen) == ("Files", words)
    path.unlink()
    path.touch(mode=0o600)
    assert seen_at(home).only_fault().seen == f"{path} is no folder: no file can be stored."


@pytest.mark.parametrize("how", ["short", "deep"])
def test_files_that_the_database_names_are_looked_for(home: Path, how: str) -> None:
    """Some of them, and with --deep all; how many are missing or cut off, and the first three."""
    flags = ["--deep"] * (how == "deep")
    files = sorted(each for each in (home / "data" / "files").rglob("*") if each.is_file())
    assert Said("ok", "Files", f"All {FILES} that were looked for are there.") in seen_at(
        home, *flags
    ).of("ok")
    for file in files[:3]:
        file.unlink()
    os.truncate(files[3], 1000)
    told = seen_at(home, *flags)
    assert told.status == 0
    [warned] = about(told, "Files")
    assert warned.kind == "warning"
    names = ", ".join(each.name for each in files[:3])
    assert warned.seen == (
        f"Of {FILES} files that were looked for 4 are not in {home}/data/files, or not whole:"
        f" {names} and 1 more."
    )
    files[4].unlink()
    assert f"{FILES} are not in" in seen_at(home, *flags).only_fault().seen


def stopped(
    *command: str | Path, cwd: Path, there: Callable[[], bool]
) -> "Iterator[subprocess.Popen[bytes]]":
    """Yield a command that stands still as soon as something is there; it is killed then."""
    with subprocess.Popen(
        [PARLOUR, *command], cwd=cwd, env=ENVIRONMENT,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as run:  # fmt: skip
        try:
            until(there)
            run.send_signal(signal.SIGSTOP)
            assert there()
            yield run
        finally:
            run.kill()


@pytest.mark.thorough
def test_what_a_killed_backup_has_left_is_told(home: Path, tmp_path: Path) -> None:
    """While it lives nothing is said; the next one takes it away."""
    place, data = tmp_path / "place", home / "data"
    env = {"PARLOUR_BACKUP_TO": str(place)}
    command = ("backup", "--to", place, "--data-dir", data)

    def there() -> bool:
        return any(place.glob(".parlour-backup-*/chat.db"))

    for _ in stopped(*command, cwd=home, there=there):
        assert about(seen_at(home, env=env), "Backups") == []
    told = seen_at(home, env=env)
    assert told.status == 0
    [left] = place.iterdir()
    [warned] = about(told, "Backups")
    assert warned.kind == "warning"
    assert warned.seen.startswith(f"A backup or an export that was killed has left {left} (")
    assert warned.mend == f"rm -r {left}; or leave it to the next backup, which takes it away"


def test_what_a_backup_into_a_bucket_has_left_in_the_data_directory_is_told(home: Path) -> None:
    """There it is made, where no other backup would take it away."""
    left = home / "data" / ".parlour-backup-left"
    left.mkdir(mode=0o700)
    (left / "chat.db").write_bytes(bytes(1_500_000))
    told = seen_at(home)
    [warned] = about(told, "Backups")
    assert warned.seen.endswith(f"has left {left} (1.5 MB).")
    assert warned.mend == f"rm -r {left}"


@pytest.mark.thorough
def test_a_restore_that_was_killed_is_a_fault(
    filled: Server, new_server: NewServer, tmp_path: Path
) -> None:
    """While it lives it is told as that; a database that is not there yet is none that is lost."""
    archive, target = made(filled, tmp_path / "place"), new_server()
    target.home.mkdir()
    data_dir = target.data_dir

    def there() -> bool:
        return any(data_dir.glob("restoring/files/*/*/*"))

    for run in stopped("restore", archive, "--data-dir", data_dir, cwd=target.home, there=there):
        words = f"A backup is restored into {data_dir} just now, by process {run.pid}."
        told = seen(target)
        assert Said("ok", "Restore", words) in told.said
        assert told.of("FAULT") == []
    assert seen(target).only_fault() == Said(
        "FAULT",
        "Restore",
        f"A restore into {data_dir} was not finished: nothing there counts, and no server starts.",
        "do it again, which takes away what was left: parlour restore ARCHIVE",
    )
    # Among its last steps: then no other takes away what is there already.
    (data_dir / "restoring" / "files").rename(data_dir / "files")
    found = seen(target).only_fault()
    assert found.mend == "take all that is in it away, and do it again: parlour restore ARCHIVE"


def test_a_restore_that_is_done_may_have_left_its_folder(home: Path) -> None:
    """The next start takes it away."""
    (home / "data" / "restoring").mkdir(mode=0o700)
    told = seen_at(home)
    assert told.status == 0
    [warned] = about(told, "Restore")
    assert warned.mend == "start the server: it takes that away"
    # The database is looked at all the same.
    assert [each.kind for each in told.said if each.what == "Database"] == ["ok", "ok"]


def test_a_restore_that_the_database_calls_unfinished_is_a_fault(home: Path) -> None:
    """As one into PostgreSQL does, on whichever machine it was killed."""
    with closing(sqlite3.connect(home / "data" / "chat.db")) as database, database:
        database.execute("INSERT INTO meta (name, value) VALUES ('restoring', '1')")
    found = seen_at(home).only_fault()
    assert found.seen.endswith("/chat.db has not come to its end: no server starts on it.")
    assert found.mend.endswith("do it again: parlour restore ARCHIVE")


@pytest.mark.thorough
def test_a_database_that_another_program_holds_is_not_given_up(home: Path) -> None:
    """A backup has nothing to do with it."""
    path = home / "data" / "chat.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.execute("BEGIN IMMEDIATE")
        found = seen_at(home).only_fault()
        database.rollback()
    assert (found.what, "database is locked" in found.seen) == ("Database", True)
    assert found.mend == f"end the other program that has it open: fuser {path}"
