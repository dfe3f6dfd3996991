"""A restore where the folder of files is there already: on another disk, by a link or a mount."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.backup.test_interrupted import begin, end_when, some
from tests.support import hurried
from tests.support.archives import made, refused, restore, restored
from tests.support.brief import thorough_but
from tests.support.cutting import cutting
from tests.support.faults import CannotRunError, run, small_disk
from tests.support.files import get, said, sent
from tests.support.lived import ENVIRONMENT, Lived
from tests.support.places import make_room, new_account
from tests.support.postgres import postgres
from tests.support.server import NewServer, Server
from tests.support.timing import scaled

# PostgreSQL is said by the test that needs it.
pytestmark = [pytest.mark.sqlite, pytest.mark.one_node(reason="see test_kinds.py")]

# What only the transaction with all rows says: the name of somebody who has lived there.
LAST = b"bob"


@contextmanager
def other_disk(target: Server, way: str, size: str = "64m") -> Iterator[Path]:
    """Yield a small disk on which a data directory with nothing else has its files."""
    files = target.data_dir / "files"
    files.parent.mkdir(parents=True)
    with ExitStack() as stack:
        try:
            disk = stack.enter_context(small_disk(size))
            if way == "a mount":
                files.mkdir()
                run("mount", "--bind", str(disk), str(files))
                stack.callback(run, "umount", "--lazy", str(files))
        except CannotRunError as reason:
            if os.environ.get("CI") == "true":
                raise
            pytest.skip(str(reason))
        if way == "a link":
            files.symlink_to(disk)
        yield disk


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a backup with enough files to take a moment."""
    with Server(tmp_path_factory.mktemp("filled")) as server:
        ann = new_account(server, "ann")
        hall = make_room(ann).room
        for _ in range(8):
            said(ann, hall, sent(ann, hall, os.urandom(3_000_000)))
        return made(server, tmp_path_factory.mktemp("large") / "kept")


@pytest.mark.parametrize("way", thorough_but(["a link"], ["a link", "a mount"]))
def test_files_go_to_the_folder_that_is_there(
    way: str, lived: Lived, archive: Path, new_server: NewServer
) -> None:
    """The link or mount stays, and on that disk is nothing but files; a new one may have a list."""
    target = new_server()
    files = target.data_dir / "files"
    with other_disk(target, way) as disk:
        (disk / "lost+found").mkdir()
        restored(archive, target)
        assert files.is_symlink() == (way == "a link")
        found = sorted(path.name for path in disk.glob("*/*/*"))
        assert found == [lived.file["id"], lived.file["id"] + "t"]
        first = {path.name for path in disk.iterdir()}
        assert first == {lived.file["id"][:2], "lost+found"}
        assert not (target.data_dir / "restoring").exists()
        target.start()
        there = replace(lived.ada, server=target)
        assert len(get(there, lived.file).content) == lived.file["size"]
        target.stop()


def test_a_folder_with_something_in_it_is_refused_and_stays_as_it_is(
    archive: Path, new_server: NewServer, tmp_path: Path
) -> None:
    """Also what a restore into another data directory, by whose link it is there, is at."""
    target, disk = new_server(), tmp_path / "disk"
    (disk / "restoring").mkdir(parents=True)
    target.data_dir.mkdir(parents=True)
    (target.data_dir / "files").symlink_to(disk)
    assert "is not empty (it has files)." in refused(restore(archive, target))
    (disk / "restoring").rename(disk / "ab")
    assert "is not empty (it has files)." in refused(restore(archive, target))
    assert [path.name for path in disk.iterdir()] == ["ab"]
    assert not (target.data_dir / "restoring").exists()


def test_what_fails_leaves_nothing_there(
    archive: Path, new_server: NewServer, tmp_path: Path
) -> None:
    """Neither one that is found to be damaged at its end, nor one for which there is no room."""
    bad = tmp_path / "bad.tar"
    bad.write_bytes(archive.read_bytes()[:-600])
    # Of the two files that are in it only one has room on the second.
    for wrong, size, words in (
        (bad, "64m", f"{bad} is damaged: "), (archive, "4k", "The disk is full"),
    ):  # fmt: skip
        target = new_server()
        with other_disk(target, "a link", size) as disk:
            assert refused(restore(wrong, target)).startswith(words)
            assert list(disk.iterdir()) == []
            assert {path.name for path in target.data_dir.iterdir()} <= {"files", "parlour.lock"}
            assert (target.data_dir / "files").is_symlink()


@pytest.mark.thorough
def test_one_that_is_killed_is_done_once_more(large: Path, new_server: NewServer) -> None:
    """No server starts meanwhile; what it left on the other disk is taken away."""
    target = new_server()
    with other_disk(target, "a link") as disk:
        command = begin("restore", large, "--data-dir", target.data_dir, cwd=target.home)
        assert end_when(command, some(disk, "*/files/*/*/*"), signal.SIGKILL) != 0
        assert list(disk.iterdir()) == [disk / "restoring"]
        process = target.launch()
        assert process.wait() == 1
        assert "was not finished, and nothing there counts." in process.lines[0]
        told = restored(large, target).splitlines()
        words = f"What an interrupted restore had left in {target.data_dir} was taken away."
        assert told[0] == words
        assert len(list(disk.glob("*/*/*"))) == 8
        assert not (disk / "restoring").exists()
        target.start()
        target.stop()


