"""What is unread, against a model that counts message by message.

Two people in one room, each on whatever device: they speak, delete, read on, mark as unread, leave
and join again; a guest talks along. `TEST_LONG=1` runs many more of them.
"""

from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from parlour import editing, places, reading
from parlour.database import ChatDatabase, Database
from parlour.models import MessageDraft, Person, RoomCreate
from parlour.store.members import role_of
from parlour.store.users import create_user
from tests.support.local import open_database
from tests.support.timing import LONG

EXAMPLES, STEPS = (500, 80) if LONG else (20, 30)
# To make an example smaller takes minutes.
PHASES = [Phase.explicit, Phase.reuse, Phase.generate, *([Phase.shrink] if LONG else [])]
_numbers = count(1)
who, which = st.integers(0, 1), st.integers(0, 200)


@dataclass
class Said:
    """A message as the model has it."""

    id: int
    author: str
    deleted: bool = False


@dataclass
class Reader:
    """Somebody with an account: the index of the first message that they have not read, if any."""

    person: Person
    user_id: int
    # None: they have no position.
    first: int | None = 0
    seen: int = 0


class Reading(RuleBasedStateMachine):
    """The operations, in one transaction of a database that many examples share."""

    database: Database

    def __init__(self) -> None:
        super().__init__()
        self.connection = self.database.write_engine.connect()
        self.transaction = self.connection.begin()
        self.said: list[Said] = []
        self.readers: list[Reader] = []
        for _ in range(2):
            name = f"r{next(_numbers)}"
            user = create_user(self.connection, name, name, "", "member")
            self.readers.append(Reader(Person.by_account(name, user.id), user.id))
        owner = self.readers[0]
        new = RoomCreate(name=f"room {owner.user_id}", kind="public")
        made = places.create_room(self.connection, new, (owner.user_id, owner.person.username))
        self.room_id = made.room.id
        self.join()

    def teardown(self) -> None:
        """Nothing of it stays."""
        self.transaction.rollback()
        self.connection.close()

    @property
    def belongs(self) -> bool:
        """Whether the second is a member."""
        return role_of(self.connection, self.room_id, self.readers[1].user_id) is not None

    def unread(self, reader: Reader) -> int | None:
        """Count by looking at every message."""
        if reader.first is None:
            return None
        behind = self.said[reader.first :]
        return sum(not each.deleted and each.author != reader.person.author for each in behind)

    # What happens

    @rule(by=st.integers(0, 2), count=st.integers(1, 20))
    def speak(self, by: int, count: int) -> None:
        """Say something, perhaps much; who speaks with an account has read all before."""
        guest = by > 1
        person = Person.by_name("gus") if guest else self.readers[by].person
        drafts = [MessageDraft(self.room_id, person, "words") for _ in range(count)]
        outcomes = ChatDatabase.create_messages(self.connection, drafts)
        for each in outcomes:
            self.said.append(Said(each.message.id, person.author))  # type: ignore[union-attr]
        if not guest:
            self.readers[by].first = len(self.said)
            self.readers[by].seen = self.said[-1].id

    @precondition(lambda self: self.said)
    @rule(message=which)
    def delete(self, message: int) -> None:
        """Delete a message, perhaps once more."""
        said = self.said[message % len(self.said)]
        by = next((r.person for r in self.readers if r.person.author == said.author), None)
        editing.delete_message(self.connection, by or Person.by_name("gus"), said.id)
        said.deleted = True

    @precondition(lambda self: self.said)
    @rule(by=who, message=which)
    def read(self, by: int, message: int) -> None:
        """Read up to a message; an older one changes nothing."""
        reader, place = self.readers[by], message % len(self.said)
        before = reader.first
        read = reading.read(self.connection, reader.person, reader.user_id, self.said[place].id)
        reader.first = max(before or 0, place + 1)
        reader.seen = max(reader.seen, self.said[place].id)
        assert read.state.unread == self.unread(reader)
        assert read.state.message_count == len(self.said)

    @precondition(lambda self: self.said)
    @rule(by=who, message=which)
    def mark_back(self, by: int, message: int) -> None:
        """Mark as unread from a message on."""
        reader, place = self.readers[by], message % len(self.said)
        read = reading.read(
            self.connection, reader.person, reader.user_id, self.said[place].id, back=True
        )
        reader.first = place
        assert read.state.unread == self.unread(reader)

    @rule(by=who)
    def read_all(self, by: int) -> None:
        """Read everything, where one was at all."""
        reader = self.readers[by]
        moved = reading.read_all(self.connection, reader.user_id)
        was_behind = reader.first is not None and reader.first < len(self.said)
        assert [state.room_id for state in moved] == ([self.room_id] if was_behind else [])
        if was_behind:
            reader.first, reader.seen = len(self.said), self.said[-1].id

    @precondition(lambda self: self.said)
    @rule()
    def leave(self) -> None:
        """The second leaves; nothing is unread to them then."""
        reader = self.readers[1]
        if self.belongs:
            places.remove_member(
                self.connection, reader.person, reader.user_id, self.room_id, reader.person.username
            )
            reader.first, reader.seen = None, 0

    @rule()
    def join(self) -> None:
        """They come back, and begin with all of it read, unless they have read on since."""
        reader = self.readers[1]
        if self.belongs:
            return
        places.put_member(
            self.connection, reader.person, reader.user_id, self.room_id, reader.person.username,
            "member",
        )  # fmt: skip
        if reader.first is None:
            reader.first = len(self.said)

    # What must be so

    @invariant()
    def counts_are_the_models(self) -> None:
        """In the list of rooms, in the room by itself, and in what others are told."""
        for reader in self.readers:
            expected = self.unread(reader)
            listed = places.list_rooms(self.connection, reader.user_id)
            [room] = [each for each in listed if each.id == self.room_id]
            assert (room.unread, room.message_count) == (expected, len(self.said))
            one = places.get_room(self.connection, reader.person.author, self.room_id)
            assert (one.unread, one.last_read) == (room.unread, room.last_read)
            if reader.first is None:
                assert room.last_read is None
            else:
                last = self.said[reader.first - 1].id if reader.first else 0
                assert room.last_read == last
        told = reading.receipts(
            self.connection, self.readers[0].person, self.readers[0].user_id, self.room_id
        )
        assert {each.username: each.message_id for each in told} == {
            reader.person.username: reader.seen for reader in self.readers if reader.seen
        }


def test_what_is_unread_is_what_a_patient_count_finds() -> None:
    """However one speaks, deletes, reads, marks back, leaves and joins."""
    with TemporaryDirectory() as folder, open_database(Path(folder)) as database:
        machine = type("Machine", (Reading,), {"database": database})
        kept = settings(
            max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, phases=PHASES
        )
        run_state_machine_as_test(machine, settings=kept)
