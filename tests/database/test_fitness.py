"""A file that is damaged, or out of its place: nothing is committed to it, and no other one opened.

The same at a real server: `tests/faults/test_damaged.py`.
"""

import asyncio
import logging
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from parlour.database import ChatDatabase, Database, DatabaseUnusable, get_db, init_db
from parlour.errors import Refusal
from parlour.support.counts import COUNTS
from tests.support.local import at_last, local_settings, open_database, started_database

pytestmark = pytest.mark.sqlite

INDEX = "ix_saved_user_id_id"


def damage(path: Path) -> None:
    """Write over the page with which an index begins that hardly anything needs."""
    with closing(sqlite3.connect(path)) as connection:
        query = "SELECT rootpage FROM sqlite_schema WHERE name = ?"
        [(page,)] = connection.execute(query, [INDEX]).fetchall()
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 4096)


def meet(connection: Connection) -> None:
    """Look into that index."""
    connection.exec_driver_sql(f"SELECT id FROM saved INDEXED BY {INDEX} WHERE user_id = 1").all()


async def is_refused(database: Database, words: str) -> None:
    """Assert that a write is `busy`, and that the refusal says why."""
    with pytest.raises(Refusal, match=words) as refused:
        await database.write(ChatDatabase.create_room, "Never")
    assert refused.value.code == "busy"


async def test_what_is_on_its_way_when_damage_is_met_is_not_committed(tmp_path: Path) -> None:
    """Nor is anything that waits behind it; what can be read is read."""
    async with started_database(tmp_path) as database:
        await database.write(ChatDatabase.create_room, "Hall")
        damage(tmp_path / "data" / "chat.db")

        def meanwhile(connection: Connection) -> None:
            ChatDatabase.create_room(connection, "On its way")
            with pytest.raises(DBAPIError), database._readers.engine.begin() as reader:
                meet(reader)

        faults = COUNTS.database_faults["damaged"]
        going = [
            database.write(meanwhile),
            *(database.write(ChatDatabase.create_room, f"Behind {each}") for each in range(3)),
        ]
        outcomes = await asyncio.gather(*going, return_exceptions=True)
        assert [getattr(outcome, "code", None) for outcome in outcomes] == ["busy"] * 4
        assert COUNTS.database_faults["damaged"] == faults + 4
        assert database.unfit == "damaged"
        await is_refused(database, "damaged")
        with pytest.raises(DBAPIError), get_db(database) as connection:
            ChatDatabase.create_room(connection, "Never")
        rooms = await database.read(ChatDatabase.get_rooms)
        assert [room.name for room in rooms] == ["Hall"]


async def test_what_goes_on_behind_waits_until_the_file_is_back(tmp_path: Path) -> None:
    """It is not refused again and again, and the log not filled with that."""
    async with started_database(tmp_path) as database:
        path = tmp_path / "data" / "chat.db"
        path.rename(path.with_name("aside.db"))
        await database.renew()
        assert str(database.unfit) == "moved"
        behind = asyncio.create_task(database.tend(ChatDatabase.create_room, "Hall"))
        await is_refused(database, "moved or replaced")
        assert not behind.done()
        path.with_name("aside.db").rename(path)
        await at_last(lambda: database.write(ChatDatabase.create_room, "Square"))
        assert database.unfit is None
        assert (await behind).name == "Hall"


async def test_a_file_in_the_place_of_the_one_that_is_open_is_not_opened(tmp_path: Path) -> None:
    """Its log would be taken for that of the other; nor is one made where there is none."""
    async with started_database(tmp_path) as database:
        path = tmp_path / "data" / "chat.db"
        aside = path.with_name("aside.db")
        path.rename(aside)
        # Nobody has read, so there is no connection for it.
        with pytest.raises(Refusal, match="moved or replaced"):
            await database.read(ChatDatabase.get_rooms)
        assert not path.exists()
        shutil.copyfile(aside, path)
        with pytest.raises(Refusal, match="moved or replaced"):
            await database.read(ChatDatabase.get_rooms)
        aside.rename(path)
        assert await database.read(ChatDatabase.get_rooms) == []


async def test_a_file_of_which_nobody_can_tell_is_not_taken_for_one_that_is_gone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """As where a folder may not be looked into any more."""
    caplog.set_level(logging.INFO)
    async with started_database(tmp_path) as database:
        path = tmp_path / "data" / "chat.db"
        path.rename(path.with_name("aside.db"))
        path.symlink_to(path)
        await database.renew()
        await database.write(ChatDatabase.create_room, "Hall")
        # What has to be opened is not, as before.
        with pytest.raises(Refusal, match="disk does not do what it should"):
            await database.read(ChatDatabase.get_rooms)
        path.unlink()
        path.with_name("aside.db").rename(path)
    assert not any("moved" in line for line in caplog.messages)


@pytest.mark.parametrize("start", [0, 1], ids=["all of it", "all but its first page"])
def test_a_damaged_file_is_refused_with_its_log_and_both_are_left_as_they_are(
    tmp_path: Path, start: int
) -> None:
    """As a crash leaves them: whoever closes the last connection would bring them together."""
    with open_database(tmp_path / "one") as database:
        with get_db(database) as connection:
            ChatDatabase.create_room(connection, "Hall")
        shutil.copytree(tmp_path / "one", tmp_path / "other")
    path = tmp_path / "other" / "data" / "chat.db"
    log = path.with_name("chat.db-wal")
    whole = path.read_bytes()
    path.write_bytes(whole[: start * 4096] + b"\xff" * (len(whole) - start * 4096))
    kept = path.read_bytes(), log.read_bytes()
    assert len(kept[1]) > 0
    with pytest.raises(DatabaseUnusable, match="backup"):
        init_db(local_settings(tmp_path / "other"))
    assert (path.read_bytes(), log.read_bytes()) == kept
    path.write_bytes(whole)
    with open_database(tmp_path / "other") as database, get_db(database) as connection:
        assert [room.name for room in ChatDatabase.get_rooms(connection)] == ["Hall"]


@pytest.mark.parametrize("empty", [False, True])
def test_a_log_alone_is_not_begun_anew(tmp_path: Path, *, empty: bool) -> None:
    """What was acknowledged last may be in it; whoever takes it away, too, begins anew."""
    with open_database(tmp_path):
        pass
    path = tmp_path / "data" / "chat.db"
    log = path.with_name("chat.db-wal")
    path.unlink()
    log.write_bytes(b"what was said last")
    if empty:
        path.touch()
    with pytest.raises(DatabaseUnusable, match=r"chat\.db is not there, and chat\.db-wal is"):
        init_db(local_settings(tmp_path))
    assert path.exists() == empty
    assert log.read_bytes() == b"what was said last"
    log.unlink()
    with open_database(tmp_path):
        pass


def test_what_is_sound_has_no_log_left(tmp_path: Path) -> None:
    """Whoever closes it last brings all of it into the one file, as ever."""
    with open_database(tmp_path) as database, get_db(database) as connection:
        ChatDatabase.create_room(connection, "Hall")
    assert sorted(path.name for path in (tmp_path / "data").glob("chat.db*")) == ["chat.db"]
