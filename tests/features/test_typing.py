"""Typing: told to the others in the room, and to nobody else."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, update

from parlour import places
from parlour.commands import Typing
from parlour.context import Client
from parlour.database import ChatDatabase
from parlour.features import presence, typing
from parlour.models import Person as Author
from parlour.store.tables import rooms
from tests.support.local import local_context, started_database
from tests.support.moderation import mute
from tests.support.people import Person, Room, async_http_client
from tests.support.places import make_room, somebody
from tests.support.server import Server
from tests.support.sockets import Socket

pytestmark = pytest.mark.usefixtures("partings")


async def test_typing_is_told_to_the_others_and_not_to_oneself(
    alice: Person, bob: Person, room: Room
) -> None:
    """Not on one's other connections either."""
    desk, phone = await alice.enter(room), await alice.connect(room)
    await phone.expect("user_list")
    watcher = await bob.enter(room)
    for client in (desk, phone):
        await client.until("user_list", users=["alice", "bob"])
    await desk.send("typing")
    told = await watcher.expect("typing", username="alice", room_id=room["id"])
    assert told["timestamp"].endswith("Z")
    assert set(told) == {"type", "room_id", "username", "guest", "timestamp"}
    await desk.silence()
    await phone.silence()


async def test_typing_is_not_told_in_another_room(
    alice: Person, bob: Person, eve: Person, room: Room, new_room: Callable[..., Room],
    server: Server,
) -> None:  # fmt: skip
    """Also when the one who types follows both."""
    other = new_room(server)
    here, there = await bob.enter(room), await eve.enter(other)
    client = await alice.enter(room)
    await client.send("subscribe", room_id=other["id"])
    await client.until("user_list", room_id=other["id"])
    await there.until("user_list", users=["eve", "alice"])
    await here.until("user_list", users=["bob", "alice"])
    await client.send("typing", room_id=room["id"])
    await here.expect("typing", username="alice")
    await there.silence()
    await client.send("typing", room_id=other["id"])
    await there.expect("typing", username="alice", room_id=other["id"])
    await here.silence()


async def test_typing_stores_nothing(alice: Person, room: Room, server: Server) -> None:
    """It carries no version and is never replayed."""
    client = await alice.enter(room)
    await client.send("typing")
    await client.settle()
    async with async_http_client(server) as http:
        answer = await http.get(f"/api/chat/rooms/{room['id']}/messages")
    assert (answer.json(), answer.headers["parlour-version"]) == ([], "0")


@pytest.mark.parametrize("kind", ["typing", "message"])
async def test_one_speaks_only_where_one_is(
    alice: Person, bob: Person, room: Room, new_room: Callable[..., Room], server: Server, kind: str
) -> None:
    """`not_allowed` about the room, through either door; nobody is told and nothing is stored."""
    other = new_room(server)
    watcher = await bob.enter(other)
    fields = {"content": "hi", "client_id": "c"} if kind == "message" else {}
    for client in (await alice.enter(room), await alice.connect()):
        await client.send(kind, room_id=other["id"], **fields)
        error = await client.expect("error", code="not_allowed", field="room_id")
        assert error["room_id"] == other["id"]
        assert error.get("client_id") == fields.get("client_id")
    await watcher.silence()


@pytest.mark.parametrize("kind", ["typing", "message"])
async def test_without_a_room_in_the_path_a_frame_has_to_name_one(alice: Person, kind: str) -> None:
    """On the door of many rooms."""
    client = await alice.connect()
    await client.send(kind, **({"content": "hi"} if kind == "message" else {}))
    await client.expect("error", code="invalid", field="room_id")


async def test_nobody_sees_that_somebody_types_who_is_muted(server: Server) -> None:
    """Those who are not are seen, with or without an account."""
    owner, member = somebody(server), somebody(server)
    place = make_room(owner, "public")
    watcher, silent = await owner.connect(place.room), await member.connect(place.room)
    guest = await Person("gus", server).connect(place.room)
    assert mute(place, owner, member).is_success
    await silent.send("typing")
    await silent.send("ping")
    await silent.until("pong")
    await guest.send("typing")
    told = await watcher.until("typing")
    assert (told["username"], told["guest"]) == ("gus", True)
    await guest.close()


async def test_who_may_not_speak_is_not_looked_up_for_every_keystroke(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often they say that they type; and not much later they may again."""
    looks: list[int] = []
    allow = places.allow

    def counted(connection: Connection, author: str | None, room_id: int, act: Any) -> Any:
        looks.append(room_id)
        return allow(connection, author, room_id, act)

    monkeypatch.setattr(places, "allow", counted)
    async with started_database(tmp_path) as database:
        context = local_context(tmp_path, database)
        hall = await database.write(ChatDatabase.create_room, "Hall")
        socket = Socket("alice")
        context.manager.register(socket.connection)
        client = Client(socket.connection, Author.by_name("alice"), None)
        await presence.follow(context, client, hall.id, None, None, sync=True)
        command = Typing(type="typing", room_id=hall.id)
        archive = update(rooms).values(archived_at=datetime.now(UTC))
        await database.write(lambda connection: connection.execute(archive) and None)
        looks.clear()
        for _ in range(50):
            await typing.tell_typing(context, client, command)
        assert looks == [hall.id]
        monkeypatch.setattr(typing, "UNHEARD_SECONDS", 0)
        client.unheard = None
        for _ in range(2):
            await typing.tell_typing(context, client, command)
        assert looks == [hall.id] * 3
        context.user_lists.close()
        context.room_news.close()
        await context.tasks.close()
