"""`parlour migrate-data`: everything is there afterwards, or nothing has changed."""

import asyncio
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from parlour import moving
from parlour.admin import AdminError
from parlour.database import init_db
from parlour.store import copying
from parlour.support import postgresql
from tests.support.accounts import register
from tests.support.cutting import When, cutting
from tests.support.files import on_disk, until
from tests.support.lived import FOUND, MESSAGES, Lived, ask, do, found
from tests.support.local import local_settings
from tests.support.places import make_room
from tests.support.postgres import postgres
from tests.support.s3 import BUCKET, Store
from tests.support.server import NewServer, Server
from tests.support.terminal import shown

# What is moved is a SQLite database; where to is said by each test.
pytestmark = pytest.mark.sqlite


@pytest.fixture
def url() -> str:
    """Return the address of an empty database."""
    return postgres().new_database(empty=True)


def move(server: Server, url: str, **env: str) -> CompletedProcess[str]:
    """Move what a server has."""
    return ask(server, "migrate-data", PARLOUR_DATABASE_URL=url, **env)


def refused(run: CompletedProcess[str]) -> str:
    """Assert that it was refused with one line; return it."""
    assert (run.returncode, run.stdout) == (1, ""), run.stderr
    [line] = run.stderr.splitlines()
    return line.removeprefix("parlour: ")


def taken_back(server: Server) -> None:
    """Take the mark away that says where it was moved to, as the documentation says."""
    with closing(sqlite3.connect(server.data_dir / "chat.db")) as database, database:
        database.execute("DELETE FROM meta WHERE name IN ('moved', 'epoch')")


def tables_at(url: str) -> set[str]:
    """Return the names of all tables of a database."""
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return {str(name) for (name,) in found}


@pytest.fixture(scope="module")
def lived_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    """Yield such a server, which does not run; its data as people left it is kept."""
    with Server(tmp_path_factory.mktemp("lived"), is_measured=True) as server:
        server.stop()
        shutil.rmtree(server.data_dir)
        there = Lived(server)
        until(lambda: found(there.bob) == FOUND)
        server.stop()
        shutil.copytree(server.data_dir, server.home / "kept")
        yield there


@pytest.fixture
def lived(lived_once: Lived) -> Lived:
    """Return it as people left it."""
    server = lived_once.server
    if server.running:
        server.stop()
    server.env.clear()
    shutil.rmtree(server.data_dir)
    shutil.copytree(server.home / "kept", server.data_dir)
    return lived_once


def test_everything_is_there_after_a_move(lived: Lived, url: str) -> None:
    """What everybody is told, logins, how far a page has come, files, the audit log, the search."""
    server, people = lived.server, (lived.ada, lived.bob, lived.eve)
    server.start()
    before = [lived.told(account) for account in people]
    assert {status for told in before for status, _ in told.values()} >= {200, 403, 404}
    server.stop()
    head = ask(server, "audit", "verify").stdout
    moved = move(server, url)
    assert (moved.returncode, moved.stderr) == (0, "")
    rows, kept, files = moved.stdout.splitlines()
    assert re.fullmatch(
        r"\d+ rows of 33 tables \(SHA-256 [0-9a-f]{16}\) were moved to "
        + re.escape(url) + r"\.", rows
    )  # fmt: skip
    assert kept == f"{server.data_dir}/chat.db stays as it is, and is used no more."
    assert files == f"Files stay where they are, in {server.data_dir}/files."
    server.env["PARLOUR_DATABASE_URL"] = url
    server.start()
    until(lambda: found(lived.bob) == FOUND)
    assert [lived.told(account) for account in people] == before
    assert ask(server, "audit", "verify", PARLOUR_DATABASE_URL=url).stdout == head
    # Numbers go on behind the last that was ever given, also where what had it is gone.
    said = do(lived.ada, "POST", f"{lived.hall.path}/messages", json={"content": "and on"})
    assert said["id"] == lived.last_message + 1
    assert make_room(lived.ada, "public", name="New").id == lived.last_room + 1
    assert register(server, "finn").user["username"] == "finn"
    do(lived.eve, "POST", f"{MESSAGES}/{lived.said[4]}/report", json={"reason": "this too"})


