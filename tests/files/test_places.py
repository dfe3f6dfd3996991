"""Places for files on their way, and turns at the images: many of one person keep nobody out."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from parlour import filing, receiving, upkeep
from parlour.errors import Refusal
from parlour.receiving import Pace, Receiving, too_large
from parlour.storage import Unavailable, open_storage
from parlour.storage.disk import DiskStorage
from parlour.store import files as file_rows
from tests.support.local import local_settings, started_database
from tests.support.timing import scaled

if TYPE_CHECKING:
    from parlour.context import Context


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Receiving]:
    """Yield what takes files in."""
    settings = local_settings(tmp_path)
    made = Receiving(settings, open_storage(settings))
    await made.begin()
    yield made
    await made.close()


async def drip(data: bytes, seconds: float) -> AsyncIterator[bytes]:
    """Yield a few bytes now and then, for ever."""
    while True:
        yield data
        await asyncio.sleep(seconds)


async def once(data: bytes) -> AsyncIterator[bytes]:
    """Yield something and end."""
    yield data


async def come(here: Receiving, who: str, stream: AsyncIterator[bytes]) -> str:
    """Send a file; `ok`, or the code of the refusal."""
    try:
        async with here.place(who) as intake:
            await intake.receive(stream, 10**9, too_large(10**9))
    except Refusal as refusal:
        return refusal.code
    return "ok"


async def test_the_slowest_makes_a_place_for_a_newcomer(
    here: Receiving, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """All places are taken by those who trickle: the newcomer has one, and one of them has none."""
    monkeypatch.setattr(receiving, "MOST", 3)
    monkeypatch.setattr(receiving, "GRACE_SECONDS", 1_000)
    slow = asyncio.create_task(come(here, "user:1", drip(b"x", 30)))
    faster = [
        asyncio.create_task(come(here, f"user:{number}", drip(b"x" * 1000, 0.02)))
        for number in (2, 3)
    ]
    async with asyncio.timeout(scaled(10)):
        while sorted(each.size > 5_000 for each in here._intakes) != [False, True, True]:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.01)
    assert await come(here, "user:4", once(b"too early")) == "busy"
    monkeypatch.setattr(receiving, "GRACE_SECONDS", 0)
    assert await come(here, "user:4", once(b"words")) == "ok"
    assert await asyncio.wait_for(slow, scaled(5)) == "busy"
    assert not any(task.done() for task in faster)
    for task in faster:
        task.cancel()
    await asyncio.gather(*faster, return_exceptions=True)
    assert not list((tmp_path / "data" / "uploads").iterdir())


class Away(DiskStorage):
    """A storage that does not answer for a while."""

    away = True

    async def delete(self, key: str) -> None:
        """Take it away, or say that one cannot."""
        if self.away:
            raise Unavailable("it is away")
        await super().delete(key)


async def test_what_was_deleted_while_the_storage_was_away_goes_when_it_is_back(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Without a restart: it is tried again and again, and said each time."""
    monkeypatch.setattr(upkeep, "PURGE_AGAIN", 0.02)
    settings = local_settings(tmp_path)
    storage = Away(tmp_path / "files")
    here = Receiving(settings, storage)
    await here.begin()
    source, key = tmp_path / "source", "a" * 32
    source.write_bytes(b"words")
    await storage.put(key, source)
    async with started_database(tmp_path) as database:
        await database.write(file_rows.expect, [key])
        await database.write(file_rows.discard, [key])
        context = cast("Context", SimpleNamespace(receiving=here, database=database))
        task = asyncio.create_task(upkeep.discard_files(context))
        async with asyncio.timeout(scaled(10)):
            while len(caplog.records) < 2:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.01)
            assert await storage.exists(key)
            storage.away = False
            while len(await database.read(filing.discarded)):  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.01)
        assert not await storage.exists(key)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert {each.message for each in caplog.records} == {
        "deleted files still take space: it is away"
    }
    await here.close()


async def test_what_trickles_is_refused(here: Receiving, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though something of it comes all the time."""
    monkeypatch.setattr(receiving, "PACE_SECONDS", 0.2)
    assert (
        await asyncio.wait_for(come(here, "user:1", drip(b"x" * 100, 0.05)), scaled(5)) == "timeout"
    )


def test_a_pace_is_measured_again_and_again() -> None:
    """A quick beginning is no leave to be slow; the first half minute is free."""
    pace = Pace()
    assert not pace.is_too_slow(31, 10**9)
    assert not pace.is_too_slow(15, 480_000)
    assert not pace.is_too_slow(15, 0)
    assert pace.is_too_slow(30, 479_000)
    pace = Pace()
    assert not pace.is_too_slow(30, 1)
    assert pace.is_too_slow(30, 1)
