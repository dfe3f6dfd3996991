"""A database that is damaged, or moved away, under a running server: nothing more is acknowledged.

What was acknowledged by then is where it was, for whoever restores it or puts it back. What else a
machine can come to lack is in `tests/faults/test_squeezes.py`.
"""

import hashlib
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from httpx2 import Client

from tests.faults.squeezed import Squeezed
from tests.support import files
from tests.support.answers import assert_refused
from tests.support.brief import thorough_but
from tests.support.figures import read
from tests.support.hurried_server import HurriedServer
from tests.support.lived import ask
from tests.support.people import MakePerson, NewRoom, checked, http_client
from tests.support.server import NewServer
from tests.support.websocket import Client as Connection

DAMAGED = 'parlour_database_faults_total{reason="damaged"}'
LOG_GONE = "chat.db was moved or deleted under the running server"
MOVED = "was moved or replaced under the running server"

pytestmark = [pytest.mark.sqlite, pytest.mark.one_node("each has its own disk")]


@pytest.fixture
def squeezed(new_server: NewServer, new_room: NewRoom) -> Iterator[Squeezed]:
    """Return one that has some messages, all of them in the file and nothing of it in memory."""
    server = new_server().start()
    with http_client(server) as http:
        made = Squeezed(server, new_room(server), http)
        server.restart()
        assert made.say("after the start").is_success
        yield made


def page_of(path: Path, table: str) -> tuple[int, int]:
    """Return where the page is with which a table or an index begins, and its size."""
    with closing(sqlite3.connect(path)) as connection:
        query = "SELECT rootpage FROM sqlite_schema WHERE name = ?"
        [(page,)] = connection.execute(query, [table]).fetchall()
        [(size,)] = connection.execute("PRAGMA page_size").fetchall()
    return (page - 1) * size, size


def overwrite(path: Path, start: int, data: bytes) -> bytes:
    """Write over a part of a file as a disk that fails does; what was there."""
    with path.open("r+b") as file:
        file.seek(start)
        former = file.read(len(data))
        file.seek(start)
        file.write(data)
    return former


def sums_of(path: Path) -> list[str]:
    """Return what tells whether a database's file and its log are as they were."""
    both = path, path.with_name(f"{path.name}-wal")
    return [hashlib.sha256(each.read_bytes()).hexdigest() for each in both]


async def refused(squeezed: Squeezed, connection: Connection) -> None:
    """Assert that nothing is taken, through whichever door, of whoever was there already."""
    before = list(squeezed.said)
    for number in range(5):
        await connection.send("message", content="never", client_id=f"never {number}")
    for number in range(5):
        assert_refused(squeezed.say("never"), "busy")
        await connection.until("error", code="busy", client_id=f"never {number}")
    assert_refused(squeezed.http.post("/api/chat/rooms", json={"name": "Never"}), "busy")
    assert_refused(squeezed.http.get("/readyz"), "busy")
    assert squeezed.http.get("/healthz").is_success
    assert squeezed.said == before


async def test_a_damaged_database_takes_nothing_more(
    squeezed: Squeezed, person: MakePerson
) -> None:
    """All but its first page is overwritten; the next start refuses it, and changes nothing."""
    server, path = squeezed.server, squeezed.server.data_dir / "chat.db"
    connection = await person("bob", server).enter(squeezed.room)
    # All but the first page, by which it is known as a database.
    overwrite(path, 4096, b"\xff" * (path.stat().st_size - 4096))
    files.until(lambda: _is_met(squeezed))
    await refused(squeezed, connection)
    ready = squeezed.http.get("/readyz")
    assert ready.json()["detail"] == "The database is damaged."
    assert squeezed.told("the database is damaged: stop the server") == 1
    server.expect_fault("damaged")
    kept = sums_of(path)
    assert await server.astop() == 0
    assert sums_of(path) == kept
    process = server.launch()
    assert process.wait() == 1
    assert any("damaged" in line or "malformed" in line for line in process.lines)
    assert sums_of(path) == kept


def _is_met(squeezed: Squeezed) -> bool:
    """Ask for something that is not in memory, until the damage is met."""
    squeezed.say("whether this is stored or not")
    squeezed.http.get("/api/chat/rooms")
    squeezed.http.get(f"/api/chat/rooms/{squeezed.room['id']}/messages?before=5")
    return squeezed.faults("damaged") > 0


