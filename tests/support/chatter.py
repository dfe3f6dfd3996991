"""Load that keeps a ledger: writers that resend until they are answered, readers that resume.

They behave as the page does: whatever happens to a connection, they come back with the version
and epoch they stand at, and send again, under the same `client_id`, what was not acknowledged.
"""

import asyncio
import contextlib
import json
import random
import socket
import struct
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from httpx2 import AsyncClient, HTTPError
from websockets.exceptions import ConnectionClosed, WebSocketException

from tests.support import websocket
from tests.support.history import PassingError, read_history
from tests.support.ledger import Ledger, Reading
from tests.support.people import async_http_client, checked
from tests.support.server import Server
from tests.support.timing import scaled

# The message after which everybody stops reading.
END = "the end"
PASSING = ("busy", "storage_full")  # The same message is sent again a little later.
AGAIN_SECONDS = 0.2

# What a connection may die of; it is then opened anew.
LOST = (OSError, EOFError, WebSocketException, HTTPError, PassingError)


@dataclass
class Scene:
    """Where the load happens: one room of one server, which `up` says can be reached just now.

    Or of several nodes: who cannot reach theirs goes to another.
    """

    server: Server
    room_id: int
    others: Sequence[Server] = ()
    ledger: Ledger = field(default_factory=Ledger)
    up: asyncio.Event = field(default_factory=asyncio.Event)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)
    chance: random.Random = field(default_factory=random.Random)
    # Seconds without a word after which people ask whether anybody is there, and after as many more
    # come anew; None: they trust their connections.
    silence: float | None = None

    async def acknowledged(self, count: int, *, seconds: float = 60) -> None:
        """Wait until so many messages in all have been acknowledged."""
        await self.until(lambda: self.ledger.acknowledged >= count, seconds=seconds)

    async def until(self, reached: Callable[[], bool], *, seconds: float = 60) -> None:
        """Wait until something is so, which is looked at whenever somebody got something."""
        async with asyncio.timeout(scaled(seconds)), self.news:
            await self.news.wait_for(reached)

    async def tell(self) -> None:
        """Wake whoever waits for progress."""
        async with self.news:
            self.news.notify_all()


