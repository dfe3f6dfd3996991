"""Two nodes, people at both, and commits that come in another order than they were handed in."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from httpx2 import AsyncClient

from tests.support.brief import thorough_but
from tests.support.cutting import Cutting, When, cutting
from tests.support.people import async_http_client, checked
from tests.support.postgres import postgres
from tests.support.server import NewServer, Server
from tests.support.timing import scaled
from tests.support.valkey import valkey
from tests.support.websocket import Client, connect

pytestmark = pytest.mark.one_node("it starts its nodes itself")
# How long it is looked whether something is answered that may not be.
WATCHED = 0.5


@pytest.fixture
def way() -> Iterator[Cutting]:
    """Yield a way to the database on which one may be held up."""
    with cutting(postgres().port) as opened:
        yield opened


@pytest.fixture
def nodes(new_server: NewServer, way: Cutting) -> list[Server]:
    """Return two that run, the first of them at the end of that way."""
    url, redis = postgres().new_database(), valkey().url
    through = url.replace(f":{postgres().port}/", f":{way.port}/")
    return [
        new_server(env={"PARLOUR_DATABASE_URL": each, "PARLOUR_REDIS_URL": redis}).start()
        for each in (through, url)
    ]


async def watch(server: Server, *rooms: int) -> Client:
    """Return the connection of somebody who follows all of these."""
    client = await connect(server, None, "watcher")
    for room in rooms:
        await client.send("subscribe", room_id=room)
        await client.until("sync", room_id=room)
    return client


async def post(http: AsyncClient, room: int, content: str) -> Any:
    """Say something; what was stored."""
    path = f"/api/chat/rooms/{room}/messages"
    answer = await http.post(path, params={"username": "ada"}, json={"content": content})
    return checked(answer)


@pytest.mark.parametrize("held", thorough_but(["held"], ["held", "waits"]))
async def test_people_at_both_nodes_are_told_one_order(
    nodes: list[Server], way: Cutting, held: When
) -> None:
    """Whether the first one waits at its commit, for which all wait, or on its way to the lock.

    One room shares nothing with the other but the order of all, which is that of the ids.
    """
    async with async_http_client(nodes[0]) as one, async_http_client(nodes[1]) as other:
        here, there = [
            checked(await other.post("/api/chat/rooms", json={"name": name}))["id"]
            for name in ("here", "there")
        ]
        watchers = [await watch(server, here, there) for server in nodes]
        way.cut = held
        first = asyncio.create_task(post(one, here, "handed in first"))
        assert await asyncio.to_thread(way.done.wait, scaled(10))
        second = asyncio.create_task(post(other, there, "handed in second"))
        await asyncio.wait([second], timeout=WATCHED if held == "held" else None)
        assert second.done() is (held == "waits")
        way.go_on()
        ids = {(await each)["id"]: (await each)["content"] for each in (first, second)}
        expected = [ids[each] for each in sorted(ids)]
        last = "second" if held == "held" else "first"
        assert expected[-1] == f"handed in {last}"
        for client in watchers:
            told = [await client.until("message") for _ in expected]
            assert [each["message"]["content"] for each in told] == expected
            await client.close()
