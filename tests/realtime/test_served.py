"""The protocol class under an application of the test's own: what ASGI lets it say, and when."""

import asyncio
import functools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from parlour.realtime.served import PeerGone
from parlour.realtime.websocket import WebSocketProtocol
from parlour.support.door import Door
from parlour.support.http import protocol_at
from tests.support.frames import CONT, close_frame, frame
from tests.support.rawsocket import DOOR, handshake
from tests.support.timing import scaled

SAY = {"type": "websocket.send", "text": "x"}
ACCEPT = {"type": "websocket.accept"}
END = {"type": "websocket.close", "code": 1000}

# What an application does once it is connected to.
Deed = Callable[[Receive, Send], Awaitable[None]]


class Application:
    """Does one thing with the first connection; `told` is what came of it."""

    def __init__(self, deed: Deed) -> None:
        self._deed = deed
        self.told: asyncio.Future[type[BaseException] | None] = asyncio.Future()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve."""
        assert await receive() == {"type": "websocket.connect"}
        try:
            await self._deed(receive, send)
        except (PeerGone, RuntimeError) as error:
            self.told.set_result(type(error))
        else:
            self.told.set_result(None)


@asynccontextmanager
async def peer_of(
    application: Application,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Yield a connection to an application that has been asked for a WebSocket."""
    config = uvicorn.Config(application, ws=WebSocketProtocol, http=protocol_at(Door({})))
    config.load()
    make: Any = config.http_protocol_class
    protocol = functools.partial(make, config=config, server_state=ServerState(), app_state={})
    loop = asyncio.get_running_loop()
    async with await loop.create_server(protocol, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(handshake(port, DOOR))
            async with asyncio.timeout(scaled(10)):
                yield reader, writer
        finally:
            writer.close()


PEER_ENDS = {
    "a fault": frame(CONT, b"x"),
    "a close": close_frame(1000),
    "a close, and more": close_frame(1000) + frame(CONT),
}


@pytest.mark.parametrize("ending", PEER_ENDS.values(), ids=PEER_ENDS)
@pytest.mark.parametrize("message", [SAY, END], ids=["say", "close"])
async def test_an_application_cannot_know_that_the_peer_has_ended_it(
    ending: bytes, message: dict[str, object]
) -> None:
    """Whatever it says then goes to nobody, which is no fault of its own."""

    async def deed(receive: Receive, send: Send) -> None:
        await send(ACCEPT)
        assert (await receive())["type"] == "websocket.disconnect"
        await send(message)

    application = Application(deed)
    async with peer_of(application) as (_, writer):
        writer.write(ending)
        assert await application.told is PeerGone


@pytest.mark.parametrize(
    ("messages", "last"),
    [([ACCEPT], ACCEPT), ([], SAY), ([ACCEPT, END], SAY), ([ACCEPT, END], END), ([END], ACCEPT)],
    ids=["accept twice", "say before", "say after", "close twice", "refuse and accept"],
)
async def test_an_application_is_told_of_its_own_faults(
    messages: list[dict[str, object]], last: dict[str, object]
) -> None:
    """As ASGI has it."""

    async def deed(receive: Receive, send: Send) -> None:
        for message in messages:
            await send(message)
        await send(last)

    application = Application(deed)
    async with peer_of(application):
        assert await application.told is RuntimeError
