"""Every server that is measured starts and relays, and the load finds no fault with it."""

import pytest

from benchmarks.commits import verify
from benchmarks.loading import Bench, CheckFailed, phases
from benchmarks.servers import KINDS, Server

pytestmark = pytest.mark.thorough


@pytest.mark.parametrize("name", [name for name in KINDS if name != "parlour-memory"])
def test_a_server_relays_to_everybody_in_the_room(bench: Bench, name: str) -> None:
    """Five people, two of whom speak, one at a time and saturated."""
    server = Server(KINDS[name], bench.server_core, bench.home / name, bench.programs)
    server.start()
    try:
        room = server.rooms()
        answer = bench.load(
            server,
            first_room=room,
            members=5,
            senders=2,
            phases="one,saturated",
            tail="must",
            drain=30,
        )
        figures = phases(answer)
        assert figures["one"]["deliveries"] >= 5
        assert figures["saturated"]["deliveries"] >= 5
        assert figures["run"]["frame_bytes"] > 64
        assert server.cpu() > 0
        if server.kind.stores:
            verify(server.database, room, 1, int(answer["sent"]))
            with pytest.raises(CheckFailed, match="acknowledged"):
                verify(server.database, room, 1, int(answer["sent"]) + 1)
    finally:
        server.stop()
