"""The same of what people do with messages: react, pin, put by, pass on; and of what is left."""

from functools import partial

import pytest
from sqlalchemy import Connection

from parlour import belonging, pinning, places, saving
from parlour.database import PURGE_ROWS, ChatDatabase
from parlour.models import Person, Reaction, Room, RoomCreate
from parlour.reacting import list_reactors, react
from parlour.store import leftovers, reactions, saved
from parlour.store.messages import set_reactions
from parlour.store.users import create_user
from parlour.storing import MessageDraft, StoredMessage
from tests.database.plans import plans, statements, wasted
from tests.support.local import draft

# Plans are SQLite's.
pytestmark = pytest.mark.sqlite


def test_reacting_costs_the_same_among_very_many(connection: Connection, hall: Room) -> None:
    """One more or one less of thousands: the same statements, all by index, a frame no larger."""
    few, many = (
        ChatDatabase.create_message(connection, hall.id, "ada", content) for content in "ab"
    )
    for number in range(2_500):
        by = Person.by_name(f"reader {number}")
        reactions.add(connection, many.id, "👍", by)
    told = Reaction(
        emoji="👍", count=2_500, usernames=reactions.first_names(connection, many.id, "👍", 50)
    )
    set_reactions(connection, many.id, many.version, [told])
    eve = Person.by_name("eve")
    react(connection, Person.by_name("bob"), few.id, "👍")
    for on in (True, False):
        found = [
            plans(connection, lambda: react(connection, eve, message.id, "👍", on=on))  # noqa: B023 - run at once
            for message in (few, many)
        ]
        assert list(found[0]) == list(found[1])
        assert not wasted(found[1])
    edited = react(connection, eve, many.id, "👍")
    [reaction] = edited.message.reactions
    assert (reaction.count, len(reaction.usernames)) == (2_501, 50)
    assert len(edited.message.model_dump_json()) < 1_500
    # A page of who it was begins where the last one ended, with one emoji or with any.
    for emoji in (None, "👍"):
        ask = partial(list_reactors, connection, eve.author, many.id, emoji, 2_000, 200)
        asked = plans(connection, ask)
        assert not wasted(asked)
        assert sum("reactions" in steps[0] for steps in asked.values()) == 2
        page = ask()
        assert (page.own, len(page.reactors)) == (("👍",), 200)


def test_pins_cost_the_same_in_a_room_of_any_size(connection: Connection, busy: Room) -> None:
    """They are counted and listed by an index that has nothing else in it."""
    by = Person.by_name("ada")
    said = ChatDatabase.get_room_messages(connection, busy.id, limit=20).messages
    for message in said:
        found = plans(connection, lambda: pinning.pin(connection, by, message.id))  # noqa: B023 - run at once
        assert not wasted(found)
    asked = plans(connection, lambda: pinning.list_pins(connection, by.author, busy.id, None, 10))
    assert not wasted(asked)
    [steps] = [steps for sql, steps in asked.items() if "FROM messages" in sql]
    by_pin = "SEARCH messages USING INDEX ix_messages_room_id_pinned_at"
    assert steps == [f"{by_pin} (room_id=? AND pinned_at>?)"]
    page = pinning.list_pins(connection, by.author, busy.id, None, 10)
    before = page[-1].pinned_at
    rest = plans(connection, lambda: pinning.list_pins(connection, None, busy.id, before, 10))
    [steps] = [steps for sql, steps in rest.items() if "FROM messages" in sql]
    assert len(steps) == 1
    assert steps[0].startswith(f"{by_pin} (room_id=? AND pinned_at")
    assert not wasted(plans(connection, lambda: pinning.pin(connection, by, said[0].id, on=False)))


