"""Mentions cost the same in small rooms and in large ones, and their queries use keys."""

from functools import partial

import pytest
from sqlalchemy import Connection

from parlour import editing, notifying, places
from parlour.attention import Level, QuietChange
from parlour.crowds import Said
from parlour.database import ChatDatabase
from parlour.mentioning import weight_of
from parlour.models import Message, Person, Room, RoomCreate
from parlour.permissions import BIG_ROOM, MAX_HERE
from parlour.store.members import add_members
from parlour.store.users import create_user
from parlour.storing import MessageDraft
from parlour.support.writer import MAX_GROUP
from tests.database.plans import Plans, plans, statements

# In the words of SQLite.
pytestmark = pytest.mark.sqlite

# What is made by the query itself, and a table of one row.
NO_TABLES = ("anon", "sqlite_sequence")


@pytest.fixture
def crowd(connection: Connection) -> tuple[Room, list[Person]]:
    """Return a room, and its owner with more members than anybody else may call."""
    ids = [create_user(connection, f"p{n}", f"p{n}", "", "member").id for n in range(BIG_ROOM + 30)]
    people = [Person.by_account(f"p{n}", user_id) for n, user_id in enumerate(ids)]
    new = RoomCreate(name="Crowd", kind="public")
    room = places.create_room(connection, new, (ids[0], "p0")).room
    add_members(connection, room.id, ids[1:])
    return room, people


def say(connection: Connection, room: Room, by: Person, text: str, *here: Person) -> Message:
    """Say something, with some who are there."""
    there = tuple(int(each.author.removeprefix("user:")) for each in here)
    [outcome] = ChatDatabase.create_messages(
        connection, [MessageDraft(room.id, by, text, here=there, notices=[])]
    )
    return outcome.message  # type: ignore[union-attr]


def scans(found: Plans) -> list[str]:
    """Return the steps that look at a whole table."""
    steps = [step for each in found.values() for step in each]
    found_scans = [s for s in steps if s.startswith("SCAN ") and "VIRTUAL TABLE" not in s]
    # There are at most a thousand holds, and mostly none.
    return [s for s in found_scans if not s[5:].startswith((*NO_TABLES, "holds"))]


def test_everything_about_mentions_is_found_by_key(
    connection: Connection, crowd: tuple[Room, list[Person]]
) -> None:
    """Naming, answering, calling, editing, deleting, listing, asking why; telling many."""
    room, (owner, other, *rest) = crowd
    user_id = int(other.author.removeprefix("user:"))
    named = say(connection, room, owner, "@p1 @p2")
    called = say(connection, room, owner, "@room")
    people = {int(each.author.removeprefix("user:")) for each in (other, *rest)}
    acts = (
        lambda: say(connection, room, owner, "@p1 @p2 @here", *rest[:5]),
        lambda: say(connection, room, owner, "@room @p1"),
        lambda: editing.edit_message(connection, owner, named.id, "@p3"),
        lambda: editing.delete_message(connection, owner, called.id),
        lambda: notifying.set_level(connection, other, user_id, room.id, "all"),
        lambda: notifying.set_quiet(connection, user_id, QuietChange(seconds=60)),
        lambda: notifying.get_decision(connection, other, user_id, named.id),
        lambda: notifying.get_mentions(connection, other, user_id, 10**6, 20),
        lambda: notifying.crowd(connection, {room.id: Said([named.id], [])}, people),
        lambda: notifying.crowd(connection, {room.id: Said(left={user_id})}, people),
    )
    for act in acts:
        found = plans(connection, act)
        assert not scans(found), found
        for steps in found.values():
            for step in steps:
                # Only who wants to hear everything is looked for by the room.
                assert "ix_reads_room_id" not in step
                assert "sqlite_autoindex_members_1 (room_id=?)" not in step or "LIMIT" in str(found)


def test_a_call_is_the_same_few_statements_however_many_it_calls(
    connection: Connection, crowd: tuple[Room, list[Person]]
) -> None:
    """And a message without a sign costs what it did: none of them."""
    room, people = crowd
    costs = []
    for text in ("plain", "@room"):
        with statements(connection) as seen:
            say(connection, room, people[0], text)
        costs.append(len(seen))
    plain, call = costs
    with statements(connection) as seen:
        say(connection, room, people[0], "@ nothing")
    assert len(seen) <= plain + 1
    assert call <= plain + 12
    add = partial(create_user, connection, password_hash="", role="member")
    add_members(
        connection, room.id, [add(username=f"q{n}", display_name="q").id for n in range(300)]
    )
    with statements(connection) as seen:
        say(connection, room, people[0], "@room")
    assert len(seen) == call
    # Each row of what is counted is of the room and of who called, on each level.
    rows = connection.exec_driver_sql("SELECT count(DISTINCT user_id) FROM addressings").scalar()
    assert rows == 2


