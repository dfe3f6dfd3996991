"""Rooms: made, listed, deleted at once, their messages taken away afterwards."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, delete, select

from parlour import database as database_module
from parlour import editing, reading, saving
from parlour.database import ChatDatabase, get_db
from parlour.errors import Refusal
from parlour.models import Person, Room
from parlour.store.messages import count
from parlour.store.tables import messages, rooms
from parlour.store.users import create_user
from tests.support.local import draft, open_database


def fill(connection: Connection, room: Room, how_many: int) -> None:
    """Say `how_many` things in a room."""
    ChatDatabase.create_messages(
        connection, [draft(room.id, f"{number}") for number in range(how_many)]
    )


def test_a_new_room_is_empty_and_at_version_zero(connection: Connection) -> None:
    """What is told of a new room is what is stored."""
    before = datetime.now(UTC)
    room = ChatDatabase.create_room(connection, "Hall")
    assert room.name == "Hall"
    assert room.version == 0
    assert room.kind == "public"
    assert before <= room.created_at <= datetime.now(UTC)
    assert ChatDatabase.get_room(connection, room.id) == room


def test_rooms_are_listed_in_order_of_creation(connection: Connection) -> None:
    """Neither names nor activity order them."""
    made = [ChatDatabase.create_room(connection, name) for name in ("c", "a", "b")]
    fill(connection, made[1], 1)
    assert [room.name for room in ChatDatabase.get_rooms(connection)] == ["c", "a", "b"]


@pytest.mark.parametrize("name", ["hall", "HALL", "\uff28\uff41\uff4c\uff4c", "H\u1d43ll"])
def test_a_name_is_taken_without_regard_to_case(connection: Connection, name: str) -> None:
    """Compatibility forms of the same letters are the same name too."""
    ChatDatabase.create_room(connection, "Hall")
    with pytest.raises(Refusal) as refused, connection.begin_nested():
        ChatDatabase.create_room(connection, name)
    assert refused.value.code == "room_exists"
    assert refused.value.field == "name"
    assert name in refused.value.detail


def test_another_name_is_not_taken(connection: Connection) -> None:
    """Accents and other scripts make another name."""
    for name in ("Hall", "Häll", "Зал", "Hall 2"):
        ChatDatabase.create_room(connection, name)
    assert len(ChatDatabase.get_rooms(connection)) == 4


@pytest.mark.parametrize("operation", [ChatDatabase.get_room, ChatDatabase.delete_room])
def test_a_room_that_is_not_there_is_not_found(
    connection: Connection, hall: Room, operation: object
) -> None:
    """Ids that never were, or belong to a deleted room, are one answer."""
    assert callable(operation)
    with pytest.raises(Refusal) as never:
        operation(connection, hall.id + 1)
    ChatDatabase.delete_room(connection, hall.id)
    with pytest.raises(Refusal) as deleted:
        operation(connection, hall.id)
    assert never.value.code == deleted.value.code == "not_found"
    assert never.value.detail == deleted.value.detail


def test_a_deleted_room_is_gone_at_once_and_its_name_is_free(
    connection: Connection, hall: Room
) -> None:
    """Neither list, history nor resume shows it, though its rows are still there."""
    fill(connection, hall, 3)
    assert ChatDatabase.delete_room(connection, hall.id).name == "Hall"
    assert count(connection) == 3
    assert ChatDatabase.get_rooms(connection) == []
    for read in (
        lambda: ChatDatabase.get_room_messages(connection, hall.id),
        lambda: ChatDatabase.get_changes(connection, hall.id, 0, None),
        lambda: ChatDatabase.create_message(connection, hall.id, "alice", "hi"),
    ):
        with pytest.raises(Refusal, match="no such room"):
            read()
    assert ChatDatabase.create_room(connection, "Hall").id != hall.id


def test_a_deleted_room_is_purged_in_batches(
    connection: Connection, hall: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each batch is bounded, and only the deleted room's messages go."""
    monkeypatch.setattr(database_module, "PURGE_BATCH", 4)
    other = ChatDatabase.create_room(connection, "Other")
    fill(connection, hall, 9)
    fill(connection, other, 5)
    ChatDatabase.delete_room(connection, hall.id)
    left = []
    more = True
    while more:
        more = ChatDatabase.purge_deleted_rooms(connection)
        left.append(count(connection))
    assert left == [10, 6, 5, 5, 5]
    assert connection.scalars(select(rooms.c.id)).all() == [other.id]
    assert len(ChatDatabase.get_room_messages(connection, other.id).messages) == 5


