"""What is told to many is as it is when they are told, whatever happens since it was read."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from parlour import belonging, editing, notifying, places, reading
from parlour.audience import evict, tell_change, tell_reads
from parlour.crowds import Crowds, Said
from parlour.database import Database, get_db
from parlour.features import notifications
from parlour.models import Message, Person, Room, RoomCreate
from parlour.news import News
from parlour.reading import Read
from parlour.store.users import create_user
from parlour.storing import MessageDraft
from tests.support.local import started_database
from tests.support.timing import scaled


class Listener:
    """A connection that wants to hear more than the seed's frames, and notes what it gets."""

    aware = True
    guest = False

    def __init__(self, person_key: str) -> None:
        self.person_key = person_key
        self.frames: list[dict[str, Any]] = []
        self.heard = asyncio.Event()

    def send(self, *frames: bytes) -> None:
        """Get some."""
        self.frames += map(json.loads, frames)
        self.heard.set()

    def told(self) -> list[tuple[str, int]]:
        """Return what it was told: what of, and how many mentions there are with that."""
        return [
            (each.get("message", each).get("content", "read"), each["mentions"])
            for each in self.told_of()
        ]

    def told_of(self) -> list[dict[str, Any]]:
        """Return the frames that say how many mentions there are."""
        return [each for each in self.frames if "mentions" in each]


class Manager:
    """Who is connected, and nothing else: nobody follows a room."""

    def __init__(self) -> None:
        self.listeners: dict[str, Listener] = {}

    def connections(self) -> list[Listener]:
        """Return all."""
        return list(self.listeners.values())

    def connections_of(self, author: str) -> list[Listener]:
        """Return theirs."""
        return [self.listeners[author]]

    def follows(self, _listener: Listener, _room_id: int) -> bool:
        """Nobody does."""
        return False

    def broadcast(self, *_args: Any, **_fields: Any) -> None:
        """Tell nobody."""


class Meanwhile:
    """The database, where something happens once between reading and telling."""

    def __init__(self, database: Database, happens: Callable[[], Awaitable[object]]) -> None:
        self.database = database
        self.happens: Callable[[], Awaitable[object]] | None = happens
        self.write = database.write

    async def read(self, operation: Callable[..., Any], *args: Any) -> Any:
        """Read, and let it happen."""
        found = await self.database.read(operation, *args)
        if self.happens is not None:
            happens, self.happens = self.happens, None
            await happens()
        return found


class Scene:
    """A room of three, and what a server needs to tell two of them."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.people: list[Person] = []
        with get_db(database) as connection:
            for name in ("ada", "bob", "cyd"):
                user = create_user(connection, name, name, "", "member")
                self.people.append(Person.by_account(name, user.id))
            new = RoomCreate(name="Hall", kind="private")
            self.room: Room = places.create_room(connection, new, (self.ids[0], "ada")).room
            for name in ("bob", "cyd"):
                belonging.put_member(
                    connection, self.people[0], self.ids[0], self.room.id, name, None
                )
        manager = Manager()
        manager.listeners = {each.author: Listener(each.author) for each in self.people}
        self.bob, self.cyd = (manager.listeners[each.author] for each in self.people[1:])
        self.context: Any = SimpleNamespace(
            crowds=Crowds(), news=News(), manager=manager, receiving=SimpleNamespace(stir=_Stir())
        )

    @property
    def ids(self) -> list[int]:
        """The accounts' ids."""
        return [int(each.author.removeprefix("user:")) for each in self.people]

    async def say(self, content: str) -> Message:
        """Let the first of them say something."""
        words = MessageDraft(self.room.id, self.people[0], content, notices=[])
        return (await self.database.store(words, then=lambda _: None)).message

    async def read(self, who: int, message: Message) -> None:
        """Let one of them read a message."""

        def tell(read: Read) -> None:
            tell_reads(self.context, [read.state])

        person, user_id = self.people[who], self.ids[who]
        await self.database.write(reading.read, person, user_id, message.id, then=tell)

    async def delete(self, message: Message) -> None:
        """Let a message be deleted by its author."""

        def tell(edited: editing.Edited) -> None:
            tell_change(self.context, edited)

        await self.database.write(editing.delete_message, self.people[0], message.id, then=tell)

    async def remove(self, name: str) -> None:
        """Let somebody be put out."""

        def tell(changed: places.Changed) -> None:
            evict(self.context, changed.room, f"user:{changed.user.id}", "You are out.")

        owner, user_id = self.people[0], self.ids[0]
        await self.database.write(
            belonging.remove_member, owner, user_id, self.room.id, name, then=tell
        )

    async def tell(self, said: Said, happens: Callable[[], Awaitable[object]]) -> None:
        """Tell all of what was said, and let something happen when it has been read."""
        self.context.database = Meanwhile(self.database, happens)
        people = set(self.ids)
        await notifications._tell_some(self.context, {self.room.id: said}, people)


class _Stir:
    def set(self) -> None:
        """Nothing waits for it."""


async def test_nothing_newer_is_undone_by_what_was_read_before_it(tmp_path: Path) -> None:
    """Whoever reads a room meanwhile is told of the call with what is unread then; others as is."""
    async with started_database(tmp_path) as database:
        scene = Scene(database)
        said = await scene.say("@room come")
        await scene.tell(Said(calls=[said.id]), lambda: scene.read(1, said))
        assert scene.bob.told() == [("read", 0), ("@room come", 0)]
        assert scene.cyd.told() == [("@room come", 1)]
        # The same of how far they have read, after a call was taken back.
        more = await scene.say("more")
        await scene.tell(Said(uncalled=True), lambda: scene.read(1, more))
        assert [each["unread"] for each in scene.bob.told_of()[2:]] == [0]
        assert [each["unread"] for each in scene.cyd.told_of()[1:]] == [2]


async def test_what_is_deleted_or_taken_from_somebody_meanwhile_is_not_told(
    tmp_path: Path,
) -> None:
    """Neither the words of a message that is gone, nor anything to who was put out."""
    async with started_database(tmp_path) as database:
        scene = Scene(database)
        gone, stays = await scene.say("@room gone"), await scene.say("@room stays")
        both = Said(calls=[gone.id, stays.id])
        await scene.tell(both, lambda: scene.delete(gone))
        assert [words for words, _ in scene.bob.told()] == ["@room stays"]
        await scene.tell(Said(calls=[stays.id]), lambda: scene.remove("cyd"))
        assert [words for words, _ in scene.bob.told()] == ["@room stays"] * 2
        assert [words for words, _ in scene.cyd.told()] == ["@room stays"]


async def test_all_are_told_however_many_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest accounts, too: some after the others."""
    async with started_database(tmp_path) as database:
        scene = Scene(database)
        said = await scene.say("@room come")
        many = set(range(-20_000, 0)) | set(scene.ids)
        asked = {scene.room.id: Said(calls=[said.id])}
        crowd = await database.read(notifying.crowd, asked, many)
        assert [each.user_id for each in crowd.notices] == scene.ids[1:]
        monkeypatch.setattr(notifications, "PEOPLE", 1)
        scene.context.database = database
        scene.context.crowds.said(scene.room.id, said.id, calls=True)
        telling = asyncio.create_task(notifications.tell_crowds(scene.context))
        for listener in (scene.bob, scene.cyd):
            await asyncio.wait_for(listener.heard.wait(), scaled(10))
            assert listener.told() == [("@room come", 1)]
        telling.cancel()
