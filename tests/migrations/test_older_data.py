"""Databases of before: what is in them is what the newer schema says of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from parlour import migrations
from parlour.migrations import migrate
from parlour.store import members, reports, rooms
from parlour.support.sqlite import open_writer

NOW = "2026-01-31T12:00:00.000000Z"


@contextmanager
def database_at(folder: Path, revision: str) -> Iterator[Connection]:
    """Yield a connection to a database as it was with this revision."""
    engine = open_writer(folder / "chat.db")
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        yield connection
    engine.dispose()


def put(connection: Connection, table: str, **values: Any) -> None:
    """Insert a row as it was written then."""
    names, places = ", ".join(values), ", ".join(f":{name}" for name in values)
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({places})"), values)


def put_room(connection: Connection, room_id: int, **values: Any) -> None:
    """Insert a room as it was written then."""
    name = f"room {room_id}"
    fixed = {"created_at": NOW, "version": 0, "changed_version": 0}
    put(connection, "rooms", id=room_id, name=name, name_key=name, **fixed, **values)


def put_user(connection: Connection, user_id: int) -> None:
    """Insert an account as it was written then."""
    name = f"user{user_id}"
    put(
        connection, "users", id=user_id, username=name, name_key=name, identity=name,
        display_name=name, password_hash="", role="member", about="", status_text="",
        created_at=NOW, password_changed_at=NOW,
    )  # fmt: skip


def test_reports_learn_whose_message_it_is_where_it_is_still_there(tmp_path: Path) -> None:
    """An account's, a guest's; of one that is gone it stays unknown."""
    with database_at(tmp_path, "0016") as connection:
        put_room(connection, 1, kind="public")
        for message_id, author in ((1, "user:7"), (2, "name:bob"), (3, "guest:abc"), (4, None)):
            if author is not None:
                put(
                    connection, "messages", id=message_id, room_id=1, username="bob",
                    author=author, content="hello", timestamp=NOW, version=message_id,
                )  # fmt: skip
            put(
                connection, "reports", room_id=1, room_name="room 1", message_id=message_id,
                message_username="bob", message_content="hello", message_timestamp=NOW,
                author="user:8", reporter="ada", reason="rude", created_at=NOW,
            )  # fmt: skip
        assert migrate(connection)
        found = reports.list_reports(connection, 1, None, 9)
        assert [each.message_guest for each in found] == [None, True, True, False]
        assert not any(each.reporter_guest for each in found)


@pytest.mark.parametrize(("said", "expected"), [(0, [1]), (3, [1, 2])])
def test_conversations_that_are_empty_stay_with_who_opened_them(
    tmp_path: Path, said: int, expected: list[int]
) -> None:
    """Those in which something was said stay with both, and other rooms with everybody."""
    with database_at(tmp_path, "0016") as connection:
        put_user(connection, 1)
        put_user(connection, 2)
        put_room(connection, 1, kind="direct", opened_by=1, message_count=said)
        put_room(connection, 2, kind="private")
        for room_id in (1, 2):
            for user_id in (1, 2):
                put(
                    connection, "members", room_id=room_id, user_id=user_id, role="member",
                    joined_at=NOW,
                )  # fmt: skip
        assert migrate(connection)
        for room_id, theirs in ((1, expected), (2, [1, 2])):
            room = rooms.get_room(connection, room_id)
            assert room is not None
            assert members.member_ids(connection, room) == theirs
            for user_id in (1, 2):
                listed = [each.id for each in rooms.visible_rooms(connection, user_id)]
                assert (room_id in listed) is (user_id in theirs)
