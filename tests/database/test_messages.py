"""Messages: ids and versions, drafts in groups, and the `client_id` that cannot double one."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, delete

from parlour.database import ChatDatabase, Database, get_db
from parlour.errors import Refusal
from parlour.models import Message, Room
from parlour.store.messages import count
from parlour.store.tables import messages
from parlour.storing import MessageDraft, StoredMessage
from tests.support.local import draft, open_database


def store(connection: Connection, *drafts: MessageDraft) -> list[StoredMessage]:
    """Store drafts as one group, each of which must succeed."""
    outcomes = ChatDatabase.create_messages(connection, drafts)
    stored = [outcome for outcome in outcomes if isinstance(outcome, StoredMessage)]
    assert stored == outcomes
    return stored


def history(connection: Connection, room: Room) -> list[Message]:
    """Return everything said in a room, oldest first."""
    return ChatDatabase.get_room_messages(connection, room.id, limit=200).messages


def test_a_message_is_stored_as_it_was_said(connection: Connection, hall: Room) -> None:
    """Content, name and time come back as they were."""
    before = datetime.now(UTC)
    content = "Zeile 1\n  Zeile 2 \U0001f44b\u200d\t'; DROP TABLE messages; --"
    said = ChatDatabase.create_message(connection, hall.id, "Ada", content, "c1")
    assert said.content == content
    assert said.username == "Ada"
    assert said.guest is True
    assert before <= said.timestamp <= datetime.now(UTC)
    assert history(connection, hall) == [said]


def test_versions_have_no_gaps_and_each_room_counts_for_itself(connection: Connection) -> None:
    """Groups that mix rooms, repeats and rooms that are gone leave no hole."""
    one = ChatDatabase.create_room(connection, "one")
    two = ChatDatabase.create_room(connection, "two")
    groups: Sequence[Sequence[MessageDraft]] = [
        [draft(one.id), draft(two.id), draft(one.id)],
        [draft(999), draft(one.id, client_id="c"), draft(one.id, client_id="c"), draft(two.id)],
        [draft(two.id), draft(one.id, client_id="c"), draft(one.id)],
    ]
    for group in groups:
        ChatDatabase.create_messages(connection, group)
    for room, expected in ((one, 4), (two, 3)):
        said = history(connection, room)
        assert [message.version for message in said] == list(range(1, expected + 1))
        assert ChatDatabase.get_room(connection, room.id).version == expected


def test_ids_rise_over_all_rooms_in_the_order_of_the_drafts(connection: Connection) -> None:
    """An id is unique in the database and orders a room's history."""
    rooms = [ChatDatabase.create_room(connection, name) for name in "abc"]
    stored = store(connection, *[draft(rooms[number % 3].id) for number in range(9)])
    ids = [each.message.id for each in stored]
    assert ids == list(range(ids[0], ids[0] + 9))


def test_a_messages_id_is_never_used_again(tmp_path: Path) -> None:
    """Not when the newest messages are deleted, and not after a restart."""
    ids = []
    for start in range(3):
        with open_database(tmp_path) as database, get_db(database) as connection:
            room = ChatDatabase.create_room(connection, f"{start}")
            ids += [each.message.id for each in store(connection, draft(room.id), draft(room.id))]
            ChatDatabase.delete_room(connection, room.id)
            while ChatDatabase.purge_deleted_rooms(connection):
                pass
            assert count(connection) == 0
    assert ids == sorted(set(ids))
    assert len(ids) == 6


def test_a_version_is_never_used_again_though_its_message_is_gone(
    connection: Connection, hall: Room
) -> None:
    """The counter is the room's, not that of its newest message."""
    store(connection, draft(hall.id), draft(hall.id))
    connection.execute(delete(messages))
    [next_one] = store(connection, draft(hall.id))
    assert next_one.message.version == 3


def test_a_draft_for_a_room_that_is_gone_costs_its_neighbours_nothing(
    connection: Connection, hall: Room
) -> None:
    """It alone is refused."""
    first, lost, last = ChatDatabase.create_messages(
        connection, [draft(hall.id, "a"), draft(hall.id + 1, "b"), draft(hall.id, "c")]
    )
    assert isinstance(lost, Refusal)
    assert lost.code == "not_found"
    assert isinstance(first, StoredMessage)
    assert isinstance(last, StoredMessage)
    assert history(connection, hall) == [first.message, last.message]


def test_no_drafts_are_no_work(connection: Connection, hall: Room) -> None:
    """An empty group answers nothing and changes nothing."""
    assert ChatDatabase.create_messages(connection, []) == []
    assert ChatDatabase.get_room(connection, hall.id).version == 0


def test_a_repeated_client_id_returns_the_first_message(connection: Connection, hall: Room) -> None:
    """Also with other content: the first send counts, whatever the second says."""
    [first] = store(connection, draft(hall.id, "first", client_id="c"))
    [again] = store(connection, draft(hall.id, "second", client_id="c"))
    assert not first.repeated
    assert again.repeated
    assert again.message == first.message
    assert history(connection, hall) == [first.message]
    assert ChatDatabase.get_room(connection, hall.id).version == 1


