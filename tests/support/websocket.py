"""A WebSocket client that remembers what it got and says so when something else was expected."""

import asyncio
import contextlib
import json
import time
from collections import deque
from typing import Any, Self
from urllib.parse import urlencode

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_websocket
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

from tests.support.server import Server
from tests.support.timing import TIME_SCALE, scaled

Frame = dict[str, Any]

# Frames that the server may send at any moment: they are passed over unless they are asked for.
UNBIDDEN = frozenset({"heartbeat", "news", "room_changed"})
# Who says something has read all before, and is told so within a second: also when the test that
# let them say it is over, and another has the account.
LATE = UNBIDDEN | {"read"}


class Client:
    """One WebSocket connection; `frames` holds everything it ever got, in order."""

    def __init__(self, name: str, connection: ClientConnection, server: Server) -> None:
        self.name = name
        self.server = server
        self.connection = connection
        self.frames: list[Frame] = []

    async def send(self, kind: str, **fields: Any) -> None:
        """Send the frame `{"type": kind, **fields}`."""
        await self.send_text(json.dumps({"type": kind, **fields}))

    async def send_text(self, text: str | bytes) -> None:
        """Send `text` as it is; bytes go as a binary frame."""
        await self.connection.send(text)

    async def next(self, *, seconds: float = 30) -> Frame:
        """Return the next frame, whatever it is."""
        try:
            async with asyncio.timeout(scaled(seconds)):
                text = await self.connection.recv(decode=True)
        except TimeoutError:
            raise AssertionError(f"{self.name} got nothing more. {self._story()}") from None
        except ConnectionClosed as closed:
            raise AssertionError(f"{self.name} was closed: {closed}. {self._story()}") from None
        frame = json.loads(text)
        assert isinstance(frame, dict), f"no object: {text!r}"
        self.frames.append(frame)
        return frame

    async def hear(self, silence: float | None = None) -> str | bytes:
        """What comes next, as it is; who hears nothing for so long asks whether anybody is there.

        Raises TimeoutError where nobody says anything then, either.
        """
        if silence is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(silence):
                    return await self.connection.recv()
            await self.send("ping")
        async with asyncio.timeout(silence):
            return await self.connection.recv()

    async def expect(self, kind: str, *, seconds: float = 30, **fields: Any) -> Frame:
        """Return the next frame and assert that it is of this kind and has these fields."""
        frame = await self.next(seconds=seconds)
        while frame["type"] in LATE and frame["type"] != kind:
            frame = await self.next(seconds=seconds)
        assert matches(frame, kind, fields), (
            f"{self.name} expected {kind} {fields or ''}, got {frame}. {self._story()}"
        )
        return frame

    async def until(self, kind: str, *, seconds: float = 30, **fields: Any) -> Frame:
        """Read on to the first frame of this kind with these fields and return it."""
        ends = time.monotonic() + scaled(seconds)
        while True:
            # Something comes every now and then, whatever is waited for.
            frame = await self.next(seconds=max(0.0, ends - time.monotonic()) / TIME_SCALE)
            if matches(frame, kind, fields):
                return frame

    async def settle(self) -> list[Frame]:
        """Return the unread frames that the server had sent before it answers a ping.

        Frames of one connection keep their order, so after this whatever was published before is
        known to have come, or not to come at all: the way to assert that something does not reach.
        """
        await self.server.settled()
        await self.send("ping")
        before: list[Frame] = []
        while (frame := await self.next())["type"] != "pong":
            before.append(frame)
        return before

    async def silence(self) -> None:
        """Assert that nothing unread has come, but for what may come at any moment."""
        frames = [frame for frame in await self.settle() if frame["type"] not in UNBIDDEN]
        assert frames == [], f"{self.name} expected nothing more. {self._story()}"

    async def closed(self, *, seconds: float = 30) -> int:
        """Read to the end and return the code with which the server closed."""
        try:
            async with asyncio.timeout(scaled(seconds)):
                async for text in self.connection:
                    self.frames.append(json.loads(text))
                await self.connection.wait_closed()
        except TimeoutError:
            raise AssertionError(f"{self.name} is still open. {self._story()}") from None
        except ConnectionClosed:
            pass
        assert self.connection.close_code is not None
        return self.connection.close_code

    async def close(self, code: int = 1000) -> None:
        """Say goodbye; nothing happens on a connection that is closed."""
        await self.connection.close(code)

    def abort(self) -> None:
        """Lose the connection without a word, as a dead network does."""
        self.connection.transport.abort()

    def _story(self) -> str:
        last = deque(self.frames, maxlen=20)
        return "Its last frames: " + "".join(f"\n  {frame}" for frame in last)

    async def __aenter__(self) -> Self:
        """Use it for the length of a block."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close it."""
        await self.close()


def matches(frame: Frame, kind: str, fields: dict[str, Any]) -> bool:
    """Whether `frame` is of `kind` and each of `fields` has that value in it.

    A field that is a dictionary is compared by the keys it names, so that
    `message={"content": "hi"}` finds a whole message.
    """
    return frame.get("type") == kind and contains(frame, fields)


def contains(whole: Any, part: Any) -> bool:
    """Whether `part` is `whole`, or a dictionary whose every key `whole` contains likewise."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(key in whole and contains(whole[key], value) for key, value in part.items())
    return bool(whole == part)


async def connect(
    server: Server,
    room_id: int | str | None,
    username: str | None,
    *,
    headers: dict[str, str] | None = None,
    origin: str | None = None,
    **query: Any,
) -> Client:
    """Open a WebSocket: the one-room door, or with `room_id` None the one for many rooms.

    `query` holds further fields such as `after` and `epoch`; those that are None are left out. A
    refused handshake raises `websockets.exceptions.InvalidStatus`.
    """
    fields = {"username": username, **query}
    path = "/ws/chat" if room_id is None else f"/ws/chat/{room_id}"
    given = urlencode({name: value for name, value in fields.items() if value is not None})
    connection = await open_websocket(
        f"{server.websocket_url}{path}?{given}",
        additional_headers=headers,
        origin=Origin(origin) if origin else None,
        open_timeout=scaled(10),
        close_timeout=scaled(10),
        # Nothing that this client does by itself may hide what the server does or does not do.
        compression=None,
        max_size=None,
        ping_interval=None,
        proxy=None,
    )
    return Client(username or "nobody", connection, server)
