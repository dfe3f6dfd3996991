"""What Redis does at the wrong moment, and what somebody does there, opens nothing."""

import asyncio
import contextlib
from collections.abc import Iterator

import pytest
import redis.asyncio
from websockets.exceptions import ConnectionClosed

from tests.support import websocket
from tests.support.accounts import register
from tests.support.files import until
from tests.support.nodes import Apart, nodes_of
from tests.support.people import checked, http_client
from tests.support.server import Server
from tests.support.valkey import Valkey

pytestmark = pytest.mark.usefixtures("partings")


@pytest.fixture(scope="module")
def broker() -> Iterator[Valkey]:
    """Yield a Valkey that the tests may stop."""
    running = Valkey()
    yield running
    running.kill()


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, broker: Valkey) -> Iterator[list[Apart]]:
    """Yield two nodes that run."""
    env = {"PARLOUR_REDIS_URL": broker.url}
    with nodes_of(Server)(tmp_path_factory.mktemp("nodes"), env=env) as running:
        yield running.apart()


async def opens(node: Server, ticket: str) -> bool:
    """Whether a ticket opens a connection at a node."""
    async with await websocket.connect(node, None, None, ticket=ticket) as client:
        # Whoever is sent away at once may be before they ask.
        with contextlib.suppress(ConnectionClosed):
            await client.send("ping")
        return bool((await client.next())["type"] == "pong")


async def test_a_ticket_that_redis_took_without_a_word_is_good_once(
    both: list[Apart], broker: Valkey
) -> None:
    """The node gives another one, which it keeps itself."""
    one, other = both
    account = register(one, "tim")
    # The connection by which it is asked is there.
    first = checked(account.call("POST", "/api/auth/ticket"))
    assert await opens(other, first["ticket"])
    broker.freeze()
    try:
        ticket = checked(await asyncio.to_thread(account.call, "POST", "/api/auth/ticket"))
    finally:
        # From here on Redis does what it was told meanwhile.
        broker.thaw()
    assert await opens(one, ticket["ticket"])
    for node in (other, one):
        assert not await opens(node, ticket["ticket"])


async def test_whatever_is_put_in_place_of_a_ticket_is_none(
    both: list[Apart], broker: Valkey
) -> None:
    """Texts that no node would write, and what is no text, cost the one who comes with it."""
    one, other = both
    account = register(one, "tom")
    async with redis.asyncio.from_url(broker.url) as link:
        for number, put in enumerate(("a é".encode(), b"\xff\xfe \xff", b"", b"no space")):
            # Nor is there another one.
            await link.flushall()
            ticket = checked(account.call("POST", "/api/auth/ticket"))["ticket"]
            [name] = [key async for key in link.scan_iter("parlour:*:ticket:*")]
            await link.set(name, put)
            node = both[number % 2]
            client = await websocket.connect(node, None, None, ticket=ticket)
            assert (await client.next())["code"] == "not_signed_in"
            await client.close()
    assert not [*one.faults(), *other.faults()]


async def test_a_node_without_redis_takes_work_and_says_so(
    both: list[Apart], broker: Valkey
) -> None:
    """`broker` is `away` until it is back; the node is ready all the while."""
    one, _ = both

    def seen() -> str:
        with http_client(one) as http:
            return str(checked(http.get("/readyz"))["broker"])

    await asyncio.to_thread(until, lambda: seen() == "ok")
    broker.kill()
    await asyncio.to_thread(until, lambda: seen() == "away")
    await asyncio.to_thread(broker.start)
    await asyncio.to_thread(until, lambda: seen() == "ok")
