"""What a machine can come to lack while the server runs: each is told plainly, nothing is lost.

The API says it, the log in one line, `/readyz`, and the figures. A full disk and a lock are in
`tests/faults/test_ledger_faults.py` and `tests/features/test_health.py`, a crowd that takes all
handles in `tests/faults/test_http_crowds.py`, a damaged file and one that is moved away in
`tests/faults/test_damaged.py`.
"""

import resource
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError

from parlour.errors import Refusal
from parlour.store.backends import expected_error
from tests.faults.squeezed import Squeezed
from tests.support import faults, files
from tests.support.accounts import register
from tests.support.answers import assert_refused
from tests.support.people import NewRoom, http_client
from tests.support.server import NewServer, Server

pytestmark = [pytest.mark.sqlite, pytest.mark.one_node("each has its own disk")]


@pytest.fixture
def squeezed(new_server: NewServer, new_room: NewRoom) -> Iterator[Squeezed]:
    """Return one that has some messages."""
    server = new_server().start()
    with http_client(server) as http:
        yield Squeezed(server, new_room(server), http)


@contextmanager
def limited(server: Server, what: int, soft: int) -> Iterator[None]:
    """Lower a limit of a server's process for the length of a block."""
    former = resource.prlimit(server.process.pid, what)
    resource.prlimit(server.process.pid, what, (soft, former[1]))
    yield
    resource.prlimit(server.process.pid, what, former)


def test_a_disk_that_takes_nothing_any_more_is_told_and_comes_back(squeezed: Squeezed) -> None:
    """As one that fails, or that the system lets nobody write to any more: reading goes on."""
    with limited(squeezed.server, resource.RLIMIT_FSIZE, 0):
        for _ in range(3):
            assert_refused(squeezed.say("never"), "busy")
        assert_refused(files.send(squeezed.sender, squeezed.room, b"never"), "storage_full")
        assert_refused(squeezed.http.get("/readyz"), "busy")
        assert squeezed.http.get("/healthz").is_success
        assert squeezed.stored() == squeezed.said
        assert squeezed.faults("disk") >= 3
        assert squeezed.told("its disk does not do what it should") == 1
    squeezed.assert_well()


def test_a_database_that_can_only_be_read_is_told_as_such(tmp_path: Path) -> None:
    """By SQLite's own error; what it is that people are told."""
    sqlite3.connect(tmp_path / "chat.db").execute("CREATE TABLE t (a)").connection.close()
    address = f"file:{tmp_path / 'chat.db'}?mode=ro"
    engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(address, uri=True))
    with pytest.raises(DBAPIError) as failed, engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO t VALUES (1)")
    engine.dispose()
    refusal = expected_error(failed.value)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "storage_full"
    assert "can only be read" in refusal.detail


def test_without_file_handles_it_is_told_and_comes_back(squeezed: Squeezed) -> None:
    """Whoever is there goes on as far as no file has to be opened."""
    squeezed.server.expect_fault("Out of file handles")
    # Those who ask are there already.
    squeezed.sender.status()
    with limited(squeezed.server, resource.RLIMIT_NOFILE, 5):
        assert squeezed.say("with the handles that there are").is_success
        sending = squeezed.http.post(
            f"/api/chat/files?room_id={squeezed.room['id']}&name=a.txt",
            content=b"never", headers=squeezed.sender.headers,
        )  # fmt: skip
        assert_refused(sending, "busy")
        squeezed.server.process.wait_for_line("Out of file handles")
        assert squeezed.told("files cannot be stored") == 1
    # Whoever was there was let go, to have some handles again.
    with http_client(squeezed.server) as squeezed.http:
        squeezed.assert_well()


@pytest.fixture
def disk() -> Iterator[Path]:
    """Yield a disk that can be made one that can only be read."""
    with faults.or_skipped(), faults.small_disk("64m") as small:
        yield small


def test_a_disk_that_can_only_be_read_is_told(
    new_server: NewServer, new_room: NewRoom, disk: Path
) -> None:
    """At the start in one line; for files of people, while it runs, until it can be written."""
    server = new_server()
    server.data_dir = disk / "data"
    server.start()
    server.stop()
    faults.run("mount", "-o", "remount,ro", str(disk))
    process = server.launch()
    assert process.wait() == 1
    [line] = process.lines
    assert "Read-only file system" in line or "readonly" in line, line
    faults.run("mount", "-o", "remount,rw", str(disk))
    other = new_server()
    (other.data_dir / "uploads").parent.mkdir(parents=True)
    (other.data_dir / "uploads").symlink_to(disk / "uploads")
    (disk / "uploads").mkdir()
    other.start()
    room, sender = new_room(other), register(other, "sender")
    faults.run("mount", "-o", "remount,ro", str(disk))
    assert_refused(files.send(sender, room, b"never"), "storage_full")
    faults.run("mount", "-o", "remount,rw", str(disk))
    files.sent(sender, room)
