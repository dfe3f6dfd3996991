"""What the tests of the wire share: connections by hand."""

from collections.abc import Iterator

import pytest

from tests.support.people import Room
from tests.support.rawsocket import DOOR, RawSocket, enter
from tests.support.server import Server


@pytest.fixture
def raw(server: Server) -> Iterator[RawSocket]:
    """Yield a connection to which nothing is sent that was not asked for."""
    with RawSocket(server, DOOR) as opened:
        yield opened


@pytest.fixture
def member(server: Server, room: Room) -> Iterator[RawSocket]:
    """Yield a connection in a room in which nothing was said, past what comes first."""
    with enter(server, room, "alice") as opened:
        yield opened
