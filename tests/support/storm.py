"""A storm in one room: writers and readers of every kind, an orderly end, and the verdict."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from httpx2 import AsyncClient

from scripts.tests import BROKEN
from tests.support.chatter import AGAIN_SECONDS, END, Follower, HttpWriter, Scene, Writer
from tests.support.history import PassingError, read_history
from tests.support.ledger_check import check
from tests.support.people import async_http_client, checked
from tests.support.server import Server
from tests.support.timing import HEALED_SECONDS, scaled


@dataclass
class Storm:
    """The people of one storm, and what became of it."""

    scene: Scene
    writers: list[Writer]
    readers: list[Follower]
    posters: list[HttpWriter]
    # Seconds after the end of a fault in which everybody was told again of what was said since.
    healed: float | None = None

    @property
    def followers(self) -> list[Follower]:
        """Everybody with a WebSocket."""
        return [*self.writers, *self.readers]

    def summary(self) -> str:
        """The figures of the storm, for people."""
        ledger = self.scene.ledger
        resent = sum(w.resent for w in self.writers) + sum(p.resent for p in self.posters)
        return (
            f"{ledger.acknowledged} messages acknowledged, {resent} resent,"
            f" {sum(each.connections for each in self.followers)} connections,"
            f" {sum(len(each.records) for each in ledger.readings.values())} told to readers,"
            f" {sum(each.resets for each in ledger.readings.values())} resets"
        )


@asynccontextmanager
async def storm(
    server: Server,
    *,
    others: Sequence[Server] = (),
    name: str = "Storm",
    writers: int = 3,
    readers: int = 3,
    posters: int = 1,
    window: int = 16,
    pause: float = 0,
    deaf: float = 0,
    patience: float = 30,
) -> AsyncIterator[Storm]:
    """Run a storm in a new room of `server` beside a block, then end it and hold the ledger to it.

    With `others`, further nodes, people are spread over all of them, each kind for itself.
    `pause` and `deaf` are each writer's; `patience` is the time in seconds that everybody gets to
    read to the end. Every second of each kind comes through the door for many
    rooms. Leaving the block stops the writers, lets everybody read to the end, and asserts that no
    promise was broken.
    """
    async with async_http_client(server) as http:
        room = checked(await http.post("/api/chat/rooms", json={"name": name}))
    scene = Scene(server, room["id"], others)
    nodes = 1 + len(others)
    going = Storm(
        scene,
        [
            Writer(
                scene,
                f"writer{n}",
                window=window,
                multiplexed=n % 2 == 1,
                pause=pause,
                deaf=deaf,
                node=n % nodes,
            )
            for n in range(writers)
        ],
        [
            Follower(scene, f"reader{n}", multiplexed=n % 2 == 1, node=n // 2 % nodes)
            for n in range(readers)
        ],
        [HttpWriter(scene, f"poster{n}") for n in range(posters)],
    )
    scene.up.set()
    async with asyncio.TaskGroup() as group:
        following = [group.create_task(each.run()) for each in going.followers]
        posting = [group.create_task(each.run()) for each in going.posters]
        yield going
        for poster in going.posters:
            poster.stopping = True
        await asyncio.gather(*posting, *(writer.stop() for writer in going.writers))
        async with async_http_client(scene.server) as http:
            scene.ledger.invoke(room["id"], "end", END, END)
            answer = await http.post(
                f"/api/chat/rooms/{room['id']}/messages",
                params={"username": "end"},
                json={"content": END, "client_id": END},
            )
            scene.ledger.ok(END, checked(answer))
            async with asyncio.timeout(scaled(patience)):
                await asyncio.gather(*following)
            version, history = await _whole_history(http, room["id"])
    faults = check(scene.ledger, room["id"], version, history)
    assert not faults, "\n".join(
        [f"{BROKEN}: {len(faults)} faults, the first of them:", *map(str, faults[:9])]
    )


async def _whole_history(http: AsyncClient, room_id: int) -> tuple[int, list[dict[str, Any]]]:
    """Read it from a node that may just be back, and try connections of which it lost some."""
    async with asyncio.timeout(scaled(HEALED_SECONDS)):
        while True:
            try:
                return await read_history(http, room_id)
            except PassingError:
                await asyncio.sleep(AGAIN_SECONDS)


def integrity(server: Server) -> list[str]:
    """Return what SQLite finds wrong with the database of a server that does not run."""
    connection = sqlite3.connect(server.data_dir / "chat.db")
    try:
        rows = connection.execute("PRAGMA integrity_check").fetchall()
        rows += connection.execute("PRAGMA foreign_key_check").fetchall()
        return [str(row[0]) for row in rows if row[0] != "ok"]
    finally:
        connection.close()
