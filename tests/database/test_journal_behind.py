"""A node that has fallen far behind reads what it missed once, however much it writes meanwhile."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from parlour import cluster, effects
from parlour.context import Context
from parlour.realtime.broker import Hub, MemoryBroker
from parlour.store import nodes
from parlour.store.journal import Journal, Mark
from tests.support.postgres import postgres
from tests.support.told import nodes_told

MISSED = 400
OWN = 40


async def test_what_others_did_is_read_once_before_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All who write wait for whoever reads it, and it is held until its turn comes."""
    monkeypatch.setattr(cluster, "LOOK_SECONDS", 1_000.0)
    note, read = Journal.note, 0

    def slowly(context: Context, words: str, came_at: float) -> None:
        # As long as some dozens of messages take, which are one entry of a busy node.
        time.sleep(0.002)
        effects.replay(context, words, came_at)

    def counted(journal: Journal, *arguments: Any) -> Mark:
        nonlocal read
        mark = note(journal, *arguments)
        read += len(mark.others)
        return mark

    url = postgres().new_database()
    places = [(url, MemoryBroker(Hub())) for _ in range(2)]
    async with nodes_told(tmp_path, *places) as (one, other):
        for node in (one, other):
            await node.cluster.catch_up()
        for _ in range(MISSED):
            await one.say()
        monkeypatch.setattr(Journal, "note", counted)
        monkeypatch.setattr(cluster, "replay", slowly)
        # Each by itself, as those do that go on behind.
        alive = (other.database.tend(nodes.alive) for _ in range(OWN))
        said = await asyncio.gather(other.say(), *alive, other.say())
        assert (said[0], said[-1]) == (MISSED + 1, MISSED + 2)
        assert other.told == list(range(1, MISSED + 3))
        # Again where the loop has not come to it yet; not by each of those who write.
        assert MISSED <= read < 4 * MISSED < OWN * MISSED
