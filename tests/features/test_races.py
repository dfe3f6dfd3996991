"""Races that a real port shows too seldom: the same handlers, held up at the right moment."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from sqlalchemy import Connection

from parlour.audience import close_room
from parlour.commands import ReadMessages
from parlour.context import Client, Context
from parlour.database import ChatDatabase
from parlour.errors import Refusal
from parlour.features import messages, news, presence, reads
from parlour.models import MessageCreate, Person, Room
from parlour.places import Told
from parlour.store import reads as read_rows
from parlour.store.messages import count
from parlour.store.reads import ReadState
from parlour.store.users import create_user
from tests.support.local import local_context, started_database
from tests.support.sockets import Socket


@pytest.fixture
async def context(tmp_path: Path) -> AsyncIterator[Context]:
    """Yield the parts of a server without its doors."""
    async with started_database(tmp_path) as database:
        context = local_context(tmp_path, database)
        yield context
        await context.tasks.close()
        context.user_lists.close()
        context.room_news.close()


@pytest.fixture
async def hall(context: Context) -> Room:
    """Return a new, empty room."""
    return await context.database.write(ChatDatabase.create_room, "Hall")


def client_of(context: Context, name: str) -> tuple[Client, Socket]:
    """Return a client that follows no room, and its far end."""
    socket = Socket(name)
    context.manager.register(socket.connection)
    return Client(socket.connection, Person.by_name(name), None), socket


def frames(socket: Socket) -> list[dict[str, Any]]:
    """Return what waits to be written to a client of its room.

    The list of rooms tells how many are in each, whenever there is time for it.
    """
    told = [json.loads(frame) for frame in socket.queued()]
    return [frame for frame in told if frame["type"] != "room_changed"]


async def test_a_room_deleted_while_its_state_is_read_is_not_entered(
    context: Context, hall: Room
) -> None:
    """The newcomer learns that there is none, and nothing of what it was."""
    client, socket = client_of(context, "alice")
    entering = asyncio.create_task(presence.follow(context, client, hall.id, None, None, sync=True))
    await asyncio.sleep(0)  # it is registered, and its state is being read
    assert context.manager.follows(client.connection, hall.id)
    close_room(context, (Told(hall, None), "gone"))
    with pytest.raises(Refusal, match="no such room"):
        await entering
    assert frames(socket) == []
    assert context.manager.presence.online(hall.id) == 0


async def test_a_message_told_while_the_state_is_read_comes_after_it_once(
    context: Context, hall: Room
) -> None:
    """Whether the state has it already or not."""
    client, socket = client_of(context, "alice")
    entering = asyncio.create_task(presence.follow(context, client, hall.id, 0, None, sync=True))
    await asyncio.sleep(0)
    talking = asyncio.create_task(
        messages.say(context, Person.by_name("bob"), hall.id, MessageCreate(content="hi"))
    )
    await asyncio.gather(entering, talking)
    told = frames(socket)
    assert [frame["type"] for frame in told[:3]] == ["sync", "join", "user_list"]
    versions = [message["version"] for message in told[0]["messages"]]
    versions += [frame["version"] for frame in told[3:] if frame["type"] == "message"]
    assert versions == [1]


async def test_a_poster_who_goes_away_is_not_waited_for(context: Context, hall: Room) -> None:
    """What was handed in is stored and told to the room."""
    client, socket = client_of(context, "alice")
    await presence.follow(context, client, hall.id, None, None, sync=False)
    begun, go_on = asyncio.Event(), Event()
    loop = asyncio.get_running_loop()

    def hold_up(_connection: Connection) -> None:
        loop.call_soon_threadsafe(begun.set)
        assert go_on.wait(10)

    holding = asyncio.create_task(context.database.write(hold_up))
    await begun.wait()
    posting = asyncio.create_task(
        messages.say(context, Person.by_name("bob"), hall.id, MessageCreate(content="hi"))
    )
    await asyncio.sleep(0)
    posting.cancel()
    go_on.set()
    await holding
    await context.database.drain()
    assert posting.cancelled()
    assert await context.database.read(count) == 1
    assert frames(socket)[-1]["message"]["content"] == "hi"


async def test_one_who_asks_again_in_vain_stays_in_the_room(
    context: Context, hall: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It costs the answer alone: what happened meanwhile comes, and nobody sees a leave."""
    client, socket = client_of(context, "alice")
    other, others_socket = client_of(context, "bob")
    for each in (client, other):
        await presence.follow(context, each, hall.id, 0, None, sync=True)
    before = (len(frames(socket)), len(frames(others_socket)))

    async def refuse(*_: object) -> None:
        await messages.say(
            context, Person.by_name("bob"), hall.id, MessageCreate(content="meanwhile")
        )
        raise Refusal("busy", "Not now.")

    with monkeypatch.context() as patch:
        patch.setattr(type(context.database), "read", refuse)
        with pytest.raises(Refusal, match="Not now"):
            await presence.follow(context, client, hall.id, 0, None, sync=True)
    assert context.manager.follows(client.connection, hall.id)
    assert [frame["type"] for frame in frames(socket)[before[0] :]] == ["message"]
    assert [frame["type"] for frame in frames(others_socket)[before[1] :]] == ["message"]
    assert context.manager.presence.online(hall.id) == 2


async def test_a_position_told_late_does_not_undo_a_newer_one(
    context: Context, hall: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who marks something as unread in the moment in which it is told that they have spoken."""

    def account(connection: Connection) -> Person:
        return Person.by_account("ada", create_user(connection, "ada", "Ada", "", "member").id)

    ada = await context.database.write(account)
    socket = Socket("ada", one_room=False, aware=True)
    socket.connection.person_key, socket.connection.guest = ada.author, False
    context.manager.register(socket.connection)
    client = Client(socket.connection, ada, None)
    answer = await messages.say(context, ada, hall.id, MessageCreate(content="hi"))
    said = json.loads(bytes(answer.body))["id"]
    looked, told = asyncio.Event(), Event()
    loop = asyncio.get_running_loop()
    look = read_rows.states_of

    def slowly(connection: Connection, seats: list[tuple[int, str]]) -> list[ReadState]:
        found = look(connection, seats)
        loop.call_soon_threadsafe(looked.set)
        # Whatever else can be told meanwhile is told first.
        told.wait(0.3)
        return found

    monkeypatch.setattr(read_rows, "states_of", slowly)
    telling = asyncio.create_task(news.tell_news(context))
    await looked.wait()
    back = ReadMessages(type="read", message_id=said, back=True)
    await reads.read_command(context, client, back)
    told.set()
    await context.database.drain()
    await asyncio.sleep(0)
    telling.cancel()
    positions = [frame["message_id"] for frame in frames(socket) if frame["type"] == "read"]
    assert positions[-1] == 0
    assert positions == [said, 0]
