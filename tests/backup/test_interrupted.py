"""Backups and restores that are killed, told to end, or find the disk full."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from parlour.backup.command import ENDED
from tests.support.accounts import Account
from tests.support.archives import back_up, checked, made, refused, restore, restored
from tests.support.brief import thorough_but
from tests.support.faults import CannotRunError, small_disk
from tests.support.files import File, get, said, sent
from tests.support.inside import inside
from tests.support.lived import ENVIRONMENT
from tests.support.places import make_room, new_account
from tests.support.server import PARLOUR, NewServer, Server
from tests.support.timing import scaled

# PostgreSQL, nodes and stores are those of test_kinds.py, each by its own settings.
pytestmark = [pytest.mark.sqlite, pytest.mark.one_node(reason="see test_kinds.py")]

FILES = 12


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Account, list[File]]]:
    """Yield somebody on a running server with enough files to take a moment."""
    with Server(tmp_path_factory.mktemp("filled")) as server:
        ann = new_account(server, "ann")
        room = make_room(ann).room
        files = [sent(ann, room, os.urandom(3_000_000)) for _ in range(FILES)]
        for file in files:
            said(ann, room, file)
        yield ann, files


@pytest.fixture(scope="module")
def whole(filled: tuple[Account, list[File]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a backup of that server."""
    return made(filled[0].server, tmp_path_factory.mktemp("whole") / "kept")