@pytest.mark.thorough
async def test_what_one_reader_meets_is_known_to_all_who_write(
    squeezed: Squeezed, person: MakePerson
) -> None:
    """One page is overwritten that no message needs: what is sound is read, and all of it kept."""
    server, path = squeezed.server, squeezed.server.data_dir / "chat.db"
    connection = await person("bob", server).enter(squeezed.room)
    start, size = page_of(path, "ix_saved_user_id_id")
    former = overwrite(path, start, b"\xff" * size)
    assert_refused(squeezed.sender.call("GET", "/api/chat/saved"), "busy")
    await refused(squeezed, connection)
    assert squeezed.stored() == squeezed.said
    kept = sums_of(path)
    assert await server.astop() == 0
    assert sums_of(path) == kept
    assert server.launch().wait() == 1
    assert sums_of(path) == kept
    overwrite(path, start, former)
    server.start()
    assert squeezed.stored() == squeezed.said
    squeezed.assert_well()


@pytest.mark.thorough
def test_a_large_database_is_looked_through_behind_the_start(tmp_path: Path) -> None:
    """People come in at once; from when damage is met nothing is taken."""
    server = HurriedServer(tmp_path, hurry=("start",), is_anew=True)
    with server:
        server.process.wait_for_line("all of the database is sound")
        with http_client(server) as http:
            assert http.get("/readyz").is_success
        server.stop()
        path = server.data_dir / "chat.db"
        start, size = page_of(path, "reactions")
        overwrite(path, start, b"\xff" * size)
        server.expect_fault("the database is damaged")
        server.start()
        server.process.wait_for_line("the database is damaged: stop the server")
        with http_client(server) as http:
            assert checked(http.get("/api/chat/rooms")) == []
            assert_refused(http.post("/api/chat/rooms", json={"name": "Never"}), "busy")
            assert_refused(http.get("/readyz"), "busy")
            assert read(http.get("/metrics").text)[DAMAGED] > 0


def _is_unready(http: Client) -> bool:
    return not http.get("/readyz").is_success


@pytest.mark.parametrize("replaced", thorough_but([False], [False, True]))
async def test_nothing_is_taken_while_the_file_is_not_in_its_place(
    squeezed: Squeezed, person: MakePerson, *, replaced: bool
) -> None:
    """It goes on without a restart once that file is back, with all that was acknowledged."""
    server, path = squeezed.server, squeezed.server.data_dir / "chat.db"
    connection = await person("bob", server).enter(squeezed.room)
    aside = path.with_name("aside.db")
    path.rename(aside)
    if replaced:
        shutil.copyfile(aside, path)
    files.until(lambda: _is_unready(squeezed.http))
    await refused(squeezed, connection)
    detail = squeezed.http.get("/readyz").json()["detail"]
    assert detail.startswith("The server's database was moved or replaced")
    assert squeezed.stored() == squeezed.said
    assert squeezed.told(MOVED) == 1
    assert path.exists() == replaced
    aside.rename(path)
    squeezed.assert_well()
    assert squeezed.told("chat.db is back") == 1
    await connection.send("message", content="by socket", client_id="after")
    await connection.until("message", message={"client_id": "after"})
    squeezed.said.append("by socket")
    assert await server.astop() == 0
    server.start()
    assert squeezed.stored() == squeezed.said


@pytest.mark.thorough
async def test_what_nobody_asks_of_is_told_all_the_same(squeezed: Squeezed) -> None:
    """Somebody who looks after the log learns that the file is gone before others notice."""
    path = squeezed.server.data_dir / "chat.db"
    path.rename(path.with_name("aside.db"))
    squeezed.server.process.wait_for_line(MOVED)
    path.with_name("aside.db").rename(path)
    squeezed.server.process.wait_for_line("chat.db is back")


@pytest.mark.parametrize("killed", thorough_but([True], [False, True]))
def test_who_stops_while_the_file_is_away_loses_nothing(
    squeezed: Squeezed, *, killed: bool
) -> None:
    """What was said last is in its log: no start makes a new database over that."""
    server, path = squeezed.server, squeezed.server.data_dir / "chat.db"
    path.rename(path.with_name("aside.db"))
    files.until(lambda: _is_unready(squeezed.http))
    assert_refused(squeezed.say("never"), "busy")
    if killed:
        server.kill()
    else:
        assert server.stop() == 0
    process = server.launch()
    assert process.wait() == 1
    assert "chat.db is not there, and chat.db-wal is" in process.output
    assert not path.exists()
    path.with_name("aside.db").rename(path)
    server.start()
    assert squeezed.stored() == squeezed.said
    squeezed.assert_well()


@pytest.mark.thorough
def test_the_log_goes_with_the_file_that_was_moved(squeezed: Squeezed) -> None:
    """Both have all that was acknowledged, and another file can be gone on with."""
    server, path = squeezed.server, squeezed.server.data_dir / "chat.db"
    aside = path.with_name("aside.db")
    path.rename(aside)
    shutil.copyfile(aside, path)
    files.until(lambda: _is_unready(squeezed.http))
    assert server.stop() == 0
    for end in ("-wal", "-shm"):
        path.with_name(f"chat.db{end}").rename(path.with_name(f"aside.db{end}"))
    with closing(sqlite3.connect(aside)) as connection:
        kept = connection.execute("SELECT content FROM messages ORDER BY id").fetchall()
    assert [content for [content] in kept] == squeezed.said
    server.start()
    assert squeezed.stored() == squeezed.said[:-1]
    assert squeezed.say("and on").is_success


