"""Who reaches Redis and is no node makes nobody believe anything, and finds no ticket there."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import redis.asyncio
from redis.asyncio.client import PubSub

from tests.support import websocket
from tests.support.accounts import register
from tests.support.nodes import Apart, nodes_of
from tests.support.people import checked
from tests.support.places import follow, make_room, say
from tests.support.server import Server
from tests.support.timing import scaled
from tests.support.valkey import valkey

pytestmark = pytest.mark.usefixtures("partings")


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Apart]]:
    """Yield two nodes that run."""
    with nodes_of(Server)(tmp_path_factory.mktemp("nodes")) as running:
        yield running.apart()


async def test_what_a_stranger_says_is_not_told(both: list[Apart]) -> None:
    """It is logged; what nodes say goes on being told."""
    one, other = both
    ann = register(one, "ann")
    place = make_room(ann, "public")
    client = await follow(place, register(other, "ben"))
    message = {
        "id": 1, "room_id": place.id, "username": "ann", "content": "not hers",
        "timestamp": "2026-01-31T12:00:00.000000Z", "version": 1,
    }  # fmt: skip
    effects = f"said {json.dumps([message, [], []])}"
    words = json.dumps(["stranger", 1, [["did", 10**9, 0, effects]]]).encode()
    async with redis.asyncio.from_url(valkey().url) as broker, broker.pubsub() as listening:
        # The name of the channel is no secret to whoever may listen to all.
        await listening.psubscribe("parlour:*:news")
        async with asyncio.timeout(scaled(10)):
            heard = [each async for each in _messages(listening, 1)]
        for forged in (words, bytes(32) + words, heard[0]["data"][:32] + words):
            await broker.publish(heard[0]["channel"], forged)
    said = checked(say(place, ann, "hers"))
    frame = await client.until("message")
    assert frame["message"] == said
    for node in both:
        node.processes[0].wait_for_line("who is no node of this database")


async def _messages(listening: PubSub, count: int) -> AsyncIterator[dict[str, Any]]:
    """The next messages of a subscription."""
    async for heard in listening.listen():
        if heard["type"] == "pmessage":
            yield heard
            count -= 1
            if not count:
                return


async def test_a_ticket_cannot_be_found_or_made_in_redis(both: list[Apart]) -> None:
    """What is kept there does not name it, and is good under no other name."""
    one, other = both
    ticket = checked(register(one, "tia").call("POST", "/api/auth/ticket"))["ticket"]
    async with redis.asyncio.from_url(valkey().url) as broker:
        [name] = [key async for key in broker.scan_iter("parlour:*:ticket:*")]
        kept: Any = await broker.get(name)
        assert ticket not in name.decode() + kept.decode()
        await broker.set(name.decode().rpartition(":")[0] + ":invented", kept)
    refused = await websocket.connect(other, None, None, ticket="invented")
    assert (await refused.next())["code"] == "not_signed_in"
    opened = await websocket.connect(one, None, None, ticket=ticket)
    await opened.send("ping")
    assert (await opened.next())["type"] == "pong"
    for each in (refused, opened):
        await each.close()
