"""How the server fares, as those who run it are told."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from parlour import status
from parlour.status import Look
from parlour.support.counts import Histogram
from tests.support.accounts import Account, register
from tests.support.administration import ADMIN
from tests.support.answers import assert_refused
from tests.support.files import until
from tests.support.local import local_context, started_database
from tests.support.people import MakePerson, NewRoom, checked, http_client
from tests.support.server import Server

pytestmark = pytest.mark.one_node("of two, each tells of itself")


def told(chief: Account) -> dict[str, Any]:
    """Return how it fares just now."""
    return dict(checked(chief.call("GET", f"{ADMIN}/status")))


async def test_what_a_server_does_shows_in_the_next_reading(
    server: Server, chief: Account, new_room: NewRoom, person: MakePerson
) -> None:
    """People, what they say and to how many, what was refused, how long it took."""
    room, alice = new_room(server), person("alice", server)
    before = told(chief)
    client = await alice.enter(room)
    await client.send("message", content="one", client_id="a")
    await client.until("message")
    await client.send("message", content="")
    await client.until("error", code="empty")
    after = told(chief)
    for name in ("connections", "people", "rooms", "connections_opened", "messages"):
        assert after[name] == before[name] + 1, name
    assert after["deliveries"] > before["deliveries"]
    assert after["uptime"] > before["uptime"]
    assert after["started_at"] == before["started_at"]
    assert after["refusals"]["empty"] == before["refusals"].get("empty", 0) + 1
    for name in ("commits", "telling"):
        assert sum(after[name]["counts"]) > sum(before[name]["counts"]), name
    assert after["cpu_seconds"] > before["cpu_seconds"]
    await client.close()
    await alice.leave()


def test_what_a_server_has_and_takes_is_told(server: Server, chief: Account) -> None:
    """Its own node alone; nothing waits."""
    until(lambda: sum(told(chief)["lag"]["counts"]) > 0)
    now = told(chief)
    assert now["lag"]["p50"] <= now["lag"]["p99"]
    assert len(now["lag"]["counts"]) == len(now["lag"]["bounds"]) + 1
    assert (now["service"], now["node"], now["nodes"], now["broker"]) == ("all", None, [], "none")
    assert now["connections_limit"] > 0
    # What others have just done may still be on its way.
    until(lambda: set(told(chief)["waiting"].values()) == {0})
    assert now["memory_bytes"] > 10_000_000
    assert now["disk"]["bytes"] > now["disk"]["free_bytes"] > 0
    assert now["database"]["bytes"] > 100_000
    assert now["database"]["files_bytes"] == 0
    if now["database"]["kind"] == "sqlite":
        file = server.data_dir / "chat.db"
        assert now["database"]["bytes"] == file.stat().st_size
        assert now["database"]["log_bytes"] == file.with_name("chat.db-wal").stat().st_size


def test_for_everybody_else_there_is_no_such_path(server: Server, chief: Account) -> None:
    """Nor for who was an administrator a moment ago."""
    with http_client(server) as http:
        assert_refused(http.get(f"{ADMIN}/status"), "not_found")
    assert_refused(register(server, "nosy").call("GET", f"{ADMIN}/status"), "not_found")
    assert told(chief)


async def test_a_database_that_does_not_answer_is_left_out_and_the_rest_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often it is asked, it holds no more than one place among those who read."""
    monkeypatch.setattr(status, "PATIENCE_SECONDS", 0.01)
    go_on = threading.Event()
    async with started_database(tmp_path) as database:
        look = Look(local_context(tmp_path, database))
        held = [asyncio.create_task(database.read(lambda _: go_on.wait())) for _ in range(4)]
        try:
            readings = [await look.status() for _ in range(3)]
            assert [each.database for each in readings] == [None] * 3
            assert readings[-1].waiting.reads == 1
            assert readings[-1].memory_bytes > 0
        finally:
            go_on.set()
            await asyncio.gather(*held)
        monkeypatch.setattr(status, "PATIENCE_SECONDS", 5)
        again = await Look(local_context(tmp_path, database)).status()
        assert again.database is not None


@pytest.mark.parametrize(
    ("values", "half", "most"),
    [
        ([], None, None),
        ([0.5], 0.5, 0.99),
        ([0.5, 1.5], 1.0, 1.98),
        ([9.0], 2.0, 2.0),
        ([0.5] * 99 + [1.5], pytest.approx(0.505, abs=0.001), pytest.approx(1.0)),
    ],
)
def test_a_part_of_all_is_told_as_nearly_as_the_bounds_tell(
    values: list[float], half: float | None, most: float | None
) -> None:
    """Between two bounds in proportion; what is beyond the last counts as that."""
    found = Histogram(1, 2)
    for value in values:
        found.add(value)
    assert (found.quantile(0.5), found.quantile(0.99)) == (half, most)
