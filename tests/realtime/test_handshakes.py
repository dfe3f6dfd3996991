"""Handshakes that nobody sends who means well."""

import json
import time

from tests.support.frames import CLOSE, TEXT
from tests.support.rawsocket import RawSocket, handshake
from tests.support.server import Server
from tests.support.timing import scaled


def test_thousands_of_parameters_cost_nothing(server: Server) -> None:
    """They are counted, not looked at one by one."""
    names = "&".join(f"p{number}" for number in range(1_000))
    begin = time.monotonic()
    for _ in range(20):
        with RawSocket(server, f"/ws/chat?username=alice&{names}") as raw:
            refusal = json.loads(raw.until(TEXT, b'"error"').payload)
            assert refusal["code"] == "invalid"
            assert int.from_bytes(raw.until(CLOSE).payload[:2]) == 4500
    assert time.monotonic() - begin < scaled(2)


def test_an_address_without_a_path_is_refused(server: Server) -> None:
    """In the form of all refusals, and without a line in the log."""
    request = handshake(server, "/ws/chat").replace(b"GET /ws/chat ", b"GET http://127.0.0.1 ")
    with RawSocket(server) as raw:
        raw.send(request)
        assert raw.read_head().startswith("HTTP/1.1 4")
