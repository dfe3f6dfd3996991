"""Clients of the HTTP door that are slow, silent, too large, malformed, or never read."""

import itertools
import json
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from parlour.support.door import Door
from parlour.support.http import MAX_HEAD, MAX_HEADERS, MAX_URL
from tests.faults.watch import Record
from tests.support.brief import thorough_but
from tests.support.burden import MIB, memory, most_memory
from tests.support.hurried import HURRY
from tests.support.hurried_server import HurriedServer
from tests.support.people import http_client
from tests.support.rawhttp import HEALTH, HOST, RawHTTP, assert_refused, take_apart
from tests.support.server import Server
from tests.support.timing import SLACK

# Seconds; what is promised, for a server that hurries, with five-fold slack on slow machines.
HEAD_PROMISE = 10 / HURRY * SLACK
BODY_PROMISE = 60 / HURRY * SLACK

# How much more memory the server may come to use, in bytes.
COST = 5 * MIB
# And one client that reads nothing of what it asks for.
COST_OF_ONE = 2 * MIB

ROOMS = b"POST /api/chat/rooms HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"
CHUNKED = ROOMS + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.fixture(scope="module")
def hurried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HurriedServer]:
    """One server for all tests of the module, with short deadlines; its log has to stay clean."""
    home = tmp_path_factory.mktemp("hurried")
    with HurriedServer(home, env={"PARLOUR_LOG_LEVEL": "debug"}, is_anew=True) as server:
        yield server
        # Whatever these clients do, no line is written about it.
        assert [line for line in server.log if "WARNING" in line or "ERROR" in line] == []


def test_what_is_promised_holds_for_the_real_deadlines() -> None:
    """A slow head is gone within 10 s and a slow body within 60, with the last word."""
    ending = 2 * Door.TICK + Door.LINGER_SECONDS
    assert Door.HEAD_SECONDS + ending <= 10
    assert Door.IDLE_SECONDS + ending <= 10
    assert Door.BODY_SECONDS + Door.BODY_SECONDS / Door.BYTES_PER_SECOND + ending <= 60
    assert Door.UNSENT_SECONDS <= 30


@pytest.mark.thorough
def test_headers_at_one_line_a_second_are_refused_in_time(hurried: HurriedServer) -> None:
    """408, whatever goes on coming."""
    lines = (b"X-%d: y\r\n" % number for number in itertools.count())
    with RawHTTP(hurried) as client:
        client.send(b"GET /healthz HTTP/1.1\r\n")
        [answer] = client.drip(lines, 1 / HURRY, seconds=HEAD_PROMISE)
    assert_refused(answer, "timeout")


def test_a_request_that_stops_in_its_headers_is_refused_in_time(hurried: HurriedServer) -> None:
    """408, for the first request of a connection and for a later one."""
    for before in (b"", HEALTH):
        with RawHTTP(hurried) as client:
            client.send(before + b"GET /healthz HTTP/1.1\r\nHo")
            *answered, answer = client.until_end(seconds=HEAD_PROMISE)
        assert [each.status for each in answered] == ([200] if before else [])
        assert_refused(answer, "timeout")


@pytest.mark.parametrize("begin", [b"", b"\r\n", HEALTH])
def test_a_silent_connection_is_closed_in_time(hurried: HurriedServer, begin: bytes) -> None:
    """Nothing was asked, so nothing is said; the same after a request that has been answered."""
    with RawHTTP(hurried) as client:
        client.send(begin)
        answers = client.until_end(seconds=HEAD_PROMISE)
    assert [answer.status for answer in answers] == ([200] if begin == HEALTH else [])


@pytest.mark.parametrize(
    "head", thorough_but([CHUNKED], [CHUNKED, ROOMS + b"Content-Length: 5000\r\n\r\n"])
)
def test_a_body_at_one_byte_a_second_is_refused_in_time(
    hurried: HurriedServer, head: bytes
) -> None:
    """408, and the handler that waited for it is gone with it."""
    piece = b"1\r\n \r\n" if head is CHUNKED else b" "
    with RawHTTP(hurried) as client:
        client.send(head)
        [answer] = client.drip(itertools.repeat(piece), 1 / HURRY, seconds=BODY_PROMISE)
    assert_refused(answer, "timeout")
    hurried.until(lambda doing: not doing["connections"])


@pytest.mark.thorough
def test_a_large_body_may_take_its_time(tmp_path: Path) -> None:
    """What comes at some pace is waited for beyond the time that a small one has."""
    env = {"PARLOUR_MAX_MESSAGE_LENGTH": "100000"}
    with HurriedServer(tmp_path, env=env) as server, RawHTTP(server) as client:
        body = json.dumps({"name": "slow", "more": "x" * 200_000}).encode()
        client.send(ROOMS + b"Content-Length: %d\r\n\r\n" % len(body))
        begin = time.monotonic()
        parts = 40
        size = len(body) // parts + 1
        for part in range(parts):
            assert not client.look(1.5 * Door.BODY_SECONDS / HURRY / parts)
            client.send(body[part * size : (part + 1) * size])
        assert time.monotonic() - begin > Door.BODY_SECONDS / HURRY
        # It is read whole, and refused for what stands in it.
        assert client.ask(b"").status == 422


