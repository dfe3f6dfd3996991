"""Unread mentions, against a model that counts message by message.

Three people in a public room: its owner, one who comes and goes, and one who never belongs to it.
They name and answer one another, call the room, edit, delete, read on and mark as unread; a guest
talks along. `TEST_LONG=1` runs many more of them.
"""

from dataclasses import dataclass, field
from itertools import count

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from parlour import belonging, editing, places, reading
from parlour.database import ChatDatabase
from parlour.models import Person
from parlour.storing import MessageDraft
from tests.properties.one_room import OneRoom, run
from tests.support.timing import BRIEF, LONG

EXAMPLES, STEPS = (500, 80) if LONG else (8, 40) if BRIEF else (25, 40)
GUEST = Person.by_name("gus")
_numbers = count(1)
who, which = st.integers(0, 2), st.integers(0, 200)
names = st.sets(who)


@dataclass
class Said:
    """A message as the model has it: whom it is about by themselves, and whether it calls."""

    id: int
    author: Person
    answers: int | None = None
    about: set[int] = field(default_factory=set)
    calls: bool = False
    deleted: bool = False


@dataclass
class Reader:
    """Somebody with an account: the first message that is unread, and since when they belong."""

    person: Person
    user_id: int
    first: int | None = None
    since: int | None = None


class Mentioning(OneRoom):
    """The operations, and what the model has of what they do."""

    def __init__(self) -> None:
        super().__init__(3)
        self.said: list[Said] = []
        self.readers = [Reader(person, user_id) for person, user_id in self.people]
        self.readers[0].first = self.readers[0].since = 0

    def text(self, named: set[int], *, calls: bool) -> str:
        """Words that name some people."""
        words = [f"@{self.readers[each].person.username}" for each in sorted(named)]
        return " ".join([*words, *(["@room"] if calls else []), "words"])

    def author(self, by: int) -> Person:
        """One of them, or the guest."""
        return self.readers[by].person if by < len(self.readers) else GUEST

    def wanted(self, said: Said, named: set[int]) -> set[int]:
        """Whom a message is about, each by themselves, who are not called with all others."""
        about = set(named)
        if said.answers is not None:
            author = self.said[said.answers].author
            about |= {n for n, each in enumerate(self.readers) if each.person == author}
        place = self.said.index(said)
        return {
            each
            for each in about
            if self.readers[each].person != said.author
            and not (said.calls and self.is_called(self.readers[each], place))
        }

    @staticmethod
    def is_called(reader: Reader, place: int) -> bool:
        """Whether the call of a message counts for somebody: they belonged to the room then."""
        return reader.since is not None and place >= reader.since

    def mentions(self, reader: Reader) -> int | None:
        """Count by looking at every message."""
        if reader.first is None:
            return None
        me = self.readers.index(reader)
        return sum(
            not each.deleted
            and each.author != reader.person
            and (me in each.about or (each.calls and self.is_called(reader, place)))
            for place, each in enumerate(self.said)
            if place >= reader.first
        )

    def begin(self, said: Said, about: set[int]) -> None:
        """Who never was here begins with what is about them."""
        for each in about:
            reader = self.readers[each]
            if reader.first is None:
                reader.first = self.said.index(said)

    # What happens

    @rule(by=st.integers(0, 3), named=names, calls=st.booleans(), answer=st.none() | which)
    def speak(self, by: int, named: set[int], *, calls: bool, answer: int | None) -> None:
        """Say something, perhaps an answer; who speaks with an account has read all before."""
        person = self.author(by)
        place = None if answer is None or not self.said else answer % len(self.said)
        if place is not None and self.said[place].deleted:
            place = None
        reply_to = None if place is None else self.said[place].id
        draft = MessageDraft(self.room_id, person, self.text(named, calls=calls), reply_to=reply_to)
        [outcome] = ChatDatabase.create_messages(self.connection, [draft])
        message = outcome.message  # type: ignore[union-attr]
        said = Said(message.id, person, place, calls=calls and not person.guest)
        self.said.append(said)
        if not person.guest:
            self.readers[by].first = len(self.said)
        said.about = self.wanted(said, named)
        self.begin(said, said.about)

    @precondition(lambda self: self.said)
    @rule(message=which, named=names, calls=st.booleans())
    def edit(self, message: int, named: set[int], *, calls: bool) -> None:
        """Name others, or nobody; an edit takes a call away and makes none."""
        said = self.said[message % len(self.said)]
        if said.deleted:
            return
        content = self.text(named, calls=calls) + f" {next(_numbers)}"
        before = set(said.about)
        edited = editing.edit_message(self.connection, said.author, said.id, content)
        said.calls = said.calls and calls
        had_names = bool(edited.message.mentions) or bool(before) or edited.about.uncalled
        if had_names or said.answers is not None:
            said.about = self.wanted(said, named)
        told = {notice.user_id for notice in edited.about.notices}
        self.begin(said, {n for n, each in enumerate(self.readers) if each.user_id in told})

    @precondition(lambda self: self.said)
    @rule(message=which)
    def delete(self, message: int) -> None:
        """Delete a message, perhaps once more."""
        said = self.said[message % len(self.said)]
        editing.delete_message(self.connection, said.author, said.id)
        said.deleted = True

    @precondition(lambda self: self.said)
    @rule(by=who, message=which, back=st.booleans())
    def read(self, by: int, message: int, *, back: bool) -> None:
        """Read up to a message, or mark as unread from it on."""
        reader, place = self.readers[by], message % len(self.said)
        read = reading.read(
            self.connection, reader.person, reader.user_id, self.said[place].id, back=back
        )
        reader.first = place if back else max(reader.first or 0, place + 1)
        assert read.state.mentions == self.mentions(reader)

    @rule(by=who)
    def read_all(self, by: int) -> None:
        """Read everything, where one was at all."""
        reader = self.readers[by]
        reading.read_all(self.connection, reader.user_id)
        if reader.first is not None:
            reader.first = len(self.said)

    @rule()
    def come_or_go(self) -> None:
        """The second joins, or leaves; whoever leaves has no position any more."""
        reader = self.readers[1]
        name = reader.person.username
        if reader.since is None:
            belonging.put_member(
                self.connection, reader.person, reader.user_id, self.room_id, name, "member"
            )
            reader.since = len(self.said)
            reader.first = len(self.said) if reader.first is None else reader.first
        else:
            belonging.remove_member(
                self.connection, reader.person, reader.user_id, self.room_id, name
            )
            reader.since = reader.first = None

    # What must be so

    @invariant()
    def counts_are_the_models(self) -> None:
        """In the list of rooms and in the room by itself."""
        for reader in self.readers:
            expected = self.mentions(reader)
            listed = places.list_rooms(self.connection, reader.user_id)
            [room] = [each for each in listed if each.id == self.room_id]
            one = places.get_room(self.connection, reader.person.author, self.room_id)
            assert (room.mentions, one.mentions) == (expected, expected)
            assert expected is None or expected <= (room.unread or 0)


def test_unread_mentions_are_what_a_patient_count_finds() -> None:
    """However one names, answers, calls, edits, deletes, reads, marks back, comes and goes."""
    run(Mentioning, EXAMPLES, STEPS)
