"""What is to be taken from the storage, where some of it cannot be."""

import asyncio
from pathlib import Path

import pytest

from parlour import filing, upkeep
from parlour.store import files as file_rows
from tests.support.local import local_context, started_database

STUCK = [f"{number}" * 32 for number in range(4)]
FREE = ["a" * 32, "b" * 32, "f" * 32]


def left(folder: Path) -> list[str]:
    """Return the keys that lie in a storage."""
    return sorted(each.name for each in folder.glob("*/*/*"))


async def until_left(folder: Path, keys: list[str]) -> None:
    """Wait until these keys are all that lies in a storage."""
    async with asyncio.timeout(20):
        while left(folder) != keys:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_what_cannot_be_taken_away_keeps_nothing_else_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """However much of it comes first; once it can be, it goes as well."""
    monkeypatch.setattr(upkeep, "PURGE_AGAIN", 0.01)
    monkeypatch.setattr(upkeep, "FILES_AGAIN", 0.01)
    monkeypatch.setattr(filing, "BATCH", 3)
    folder = tmp_path / "data" / "files"
    async with started_database(tmp_path) as database:
        context = local_context(tmp_path, database)
        await context.receiving.begin()
        for key in (*STUCK, *FREE):
            path = folder / key[:2] / key[2:4] / key
            path.parent.mkdir(parents=True)
            path.mkdir() if key in STUCK else path.write_bytes(b"x")
        await database.write(file_rows.expect, [*STUCK, *FREE])
        await database.write(file_rows.discard_pending)
        working = asyncio.create_task(upkeep.discard_files(context))
        await until_left(folder, STUCK)
        for key in STUCK:
            (folder / key[:2] / key[2:4] / key).rmdir()
        await until_left(folder, [])
        async with asyncio.timeout(20):
            while await database.read(filing.discarded):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        await context.receiving.close()
    assert STUCK[0] in caplog.text
    assert "deleted files still take space" in caplog.messages[0]