def test_nothing_that_is_taken_away_holds_the_writer_up(
    connection: Connection, hall: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of no kind many rows go at once: neither with a message nor with a room."""
    monkeypatch.setattr(database_module, "PURGE_ROWS", 50)
    monkeypatch.setattr(editing, "MAX_CLEARED", 50)
    alice = Person.by_name("alice")
    other = ChatDatabase.create_room(connection, "Other")
    liked = ChatDatabase.create_message(connection, other.id, "alice", "hi")
    edited = ChatDatabase.create_message(connection, hall.id, "alice", "hi")
    user = create_user(connection, "rita", "Rita", "", "member")
    for number in range(2, 171):
        create_user(connection, f"saver{number}", "Saver", "", "member")
    reading.read(connection, Person.by_account("rita", user.id), user.id, liked.id)
    time = "'2026-01-01T00:00:00.000000Z'"
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 170)"
    for table, values in {
        "reactions(message_id, emoji, author, username, created_at)": (
            f"{liked.id}, 'x', i, i, {time}"
        ),
        "saved(user_id, message_id, saved_at)": f"i, {liked.id}, {time}",
        "wordings(message_id, number, content, timestamp)": f"{edited.id}, i, 'x', {time}",
        "deletions(room_id, level, slot, count)": f"{hall.id}, 0, i, 1",
        "spoken(room_id, author, at)": f"{hall.id}, i, {time}",
    }.items():
        connection.exec_driver_sql(f"INSERT INTO {table} {numbers} SELECT {values} FROM n")
    assert editing.delete_message(connection, alice, liked.id).rest
    ChatDatabase.delete_room(connection, hall.id)
    tables = (
        "reactions", "wordings", "deletions", "spoken", "messages", "rooms", "cleared", "saved",
    )  # fmt: skip

    def counts() -> list[int]:
        selected = (f"SELECT count(*) FROM {table}" for table in tables)
        return [int(connection.exec_driver_sql(each).scalar() or 0) for each in selected]

    before, more = counts(), True
    assert (before[0], before[-1]) == (120, 170)
    assert saving.list_ids(connection, f"user:{user.id}", user.id) == []
    while more:
        more = ChatDatabase.purge_deleted_rooms(connection)
        after = counts()
        assert max(old - new for old, new in zip(before, after, strict=True)) <= 50
        before = after
    # What is not deleted is left: in the other room a tombstone, and that it was counted.
    assert before == [0, 0, 8, 0, 1, 1, 0, 0]


def test_several_deleted_rooms_are_purged(connection: Connection) -> None:
    """One run takes all of them that it can within its bound."""
    for name in ("a", "b", "c"):
        room = ChatDatabase.create_room(connection, name)
        fill(connection, room, 2)
        ChatDatabase.delete_room(connection, room.id)
    while ChatDatabase.purge_deleted_rooms(connection):
        pass
    assert count(connection) == 0
    assert connection.scalars(select(rooms.c.id)).all() == []


def test_removing_a_rooms_row_takes_its_messages_along(connection: Connection, hall: Room) -> None:
    """The foreign key cascades."""
    other = ChatDatabase.create_room(connection, "Other")
    fill(connection, hall, 3)
    fill(connection, other, 1)
    connection.execute(delete(rooms).where(rooms.c.id == hall.id))
    assert connection.scalars(select(messages.c.room_id)).all() == [other.id]


def test_a_rooms_id_is_never_used_again(tmp_path: Path) -> None:
    """Not after deletion, not after a restart: a link to it cannot lead into another room."""
    seen = set()
    for _start in range(3):
        with open_database(tmp_path) as database, get_db(database) as connection:
            room = ChatDatabase.create_room(connection, "Hall")
            ChatDatabase.delete_room(connection, room.id)
            while ChatDatabase.purge_deleted_rooms(connection):
                pass
            assert connection.scalars(select(rooms.c.id)).all() == []
            seen.add(room.id)
    assert len(seen) == 3


def test_every_room_carries_the_databases_epoch(tmp_path: Path) -> None:
    """However it is read."""
    with open_database(tmp_path) as database, get_db(database) as connection:
        room = ChatDatabase.create_room(connection, "Hall")
        [listed] = ChatDatabase.get_rooms(connection)
        assert {room.epoch, listed.epoch} == {database.epoch}
        assert ChatDatabase.get_room(connection, room.id).epoch == database.epoch