@pytest.mark.thorough
def test_a_server_that_stood_still_blames_no_client(hurried: HurriedServer) -> None:
    """What came while its loop was held counts as come in time."""
    with RawHTTP(hurried) as asking, RawHTTP(hurried) as posting:
        asking.send(HEALTH[:-2])
        posting.send(ROOMS + b"Content-Length: 2\r\n\r\n{")
        hurried.until(lambda doing: {"waiting", "receiving"} <= doing["door"].keys())
        hurried.process.signal(signal.SIGUSR2)
        hurried.process.wait_for_line("^stall$")
        asking.send(b"\r\n")
        posting.send(b"}")
        assert asking.ask(b"").status == 200
        assert posting.ask(b"").status == 422


GET = b"GET / HTTP/1.1\r\n"
# How each begins, what follows so often, how it ends if it does, and the code of its refusal. They
# are put together when they are sent: as a whole they are half a gigabyte.
TOO_LARGE = {
    "one endless header": (GET + b"X: ", b"a", 60 * MIB, b"", "headers_too_large"),
    "one endless name": (GET, b"a", 60 * MIB, b"", "headers_too_large"),
    "60 MB of headers": (
        *(GET, b"X-Header: 0123456789\r\n", 3_000_000, b"\r\n"),
        "headers_too_large",
    ),
    "1,000 headers": (GET, b"X: y\r\n", 1000, b"\r\n", "headers_too_large"),
    "a URL of 100 kB": (b"GET /", b"a", 100_000, b" HTTP/1.1\r\n\r\n", "url_too_long"),
    "a query of 100 kB": (b"GET /?", b"a", 100_000, b" HTTP/1.1\r\n\r\n", "url_too_long"),
    "an endless URL": (b"GET /", b"a", 60 * MIB, b"", "url_too_long"),
    "endless trailers": (CHUNKED + b"0\r\n", b"X: y\r\n", 10_000_000, b"", "headers_too_large"),
    "an endless trailer": (CHUNKED + b"0\r\nX: ", b"y", 60 * MIB, b"", "headers_too_large"),
    "an endless chunk's head": (CHUNKED + b"1;", b"y", 60 * MIB, b"", "headers_too_large"),
}
# One of each kind of bound.
TOO_LARGE_IN_BRIEF = (
    *("one endless header", "60 MB of headers", "1,000 headers", "a URL of 100 kB"),
    *("an endless URL", "endless trailers", "an endless chunk's head"),
)


@pytest.mark.parametrize("what", thorough_but(TOO_LARGE_IN_BRIEF, TOO_LARGE))
def test_a_head_without_bound_is_refused_and_costs_no_memory(
    hurried: HurriedServer, what: str, record_property: Record
) -> None:
    """The answer is read also by a client that sends all it has first."""
    begin, repeated, times, end, code = TOO_LARGE[what]
    request = begin + repeated * times + end
    with RawHTTP(hurried) as client:
        assert client.ask().status == 200
        begun = len(client.got)
        with most_memory(hurried) as most:
            client.send(request)
            client.until_end(seconds=HEAD_PROMISE)
        [answer] = take_apart(client.got[begun:])
    assert_refused(answer, code)
    record_property("memory", most.growth)
    assert most.growth <= COST


def test_what_is_just_within_the_bounds_is_served(hurried: HurriedServer) -> None:
    """As many headers, as long a URL, as large a head, in one piece or in many."""
    url = b"/healthz?" + b"a" * (MAX_URL - 9)
    many = b"X: y\r\n" * (MAX_HEADERS - 1)
    large = b"X: " + b"y" * (MAX_HEAD - len(url) - len(many) - 100) + b"\r\n"
    for request in (
        b"GET " + url + b" HTTP/1.1\r\n" + HOST + many[:-6] + large + b"\r\n",
        b"GET /healthz HTTP/1.1\r\n" + many + HOST + b"\r\n",
    ):
        with RawHTTP(hurried) as client:
            assert client.ask(request).status == 200
            for begin in range(0, len(request) - 500, 500):
                client.send(request[begin : begin + 500])
            rest = len(request) - len(range(0, len(request) - 500, 500)) * 500
            assert client.ask(request[-rest:]).status == 200