def in_file(squeezed: Squeezed) -> list[str]:
    """Return what is said in the file alone, without what only its log has."""
    path = squeezed.server.data_dir / "chat.db"
    with closing(sqlite3.connect(f"{path.as_uri()}?immutable=1", uri=True)) as connection:
        kept = connection.execute("SELECT content FROM messages ORDER BY id").fetchall()
    return [content for [content] in kept]


@pytest.fixture
def unwritten(squeezed: Squeezed) -> Squeezed:
    """Return one whose last messages are in its log, and not in its file."""
    for number in range(5):
        assert squeezed.say(f"in the log {number}").is_success
    assert "in the log 4" not in in_file(squeezed)
    return squeezed


@pytest.mark.parametrize("replaced", thorough_but([False], [False, True]))
@pytest.mark.parametrize("killed", thorough_but([True], [False, True]))
async def test_a_log_that_is_deleted_takes_nothing_with_it(
    unwritten: Squeezed, person: MakePerson, *, killed: bool, replaced: bool
) -> None:
    """What is in it is brought into the database at once, and nothing is taken from then on."""
    server, log = unwritten.server, unwritten.server.data_dir / "chat.db-wal"
    connection = await person("bob", server).enter(unwritten.room)
    unwritten.said = unwritten.stored()
    log.unlink()
    if replaced:
        log.write_bytes(b"")
    # Nobody asks for anything.
    server.process.wait_for_line(LOG_GONE)
    await refused(unwritten, connection)
    detail = unwritten.http.get("/readyz").json()["detail"]
    assert detail == (
        "The server's database has lost its log: whoever runs it has to start it again."
    )
    assert unwritten.stored() == unwritten.said
    assert unwritten.told(LOG_GONE) == 1
    if killed:
        server.kill()
    else:
        assert await server.astop() == 0
    server.start()
    assert unwritten.stored() == unwritten.said
    unwritten.assert_well()


@pytest.mark.thorough
async def test_a_log_that_was_moved_away_can_be_put_back(unwritten: Squeezed) -> None:
    """It goes on without a restart, and all that was acknowledged is there."""
    log = unwritten.server.data_dir / "chat.db-wal"
    aside = log.with_name("aside")
    log.rename(aside)
    unwritten.server.process.wait_for_line(LOG_GONE)
    assert_refused(unwritten.say("never"), "busy")
    aside.rename(log)
    unwritten.server.process.wait_for_line("chat.db-wal is back")
    unwritten.assert_well()
    unwritten.server.restart()
    unwritten.assert_well()


@pytest.mark.thorough
def test_whoever_else_writes_is_kept_off_where_the_log_is_gone(
    unwritten: Squeezed, tmp_path: Path
) -> None:
    """A log begun anew in its place would be taken for the one that is open, and damage all."""
    server, path = unwritten.server, unwritten.server.data_dir / "chat.db"
    path.with_name("chat.db-wal").unlink()
    server.process.wait_for_line(LOG_GONE)
    assert in_file(unwritten) == unwritten.said
    with closing(sqlite3.connect(path, timeout=0)) as other:
        assert other.execute("SELECT count(*) FROM messages").fetchone() == (len(unwritten.said),)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("DELETE FROM messages")
    # A backup is whole, and only not noted.
    backup = ask(server, "backup", "--to", str(tmp_path / "backups"))
    assert (backup.returncode, "locked" in backup.stderr) == (0, True)
    assert unwritten.stored() == unwritten.said
    assert server.stop() == 0
    server.start()
    assert unwritten.stored() == unwritten.said
    unwritten.assert_well()


@pytest.mark.thorough
def test_what_somebody_reads_in_a_log_that_is_gone_is_brought_in_when_they_have(
    unwritten: Squeezed,
) -> None:
    """Until then the file has to stay as they see it."""
    server, path = unwritten.server, unwritten.server.data_dir / "chat.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM messages").fetchone()
        assert unwritten.say("while they read").is_success
        path.with_name("chat.db-wal").unlink()
        server.process.wait_for_line(LOG_GONE)
        server.process.wait_for_line("another program has that open. End that before the server")
        assert "while they read" not in in_file(unwritten)
    files.until(lambda: in_file(unwritten) == unwritten.said)
    server.kill()
    server.start()
    assert unwritten.stored() == unwritten.said
    unwritten.assert_well()
