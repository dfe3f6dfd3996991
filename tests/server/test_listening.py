"""The listening socket, and what the connections that come in by it take over."""

import contextlib
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from parlour.server import AGAIN_MS, TCP_RTO_MAX_MS, UNSENT_BYTES, USER_TIMEOUT_MS, listen
from tests.support.hurried_server import HurriedServer
from tests.support.local import local_settings
from tests.support.rawhttp import HEALTH, HOST, RawHTTP
from tests.support.server import Server


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="Linux has it")
def test_a_peer_that_acknowledges_nothing_is_given_up(tmp_path: Path) -> None:
    """By the kernel, after 20 to 30 s; each connection takes the time over from the socket."""
    assert 60_000 <= USER_TIMEOUT_MS <= 300_000
    with (
        contextlib.closing(listen(local_settings(tmp_path, port=0))) as listening,
        socket.create_connection(listening.getsockname()),
        listening.accept()[0] as accepted,
    ):
        option = (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
        assert accepted.getsockopt(*option) == USER_TIMEOUT_MS


def test_what_is_not_acknowledged_is_sent_again_soon_where_the_system_can(tmp_path: Path) -> None:
    """Who was cut off for a while hears the rest a few seconds after they can be reached again."""
    option = (socket.IPPROTO_TCP, TCP_RTO_MAX_MS)
    with socket.socket() as unasked:
        try:
            unasked.setsockopt(*option, AGAIN_MS)
        except OSError:
            pytest.skip("Linux 6.15 and newer have it")
    with (
        contextlib.closing(listen(local_settings(tmp_path, port=0))) as listening,
        socket.create_connection(listening.getsockname()),
        listening.accept()[0] as accepted,
    ):
        assert accepted.getsockopt(*option) == AGAIN_MS <= 5_000


@pytest.mark.skipif(not hasattr(socket, "TCP_NOTSENT_LOWAT"), reason="Linux has it")
def test_the_kernel_takes_little_for_a_peer_that_does_not_read(tmp_path: Path) -> None:
    """By itself some megabytes; what it takes beyond what is on its way is bounded."""
    with (
        contextlib.closing(listen(local_settings(tmp_path, port=0))) as listening,
        socket.socket() as peer,
    ):
        # No more than this is on its way to one that does not read.
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        peer.connect(listening.getsockname())
        with listening.accept()[0] as accepted:
            accepted.setblocking(False)
            taken = 0
            with contextlib.suppress(BlockingIOError):
                while taken < 64 * UNSENT_BYTES:
                    taken += accepted.send(bytes(4096))
    assert UNSENT_BYTES // 2 < taken < 2 * UNSENT_BYTES


@pytest.mark.thorough
def test_the_limit_of_handles_is_raised_as_far_as_the_system_lets_it(tmp_path: Path) -> None:
    """A shell's own limit, often 1,024, would be reached by a thousand people."""
    program = ["sh", "-c", 'ulimit -S -n 200 && exec "$@"', "sh"]
    server = HurriedServer(tmp_path)
    server.program = [*program, *server.program]
    with server:
        text = Path(f"/proc/{server.process.pid}/limits").read_text("ascii")
        [line] = [line for line in text.splitlines() if line.startswith("Max open files")]
        soft, hard = line.split()[3:5]
        assert soft == hard != "200"


def test_an_address_without_room_for_as_many_as_are_wished_is_told_at_debug(
    new_server: Callable[..., Server],
) -> None:
    """How many may come stands in the log of whoever looks for it."""
    server = new_server(
        env={"PARLOUR_LOG_LEVEL": "debug", "PARLOUR_MAX_CONNECTIONS": "1000000"},
    ).start()
    server.process.wait_for_line(r"\d+ file handles are enough for \d+ WebSockets")


def test_a_connection_is_kept_for_further_requests(own_server: Server) -> None:
    """Until one of both says that it was the last."""
    last = b"GET /healthz HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"
    with RawHTTP(own_server) as client:
        assert [client.ask(request).status for request in (HEALTH, HEALTH, last)] == [200] * 3
        answers = client.until_end(seconds=10)
    assert [answer.headers.get("connection") for answer in answers] == [None, None, "close"]