def test_what_is_saved_is_found_by_its_index(connection: Connection, busy: Room) -> None:
    """A page, the ids, one message of it, and everything of a message that goes."""
    ids = [create_user(connection, name, name, "", "member").id for name in ("ada", "ben")]
    said = ChatDatabase.get_room_messages(connection, busy.id, limit=100).messages
    for user_id in ids:
        by = Person.by_account("ada", user_id)
        for message in said:
            saving.save(connection, by, user_id, message.id)
    by = Person.by_account("ada", ids[0])
    for run in (
        lambda: saving.save(connection, by, ids[0], said[0].id),
        lambda: saving.list_saved(connection, by.author, ids[0], None, 20),
        lambda: saving.list_saved(connection, by.author, ids[0], 50, 20),
        lambda: saved.message_ids(connection, ids[0]),
        lambda: saving.list_ids(connection, by.author, ids[0]),
        lambda: saving.unsave(connection, ids[0], said[0].id),
        lambda: leftovers.clear(connection, said[1].id, 400),
    ):
        found = plans(connection, run)
        assert found
        assert not [step for step in wasted(found) if "json_each" not in step], found


def test_a_page_of_what_is_saved_costs_the_same_few_statements(connection: Connection) -> None:
    """Also where very much of it is in a room that one has left, and one message is asked for."""
    ada, ben = (create_user(connection, name, name, "", "member").id for name in ("ada", "ben"))
    owner, by = Person.by_account("ada", ada), Person.by_account("ben", ben)
    new = RoomCreate(name="Den", kind="private")
    room = places.create_room(connection, new, (ada, "ada")).room
    belonging.put_member(connection, owner, ada, room.id, "ben", None)
    words = [MessageDraft(room.id, owner, "note") for _ in range(1_100)]
    said = [
        each.message
        for each in ChatDatabase.create_messages(connection, words)
        if isinstance(each, StoredMessage)
    ]
    for message in said:
        saved.add(connection, ben, message.id)
    belonging.remove_member(connection, owner, ada, room.id, "ben")
    with statements(connection) as seen:
        page = saving.list_saved(connection, by.author, ben, None, 1)
    assert not page.saved
    assert len(seen) <= 12
    # What was not looked at comes with the next page, once they may read it again.
    belonging.put_member(connection, owner, ada, room.id, "ben", None)
    last = saving.list_saved(connection, by.author, ben, page.next, 200)
    assert len(last.saved) in range(1, 101)
    assert last.saved[-1].message.id == said[0].id


def test_passing_on_costs_three_statements_more_and_scans_nothing(
    connection: Connection, busy: Room
) -> None:
    """The originals by their keys, and how those who pass them on stand in their rooms."""
    said = ChatDatabase.get_room_messages(connection, busy.id, limit=5).messages
    plain = plans(
        connection,
        lambda: ChatDatabase.create_messages(connection, [draft(busy.id) for _ in said]),
    )
    group = [draft(busy.id, forward=message.id) for message in said]
    found = plans(connection, lambda: ChatDatabase.create_messages(connection, group))
    # They are read, asked at the gate, and written down.
    assert len(found) == len(plain) + 3
    [originals] = [steps for sql, steps in found.items() if "messages.forwarded" in sql]
    assert [step for step in originals if step.startswith("SCAN")] == [
        "SCAN ids VIRTUAL TABLE INDEX 1:"
    ]
    assert len([step for step in originals if "INTEGER PRIMARY KEY" in step]) == 2


def test_what_a_deleted_room_leaves_is_taken_away_in_bounded_batches(
    connection: Connection, hall: Room
) -> None:
    """Also the reactions to one message, of which there may be very many."""
    message = ChatDatabase.create_message(connection, hall.id, "ada", "hi")
    for number in range(2_500):
        reactions.add(connection, message.id, "👍", Person.by_name(f"reader {number}"))
    ChatDatabase.delete_room(connection, hall.id)

    def left() -> int:
        counted = connection.exec_driver_sql("SELECT count(*) FROM reactions").scalar()
        return int(counted or 0)

    found = plans(connection, lambda: ChatDatabase.purge_deleted_rooms(connection))
    [steps] = [steps for sql, steps in found.items() if sql.startswith("DELETE FROM reactions")]
    assert not [step for step in steps if step.startswith("SCAN")]
    assert left() == 2_500 - PURGE_ROWS
    while ChatDatabase.purge_deleted_rooms(connection):
        pass
    assert left() == 0