def begin(*command: str | Path, cwd: Path) -> "subprocess.Popen[str]":
    """Start a command."""
    return subprocess.Popen(
        [PARLOUR, *command], cwd=cwd, env=ENVIRONMENT, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def test_one_that_a_server_has_begun_ends_with_it(
    filled: tuple[Account, list[File]], tmp_path: Path
) -> None:
    """However that ended: its standard input does, to which nobody ever writes."""
    data, place = filled[0].server.data_dir, tmp_path / "place"
    for command in ("backup", "export"):
        run = subprocess.run(
            [PARLOUR, command, "--to", place, "--data-dir", data, "--tied"], check=False,
            cwd=tmp_path, env=ENVIRONMENT, text=True, capture_output=True, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert (run.returncode, run.stdout) == (ENDED, "")
        assert "ended before it was done" in run.stderr
    assert not place.exists() or list(place.iterdir()) == []


def end_when(run: "subprocess.Popen[str]", reached: Callable[[], bool], number: int) -> int:
    """Send it a signal as soon as something is so; how it ended."""
    deadline = time.monotonic() + scaled(60)
    while run.poll() is None and not reached():
        assert time.monotonic() < deadline
        time.sleep(0.0005)
    run.send_signal(number)
    run.communicate(timeout=scaled(60))
    return run.returncode


def some(folder: Path, pattern: str, size: int = 0) -> Callable[[], bool]:
    """Whether there is a file of such a name with more than so many bytes."""

    def there() -> bool:
        try:
            return any(path.is_dir() or path.stat().st_size > size for path in folder.glob(pattern))
        except FileNotFoundError:
            return False

    return there


BACKUP = {
    "at its beginning": (".parlour-backup-*", 0),
    "in the database": (".parlour-backup-*/chat.db", 0),
    "when it packs": (".parlour-backup-*/chat.db.gz", 0),
    "among the files": (".parlour-backup-*/*.tar", 6_000_000),
    "when it is read back": (".parlour-backup-*/*.tar", 3_000_000 * FILES),
}


@pytest.mark.thorough
@pytest.mark.parametrize("when", thorough_but(["in the database"], BACKUP))
def test_a_backup_that_is_killed_leaves_nothing_that_looks_like_one(
    when: str, filled: tuple[Account, list[File]], place: Path, tmp_path: Path
) -> None:
    """The next one takes away what is left of it, and is made."""
    server = filled[0].server
    run = begin("backup", "--to", place, "--data-dir", server.data_dir, cwd=tmp_path)
    status = end_when(run, some(place, *BACKUP[when]), signal.SIGKILL)
    archives = list(place.glob("*.tar"))
    assert len(archives) == (status == 0)
    with inside(server) as database:
        # It would be stale in a minute.
        database.execute("DELETE FROM meta WHERE name = 'backing up'")
    archive = made(server, place) if not archives else archives[0]
    assert checked(archive, tmp_path).returncode == 0
    if not archives:
        assert list(place.iterdir()) == [archive]


@pytest.mark.thorough
def test_a_backup_that_is_told_to_end_leaves_nothing(
    filled: tuple[Account, list[File]], place: Path, tmp_path: Path
) -> None:
    """It says so, with a status of its own; the next may begin at once."""
    server = filled[0].server
    for number in (signal.SIGTERM, signal.SIGINT):
        run = begin("backup", "--to", place, "--data-dir", server.data_dir, cwd=tmp_path)
        reached = some(place, ".parlour-backup-*/*.tar", 6_000_000)
        status = end_when(run, reached, number)
        assert status == 130
        assert list(place.iterdir()) == []
    made(server, place)


RESTORE = {
    "at its beginning": ("restoring", 0),
    "in the database": ("restoring/chat.db", 0),
    "among the files": ("restoring/files/*/*/*", 0),
    "when it puts all in its place": ("files", 0),
    "at its very end": ("chat.db", 0),
}


@pytest.mark.thorough
@pytest.mark.parametrize("when", thorough_but(["in the database"], RESTORE))
def test_a_restore_that_is_killed_is_whole_or_nothing(
    when: str, filled: tuple[Account, list[File]], whole: Path, new_server: NewServer
) -> None:
    """No server starts on a part of it; the next one does all of it, or says what to do first."""
    ann, files = filled
    target = new_server()
    target.home.mkdir()
    data_dir = target.data_dir
    run = begin("restore", whole, "--data-dir", data_dir, cwd=target.home)
    end_when(run, some(data_dir, *RESTORE[when]), signal.SIGKILL)
    is_whole = (data_dir / "chat.db").exists()
    if not is_whole:
        process = target.launch()
        assert process.wait() == 1
        assert "was not finished, and nothing there counts." in process.lines[0]
        again = restore(whole, target)
        if again.returncode:
            assert "was interrupted at its very end" in refused(again)
            subprocess.run(["rm", "-r", data_dir], check=True)
            restored(whole, target)
    target.start()
    there = replace(ann, server=target)
    for file in files:
        assert len(get(there, file).content) == file["size"]
    assert not (data_dir / "restoring").exists()


@pytest.mark.thorough
def test_a_full_disk_is_told_and_nothing_is_left(
    filled: tuple[Account, list[File]], whole: Path, new_server: NewServer
) -> None:
    """By a backup into it, and a restore; what was there stays."""
    server, target = filled[0].server, new_server()
    try:
        with small_disk(f"{3_000_000 * FILES - 4_000_000}") as disk:
            older = disk / "parlour-20250101T000000Z.tar"
            older.write_text("x")
            said_of_it = refused(back_up(server, disk, "--keep", "1"))
            assert said_of_it.startswith(("The disk is full", "There is not enough room in"))
            assert list(disk.iterdir()) == [older]
            target.data_dir = disk / "data"
            said_of_it = refused(restore(whole, target))
            assert said_of_it.startswith(("The disk is full", "There is not enough room in"))
            assert not target.data_dir.exists()
    except CannotRunError as reason:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(reason))


@pytest.mark.thorough
def test_a_database_that_takes_nothing_is_backed_up_all_the_same(
    new_server: NewServer, place: Path
) -> None:
    """As on a full disk: then it is needed most. It says what may be missing."""
    server = new_server()
    ann = new_account(server.start(), "ann")
    make_room(ann)
    with inside(server) as database:
        database.execute("BEGIN IMMEDIATE")
        run = back_up(server, place)
        database.execute("ROLLBACK")
    assert run.returncode == 0
    assert run.stderr.splitlines()[0] == (
        "parlour: It could not be noted that a backup is made (database is locked): files that are"
        " deleted meanwhile may be missing in it."
    )
