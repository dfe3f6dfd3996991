"""Signs of life: the heartbeat that lets an idle client see it missed nothing, and ping."""

import asyncio
from typing import Final

from parlour.commands import Ping
from parlour.context import Client, Context
from parlour.protocol import HeartbeatEvent, PongEvent, encode

# Seconds between heartbeats: short enough for a phone's dead connection to be noticed, and
# below the 60 s after which common proxies close an idle one.
HEARTBEAT_INTERVAL: Final = 15.0
# Connections told in one turn of the event loop.
SLICE: Final = 64


def pong(context: Context, client: Client, command: Ping) -> None:
    """Answer a ping."""
    del context, command
    client.send(PongEvent())


async def beat(context: Context) -> None:
    """Tell every aware connection, for ever, where the rooms stand that it follows."""
    while True:
        await asyncio.sleep(HEARTBEAT_INTERVAL)
        await _tell_all(context)


async def _tell_all(context: Context) -> None:
    """One heartbeat; a function, so that nobody stays in memory until the next one."""
    # Most connections follow the same few rooms: each set of versions is encoded once.
    frames: dict[frozenset[int], bytes] = {}
    for position, connection in enumerate(context.manager.connections()):
        if position % SLICE == 0:
            await asyncio.sleep(0)
            # Versions may have moved on in that turn, and an old one would look like a loss to
            # its reader.
            frames.clear()
        if connection.aware:
            rooms = frozenset(context.manager.rooms_in(connection))
            frame = frames.get(rooms)
            if frame is None:
                versions = context.manager.versions(rooms)
                frame = frames[rooms] = encode(HeartbeatEvent(versions=versions))
            connection.send(frame, ephemeral=True)