@pytest.mark.thorough
def test_one_that_was_killed_among_its_last_steps_says_what_to_do(
    archive: Path, new_server: NewServer, tmp_path: Path
) -> None:
    """When some of the files were in their place, nothing is taken away by itself."""
    target, disk = new_server(), tmp_path / "disk"
    disk.mkdir()
    target.data_dir.mkdir(parents=True)
    (target.data_dir / "files").symlink_to(disk)
    restored(archive, target)
    stage = target.data_dir / "restoring"
    stage.mkdir()
    (target.data_dir / "chat.db").rename(stage / "chat.db")
    (disk / "restoring" / "files").mkdir(parents=True)
    process = target.launch()
    assert process.wait() == 1
    assert process.lines[0].endswith("Do it again, with parlour restore.")
    assert "was interrupted at its very end." in refused(restore(archive, target))
    assert len(list(disk.glob("*/*/*"))) == 2
    shutil.rmtree(disk)
    disk.mkdir()
    for path in target.data_dir.iterdir():
        if path.name not in ("files", "restoring"):
            path.unlink()
    restored(archive, target)
    assert len(list(disk.glob("*/*/*"))) == 2


@pytest.mark.thorough
def test_one_that_is_told_to_end_at_its_last_steps_is_whole_or_leaves_nothing(
    large: Path, new_server: NewServer, tmp_path: Path
) -> None:
    """Whether it was just putting files or keys in their place, or the database."""
    for number, name in enumerate(("files", "keys.json", "chat.db")):
        target, disk = new_server(), tmp_path / f"disk{number}"
        disk.mkdir()
        target.data_dir.mkdir(parents=True)
        (target.data_dir / "files").symlink_to(disk)
        first = some(disk, "[0-9a-f][0-9a-f]")
        reached = first if name == "files" else some(target.data_dir, name)
        command = begin("restore", large, "--data-dir", target.data_dir, cwd=target.home)
        status = end_when(command, reached, signal.SIGTERM)
        left = {path.name for path in target.data_dir.iterdir()} - {"parlour.lock"}
        if status == 0:
            assert (left, len(list(disk.glob("*/*/*")))) == ({"files", "keys.json", "chat.db"}, 8)
        else:
            assert (status, left, list(disk.iterdir())) == (130, {"files"}, [])


@pytest.mark.thorough
def test_a_database_that_is_lost_at_the_very_end_leaves_no_files_there(
    archive: Path, new_server: NewServer, tmp_path: Path
) -> None:
    """On PostgreSQL, whose commit is the last step."""
    url, disk = postgres().new_database(empty=True), tmp_path / "disk"
    target, port = new_server(env={"PARLOUR_DATABASE_URL": url}), postgres().port
    disk.mkdir()
    target.data_dir.mkdir(parents=True)
    (target.data_dir / "files").symlink_to(disk)
    with cutting(port) as way:
        way.cut, way.behind = "before", LAST
        through = url.replace(f":{port}/", f":{way.port}/")
        assert restore(archive, target, PARLOUR_DATABASE_URL=through).returncode == 1
        assert way.done.is_set()
    assert list(disk.iterdir()) == []
    assert {path.name for path in target.data_dir.iterdir()} <= {"files", "parlour.lock"}
    restored(archive, target)
    assert len(list(disk.glob("*/*/*"))) == 2
    target.start()


@pytest.mark.thorough
@pytest.mark.parametrize("when", ["beyond", "unknown", "told to end"])
def test_files_stay_where_nobody_knows_whether_their_rows_are_there(
    archive: Path, new_server: NewServer, when: str
) -> None:
    """The server went away at the commit; a line says what to do, and that does it."""
    url = postgres().new_database(empty=True)
    target, port = new_server(env={"PARLOUR_DATABASE_URL": url}), postgres().port
    target.home.mkdir(parents=True)
    with cutting(port) as way:
        way.cut, way.behind = "beyond" if when == "beyond" else "unknown", LAST
        through = url.replace(f":{port}/", f":{way.port}/")
        run = subprocess.Popen(
            [sys.executable, hurried.__file__, "restore", archive, "--data-dir", target.data_dir],
            cwd=target.home, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**ENVIRONMENT, "TEST_HURRY": "database", "PARLOUR_DATABASE_URL": through},
        )  # fmt: skip
        assert way.done.wait(scaled(60))
        if when == "told to end":
            run.send_signal(signal.SIGTERM)
        told = run.communicate(timeout=scaled(60))
    [line] = told[1].splitlines()
    assert (run.returncode, told[0]) == (1, "")
    assert line.endswith(
        " went away at the very end: nobody knows whether everything is there. When it is back,"
        " start Parlour: it starts if everything is. If it does not, take all that is in"
        f" {target.data_dir} away, and restore again."
    )
    assert len(list(target.data_dir.glob("files/*/*/*"))) == 2
    if when == "beyond":
        # As the server does by itself once it has heard nothing for long.
        postgres().end_holder()
        process = target.launch()
        assert process.wait() == 1
        process.wait_for_line("was not finished, and nothing there counts")
        shutil.rmtree(target.data_dir)
        restored(archive, target)
    target.start()
    assert len(list(target.data_dir.glob("files/*/*/*"))) == 2