@pytest.mark.thorough
async def test_a_page_that_was_away_during_the_move_catches_up(lived: Lived, url: str) -> None:
    """By the version and the epoch that it knows from before: nothing has to be read again."""
    server = lived.server
    await asyncio.to_thread(server.start)
    before = do(lived.bob, "GET", lived.hall.path)
    await server.astop()
    assert move(server, url).returncode == 0
    server.env["PARLOUR_DATABASE_URL"] = url
    await server.arestart()
    do(lived.ada, "POST", f"{lived.hall.path}/messages", json={"content": "meanwhile"})
    resumed = {"after": before["version"], "epoch": before["epoch"]}
    client = await lived.bob.connect(lived.hall.room, **resumed)
    sync = await client.expect("sync")
    assert (sync["reset"], [each["content"] for each in sync["messages"]]) == (False, ["meanwhile"])


def test_no_server_starts_on_what_was_moved_away(lived: Lived, url: str) -> None:
    """What is written there would be missing in the other one; one line says what to do."""
    server = lived.server
    assert move(server, url).returncode == 0
    process = server.launch()
    assert process.wait() == 1
    [line] = process.lines
    assert f"{server.data_dir}/chat.db was moved to {url}: set PARLOUR_DATABASE_URL." in line
    said = refused(ask(server, "audit", "verify"))
    assert said == f"{server.data_dir}/chat.db was moved to {url}: set PARLOUR_DATABASE_URL."
    # It can be taken back, as documented.
    taken_back(server)
    server.start()


@pytest.mark.thorough
def test_what_was_moved_away_can_be_moved_to_another_one(lived: Lived, url: str) -> None:
    """Where that one was lost, as documented; and that is taken back as well."""
    server = lived.server
    assert move(server, url).returncode == 0
    taken_back(server)
    other = postgres().new_database(empty=True)
    assert move(server, other).returncode == 0
    taken_back(server)
    server.start()


def test_nothing_is_moved_into_a_database_that_is_used(lived: Lived) -> None:
    """Neither of the two has changed."""
    url = postgres().new_database()
    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO rooms (name, name_key, kind, created_at, version, changed_version)"
            " VALUES ('Hall', 'hall', 'public', '2026-01-01T00:00:00.000000Z', 0, 0)"
        )
    said = refused(move(lived.server, url))
    assert said == f"{url} is used already; make an empty one. Nothing was changed."
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM users").fetchone() == (0,)
    lived.server.start()


@pytest.mark.thorough
def test_a_database_on_which_a_server_has_only_started_is_empty(
    lived: Lived, url: str, tmp_path: Path
) -> None:
    """Its name is that of the history which comes."""
    init_db(local_settings(tmp_path / "other", database_url=url)).release()
    assert move(lived.server, url).returncode == 0


