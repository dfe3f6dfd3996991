"""Pages of history: the newest, before, after and around an id, at both edges."""

import pytest
from sqlalchemy import Connection, delete

from parlour.database import ChatDatabase
from parlour.models import Message, Room
from parlour.store.tables import messages
from tests.support.local import draft


@pytest.fixture
def said(connection: Connection, hall: Room) -> list[int]:
    """Return the ids of ten messages of the hall, between each of which another room got one."""
    other = ChatDatabase.create_room(connection, "Other")
    ChatDatabase.create_messages(
        connection,
        [
            each
            for number in range(10)
            for each in (draft(hall.id, f"{number}"), draft(other.id, "elsewhere"))
        ],
    )
    return ids(ChatDatabase.get_room_messages(connection, hall.id).messages)


def ids(page: list[Message]) -> list[int]:
    """Return the ids of a page."""
    return [message.id for message in page]


def page(connection: Connection, room: Room, **query: int) -> list[int]:
    """Return the ids of one page of a room."""
    return ids(ChatDatabase.get_room_messages(connection, room.id, **query).messages)


def test_an_empty_room_has_an_empty_page(connection: Connection, hall: Room) -> None:
    """Wherever one asks."""
    for query in ({}, {"before": 5}, {"after": 5}, {"around": 5}):
        assert page(connection, hall, **query) == []


def test_the_newest_page_comes_oldest_first(
    connection: Connection, hall: Room, said: list[int]
) -> None:
    """Without a place it is the end of the history, and only of this room."""
    assert page(connection, hall, limit=3) == said[-3:]
    assert page(connection, hall, limit=10) == said
    assert page(connection, hall, limit=11) == said
    contents = ChatDatabase.get_room_messages(connection, hall.id).messages
    assert [message.content for message in contents] == [f"{number}" for number in range(10)]


def test_a_page_tells_where_the_room_stood(
    connection: Connection, hall: Room, said: list[int]
) -> None:
    """Its version and epoch let a client resume from there without a gap."""
    room = ChatDatabase.get_room_messages(connection, hall.id, limit=1).room
    assert room.version == len(said)
    assert room.epoch == hall.epoch


def test_before_gives_those_next_below_and_not_the_id_itself(
    connection: Connection, hall: Room, said: list[int]
) -> None:
    """Nearest to the id, not the oldest there are."""
    assert page(connection, hall, before=said[7], limit=3) == said[4:7]
    assert page(connection, hall, before=said[2], limit=3) == said[:2]
    assert page(connection, hall, before=said[-1] + 100, limit=3) == said[-3:]
    assert page(connection, hall, before=said[0]) == []


def test_after_gives_those_next_above_and_not_the_id_itself(
    connection: Connection, hall: Room, said: list[int]
) -> None:
    """Nearest to the id, not the newest there are."""
    assert page(connection, hall, after=said[2], limit=3) == said[3:6]
    assert page(connection, hall, after=said[7], limit=3) == said[8:]
    assert page(connection, hall, after=1, limit=2) == [each for each in said if each > 1][:2]
    assert page(connection, hall, after=said[-1]) == []


@pytest.mark.parametrize(
    ("place", "limit", "expected"),
    [
        (5, 1, slice(5, 6)),
        (5, 2, slice(5, 7)),
        (5, 3, slice(4, 7)),
        (5, 4, slice(4, 8)),
        (0, 4, slice(0, 4)),
        (1, 4, slice(0, 4)),
        (9, 4, slice(6, 10)),
        (8, 4, slice(6, 10)),
        (5, 200, slice(0, 10)),
        (0, 1, slice(0, 1)),
        (9, 1, slice(9, 10)),
    ],
)
def test_around_is_centred_and_takes_more_of_the_side_that_has_more(
    connection: Connection, hall: Room, said: list[int], place: int, limit: int, expected: slice
) -> None:
    """Up to `limit` in all, with the id itself among them."""
    found = page(connection, hall, around=said[place], limit=limit)
    assert found == said[expected]
    assert said[place] in found


def test_around_an_id_that_is_not_there_gives_its_neighbours(
    connection: Connection, hall: Room, said: list[int]
) -> None:
    """A link to a message that was purged still leads to its place."""
    connection.execute(delete(messages).where(messages.c.id == said[5]))
    assert page(connection, hall, around=said[5], limit=4) == [*said[3:5], *said[6:8]]
    elsewhere = said[5] + 1
    assert elsewhere not in said
    assert page(connection, hall, around=elsewhere, limit=2) == [said[4], said[6]]


def test_around_beyond_either_end_gives_that_end(
    connection: Connection, hall: Room, said: list[int]
) -> None:
    """An id of another time is no error."""
    assert page(connection, hall, around=said[-1] + 100, limit=3) == said[-3:]
    connection.execute(delete(messages).where(messages.c.id == said[0]))
    assert page(connection, hall, around=said[0], limit=3) == said[1:4]


@pytest.mark.parametrize("limit", [1, 3, 4, 10])
def test_pages_put_together_are_the_history(
    connection: Connection, hall: Room, said: list[int], limit: int
) -> None:
    """Paging back from the newest, or forward from the oldest, meets every message once."""
    back = page(connection, hall, limit=limit)
    while older := page(connection, hall, before=back[0], limit=limit):
        back = older + back
    assert back == said
    forth = [said[0]]
    while newer := page(connection, hall, after=forth[-1], limit=limit):
        forth += newer
    assert forth == said
