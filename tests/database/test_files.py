"""Files among the rows: who may see them, and what is noted of the storage."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, update

from parlour import filing
from parlour.database import ChatDatabase
from parlour.errors import Refusal
from parlour.files import File
from parlour.models import Message, Person, RoomCreate
from parlour.places import create_room
from parlour.store import files, restrictions
from parlour.store.files import StoredAvatar, StoredFile
from parlour.store.members import add_members
from parlour.store.tables import discarded
from parlour.store.users import create_user
from parlour.storing import MessageDraft, StoredMessage

ANN, BEN = Person.by_account("ann", 1), Person.by_account("ben", 2)
KEY = "f" * 32


@pytest.fixture(autouse=True)
def _people(connection: Connection) -> None:
    for name in ("ann", "ben"):
        create_user(connection, name, name, "hash", "member")


def room(connection: Connection, name: str, kind: str) -> int:
    """Return the id of a new room of Ann's."""
    made = create_room(connection, RoomCreate(name=name, kind=kind), (1, "ann"))  # type: ignore[arg-type]
    return made.room.id


def say(connection: Connection, draft: MessageDraft) -> Message:
    """Say something; the message."""
    [outcome] = ChatDatabase.create_messages(connection, [draft])
    assert isinstance(outcome, StoredMessage)
    return outcome.message


def noted(connection: Connection, room_id: int) -> StoredFile:
    """Return a file that lies in the storage and is to get its row."""
    file = File(id=KEY, name="a", type="text/plain", size=1)
    files.expect(connection, [KEY])
    return StoredFile(file, room_id, ANN.author, "0" * 64, 1, attached=False)


def sees(connection: Connection, who: Person | None) -> str:
    """Return whether somebody gets the file: `ok`, or the code of the refusal."""
    try:
        filing.get_file(connection, None if who is None else who.author, KEY)
    except Refusal as refusal:
        return refusal.code
    return "ok"


@pytest.mark.thorough
def test_who_may_enter_one_of_its_rooms_sees_a_file_wherever_else_it_was_passed_on(
    connection: Connection,
) -> None:
    """Into hundreds of rooms that are nothing to them, and of those from which they are banned."""
    first = room(connection, "first", "private")
    files.insert_file(connection, noted(connection, first), datetime.now(UTC))
    message = say(connection, MessageDraft(first, ANN, "", files=(KEY,)))
    for number in range(210):
        other = room(connection, f"private {number}", "private")
        say(connection, MessageDraft(other, ANN, "", forward=message.id))
    assert [sees(connection, who) for who in (ANN, BEN, None)] == ["ok", "not_found", "not_found"]
    for number in range(210):
        other = room(connection, f"public {number}", "public")
        restrictions.restrict(connection, other, "ban", (BEN.author, "ben"), None, "", 1)
        say(connection, MessageDraft(other, ANN, "", forward=message.id))
    assert [sees(connection, who) for who in (ANN, BEN, None)] == ["ok", "banned", "ok"]
    last = room(connection, "last", "private")
    say(connection, MessageDraft(last, ANN, "", forward=message.id))
    assert sees(connection, BEN) == "banned"
    add_members(connection, last, [2])
    assert sees(connection, BEN) == "ok"
    ChatDatabase.delete_room(connection, last)
    assert sees(connection, BEN) == "banned"


QUOTAS = filing.Quotas(0, 0)


def test_what_is_given_up_and_has_got_its_row_all_the_same_stays(connection: Connection) -> None:
    """The answer of a commit may be lost, and whoever waits for it believes it has failed."""
    stored = noted(connection, room(connection, "hall", "public"))
    assert filing.keep_file(connection, ANN, stored, QUOTAS) == stored.file
    avatar = StoredAvatar("a" * 32, 1)
    files.expect(connection, [avatar.key])
    assert filing.keep_avatar(connection, 1, avatar) is not None
    files.discard(connection, [KEY, avatar.key])
    assert filing.discarded(connection) == []
    files.expect(connection, ["b" * 32])
    files.discard(connection, ["b" * 32])
    assert filing.discarded(connection) == ["b" * 32]


def test_what_was_on_its_way_for_a_day_belongs_to_nothing(connection: Connection) -> None:
    """Its node was killed, and with others there no server starts that would know of it.

    When an older release began something is not known, so that is left alone.
    """
    killed, going, older = "a" * 32, "b" * 32, "c" * 32
    files.expect(connection, [killed, going, older])
    begun = discarded.c.pending
    day = update(discarded).where(discarded.c.key == killed).values(pending=begun - 86_401)
    connection.execute(day)
    connection.execute(update(discarded).where(discarded.c.key == older).values(pending=1))
    assert filing.tidy(connection) is False
    assert filing.discarded(connection) == [killed]
    assert files.discard_pending(connection) == 2
    assert filing.discarded(connection) == [killed, going, older]


@pytest.mark.parametrize("deleted", [False, True])
def test_what_another_server_has_taken_for_left_over_gets_no_row(
    connection: Connection, deleted: bool
) -> None:
    """And it is to be taken away again: it may have come once the other had done so."""
    stored = noted(connection, room(connection, "hall", "public"))
    avatar = StoredAvatar("a" * 32, 1)
    files.expect(connection, [avatar.key])
    assert files.discard_pending(connection) == 2
    if deleted:
        files.settle(connection, [KEY, avatar.key])
    assert filing.keep_file(connection, ANN, stored, QUOTAS) is None
    assert filing.keep_avatar(connection, 1, avatar) is None
    assert files.find(connection, [KEY]) == {}
    assert files.avatars(connection, ["ann"]) == {}
    assert filing.discarded(connection) == [avatar.key, KEY]
