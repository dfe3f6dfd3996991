"""An actor of the state machine: a person on one connection, and the replica it builds from it."""

import json
from typing import Any

from httpx2 import AsyncClient
from websockets.exceptions import ConnectionClosed

from tests.properties.model import Message, ModelRoom
from tests.support import websocket
from tests.support.history import read_history
from tests.support.people import checked
from tests.support.replica import Replica
from tests.support.server import Server
from tests.support.websocket import Frame, matches

# One less than what ends a connection.
MAX_FAULTS = 20


class Actor:
    """One person's client: what it was told is applied to its replica as it is read."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.replica = Replica(name)
        # The room of the path, None for the door of many rooms.
        self.door: ModelRoom | None = None
        # The rooms it follows, by what it asked for and what it was told.
        self.following: dict[int, ModelRoom] = {}
        self.faults = 0
        self._client: websocket.Client | None = None

    @property
    def online(self) -> bool:
        """Whether it has a connection."""
        return self._client is not None

    @property
    def client(self) -> websocket.Client:
        """Its connection."""
        assert self._client is not None
        return self._client

    async def open(
        self, server: Server, door: ModelRoom | None, after: int | None, epoch: str | None
    ) -> None:
        """Open a connection."""
        room_id = None if door is None else door.id
        self._client = await websocket.connect(server, room_id, self.name, after=after, epoch=epoch)
        self.door, self.faults = door, 0
        self.replica.goodbye = False
        self.replica.aware = door is None or after is not None

    async def fetch(self, http: AsyncClient) -> None:
        """Fetch what it does not know: the list of rooms, and histories that it has to read."""
        if self.replica.aware and self.replica.rooms is None:
            self.replica.fetched_rooms(checked(await http.get("/api/chat/rooms")))
        for view in self.replica.views.values():
            if view.version is None:
                version, messages = await read_history(http, view.room_id)
                epoch = checked(await http.get(f"/api/chat/rooms/{view.room_id}"))["epoch"]
                self.replica.fetched(view.room_id, version, epoch, messages)

    def knows(self, room_id: int) -> tuple[int | None, str | None]:
        """The version and epoch at which it stands, or stood, in a room."""
        replica = self.replica
        view = replica.views.get(room_id) or replica.left.get(room_id)
        return (view.version, view.epoch) if view else (None, None)

    async def ask_again(self, room_id: int) -> None:
        """Ask what changed in a room since where it stands, without waiting for the answer."""
        after, epoch = self.knows(room_id)
        self.replica.follow(room_id, after)
        self.replica.aware = True
        await self.client.send("subscribe", room_id=room_id, after=after, epoch=epoch)

    async def until_asked(self, room_id: int) -> None:
        """Read on until that has been answered, which has made the list of people come too."""
        while room_id in self.replica.asked:
            await self.read()

    async def told_of(self, room_id: int, client_id: str) -> Message:
        """Read on until it knows what became of a message; the message."""
        while True:
            for message in self.replica.views[room_id].messages:
                if message["client_id"] == client_id:
                    return message
            await self.read()

    async def read(self) -> Frame:
        """Read one frame."""
        frame = await self.client.next()
        self.replica.apply(frame)
        return frame

    async def until(self, kind: str, **fields: Any) -> Frame:
        """Read on to the first frame of this kind with these fields."""
        while not matches(frame := await self.read(), kind, fields):
            pass
        return frame

    async def settle(self) -> None:
        """Read everything that the server had sent before it answered a ping."""
        await self.client.server.settled()
        await self.client.send("ping")
        await self.until("pong")

    async def refused(self, code: str) -> Frame:
        """Read on to the refusal of what was just sent, and count it."""
        self.faults += 1
        return await self.until("error", code=code)

    async def read_to_the_end(self) -> int:
        """Read to the close that the server began; its code."""
        connection = self.client.connection
        try:
            while True:
                self.replica.apply(json.loads(await connection.recv()))
        except ConnectionClosed:
            pass
        self.gone()
        assert connection.close_code is not None
        return connection.close_code

    async def leave(self) -> None:
        """Close in an orderly way."""
        client = self.client
        self.gone()
        await client.close()

    async def drop(self) -> None:
        """Lose the connection without a word."""
        client = self.client
        self.gone()
        client.abort()

    def gone(self) -> None:
        """Note that there is no connection any more: it is in no room."""
        for room in self.following.values():
            room.leave(self.name)
        self.following.clear()
        self.replica.lose_connection()
        self._client = None