MALFORMED = {
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "words": b"hello\r\n\r\n",
    "no such version": b"GET / HTTP/9.9\r\n" + HOST + b"\r\n",
    "a header without a name": b"GET / HTTP/1.1\r\n" + HOST + b": x\r\n\r\n",
    "a blank before the colon": b"GET / HTTP/1.1\r\n" + HOST + b"X : x\r\n\r\n",
    "two lengths": ROOMS + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "a length and chunks": ROOMS + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    "a length below nothing": ROOMS + b"Content-Length: -1\r\n\r\n",
    "a path that is not ASCII": b"GET /\xff HTTP/1.1\r\n" + HOST + b"\r\n",
    "another server": b"CONNECT example.org:443 HTTP/1.1\r\n" + HOST + b"\r\n",
    "no host": b"GET /healthz HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /healthz HTTP/1.1\r\n" + HOST * 2 + b"\r\n",
    "two hosts in HTTP/1.0": b"GET /healthz HTTP/1.0\r\n" + HOST * 2 + b"\r\n",
    "no host, and a body": ROOMS.replace(HOST, b"") + b"Content-Length: 2\r\n\r\n{}",
    "no chunk": CHUNKED + b"zz\r\n",
}


@pytest.mark.parametrize("what", MALFORMED)
def test_what_is_no_http_is_refused_in_the_form_of_all_refusals(
    hurried: HurriedServer, what: str
) -> None:
    """400, and closed; a request before it on the same connection is answered first."""
    for before in (b"", HEALTH):
        with RawHTTP(hurried) as client:
            client.send(before + MALFORMED[what])
            *answered, answer = client.until_end(seconds=HEAD_PROMISE)
        assert [each.status for each in answered] == ([200] if before else [])
        assert_refused(answer, "bad_request")


def test_who_asks_by_the_older_http_may_name_no_host(hurried: HurriedServer) -> None:
    """As the probes of a balancer do."""
    with RawHTTP(hurried) as client:
        client.send(b"GET /healthz HTTP/1.0\r\n\r\n")
        [answer] = client.until_end(seconds=HEAD_PROMISE)
    assert answer.status == 200


def test_an_upgrade_to_what_is_not_spoken_is_a_request_like_any_other(
    hurried: HurriedServer,
) -> None:
    """It is answered, and the connection closed, because the client may not speak HTTP/1.1 now."""
    with RawHTTP(hurried) as client:
        client.send(HEALTH[:-2] + b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\nPRI * HTTP/2.0")
        [answer] = client.until_end(seconds=HEAD_PROMISE)
    assert (answer.status, answer.headers["connection"]) == (200, "close")


@pytest.mark.parametrize(
    ("size", "last"),
    thorough_but(
        [(100_000, False), (60 * MIB, True)],
        itertools.product([100_000, 60 * MIB], [False, True]),
    ),
)
def test_a_body_that_is_too_large_is_not_waited_for(
    own_server: Server, size: int, last: bool
) -> None:
    """413, read by a client that sends all of it first; the connection goes if it is very large.

    Where nothing hurries: on a busy machine so much takes longer than a tenth of the time for it.
    """
    before = memory(own_server)
    head = ROOMS + b"Connection: close\r\n" * last + b"Content-Length: %d\r\n\r\n" % size
    with RawHTTP(own_server) as client:
        answer = client.ask(head + b"x" * size)
        assert answer.status == 413
        if last or size > MIB:
            client.until_end(seconds=HEAD_PROMISE)
        else:
            assert client.ask().status == 200
    assert memory(own_server) - before <= COST


@pytest.mark.thorough
def test_many_requests_at_once_are_answered_one_by_one(hurried: HurriedServer) -> None:
    """However many come in one piece, each is answered in its turn, and not all are held."""
    count = 5_000
    paths = [b"/healthz" if number % 3 else b"/nothing" for number in range(count)]
    requests = b"".join(b"GET " + path + b" HTTP/1.1\r\n" + HOST + b"\r\n" for path in paths)
    grown = 0
    # The first time the server also fills its caches.
    for _ in range(2):
        before = memory(hurried)
        with RawHTTP(hurried) as client:
            sender = threading.Thread(target=client.send, args=[requests])
            sender.start()
            while client.got.count(b"HTTP/1.1 ") < count or not client.got.endswith(b"}"):
                assert not client.look(10)
            sender.join()
            statuses = [answer.status for answer in take_apart(client.got)]
        assert statuses == [200 if path == b"/healthz" else 404 for path in paths]
        grown = memory(hurried) - before
    assert grown <= COST


def test_whoever_never_reads_is_given_up_and_costs_little_memory(hurried: HurriedServer) -> None:
    """Large answers are asked for without end; one waits in the server, then it is closed."""
    with http_client(hurried) as http:
        page = http.get("/openapi.json").content
        assert len(page) > 20_000
    request = b"GET /openapi.json HTTP/1.1\r\n" + HOST + b"\r\n"
    before = memory(hurried)
    clients = [RawHTTP(hurried, receive_buffer=4096) for _ in range(10)]
    for client in clients:
        # Far more than all buffers on the way can hold.
        client.sock.setblocking(False)
        sent = client.sock.send(request * 20_000)
        assert sent > 1000 * len(request)
    hurried.until(lambda doing: doing["door"].get("unsent") == 10)
    most = memory(hurried)
    hurried.until(lambda doing: not doing["connections"], seconds=30 / HURRY * SLACK)
    for client in clients:
        client.close()
    assert most - before <= len(clients) * COST_OF_ONE
