"""What is over goes and nothing else, against a model that keeps a list of what is there.

Two people and a guest speak, edit, delete and read in a room; time passes; the room, or one of
them, is held and not any more. `TEST_LONG=1` runs many more of them.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule
from sqlalchemy import select, update

from parlour import editing, places, reading, retaining
from parlour.database import ChatDatabase
from parlour.models import Message, Person
from parlour.oversight import Policy
from parlour.store import holds
from parlour.store.members import add_members
from parlour.store.tables import messages, rooms
from parlour.storing import MessageDraft, StoredMessage
from tests.properties.one_room import OneRoom, run
from tests.support.timing import BRIEF, LONG

EXAMPLES, STEPS = (400, 80) if LONG else (4, 40) if BRIEF else (12, 40)
DAYS = 30
GIVEN = Policy(registration="open", guests="on", retention_days=DAYS, fixed=("retention_days",))
GUEST = Person.by_name("gus")
which = st.integers(0, 200)


@dataclass
class Said:
    """A message as the model has it."""

    id: int
    author: str
    content: str
    about: int | None
    deleted: bool = False
    old: bool = False


@dataclass
class Client:
    """Somebody who was here at some version: what they have of the room."""

    version: int
    messages: dict[int, Message] = field(default_factory=dict)


class Keeping(OneRoom):
    """The operations, and what the model has of what they do."""

    def __init__(self) -> None:
        super().__init__(2)
        add_members(self.connection, self.room_id, [self.people[1][1]], "member")
        self.said: list[Said] = []
        # All that they have read is before this number, counted from the first message ever.
        self.read = [0, 0]
        self.gone = 0
        self.aside: dict[int, str] = {}
        self.holds: dict[str, int] = {}
        self.clients: list[Client] = []
        self.newest_gone = 0

    def unread(self, by: int) -> list[Said]:
        """Look at every message."""
        behind = self.said[max(0, self.read[by] - self.gone) :]
        author = self.people[by][0].author
        return [each for each in behind if not each.deleted and each.author != author]

    def is_held(self, said: Said) -> bool:
        """Whether it would be set aside."""
        return "room" in self.holds or said.author in self.holds

    # What happens

    @rule(by=st.integers(0, 2), count=st.integers(1, 8), about=st.sampled_from([None, 0, 1]))
    def speak(self, by: int, count: int, about: int | None) -> None:
        """Say something, perhaps to somebody; who speaks with an account has read all before."""
        person = GUEST if by > 1 else self.people[by][0]
        words = "words" if about is None else f"words for @{self.people[about][0].username}"
        drafts = [MessageDraft(self.room_id, person, words) for _ in range(count)]
        for each in ChatDatabase.create_messages(self.connection, drafts):
            assert isinstance(each, StoredMessage)
            named = None if about == by else about
            self.said.append(Said(each.message.id, person.author, words, named))
        if by < 2:
            self.read[by] = self.gone + len(self.said)

    @precondition(lambda self: self.said)
    @rule(message=which)
    def delete(self, message: int) -> None:
        """Delete one of those that are there; a copy is kept where it is held."""
        said = self.said[message % len(self.said)]
        people = {person.author: person for person, _ in self.people}
        if self.is_held(said) and not said.deleted:
            self.aside[said.id] = said.content
        editing.delete_message(self.connection, people.get(said.author, GUEST), said.id)
        said.deleted = True

    @precondition(lambda self: any(not each.deleted for each in self.said))
    @rule(message=which)
    def edit(self, message: int) -> None:
        """Change one, which gives an old message a new version."""
        alive = [each for each in self.said if not each.deleted and each.about is None]
        if alive:
            said = alive[message % len(alive)]
            people = {person.author: person for person, _ in self.people}
            said.content += "!"
            by = people.get(said.author, GUEST)
            editing.edit_message(self.connection, by, said.id, said.content)

    @precondition(lambda self: self.said)
    @rule(by=st.integers(0, 1), message=which, back=st.booleans())
    def read_to(self, by: int, message: int, back: bool) -> None:
        """Read up to a message, or mark it as unread."""
        place = message % len(self.said)
        person, user_id = self.people[by]
        reading.read(self.connection, person, user_id, self.said[place].id, back=back)
        number = self.gone + place
        self.read[by] = number if back else max(self.read[by], number + 1)

    @rule()
    def look(self) -> None:
        """A client reads the room, and goes away."""
        room = ChatDatabase.get_room(self.connection, self.room_id)
        page = ChatDatabase.get_room_messages(self.connection, self.room_id, limit=1000)
        self.clients.append(Client(room.version, {each.id: each for each in page.messages}))

    @precondition(lambda self: self.said)
    @rule(count=st.integers(1, 30))
    def pass_time(self, count: int) -> None:
        """Some of them are older than they may be."""
        then = datetime.now(UTC) - timedelta(days=DAYS, seconds=1)
        for each in self.said[:count]:
            each.old = True
        ids = [each.id for each in self.said if each.old]
        self.connection.execute(
            update(messages).where(messages.c.id.in_(ids)).values(timestamp=then)
        )

    @rule(size=st.integers(1, 7), steps=st.integers(1, 5))
    def purge(self, size: int, steps: int) -> None:
        """Some batches, as many as there was time for before it was killed."""
        for _ in range(steps):
            expected = []
            if "room" not in self.holds:
                for each in self.said[:size]:
                    if not each.old:
                        break
                    expected.append(each)
            version = ChatDatabase.get_room(self.connection, self.room_id).version
            purged = retaining.purge_some(self.connection, self.room_id, GIVEN, size)
            assert purged.count == len(expected)
            for each in expected:
                if self.is_held(each) and not each.deleted:
                    self.aside[each.id] = each.content
            self.said = self.said[len(expected) :]
            self.gone += len(expected)
            now = ChatDatabase.get_room(self.connection, self.room_id).version
            # It is one change of the room, when the last of them went.
            assert now - version == int(purged.told is not None)

    @rule(whom=st.sampled_from(["room", 0, 1]))
    def hold(self, whom: str | int) -> None:
        """Hold the room, or one of them; or not any more."""
        key = whom if isinstance(whom, str) else self.people[whom][0].author
        if key in self.holds:
            holds.lift(self.connection, self.holds.pop(key))
            after: int | None = 0
            while after is not None:
                _, after = holds.release_some(self.connection, after, 3)
            kept = {self.people[by][0].author for by in (0, 1)} & set(self.holds)
            if "room" not in self.holds:
                mine = {each["message_id"]: each["author"] for each in self.held()}
                self.aside = {
                    one: words for one, words in self.aside.items() if mine.get(one) in kept
                }
            return
        what = {"room_id": self.room_id} if key == "room" else {"author": key}
        kind = "room" if key == "room" else "person"
        self.holds[key] = holds.add(
            self.connection, kind=kind, name="", reason="x", created_by="x", **what
        )

    def held(self) -> list[dict[str, object]]:
        """What is set aside."""
        return list(holds.all_held(self.connection, self.room_id, None))

    @precondition(lambda self: self.clients)
    @rule(client=which)
    def come_back(self, client: int) -> None:
        """Whoever resumes has all there is then, or is told to read anew."""
        one = self.clients.pop(client % len(self.clients))
        changes = ChatDatabase.get_changes(self.connection, self.room_id, one.version, None)
        if changes.reset:
            # Something went that they cannot know how it was last.
            asked = select(rooms.c.oldest_version).where(rooms.c.id == self.room_id)
            assert self.connection.execute(asked).scalar_one() > one.version
            return
        have = one.messages | {each.id: each for each in changes.messages}
        cut = changes.room.purged_to
        # Time has passed in a way that changes no version.
        known = [(key, each.version) for key, each in sorted(have.items()) if key > cut]
        assert known == [(each.id, each.version) for each in self.page()]

    def page(self) -> list[Message]:
        """All that is there."""
        return ChatDatabase.get_room_messages(self.connection, self.room_id, limit=1000).messages

    # What must be so

    @invariant()
    def what_is_there_is_the_models(self) -> None:
        """Neither what is young goes, nor what is held; and what went is nowhere counted."""
        there = [(each.id, each.deleted_at is not None) for each in self.page()]
        assert there == [(each.id, each.deleted) for each in self.said]
        assert {each["message_id"]: each["content"] for each in self.held()} == self.aside
        for by, (person, _) in enumerate(self.people):
            room = places.get_room(self.connection, person.author, self.room_id)
            unread = self.unread(by)
            assert room.unread in {len(unread), None}
            assert (room.mentions or 0) == sum(each.about == by for each in unread)


def test_what_is_over_goes_and_nothing_that_is_young_or_held() -> None:
    """However one speaks, edits, deletes, reads, holds and lets go meanwhile."""
    run(Keeping, EXAMPLES, STEPS)