def test_large_rooms_are_called_by_those_who_look_after_them(
    connection: Connection, crowd: tuple[Room, list[Person]]
) -> None:
    """For all others the word is text; nobody calls more than can be written down."""
    room, people = crowd
    owner, member = people[:2]
    assert say(connection, room, member, "@room").mentions == ()
    assert say(connection, room, owner, "@room").mentions == ("@room",)
    assert say(connection, room, member, "@here", *people[:BIG_ROOM]).mentions == ("@here",)
    assert say(connection, room, member, "@here", *people[: BIG_ROOM + 1]).mentions == ()
    assert say(connection, room, owner, "@here", *people).mentions == ("@here",)
    many = [Person.by_account(f"x{n}", 10_000 + n) for n in range(MAX_HERE + 1)]
    assert say(connection, room, owner, "@here", *many).mentions == ()


def test_taking_a_call_back_is_the_same_few_statements_however_many_were_there(
    connection: Connection, crowd: tuple[Room, list[Person]]
) -> None:
    """Where each of them stands is found out by a reader, for all at once."""
    room, (owner, *people) = crowd
    costs = []
    for there in (people[:2], people):
        said = say(connection, room, owner, "@here", *there)
        with statements(connection) as seen:
            about = editing.delete_message(connection, owner, said.id).about
        costs.append(len(seen))
        left = {int(each.author.removeprefix("user:")) for each in there}
        assert (about.states, set(about.left)) == ((), left)
        with statements(connection) as seen:
            told = notifying.crowd(connection, {room.id: Said(left=left)}, left).states
        costs.append(len(seen))
        assert {each.user_id: each.mentions for each in told} == dict.fromkeys(left, 0)
    assert costs[:2] == costs[2:]


def test_a_message_weighs_what_it_is_to_store_it() -> None:
    """As many times an ordinary one as it has names, and people whom it calls."""
    by, people = Person.by_name("ada"), tuple(range(MAX_HERE))
    plain = MessageDraft(1, by, "plain")
    mail = MessageDraft(1, by, "Write to ada@example.org and bob@example.org, or look at a=@@b")
    answer = MessageDraft(1, by, "yes", reply_to=1)
    names = MessageDraft(1, by, "@ada " * 20)
    call = MessageDraft(1, by, "@here", here=people)
    weights = [weight_of(each) for each in (plain, answer, names, call)]
    assert weights == sorted(weights)
    assert weights[0] == weight_of(mail) == 1
    # So a group of them takes no longer than one of ordinary messages, some twelve milliseconds of
    # the processor: what comes behind it waits for no fifth of a second on a slower machine.
    assert MAX_GROUP // weights[2] <= 7
    assert MAX_GROUP // weights[3] <= 5
    # Made-up names weigh too, as many as are looked up: of a word without blanks each beginning.
    hundred, thousands = (MessageDraft(1, by, "@x " * count) for count in (100, 3_000))
    assert weight_of(hundred) == weight_of(thousands) > weights[2]
    word, wordless = (MessageDraft(1, by, "@" + sign * 99) for sign in ("x", "\u4e2d"))
    assert weight_of(wordless) > 2 * weight_of(word)


def test_who_changes_their_mind_again_and_again_takes_no_more_space_than_what_is_said(
    connection: Connection, crowd: tuple[Room, list[Person]]
) -> None:
    """A row for what was said behind it, and none for what is said where one is not."""
    room, (owner, other, *_) = crowd
    user_id = int(other.author.removeprefix("user:"))
    elsewhere = ChatDatabase.create_room(connection, "Elsewhere")

    def rows(table: str) -> int:
        """Return how many there are of theirs."""
        query = f"SELECT count(*) FROM {table} WHERE user_id = {user_id}"
        return int(connection.exec_driver_sql(query).scalar() or 0)

    def change(number: int) -> None:
        """Want something else."""
        level: Level = "all" if number % 2 else "nothing"
        notifying.set_level(connection, other, user_id, room.id, level)
        notifying.set_quiet(connection, user_id, QuietChange(seconds=60 + number))

    change(0)
    before = rows("attention"), rows("quiets")
    for number in range(1, 5):
        say(connection, elsewhere, owner, "not there")
        change(number)
    assert (rows("attention"), rows("quiets")) == before
    said = say(connection, room, owner, "there")
    change(5)
    assert (rows("attention"), rows("quiets")) == (before[0] + 1, before[1] + 1)
    # What was decided in between is still known.
    decision = notifying.get_decision(connection, other, user_id, said.id)
    assert (decision.level, decision.because) == ("nothing", "level")