@pytest.mark.thorough
def test_a_copy_that_differs_leaves_nothing(
    lived: Lived, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each row is compared with the original before anything counts."""
    take_in = postgresql.take_in
    ways: dict[str, Callable[[list[copying.Row]], list[copying.Row]]] = {
        "lost": lambda rows: rows[1:],
        "another": lambda rows: [(*rows[0][:4], "x", *rows[0][5:])],
        "more": lambda rows: [*rows, (rows[0][0] + 1, *rows[0][1:3], "user:99", *rows[0][4:])],
    }
    settings = local_settings(lived.server.home, database_url=url)
    for way in ways.values():

        def faulty(
            connection: Any, place: str, rows: Iterator[copying.Row], way: Any = way
        ) -> None:
            taken = list(rows)
            take_in(connection, place, way(taken) if place.startswith("reactions ") else taken)

        monkeypatch.setattr(copying, "take_in", faulty)
        with pytest.raises(
            AdminError, match=r"original in reactions, id \d+\. Nothing was changed"
        ):
            moving.move(settings)
        assert tables_at(url) == set()
    lived.server.start()


@pytest.mark.thorough
def test_a_file_that_cannot_be_marked_is_not_moved(
    lived: Lived, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that started on it by mistake would write into the past."""

    def full(*_: object) -> None:
        raise OperationalError(None, None, sqlite3.OperationalError("database or disk is full"))

    monkeypatch.setattr(moving, "write_value", full)
    with pytest.raises(AdminError) as refusal:
        moving.move(local_settings(lived.server.home, database_url=url))
    path = lived.server.data_dir / "chat.db"
    words = f"{path} cannot be used: database or disk is full. Nothing was changed."
    assert str(refusal.value) == words
    assert tables_at(url) == set()


@pytest.mark.thorough
@pytest.mark.parametrize("when", ["behind", "before"])
def test_a_connection_that_is_lost_at_the_very_end_leaves_one_of_the_two(
    lived: Lived, url: str, when: When
) -> None:
    """What was committed is moved although nobody said so; what was not is as it was."""
    server, port = lived.server, postgres().port
    with cutting(port) as way:
        way.cut = when
        moved = move(server, url.replace(f":{port}/", f":{way.port}/"))
        assert way.done.is_set()
    if when == "behind":
        assert (moved.returncode, moved.stderr) == (0, "")
        assert server.launch().wait() == 1
        server.env["PARLOUR_DATABASE_URL"] = url
    else:
        assert refused(moved).endswith(". Nothing was changed.")
        assert tables_at(url) == set()
    server.start()
    assert lived.bob.status() == 200


@pytest.mark.thorough
def test_what_postgresql_does_not_take_leaves_nothing(lived: Lived, url: str) -> None:
    """A NUL, which no client can send, is in no text of PostgreSQL."""
    with closing(sqlite3.connect(lived.server.data_dir / "chat.db")) as database, database:
        database.execute("UPDATE rooms SET topic = 'a' || char(0) WHERE name = 'Hall'")
    said = refused(move(lived.server, url))
    assert said.startswith(f"{url} does not take it: ")
    assert said.endswith(f" (rooms, id {lived.hall.id}). Nothing was changed.")
    assert tables_at(url) == set()
    lived.server.start()


def test_what_cannot_be_moved_is_refused_with_one_line(
    lived: Lived, url: str, new_server: NewServer
) -> None:
    """No setting, no database, a server on either side, none that answers."""
    server = lived.server
    server.start()
    assert refused(move(server, url)).startswith("Another Parlour (process ")
    server.stop()
    words = "PARLOUR_DATABASE_URL has to name the PostgreSQL database to move to."
    assert refused(move(server, "")) == words
    away = "postgresql://parlour@127.0.0.1:1/chat"
    assert refused(move(server, away)).startswith(f"{away} cannot be used: ")
    empty = new_server()
    assert refused(move(empty, url)) == f"There is no database in {empty.data_dir}."
    other = new_server(env={"PARLOUR_DATABASE_URL": url}).start()
    assert re.fullmatch(r"A Parlour \(on .+\) runs on \S+\. Stop it\.", refused(move(server, url)))
    other.stop()
    assert move(server, url).returncode == 0


@pytest.mark.thorough
def test_a_terminal_is_shown_how_far_it_is(lived: Lived, url: str) -> None:
    """A bar for each step, up to the end."""
    server = lived.server
    env = {"PARLOUR_DATABASE_URL": url}
    told = shown("migrate-data", "--data-dir", server.data_dir, cwd=server.home, env=env)
    assert re.search(rb"Copying: 100%.+ rows", told)
    assert re.search(rb"Comparing: 100%.+ rows", told)


@pytest.mark.thorough
def test_files_go_along_into_a_bucket(lived: Lived, url: str, tmp_path: Path) -> None:
    """They are compared there as well; what is there already is not sent again."""
    (tmp_path / "store").mkdir()
    store = Store(tmp_path / "store").start()
    server = lived.server
    try:
        names = {lived.file["id"], lived.file["id"] + "t"}
        # What was deleted goes a moment later.
        until(lambda: {path.name for path in on_disk(server)} == names)
        server.stop()
        for _ in range(2):
            taken_back(server)
            url = postgres().new_database(empty=True)
            moved = move(server, url, **store.settings())
            assert (moved.returncode, moved.stderr) == (0, "")
            assert moved.stdout.splitlines()[-1] == (
                f"2 files were copied to the bucket {BUCKET};"
                f" {server.data_dir}/files stays as it is."
            )
            assert store.listed() == names
            assert {path.name for path in on_disk(server)} == names
        for path in on_disk(server):
            path.unlink()
        server.env.update({"PARLOUR_DATABASE_URL": url, **store.settings()})
        server.start()
        answer = lived.bob.call("GET", f"/api/chat/files/{lived.file['id']}")
        assert (answer.status_code, len(answer.content)) == (200, lived.file["size"])
        server.stop()
    finally:
        store.stop()