class Follower:
    """Follows the room until the end, over any number of connections, and logs all it gets."""

    def __init__(
        self, scene: Scene, name: str, *, multiplexed: bool = False, node: int = 0
    ) -> None:
        """`node` is the number of that to which it goes first, each time."""
        self.scene = scene
        self.name = name
        self.multiplexed = multiplexed
        self.node = node
        # How many were tried in vain since its last connection.
        self._tried = 0
        self.connections = 0
        # Whether it has been told, on its present connection, where the room stands.
        self.following = False
        # How often the server said `closing`, and the codes with which connections ended.
        self.goodbyes = 0
        self.codes: Counter[int | None] = Counter()
        self.ended = False
        # Whether it comes back when it was told to, as the page does; what it was told and how
        # long it took until it was following again, in seconds.
        self.patient = False
        self.returns: list[tuple[float, float]] = []
        self._told: tuple[float, float] | None = None
        self.reading: Reading = scene.ledger.reading(name, scene.room_id)
        self._client: websocket.Client | None = None

    @property
    def server(self) -> Server:
        """Where it is, or tries to be."""
        servers = [self.scene.server, *self.scene.others]
        return servers[(self.node + self._tried) % len(servers)]

    async def run(self) -> None:
        """Follow until the end has been read."""
        while not self.ended:
            await self.scene.up.wait()
            if self.patient and self._told is not None:
                told_at, wait = self._told
                await asyncio.sleep(told_at + wait - asyncio.get_running_loop().time())
            try:
                await self._connection()
            except LOST:
                client = self._client
                if client is not None:
                    self.codes[client.connection.close_code] += 1
                    self._tried = 0
                else:
                    self._tried += 1
                if not self.following:
                    # It was not let in.
                    await asyncio.sleep(AGAIN_SECONDS)
            self.following = False

    def cut(self, half_a_frame: bytes = b"") -> None:
        """Lose the connection by a TCP reset, perhaps in the middle of a frame to the server."""
        client = self._client
        if client is None or client.connection.transport.is_closing():
            return
        transport = client.connection.transport
        transport.write(half_a_frame)
        sock = transport.get_extra_info("socket")
        # With no time to linger, closing sends RST instead of FIN and drops what was not sent.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()

    def half_close(self) -> None:
        """Say that nothing more will be sent, as a program does that has ended in the middle."""
        client = self._client
        if client is not None and not client.connection.transport.is_closing():
            client.connection.transport.write_eof()

    async def fall_silent(self, seconds: float) -> None:
        """Read nothing for a while, like somebody in a tunnel, then lose the connection."""
        client = self._client
        if client is not None and not client.connection.transport.is_closing():
            client.connection.transport.pause_reading()
            try:
                await asyncio.sleep(seconds)
            finally:
                if client is self._client:
                    self.cut()

    async def _connection(self) -> None:
        self._client = None
        after, epoch = self.reading.version, self.reading.epoch
        if self.multiplexed:
            client = await websocket.connect(self.server, None, self.name)
            self._client = client
            await client.send("subscribe", room_id=self.scene.room_id, after=after, epoch=epoch)
        else:
            after = after or 0
            client = await websocket.connect(
                self.server, self.scene.room_id, self.name, after=after, epoch=epoch
            )
            self._client = client
        self.connections += 1
        try:
            await self._opened(client)
            while not self.ended:
                frame = json.loads(await client.hear(self.scene.silence))
                await self._take(client, frame, after)
                await self.scene.tell()
        finally:
            if self.ended:
                await client.close()
            else:
                client.abort()

    async def _read_again(self) -> list[dict[str, Any]]:
        try:
            async with async_http_client(self.server) as http:
                version, messages = await read_history(http, self.scene.room_id)
        except BaseException:
            # It has nothing then, and begins once more with its next connection.
            self.reading.version = None
            raise
        self.reading.read(version, messages)
        return messages

    async def _opened(self, client: websocket.Client) -> None:
        """What a writer does first on a new connection."""

    async def _take(
        self, client: websocket.Client, frame: dict[str, Any], asked_after: int | None
    ) -> None:
        match frame["type"]:
            case "sync":
                self.reading.sync(frame, asked_after=asked_after)
                self.following = True
                if self._told is not None:
                    told_at, wait = self._told
                    self.returns.append((wait, asyncio.get_running_loop().time() - told_at))
                    self._told = None
                messages = frame["messages"]
                if frame["reset"]:
                    messages = await self._read_again()
                self.ended |= any(message["content"] == END for message in messages)
            case "message":
                self.reading.live(frame)
                self.ended |= frame["message"]["content"] == END
            case "closing":
                self.goodbyes += 1
                wait = frame["retry_after_ms"] / 1000
                self._told = asyncio.get_running_loop().time(), wait
            case "error" if frame["code"] in PASSING:
                raise PassingError(frame["code"])
            case "error":
                raise AssertionError(f"{self.name} was refused: {frame}")


