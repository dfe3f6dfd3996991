"""Whoever is handed in first may be committed last: all nodes tell one order, and skip nobody."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from parlour import cluster
from parlour.realtime.broker import Hub, MemoryBroker
from parlour.support import postgresql
from tests.support.cutting import Cutting, cutting
from tests.support.postgres import postgres
from tests.support.timing import scaled
from tests.support.told import Node, nodes_told

# How long it is looked whether something happens that may not. PostgreSQL puts who holds the lock
# of all who write, and says nothing, out after some more.
WATCHED = 0.5


@pytest.fixture
def url() -> str:
    """Return the address of a new database."""
    return postgres().new_database()


@pytest.fixture
def way() -> Iterator[Cutting]:
    """Yield a way to the server on which one may be held up."""
    with cutting(postgres().port) as opened:
        yield opened


@pytest.fixture(autouse=True)
def _unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody look by themselves at what others have committed."""
    monkeypatch.setattr(cluster, "LOOK_SECONDS", 1_000.0)
    monkeypatch.setattr(cluster, "LOOK_SECONDS", 1_000.0)


def places(url: str, way: Cutting) -> list[tuple[str, MemoryBroker]]:
    """Return where three nodes are that hear nothing of one another, the first at that way."""
    through = url.replace(f":{postgres().port}/", f":{way.port}/")
    return [(each, MemoryBroker(Hub())) for each in (through, url, url)]


async def look(*nodes: Node) -> None:
    """Have them tell all that can be read, often enough that nothing is on its way."""
    for _ in range(3):
        for node in nodes:
            await node.cluster.catch_up()


@pytest.mark.parametrize("end", ["is committed", "is cut off"])
async def test_nobody_is_committed_before_whoever_has_the_lower_number(
    tmp_path: Path, url: str, way: Cutting, end: str
) -> None:
    """The next one waits, so whoever reads on behind the last number has missed nothing.

    Where the lower number is never committed, nobody waits for it.
    """
    async with nodes_told(tmp_path, *places(url, way)) as (one, other, reader):
        await look(one, other, reader)
        way.cut = "held"
        first = asyncio.create_task(one.tell(101))
        assert await asyncio.to_thread(way.done.wait, scaled(10))
        second = asyncio.create_task(other.tell(102))
        await asyncio.wait([second], timeout=WATCHED)
        await look(other, reader)
        assert (second.done(), other.told, reader.told) == (False, [], [])
        if end == "is cut off":
            # As by a crash of its machine.
            postgres().end_holder()
        way.go_on()
        expected = [101, 102] if end == "is committed" else [102]
        if end == "is committed":
            assert await first == 101
        else:
            with pytest.raises(Exception, match="does not answer"):
                await first
        assert await second == 102
        await look(one, other, reader)
        assert [one.told, other.told, reader.told] == [expected] * 3


async def test_who_is_handed_in_first_and_committed_last_is_told_last_everywhere(
    tmp_path: Path, url: str, way: Cutting
) -> None:
    """Also at the node where it was handed in, by which it has been heard of before."""
    async with nodes_told(tmp_path, *places(url, way)) as (one, other, reader):
        await look(one, other, reader)
        way.cut = "waits"
        first = asyncio.create_task(one.tell(101))
        assert await asyncio.to_thread(way.done.wait, scaled(10))
        assert await other.tell(102) == 102
        await look(other, reader)
        assert (first.done(), reader.told) == (False, [102])
        way.go_on()
        assert await first == 101
        await look(one, other, reader)
        assert [one.told, other.told, reader.told] == [[102, 101]] * 3


async def test_without_the_lock_of_all_who_write_one_would_be_skipped(
    tmp_path: Path, url: str, way: Cutting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Numbers are given out before they are committed: this is what the tests above would find."""
    lock = f"pg_advisory_xact_lock({postgresql.WRITE_LOCK})"
    assert lock in postgresql._BEGIN_WRITING
    monkeypatch.setattr(
        postgresql, "_BEGIN_WRITING", postgresql._BEGIN_WRITING.replace(lock, "true")
    )
    async with nodes_told(tmp_path, *places(url, way)) as (one, other, reader):
        await look(one, other, reader)
        way.cut = "held"
        first = asyncio.create_task(one.tell(101))
        assert await asyncio.to_thread(way.done.wait, scaled(10))
        assert await other.tell(102) == 102
        await look(reader)
        way.go_on()
        assert await first == 101
        await look(reader)
        assert reader.told == [102]
