"""More sockets than there is room for: somebody is always let in, and all ends as it began."""

import contextlib
import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.watch import Record
from tests.support.burden import MIB, calm, handles, memory
from tests.support.hurried import HURRY
from tests.support.hurried_server import HurriedServer
from tests.support.people import http_client
from tests.support.rawhttp import HEALTH, HOST, RawHTTP, assert_refused
from tests.support.rawsocket import handshake
from tests.support.timing import scaled

MakeServer = Callable[..., HurriedServer]

PAGES = (b"/", b"/healthz", b"/readyz", b"/api/chat/rooms")
# A line that a server without trouble does not write.
NOISE = ("WARNING", "ERROR", "Traceback")


@pytest.fixture
def hurried(tmp_path: Path) -> Iterator[MakeServer]:
    """Yield a maker of servers with short deadlines, which are stopped at the end."""
    with contextlib.ExitStack() as stack:

        def make(**options: object) -> HurriedServer:
            options = {"is_measured": False, "is_anew": True, **options}
            return stack.enter_context(HurriedServer(tmp_path, **options))  # type: ignore[arg-type]

        yield make


@pytest.fixture
def sockets() -> Iterator[list[RawHTTP]]:
    """Yield a list whose connections are closed at the end."""
    opened: list[RawHTTP] = []
    yield opened
    for each in opened:
        each.close()


def assert_served(server: HurriedServer) -> None:
    """Assert that pages, health and the API answer somebody who comes now."""
    for path in PAGES:
        with RawHTTP(server) as client:
            answer = client.ask(b"GET " + path + b" HTTP/1.1\r\n" + HOST + b"\r\n")
            assert answer.status == 200, path


def room_of(server: HurriedServer) -> int:
    """Return the id of a new room."""
    with http_client(server) as http:
        return int(http.post("/api/chat/rooms", json={"name": "Square"}).json()["id"])


def test_websockets_past_the_limit_are_refused_at_once_and_all_else_goes_on(
    hurried: MakeServer, sockets: list[RawHTTP]
) -> None:
    """503 with the time to come back; when one of those who are in goes, another may come."""
    server = hurried(env={"PARLOUR_MAX_CONNECTIONS": "20"})
    opening = handshake(server, f"/ws/chat/{room_of(server)}?username=ada")
    for _ in range(20):
        sockets.append(RawHTTP(server))
        sockets[-1].send(opening)
        while b"user_list" not in sockets[-1].got:
            assert not sockets[-1].look(10)
    for _ in range(40):
        with RawHTTP(server) as client:
            client.send(opening)
            [answer] = client.until_end(seconds=5)
        assert_refused(answer, "busy")
        assert int(answer.headers["retry-after"]) > 0
    assert_served(server)
    sockets.pop().close()
    deadline = time.monotonic() + scaled(10)
    while True:
        with RawHTTP(server) as client:
            if client_is_let_in(client, opening):
                break
        assert time.monotonic() < deadline


def client_is_let_in(client: RawHTTP, opening: bytes) -> bool:
    """Whether a handshake is answered by a WebSocket."""
    client.send(opening)
    while b"\r\n\r\n" not in client.got:
        assert not client.look(10)
    return client.got.startswith(b"HTTP/1.1 101")


@pytest.mark.thorough
@pytest.mark.parametrize("begin", [b"", b"GET /healthz HTTP/1.1\r\nHo", HEALTH])
def test_sockets_past_all_room_never_keep_anybody_out(
    hurried: MakeServer, sockets: list[RawHTTP], begin: bytes, record_property: Record
) -> None:
    """A thousand that are silent, half said or idle: those longest there go, with no noise."""
    server = hurried(limit=160, hurry=())
    before = handles(server)
    for _ in range(1_000):
        sockets.append(RawHTTP(server))
        sockets[-1].send(begin)
    assert_served(server)
    record_property("handles", handles(server))
    assert handles(server) < 160
    # What was said to them comes first, then the end.
    gone = [each for each in sockets if each.look(0) or each.look(0)]
    server.until(lambda doing: doing["connections"] <= 160 - 64)
    assert len(gone) >= 1_000 - 2 * 160
    for each in gone:
        assert not each.got or b" 503 " in each.got or b" 200 " in each.got
    for each in sockets:
        each.close()
    server.until(lambda doing: not doing["connections"])
    assert handles(server) <= before + 5
    assert not [line for line in server.log if any(word in line for word in NOISE)]


