"""Resuming: everything since a version, in order, or the plain word that it has to be read anew."""

import pytest
from sqlalchemy import Connection, update

from parlour import database as database_module
from parlour.database import MAX_REPLAY, ChatDatabase
from parlour.models import Room
from parlour.store.tables import messages, rooms
from tests.support.local import draft


def say(connection: Connection, room: Room, how_many: int) -> None:
    """Say `how_many` things in a room."""
    ChatDatabase.create_messages(connection, [draft(room.id) for _ in range(how_many)])


@pytest.mark.parametrize("version", [0, 1, 4, 5])
def test_changes_are_all_since_a_version_in_order(
    connection: Connection, hall: Room, version: int
) -> None:
    """With the room as it stood at that moment; nothing is left out and nothing is repeated."""
    say(connection, hall, 5)
    changes = ChatDatabase.get_changes(connection, hall.id, version, None)
    assert not changes.reset
    assert [message.version for message in changes.messages] == list(range(version + 1, 6))
    assert changes.room.version == 5


def test_changes_of_another_room_are_not_told(connection: Connection, hall: Room) -> None:
    """Versions of two rooms run side by side."""
    other = ChatDatabase.create_room(connection, "Other")
    say(connection, other, 3)
    assert len(ChatDatabase.get_changes(connection, other.id, 0, None).messages) == 3
    assert ChatDatabase.get_changes(connection, hall.id, 0, None).messages == []


def test_a_changed_message_comes_once_at_its_last_version(
    connection: Connection, hall: Room
) -> None:
    """What is replayed is state and not a log: versions rise but may skip."""
    say(connection, hall, 3)
    first = ChatDatabase.get_room_messages(connection, hall.id).messages[0]
    connection.execute(update(messages).where(messages.c.id == first.id).values(version=4))
    connection.execute(update(rooms).where(rooms.c.id == hall.id).values(version=4))
    changes = ChatDatabase.get_changes(connection, hall.id, 1, None)
    assert [message.version for message in changes.messages] == [2, 3, 4]
    assert changes.messages[-1].id == first.id
    assert ChatDatabase.get_changes(connection, hall.id, 3, None).messages == [changes.messages[-1]]


def test_the_same_epoch_resumes(connection: Connection, hall: Room) -> None:
    """The client's history is this one."""
    say(connection, hall, 2)
    changes = ChatDatabase.get_changes(connection, hall.id, 1, hall.epoch)
    assert not changes.reset
    assert len(changes.messages) == 1


@pytest.mark.parametrize("version", [0, 1, 2])
def test_another_epoch_is_reset(connection: Connection, hall: Room, version: int) -> None:
    """The client's history is not this one, whatever its version."""
    say(connection, hall, 2)
    changes = ChatDatabase.get_changes(connection, hall.id, version, "0123456789abcdef")
    assert changes.reset
    assert changes.messages == []
    assert changes.room.version == 2


def test_a_version_that_was_never_reached_is_reset(connection: Connection, hall: Room) -> None:
    """Such a client comes from another history, though it cannot name its epoch."""
    say(connection, hall, 2)
    assert not ChatDatabase.get_changes(connection, hall.id, 2, None).reset
    assert ChatDatabase.get_changes(connection, hall.id, 3, None).reset


@pytest.mark.parametrize(("missed", "reset"), [(4, False), (5, False), (6, True)])
def test_too_many_changes_are_reset_and_never_a_part(
    connection: Connection, hall: Room, monkeypatch: pytest.MonkeyPatch, missed: int, reset: bool
) -> None:
    """The bound itself is still replayed whole."""
    monkeypatch.setattr(database_module, "MAX_REPLAY", 5)
    say(connection, hall, 10)
    changes = ChatDatabase.get_changes(connection, hall.id, 10 - missed, hall.epoch)
    assert changes.reset is reset
    assert len(changes.messages) == (0 if reset else missed)


def test_the_bound_is_what_the_protocol_says(connection: Connection, hall: Room) -> None:
    """A thousand changes are replayed, one more is not."""
    assert MAX_REPLAY == 1_000
    say(connection, hall, 1_001)
    assert len(ChatDatabase.get_changes(connection, hall.id, 1, None).messages) == 1_000
    assert ChatDatabase.get_changes(connection, hall.id, 0, None).reset


def test_many_who_ask_at_once_are_each_told_what_they_missed(
    connection: Connection, hall: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One reading serves all; who is too far behind costs those who are not nothing, nor them it.

    Of what nobody is told nothing is read.
    """
    monkeypatch.setattr(database_module, "MAX_REPLAY", 5)
    say(connection, hall, 10)
    for afters in ([0, 5, 7, None, 10], [5, 7]):
        recent = ChatDatabase.get_recent_changes(connection, hall.id, afters)
        for after in afters:
            if after is not None:
                told = recent.since(after, hall.epoch)
                assert told.reset is (after < 5)
                wanted = [] if told.reset else list(range(after + 1, 11))
                assert [message.version for message in told.messages] == wanted
    assert ChatDatabase.get_recent_changes(connection, hall.id, [0, 4]).messages == []