class Writer(Follower):
    """A follower that keeps `window` messages on their way and resends them until answered."""

    def __init__(
        self,
        scene: Scene,
        name: str,
        *,
        window: int = 16,
        multiplexed: bool = False,
        pause: float = 0,
        deaf: float = 0,
        node: int = 0,
    ) -> None:
        """`pause`: seconds between new messages. `deaf`: which part of its answers is lost."""
        super().__init__(scene, name, multiplexed=multiplexed, node=node)
        self.window = window
        self.pause = pause
        self.deaf = deaf
        self.refused = 0
        self._next = 0.0
        self._unheard: set[str] = set()
        self._retries: set[asyncio.Task[None]] = set()
        self.stopping = False
        self.resent = 0
        self.answered = asyncio.Event()
        # How many of its messages were acknowledged.
        self.stored = 0
        self._pending: dict[str, str] = {}
        self._sent = 0
        self._ready = False

    async def stop(self) -> None:
        """Send nothing new any more, and wait until all that was sent is acknowledged."""
        self.stopping = True
        if not self._pending:
            self.answered.set()
        async with asyncio.timeout(scaled(60)):
            await self.answered.wait()

    async def _opened(self, client: websocket.Client) -> None:
        self._ready = False

    async def _take(
        self, client: websocket.Client, frame: dict[str, Any], asked_after: int | None
    ) -> None:
        is_refused = frame["type"] == "error" and frame["code"] in PASSING
        if is_refused and frame.get("client_id"):
            self._again_later(frame["client_id"])
            await self.scene.tell()
            return
        await super()._take(client, frame, asked_after)
        if frame["type"] == "sync" and not self._ready:
            # On the door for many rooms one has to be in the room before one speaks there.
            self._ready = True
            for client_id, content in list(self._pending.items()):
                self.resent += 1
                await self._send(client, client_id, content)
            await self._top_up(client)
        elif frame["type"] == "message":
            message = frame["message"]
            if message["username"] != self.name:
                return
            if self._does_not_hear(message["client_id"]):
                self.resent += 1
                await self._send(client, message["client_id"], message["content"])
                return
            self.scene.ledger.ok(message["client_id"], message)
            if self._pending.pop(message["client_id"], None) is not None:
                self.stored += 1
                await self._top_up(client)
            if self.stopping and not self._pending:
                self.answered.set()

    def _does_not_hear(self, client_id: str) -> bool:
        """Whether this answer is lost on it. Each message is answered in the end."""
        if client_id in self._unheard or self.scene.chance.random() >= self.deaf:
            return False
        self._unheard.add(client_id)
        return True

    def _again_later(self, client_id: str) -> None:
        self.scene.ledger.fail(client_id)
        # Sent again behind later ones, it has lost its place.
        self.scene.ledger.sends[client_id].place = None
        self.refused += 1

        async def again() -> None:
            await asyncio.sleep(AGAIN_SECONDS)
            client, content = self._client, self._pending.get(client_id)
            if client is not None and content is not None and self._ready:
                await self._send(client, client_id, content)

        task = asyncio.create_task(again())
        self._retries.add(task)
        task.add_done_callback(self._retries.discard)

    async def _top_up(self, client: websocket.Client) -> None:
        while not self.stopping and len(self._pending) < self.window:
            if self.pause:
                now = asyncio.get_running_loop().time()
                self._next = max(self._next + self.pause, now)
                await asyncio.sleep(self._next - now)
            self._sent += 1
            client_id = f"{self.name}-{self._sent}"
            self._pending[client_id] = f"message {self._sent} of {self.name}"
            await self._send(client, client_id, self._pending[client_id])

    async def _send(self, client: websocket.Client, client_id: str, content: str) -> None:
        place = int(client_id.rpartition("-")[2])
        self.scene.ledger.invoke(self.scene.room_id, self.name, content, client_id, place)
        # What came before a close is still to be read, as a page would: reading finds the end.
        with contextlib.suppress(ConnectionClosed):
            await client.send(
                "message", content=content, client_id=client_id, room_id=self.scene.room_id
            )


class HttpWriter:
    """Posts one message after the other, each until it is answered."""

    def __init__(self, scene: Scene, name: str) -> None:
        self.scene = scene
        self.name = name
        self.stopping = False
        self.resent = 0

    async def run(self) -> None:
        """Post until it is told to stop and the last post is answered."""
        number = 0
        async with async_http_client(self.scene.server) as http:
            while not self.stopping:
                number += 1
                client_id = f"{self.name}-{number}"
                while not await self._post(http, client_id, number):
                    self.resent += 1

    async def _post(self, http: AsyncClient, client_id: str, number: int) -> bool:
        await self.scene.up.wait()
        room_id, content = self.scene.room_id, f"post {number} of {self.name}"
        self.scene.ledger.invoke(room_id, self.name, content, client_id, number)
        try:
            answer = await http.post(
                f"{self.scene.server.url}/api/chat/rooms/{room_id}/messages",
                params={"username": self.name},
                json={"content": content, "client_id": client_id},
            )
        except (HTTPError, OSError):
            return False
        if answer.status_code in (502, 503, 507):
            if answer.status_code != 502:  # A proxy does not know what became of it.
                self.scene.ledger.fail(client_id)
            return False
        self.scene.ledger.ok(client_id, checked(answer))
        await self.scene.tell()
        return True