@pytest.mark.thorough
def test_whoever_is_being_served_is_not_sent_away_for_others(
    hurried: MakeServer, sockets: list[RawHTTP]
) -> None:
    """Connections with a body on its way go last; a chat that is open does not go at all."""
    server = hurried(limit=160, hurry=())
    with RawHTTP(server) as chat, RawHTTP(server) as poster:
        opening = handshake(server, f"/ws/chat/{room_of(server)}?username=ada")
        assert client_is_let_in(chat, opening)
        body = b'{"name": "Circle"}'
        head = b"POST /api/chat/rooms HTTP/1.1\r\nContent-Type: application/json\r\n" + HOST
        poster.send(head + b"Content-Length: %d\r\n\r\n" % len(body) + body[:5])
        server.until(lambda doing: "receiving" in doing["door"])
        sockets += (RawHTTP(server) for _ in range(500))
        assert_served(server)
        assert poster.ask(body[5:]).status == 201
        assert not chat.look(0)
        assert b"room_changed" in chat.got or not chat.ended


@pytest.mark.thorough
def test_without_free_handles_the_server_rests_and_comes_back(
    hurried: MakeServer, sockets: list[RawHTTP], record_property: Record
) -> None:
    """No busy loop, one line in the log, and within 5 s after there are handles it answers."""
    server = hurried(limit=300)
    server.expect_fault("Out of file handles")
    pid = server.process.pid
    assert_served(server)
    # Fewer than it has open: not even the one that is kept for such a case can be opened again.
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (5, 300))
    sockets += (RawHTTP(server) for _ in range(50))
    server.process.wait_for_line("Out of file handles")
    record_property("cpu", calm(server))
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (300, 300))
    begin = time.monotonic()
    assert_served(server)
    record_property("recovery", time.monotonic() - begin)
    assert time.monotonic() - begin < scaled(5)
    assert len([line for line in server.log if any(word in line for word in NOISE)]) == 1


@pytest.mark.thorough
def test_more_clients_than_handles_keep_no_core_busy(
    hurried: MakeServer, sockets: list[RawHTTP], record_property: Record
) -> None:
    """With few handles from the start, 500 silent clients cost next to nothing."""
    server = hurried(limit=80, hurry=())
    sockets += (RawHTTP(server) for _ in range(500))
    assert_served(server)
    record_property("cpu", calm(server))
    assert_served(server)
    assert not [line for line in server.log if any(word in line for word in NOISE)]


def come_and_go(server: HurriedServer, opening: bytes, times: int) -> None:
    """Connect in all ways in which a client can break off."""
    ways: list[Callable[[RawHTTP], object]] = [
        lambda client: None,
        lambda client: client.ask(),
        lambda client: client.send(HEALTH * 3),
        lambda client: client.send(opening[:60]),
        lambda client: client.send(opening),
        lambda client: client.send(b"POST /api/chat/rooms HTTP/1.1\r\nContent-Length: 9\r\n\r\n{"),
        lambda client: client.send(b"nonsense\r\n\r\n"),
        lambda client: client_is_let_in(client, opening),
    ]
    for number in range(times):
        client = RawHTTP(server)
        ways[number % len(ways)](client)
        if number // len(ways) % 2:
            client.reset()
        else:
            client.close()


@pytest.mark.thorough
def test_ten_thousand_who_come_and_go_leave_nothing_behind(
    hurried: MakeServer, record_property: Record
) -> None:
    """Handles and tasks are as many as before, and memory as much, after a round to warm up."""
    server = hurried()
    opening = handshake(server, f"/ws/chat/{room_of(server)}?username=ada")
    figures: list[dict[str, Any]] = []
    for times in (6_000, 10_000):
        come_and_go(server, opening, times)
        server.until(lambda doing: not doing["connections"], seconds=60)
        server.until(lambda doing: doing["tasks"] <= figures[0]["tasks"] if figures else True)
        figures.append({**server.doing(), "handles": handles(server), "memory": memory(server)})
    before, after = figures
    record_property("before and after", figures)
    assert after["door"] == {}
    assert after["handles"] <= before["handles"]
    assert after["memory"] - before["memory"] <= max(5 * MIB, before["memory"] // 10)
    assert not [line for line in server.log if any(word in line for word in NOISE)]


@pytest.mark.thorough
def test_a_stop_waits_for_no_client_of_the_door(
    hurried: MakeServer, sockets: list[RawHTTP]
) -> None:
    """The silent, the slow, those who linger: the server ends well and quickly, with no noise."""
    server = hurried(hurry=())
    slow = b"POST /api/chat/rooms HTTP/1.1\r\nContent-Type: application/json\r\n" + HOST
    for begin in (b"", HEALTH, b"GET / HT", slow + b"Content-Length: 9\r\n\r\n{", b"\0"):
        sockets.append(RawHTTP(server))
        sockets[-1].send(begin)
    server.until(lambda doing: sum(doing["door"].values()) == len(sockets))
    server.until(lambda doing: {"receiving", "lingering", "idle"} <= doing["door"].keys())
    begin_stop = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - begin_stop < scaled(10 / HURRY * 5)
    assert not [line for line in server.log if any(word in line for word in NOISE)]
