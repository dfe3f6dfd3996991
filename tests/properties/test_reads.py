"""What is unread, against a model that counts message by message.

Two people in one room, each on whatever device: they speak, delete, read on, mark as unread, leave
and join again; a guest talks along. `TEST_LONG=1` runs many more of them.
"""

from dataclasses import dataclass

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from parlour import belonging, editing, places, reading
from parlour.database import ChatDatabase
from parlour.features.news import _room
from parlour.models import Person
from parlour.news import Happened, News
from parlour.protocol import RoomNews
from parlour.store.members import role_of
from parlour.store.reads import ReadState
from parlour.storing import MessageDraft
from tests.properties.one_room import OneRoom, run
from tests.support.timing import BRIEF, LONG

EXAMPLES, STEPS = (500, 80) if LONG else (12, 30) if BRIEF else (40, 30)
who, which = st.integers(0, 1), st.integers(0, 200)


@dataclass
class Said:
    """A message as the model has it."""

    id: int
    author: str
    deleted: bool = False


@dataclass(frozen=True)
class Counted:
    """What a page knows of the room: how much was said and deleted, unread, and its position."""

    messages: int
    deleted: int
    unread: int
    last_read: int

    def hear(self, told: RoomNews) -> "Counted | None":
        """As `countNews` of the page; None where only the list has the truth."""
        more = max(0, told.message_count - self.messages)
        lately = max(0, told.deleted_count - self.deleted)
        if lately > len(told.deleted) and self.unread + more > 0:
            return None
        newest = told.deleted[len(told.deleted) - min(lately, len(told.deleted)) :]
        gone = sum(each > self.last_read for each in newest)
        unread = max(0, self.unread + more - gone)
        return Counted(self.messages + more, self.deleted + lately, unread, self.last_read)


@dataclass
class Reader:
    """Somebody with an account: the index of the first message that they have not read, if any."""

    person: Person
    user_id: int
    # None: they have no position.
    first: int | None = 0
    seen: int = 0
    # What their page knows of the room: the counts, as of its moment, and the position.
    page: Counted | None = None


class Reading(OneRoom):
    """The operations, and what the model has of what they do."""

    def __init__(self) -> None:
        super().__init__(2)
        self.said: list[Said] = []
        self.readers = [Reader(person, user_id) for person, user_id in self.people]
        self.news = News()
        self.taken = Happened()
        self.looked: reading.Lately | None = None
        self.join()

    def teardown(self) -> None:
        """In the end the pages are right; nothing of it stays."""
        self.tell_all()
        super().teardown()

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
            self.news.said(self.room_id, self.said[-1].id, None if guest else person.username)
        if not guest:
            self.readers[by].first = len(self.said)
            self.readers[by].seen = self.said[-1].id

    @rule(by=who)
    def speak_away(self, by: int) -> None:
        """Say something that was to be said later: who is not there has read nothing by it."""
        reader = self.readers[by]
        draft = MessageDraft(self.room_id, reader.person, "words", away=True)
        [stored] = ChatDatabase.create_messages(self.connection, [draft])
        message_id = stored.message.id  # type: ignore[union-attr]
        if reader.first == len(self.said):
            reader.first, reader.seen = reader.first + 1, message_id
        self.said.append(Said(message_id, reader.person.author))
        self.news.said(self.room_id, message_id, reader.person.username)

    @precondition(lambda self: self.said)
    @rule(message=which)
    def delete(self, message: int) -> None:
        """Delete a message, perhaps once more."""
        said = self.said[message % len(self.said)]
        by = next((r.person for r in self.readers if r.person.author == said.author), None)
        gone = editing.delete_message(self.connection, by or Person.by_name("gus"), said.id)
        said.deleted = True
        if gone.deleted_count is not None:
            assert gone.deleted_count == sum(each.deleted for each in self.said)
            self.news.deleted(gone.message, gone.deleted_count)

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
        self.hear_read(reader, read.state)

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
        self.hear_read(reader, read.state)

    @rule(by=who)
    def read_all(self, by: int) -> None:
        """Read everything, where one was at all."""
        reader = self.readers[by]
        moved = reading.read_all(self.connection, reader.user_id)
        was_behind = reader.first is not None and reader.first < len(self.said)
        assert [state.room_id for state in moved] == ([self.room_id] if was_behind else [])
        if was_behind:
            reader.first, reader.seen = len(self.said), self.said[-1].id
            self.hear_read(reader, moved[0])

    @precondition(lambda self: self.said)
    @rule()
    def leave(self) -> None:
        """The second leaves; nothing is unread to them then."""
        reader = self.readers[1]
        if self.belongs:
            belonging.remove_member(
                self.connection, reader.person, reader.user_id, self.room_id, reader.person.username
            )
            reader.first, reader.seen, reader.page = None, 0, None

    @rule()
    def join(self) -> None:
        """They come back, and begin with all of it read, unless they have read on since."""
        reader = self.readers[1]
        if self.belongs:
            return
        belonging.put_member(
            self.connection, reader.person, reader.user_id, self.room_id, reader.person.username,
            "member",
        )  # fmt: skip
        if reader.first is None:
            reader.first = len(self.said)
        self.load(reader)

    # What is told

    def load(self, reader: Reader) -> None:
        """The page reads the list of rooms."""
        one = places.get_room(self.connection, reader.person.author, self.room_id)
        if one.unread is None or one.last_read is None:
            reader.page = None
        else:
            reader.page = Counted(one.message_count, one.deleted_count, one.unread, one.last_read)

    @rule(by=who)
    def read_list(self, by: int) -> None:
        """A page reads the list of rooms, at whatever moment."""
        self.load(self.readers[by])

    def hear_read(self, reader: Reader, state: ReadState) -> None:
        """One's own position is told as soon as it is stored."""
        reader.page = Counted(
            state.message_count, state.deleted_count, state.unread, state.message_id
        )

    @rule(lost=st.booleans())
    def tell(self, lost: bool) -> None:
        """One step further in telling: what there is, where that leaves the room, to the pages."""
        if not self.taken.said:
            self.taken = self.news.take(10)
            for state in reading.speakers(self.connection, self.taken.spoke):
                [reader] = [each for each in self.readers if each.user_id == state.user_id]
                self.hear_read(reader, state)
        elif self.looked is None:
            self.looked = reading.lately(self.connection, [self.room_id], 10)
        else:
            [(room, _)] = self.looked.rooms
            told = RoomNews.model_validate_json(_room(self.news, self.taken, room))
            self.taken, self.looked = Happened(), None
            for reader in self.readers:
                if reader.page is not None and not lost:
                    reader.page = reader.page.hear(told)
                    if reader.page is None:
                        self.load(reader)

    def tell_all(self) -> None:
        """Once all is told, and one more message was said, the pages are right."""
        while self.taken.said:
            self.tell(lost=False)
        self.speak(2, 1)
        for _ in range(3):
            self.tell(lost=False)
        assert not self.taken.said
        for reader in self.readers:
            if reader.page is not None:
                assert reader.page.unread == self.unread(reader)

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
    run(Reading, EXAMPLES, STEPS)