def test_a_client_id_repeated_inside_one_group_makes_one_message(
    connection: Connection, hall: Room
) -> None:
    """Fifty in one commit: one row, fifty equal answers, forty-nine of them repeats."""
    stored = store(connection, *[draft(hall.id, f"{n}", client_id="c") for n in range(50)])
    assert [each.repeated for each in stored] == [False] + [True] * 49
    assert {each.message.id for each in stored} == {stored[0].message.id}
    assert {each.message.content for each in stored} == {"0"}
    assert len(history(connection, hall)) == 1


def test_a_client_id_is_its_authors_and_its_rooms_own(connection: Connection, hall: Room) -> None:
    """Another author, or another room, may use the same."""
    other = ChatDatabase.create_room(connection, "Other")
    stored = store(
        connection,
        draft(hall.id, client_id="c", username="alice"),
        draft(hall.id, client_id="c", username="bob"),
        draft(other.id, client_id="c", username="alice"),
    )
    assert not any(each.repeated for each in stored)
    assert len({each.message.id for each in stored}) == 3
    again = store(connection, draft(other.id, client_id="c", username="alice"))
    assert again[0].message == stored[2].message


@pytest.mark.parametrize("spelling", ["alice", "ALICE", "\uff21\uff4c\uff49\uff43\uff45"])
def test_an_author_is_the_same_in_any_case(
    connection: Connection, hall: Room, spelling: str
) -> None:
    """The first spelling is the message's."""
    [first] = store(connection, draft(hall.id, client_id="c", username="Alice"))
    [again] = store(connection, draft(hall.id, client_id="c", username=spelling))
    assert again.repeated
    assert again.message == first.message
    assert again.message.username == "Alice"


@pytest.mark.parametrize(
    "key", ['"', "'", "\\", "1", "[1]", "null", "é", "\U0001f44b", " ", "x" * 64]
)
def test_a_client_id_of_any_characters_is_found_again(
    connection: Connection, hall: Room, key: str
) -> None:
    """Neither quotes nor digits nor brackets mean anything in it."""
    store(connection, draft(hall.id, client_id="other"))
    [first] = store(connection, draft(hall.id, client_id=key, username='O\'Neil "x"'))
    [again] = store(connection, draft(hall.id, client_id=key, username='O\'Neil "x"'))
    assert not first.repeated
    assert again.message == first.message


def test_client_ids_differ_by_case(connection: Connection, hall: Room) -> None:
    """They are bytes to the server, not names."""
    stored = store(connection, draft(hall.id, client_id="c"), draft(hall.id, client_id="C"))
    assert not any(each.repeated for each in stored)


def test_messages_without_client_id_are_never_taken_for_one_another(
    connection: Connection, hall: Room
) -> None:
    """The same words twice are two messages."""
    stored = store(connection, draft(hall.id, "hi"), draft(hall.id, "hi"))
    assert [each.repeated for each in stored] == [False, False]
    assert len(history(connection, hall)) == 2


def test_create_message_raises_what_its_draft_was_refused_for(connection: Connection) -> None:
    """The one-message form has no list to put a refusal into."""
    with pytest.raises(Refusal, match="no such room"):
        ChatDatabase.create_message(connection, 1, "alice", "hi")


CHOICES = st.tuples(
    st.sampled_from(["one", "two", "gone"]),
    st.sampled_from(["alice", "Alice", "bob"]),
    st.sampled_from([None, "c1", "c2"]),
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Yield one database for many examples, none of which commits."""
    with open_database(tmp_path_factory.mktemp("shared")) as database:
        yield database


@given(groups=st.lists(st.lists(CHOICES, max_size=8), max_size=5))
def test_any_groups_keep_the_rules_of_ids_and_versions(
    groups: list[list[tuple[str, str, str | None]]], shared: Database
) -> None:
    """Versions are 1, 2, 3...; ids rise; the first of a (room, author, client_id) is the only."""
    with shared.write_engine.connect() as connection:
        rooms = {name: ChatDatabase.create_room(connection, name) for name in ("one", "two")}
        made: dict[tuple[str, str, str], Message] = {}
        expected: dict[str, list[Message]] = {name: [] for name in rooms}
        for group in groups:
            outcomes = ChatDatabase.create_messages(
                connection,
                [
                    draft(rooms[room].id if room in rooms else 999, username=who, client_id=key)
                    for room, who, key in group
                ],
            )
            for (room, who, key), outcome in zip(group, outcomes, strict=True):
                if room not in rooms:
                    assert isinstance(outcome, Refusal)
                    continue
                assert isinstance(outcome, StoredMessage)
                known = made.get((room, who.lower(), key)) if key else None
                assert outcome.repeated == (known is not None)
                if known is not None:
                    assert outcome.message == known
                    continue
                expected[room].append(outcome.message)
                if key:
                    made[room, who.lower(), key] = outcome.message
        for name, hall in rooms.items():
            said = history(connection, hall)
            assert said == expected[name]
            assert [message.version for message in said] == list(range(1, len(said) + 1))
            assert [message.id for message in said] == sorted({message.id for message in said})
