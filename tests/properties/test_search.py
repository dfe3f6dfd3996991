"""Whatever is said, changed, deleted and indexed, in any order: a search finds what is there."""

import atexit
import shutil
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import select

from parlour import editing, indexing, pinning, searching
from parlour.database import ChatDatabase, get_db
from parlour.models import Person
from parlour.query import parse
from parlour.searching import Search
from parlour.store.tables import messages
from tests.support.local import draft, open_database
from tests.support.timing import BRIEF, LONG

WORDS = ["budget", "bud", "ok", "a", "北京", "京", "大学", "ひらがな", "ガ", "Ünlü", "x.y", "👍"]
TEXTS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join)
QUERIES = [
    *WORDS,
    "udge",
    "unlu",
    "学 北京",
    "ok -bud",
    '"bud"',
    "has:link",
    "-budget",
    "from:alice",
    "is:pinned",
]


@lru_cache
def empty() -> Path:
    """Return the folder of a new database, whose tables need not be made for each example."""
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder)
    with open_database(folder):
        pass
    return folder


class Searching(RuleBasedStateMachine):
    """One room, its messages as they are, and the index that follows them."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        shutil.copytree(empty(), self.folder.name, dirs_exist_ok=True)
        self.opened = open_database(Path(self.folder.name))
        self.database = self.opened.__enter__()
        self.messages: dict[int, str] = {}
        self.pinned: set[int] = set()
        self.copies: set[int] = set()
        self.rooms: list[int] = []

    @initialize()
    def make_room(self) -> None:
        """Two rooms, of which one may go."""
        with get_db(self.database) as connection:
            self.rooms = [ChatDatabase.create_room(connection, name).id for name in ("One", "Two")]

    @rule(text=TEXTS, room=st.integers(0, 1))
    def say(self, text: str, room: int) -> None:
        """Somebody says something."""
        with get_db(self.database) as connection:
            if room < len(self.rooms):
                [made] = ChatDatabase.create_messages(connection, [draft(self.rooms[room], text)])
                self.messages[made.message.id] = text  # type: ignore[union-attr]

    @rule(text=TEXTS, data=st.data())
    def edit(self, text: str, data: st.DataObject) -> None:
        """And says it in other words."""
        self._change(data, editing.edit_message, text)

    @rule(data=st.data(), on=st.booleans())
    def pin(self, data: st.DataObject, *, on: bool) -> None:
        """Or has it pinned, or pinned no more."""
        if self.messages:
            message_id = data.draw(st.sampled_from(sorted(self.messages)))
            with get_db(self.database) as connection:
                pinning.pin(connection, Person.by_name("bob"), message_id, on=on)
            (self.pinned.add if on else self.pinned.discard)(message_id)

    @rule(data=st.data(), room=st.integers(0, 1))
    def pass_on(self, data: st.DataObject, room: int) -> None:
        """Somebody passes on what somebody has said."""
        if not self.messages or room >= len(self.rooms):
            return
        message_id = data.draw(st.sampled_from(sorted(self.messages)))
        with get_db(self.database) as connection:
            passed = draft(self.rooms[room], "", forward=message_id)
            [made] = ChatDatabase.create_messages(connection, [passed])
            copy = made.message  # type: ignore[union-attr]
            assert copy.forwarded is not None
            self.copies.add(copy.id)
            self.messages[copy.id] = copy.forwarded.content

    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        """Or takes it back."""
        self._change(data, editing.delete_message)

    def _change(self, data: st.DataObject, change: Any, *text: str) -> None:
        # A copy that is written anew has its own words besides.
        ids = self.messages.keys() - (self.copies if text else set())
        if not ids:
            return
        message_id = data.draw(st.sampled_from(sorted(ids)))
        with get_db(self.database) as connection:
            change(connection, Person.by_name("alice"), message_id, *text)
        if text:
            self.messages[message_id] = text[0]
        else:
            del self.messages[message_id]

    @rule()
    def index(self) -> None:
        """A batch is indexed."""
        with get_db(self.database) as connection:
            indexing.index_some(connection)

    @rule()
    def lose_the_index(self) -> None:
        """As when terms are made by other rules."""
        with get_db(self.database) as connection:
            connection.exec_driver_sql("UPDATE search_state SET rules = 'older'")

    @rule()
    def delete_room(self) -> None:
        """The second room goes, and in batches what was said in it."""
        if len(self.rooms) < 2:
            return
        with get_db(self.database) as connection:
            gone = self.rooms.pop()
            theirs = select(messages.c.id).where(messages.c.room_id == gone)
            for message_id in list(connection.scalars(theirs)):
                self.messages.pop(message_id, None)
            ChatDatabase.delete_room(connection, gone)
            ChatDatabase.purge_deleted_rooms(connection)

    @invariant()
    def all_that_is_meant_is_found(self) -> None:
        """And nothing else, newest first; a message looked at by itself says the same."""
        with get_db(self.database) as connection:
            for typed in QUERIES:
                asked = Search(parse(typed), limit=200)
                page = searching.find_messages(connection, None, asked)
                found = [result.message.id for result in page.results]
                assert page.next is None
                if typed == "is:pinned":
                    assert found == sorted(self.pinned & self.messages.keys(), reverse=True)
                    continue
                assert found == [
                    message_id
                    for message_id, text in sorted(self.messages.items(), reverse=True)
                    if is_meant(typed, text)
                ]

    def teardown(self) -> None:
        """Give everything back."""
        self.opened.__exit__(None, None, None)
        self.folder.cleanup()


def is_meant(typed: str, text: str) -> bool:
    """What the words of QUERIES mean, said once more and without any index."""
    words = text.split()
    plain = text.lower().replace("ü", "u")
    match typed:
        case "from:alice":
            return True
        case "has:link":
            return False
        case "-budget":
            return "budget" not in words
        case '"bud"':
            return "bud" in words
        case "ok -bud":
            return "ok" in words and "bud" not in plain
        case "学 北京":
            return "学" in text and "北京" in text
        case "a" | "ok":
            # They begin a word.
            return any(word.startswith(typed) for word in words)
        case "x.y" | "unlu" | "udge":
            return typed in plain
    return typed.lower().replace("ü", "u") in plain


Searching.TestCase.settings = settings(
    max_examples=200 if LONG else 6 if BRIEF else 15, stateful_step_count=20, deadline=None
)
TestSearching = Searching.TestCase
