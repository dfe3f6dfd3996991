"""Which address a WebSocket is counted for, and what of it stands in the log."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import cycle

import pytest
from websockets.asyncio.client import connect as open_websocket
from websockets.exceptions import InvalidStatus

from parlour.costs import MOST_OF_ADDRESS, MOST_OF_PERSON
from parlour.support.handles import raise_handle_limit
from tests.support import websocket
from tests.support.figures import figures
from tests.support.frames import TEXT
from tests.support.rawsocket import ANSWER, ASK, RawSocket
from tests.support.server import USUAL, NewServer, Server
from tests.support.websocket import Client

pytestmark = pytest.mark.one_node("of two, each counts its own")

MANY_ROOMS = "/ws/chat?username="
FORWARDED = "X-Forwarded-For"
# What proxies say where they know no address: RFC 7239, section 6; nginx of a socket of its own.
NO_ADDRESSES = ("unknown", "unix:", "_hidden", "192.0.2.300", "x" * 300)


@pytest.fixture
def crowd() -> Iterator[Callable[[Server, Iterator[str]], None]]:
    """Return a way to open as many WebSockets as one address may have, for those who are named."""
    raise_handle_limit()
    with ExitStack() as stack:

        def come(server: Server, named: Iterator[str]) -> None:
            all_of_them = []
            for number in range(MOST_OF_ADDRESS):
                path = f"{MANY_ROOMS}guest{number // (MOST_OF_PERSON - 1)}"
                opened = RawSocket(server, path, f"{FORWARDED}: {next(named)}")
                stack.callback(opened.close)
                assert opened.head.startswith("HTTP/1.1 101 ")
                all_of_them.append(opened)
            # The last of them is in, and so all are.
            all_of_them[-1].send(ASK)
            assert all_of_them[-1].until(TEXT, b"pong") == ANSWER

        yield come


async def come(server: Server, named: str, source: str = "127.0.0.1") -> Client:
    """Open one WebSocket more from an address of this machine, for somebody who is named."""
    connection = await open_websocket(
        f"{server.websocket_url}{MANY_ROOMS}late",
        additional_headers={FORWARDED: named},
        local_addr=(source, 0),
        proxy=None,
    )
    return Client("late", connection, server)


async def assert_full(server: Server, named: str, others: Client) -> None:
    """Assert that no further one comes in for whoever is named, and that another has."""
    async with await come(server, named) as refused, others:
        error = await refused.expect("error", code="too_many_connections", seconds=5)
        assert "of this address" in error["message"]
        assert error["retry_after_ms"] > 0
        assert await refused.closed() == 1013
        await others.send("ping")
        await others.expect("pong")
    assert figures(server)['parlour_limited_total{budget="connections",scope="address"}'] == 1


@pytest.mark.thorough
async def test_an_address_has_so_many_connections_and_no_more_by_saying_that_it_is_others(
    new_server: NewServer, crowd: Callable[..., None]
) -> None:
    """Of whoever is not trusted it is not believed; another address comes in."""
    server = new_server(env={**USUAL, "FORWARDED_ALLOW_IPS": "10.0.0.1"}).start()
    crowd(server, (f"198.51.{number // 250}.{number % 250}" for number in range(MOST_OF_ADDRESS)))
    await assert_full(server, "203.0.113.9", await come(server, "203.0.113.9", "127.0.0.2"))


@pytest.mark.thorough
async def test_whom_a_trusted_proxy_names_has_so_many_connections(
    new_server: NewServer, crowd: Callable[..., None]
) -> None:
    """The proxy itself has any number, for whoever else it asks."""
    server = new_server(env=USUAL).start()
    crowd(server, cycle(["192.0.2.1", "::ffff:192.0.2.1"]))
    await assert_full(server, "192.0.2.1", await come(server, "192.0.2.2"))


@pytest.mark.thorough
async def test_all_whom_a_trusted_proxy_names_by_no_address_have_what_one_address_has(
    new_server: NewServer, crowd: Callable[..., None]
) -> None:
    """Whatever it says instead; the log says so, once in a minute."""
    server = new_server(env=USUAL).start()
    crowd(server, cycle(NO_ADDRESSES))
    await assert_full(server, "nobody knows", await come(server, "192.0.2.2"))
    server.stop()
    [line] = [line for line in server.log if "which is no address" in line]
    assert f"comes from {NO_ADDRESSES[0]!r}" in line
    assert f"Let it set {FORWARDED}" in line


@pytest.mark.parametrize(
    ("origin", "told"),
    [
        ("https://evil.example?query-word", "https://evil.example"),
        ("https://name-word:password-word@evil.example:81/path-word?x", "https://evil.example:81"),
        ("HTTPS://evil.example\\path-word#fragment-word", "HTTPS://evil.example"),
        ("https://[2001:db8::1]:81/path-word", "https://[2001:db8::1]:81"),
        ("null", "null"),
        ("?query-word", ""),
    ],
)
async def test_of_a_page_that_is_refused_the_log_has_scheme_host_and_port_alone(
    server: Server, origin: str, told: str
) -> None:
    """A program may say more than a browser does, and queries stand in no log."""
    before = len(server.log)
    with pytest.raises(InvalidStatus):
        await websocket.connect(server, None, "alice", origin=origin)
    server.process.wait_for_line(f"from a page of {told!r}: ".replace("[", r"\["))
    assert not [line for line in server.log[before:] if "-word" in line]
