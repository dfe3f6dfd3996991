"""Who reads from PostgreSQL waits for somebody else for a bounded time, and holds no stop up."""

import asyncio
import time
from pathlib import Path

import psycopg
import pytest

from parlour.database import init_db
from parlour.errors import Refusal
from parlour.store.messages import count
from parlour.store.readers import READERS
from parlour.support import postgresql
from tests.database.test_postgresql import opened
from tests.support.local import local_settings
from tests.support.postgres import postgres
from tests.support.timing import scaled


@pytest.fixture
def url() -> str:
    """Return the address of a new database."""
    return postgres().new_database()


async def test_a_table_that_somebody_changes_holds_no_reader_for_ever(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who reads it is told in time that it is busy, and others have the reader then."""
    words = postgresql._BEGIN_READING.replace(f"'{postgresql.LOCK_TIMEOUT_MS}'", "'200'")
    monkeypatch.setattr(postgresql, "_BEGIN_READING", words)
    async with opened(tmp_path, url) as database:
        with psycopg.connect(url) as other:
            other.execute("LOCK TABLE messages IN ACCESS EXCLUSIVE MODE")
            for _ in range(READERS + 1):
                with pytest.raises(Refusal, match="locked"):
                    await database.read(count)
        assert await database.read(count) == 0


async def test_a_stop_waits_for_no_reader_that_waits_for_somebody_else(
    tmp_path: Path, url: str
) -> None:
    """It ends them, within its time."""
    database = init_db(local_settings(tmp_path, database_url=url))
    database.start()
    with psycopg.connect(url) as other:
        other.execute("LOCK TABLE messages IN ACCESS EXCLUSIVE MODE")
        reading = [asyncio.create_task(database.read(count)) for _ in range(READERS + 1)]
        watch = other.cursor()
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation IS NOT NULL"
        while watch.execute(waiting).fetchone() != (READERS,):
            await asyncio.to_thread(time.sleep, 0.01)
        begun = time.monotonic()
        await database.close()
        assert time.monotonic() - begun < scaled(3)
    ends = await asyncio.gather(*reading, return_exceptions=True)
    assert len([each for each in ends if isinstance(each, Refusal)]) == READERS
