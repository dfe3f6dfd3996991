"""Upgrades: every earlier schema opens with what is in it, and one that is killed begins again."""

import hashlib
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from parlour.migrations import current_revision, revisions
from parlour.support.sqlite import open_writer
from tests.migrations.test_older_data import NOW, database_at, put, put_room
from tests.support.brief import thorough_but
from tests.support.people import http_client
from tests.support.server import NewServer
from tests.support.timing import LONG, scaled

pytestmark = [pytest.mark.sqlite, pytest.mark.one_node("a file is one server's")]


# The figure, and one that every run can pay.
MESSAGES = 1_000_000 if LONG else 10_000
KILLS = 20 if LONG else 3

# Says when it has begun, and brings the database up to date in one transaction, as a start does.
MIGRATE = """
import sys
from pathlib import Path
from alembic import command, config
from parlour.migrations import migrate
from parlour.support.sqlite import open_writer
engine = open_writer(Path(sys.argv[1]))
with engine.begin() as connection:
    print("begun", flush=True)
    migrate(connection)
"""


def put_messages(connection: Connection, count: int) -> None:
    """Insert messages as they were written with the first schema."""
    rows = (
        {"id": n, "room": 1 + n % 2, "version": n, "content": f"message {n} of many words"}
        for n in range(1, count + 1)
    )
    connection.execute(
        text(
            "INSERT INTO messages (id, room_id, username, author, content, timestamp, version)"
            f" VALUES (:id, :room, 'bob', 'name:bob', :content, '{NOW}', :version)"
        ),
        list(rows),
    )
    connection.execute(text(f"UPDATE rooms SET version = {count}"))


def state(path: Path) -> tuple[str, int, str]:
    """The schema of a database that is not damaged, how many messages it has, and a sum of them."""
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA quick_check").fetchone() == ("ok",)
        [(schema,)] = connection.execute("SELECT version_num FROM alembic_version")
        digest, count = hashlib.sha256(), 0
        for row in connection.execute("SELECT id, room_id, content FROM messages ORDER BY id"):
            digest.update(repr(row).encode())
            count += 1
    connection.close()
    return schema, count, digest.hexdigest()


def migrating(path: Path) -> "subprocess.Popen[str]":
    """Begin to bring it up to date, in a process of its own."""
    command = [sys.executable, "-c", MIGRATE, str(path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    return process


@pytest.mark.thorough
@pytest.mark.timeout(1800 if LONG else 120)
def test_an_upgrade_that_is_killed_again_and_again_loses_nothing(tmp_path: Path) -> None:
    """At any moment: the database is as it was, and the next start brings all of it up to date."""
    path = tmp_path / "chat.db"
    with database_at(tmp_path, "0001") as connection:
        for room_id in (1, 2):
            put_room(connection, room_id, kind="public")
        put_messages(connection, MESSAGES)
    before = state(path)
    assert before[:2] == ("0001", MESSAGES)
    whole = tmp_path / "whole" / "chat.db"
    whole.parent.mkdir()
    whole.write_bytes(path.read_bytes())
    begun = time.perf_counter()
    with migrating(whole) as process:
        assert process.wait(scaled(900)) == 0
    seconds = time.perf_counter() - begun
    chance = random.Random(MESSAGES)
    first = path.read_bytes()
    killed = 0
    while killed < KILLS:
        with migrating(path) as process:
            try:
                assert process.wait(chance.uniform(0, 0.9) * seconds) == 0
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait(scaled(60))
        if state(path) == before:
            killed += 1
            continue
        # It came through before it was killed, as it may: from the beginning once more.
        assert state(path) == (revisions()[-1], *before[1:])
        for each in path.parent.glob("chat.db*"):
            each.unlink()
        path.write_bytes(first)
    with migrating(path) as process:
        assert process.wait(scaled(900)) == 0
    assert state(path) == state(whole) == (revisions()[-1], *before[1:])
    said = f"{MESSAGES} messages from 0001 to {revisions()[-1]} in {seconds:.1f} s, {killed} kills"
    print(said)  # noqa: T201 - whoever runs the long form reads it


@pytest.mark.thorough
@pytest.mark.timeout(1800 if LONG else 120)
def test_a_server_that_is_killed_while_it_starts_with_an_upgrade_starts_again(
    new_server: NewServer,
) -> None:
    """At any moment of the start, with all else that it does then: the next one has it all."""
    server, whole = new_server(), new_server()
    for each in (server, whole):
        each.data_dir.mkdir(parents=True, mode=0o700)
    path = server.data_dir / "chat.db"
    with database_at(server.data_dir, "0001") as connection:
        for room_id in (1, 2):
            put_room(connection, room_id, kind="public")
        put_messages(connection, MESSAGES)
    before = state(path)
    path.chmod(0o600)
    shutil.copy(path, whole.data_dir)
    begun = time.perf_counter()
    whole.start(seconds=900)
    # When all that is to be done on the way has been, at the latest so far.
    latest = time.perf_counter() - begun
    whole.stop()
    chance = random.Random(KILLS)
    first = path.read_bytes()
    killed = 0
    while killed < KILLS:
        server.launch()
        waited = chance.uniform(0.3, 1.1) * latest
        threading.Event().wait(waited)
        server.kill()
        schema, *said = state(path)
        assert tuple(said) == before[1:]
        if schema == "0001":
            killed += 1
            continue
        # All had been stored before it was killed, as it may: from the beginning once more.
        latest = min(latest, waited)
        for part in path.parent.glob("chat.db*"):
            part.unlink()
        path.write_bytes(first)
        path.chmod(0o600)
    server.start(seconds=900)
    with http_client(server) as client:
        newest = client.get("/api/chat/rooms/1/messages").json()[-1]
        assert newest["id"] == MESSAGES
        posted = client.post(
            "/api/chat/rooms/1/messages", params={"username": "ann"}, json={"content": "from now"}
        )
        assert posted.json()["id"] == MESSAGES + 1
    server.stop()
    assert state(path)[:2] == (revisions()[-1], MESSAGES + 1)


# Of what came between, each is a part of the way from the first.
@pytest.mark.parametrize("revision", thorough_but(revisions()[::12], revisions()))
def test_every_earlier_schema_opens_with_what_is_in_it(
    new_server: NewServer, revision: str
) -> None:
    """A real start on it: its messages are read, and a new one comes behind them."""
    server = new_server()
    server.data_dir.mkdir(parents=True, mode=0o700)
    with database_at(server.data_dir, revision) as connection:
        put_room(connection, 1, kind="public")
        for message_id in (1, 2, 3):
            put(
                connection, "messages", id=message_id, room_id=1, username="bob",
                author="name:bob", content=f"from earlier {message_id}", timestamp=NOW,
                version=message_id,
            )  # fmt: skip
        connection.execute(text("UPDATE rooms SET version = 3"))
    (server.data_dir / "chat.db").chmod(0o600)
    server.start()
    with http_client(server) as client:
        path = "/api/chat/rooms/1/messages"
        said = [each["content"] for each in client.get(path).json()]
        assert said == [f"from earlier {n}" for n in (1, 2, 3)]
        posted = client.post(path, params={"username": "ann"}, json={"content": "from now"})
        assert posted.status_code == 201
        assert [each["id"] for each in client.get(path).json()][-1] == posted.json()["id"]
    server.stop()
    engine = open_writer(server.data_dir / "chat.db")
    with engine.begin() as connection:
        assert current_revision(connection) == revisions()[-1]
    engine.dispose()
