"""What can happen to the PostgreSQL server beneath Parlour while people talk.

As in `faults.py` each is a coroutine that leaves everything in order, and that asserts that people
were refused no longer than they had to be.
"""

import asyncio
import random
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psycopg

from parlour.support.postgresql import (
    CONNECT_SECONDS,
    SILENT_SECONDS,
    UNKNOWN_SECONDS,
    WRITE_LOCK,
)
from tests.support.cutting import Cutting
from tests.support.postgres import Postgres, programs
from tests.support.storm import Storm

# Within so many seconds everything goes on by itself once the server is there again.
AGAIN_SECONDS: Final = 8
# Until then people are told that a silent server does not answer: also those whose commit it was,
# after a last try to connect.
TOLD_SECONDS: Final = SILENT_SECONDS + UNKNOWN_SECONDS + CONNECT_SECONDS + 2
# Seconds between two rounds of ending all of Parlour's connections.
END_SECONDS: Final = 0.5
# A disk on which an empty database has room.
DISK: Final = "24m"


async def restarts(
    postgres: Postgres, storms: Sequence[Storm], rounds: int, chance: random.Random
) -> None:
    """End it as a crash does, at random moments, and start it again."""
    for _ in range(rounds):
        await asyncio.sleep(chance.uniform(0.2, 1))
        await asyncio.to_thread(postgres.stop)
        await asyncio.sleep(chance.uniform(0, 0.5))
        await asyncio.to_thread(postgres.start)
        await _go_on(storms)


async def freezes(postgres: Postgres, storms: Sequence[Storm], seconds: float) -> None:
    """Let its processes stand still until people were refused, and then for so much longer."""
    await _stand_still(storms, seconds, postgres.freeze, postgres.thaw)


async def silence(way: Cutting, storms: Sequence[Storm], seconds: float) -> None:
    """Let nothing of what is said get through, to it or back, with all connections there."""
    await _stand_still(storms, seconds, way.fall_silent, way.go_on)


async def ends(postgres: Postgres, storms: Sequence[Storm], seconds: float) -> None:
    """End all of Parlour's connections to it again and again."""
    for _ in range(max(1, round(seconds / END_SECONDS))):
        await asyncio.sleep(END_SECONDS)
        await asyncio.to_thread(postgres.end_connections)
    await _go_on(storms)


async def lock(url: str, storms: Sequence[Storm], seconds: float) -> None:
    """Hold the lock of all who write as another program would."""
    async with await psycopg.AsyncConnection.connect(url) as connection:
        await connection.execute("SELECT pg_advisory_xact_lock(%s)", [WRITE_LOCK])
        await asyncio.sleep(seconds)
    await _go_on(storms)


@contextmanager
def small_database(postgres: Postgres, disk: Path) -> Iterator[str]:
    """Yield the address of a new database whose tables and indexes lie on a disk of their own."""
    space = disk / "space"
    space.mkdir(mode=0o700)
    postgres.own(space)
    with psycopg.connect(postgres.own_url("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE TABLESPACE small LOCATION '{space}'".encode())
    url = postgres.new_database(space="small")
    yield url
    with psycopg.connect(postgres.own_url("postgres"), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)".encode())
        connection.execute("DROP TABLESPACE small")


def verdict(postgres: Postgres, url: str) -> list[str]:
    """Return what is wrong with a database: each page is read, each index made anew."""
    # What pg_dump sets would be left behind in a pgbouncer for whoever comes next.
    own = postgres.own_url(url.rpartition("/")[2])
    found = []
    # The one fails at a page whose checksum is wrong, the other where a key is there twice.
    for program in ("pg_dump", "reindexdb"):
        done = subprocess.run(
            [programs() / program, own], capture_output=True, text=True, check=False
        )
        if done.returncode:
            found.append(done.stderr)
    with psycopg.connect(own) as connection:
        lost = connection.execute(
            "SELECT count(*) FROM search WHERE id NOT IN (SELECT id FROM messages)"
        ).fetchone()
    return found if lost == (0,) else [*found, f"{lost} terms of no message"]


async def _stand_still(
    storms: Sequence[Storm], seconds: float, stop: Callable[[], None], go_on: Callable[[], None]
) -> None:
    await asyncio.sleep(0.5)
    refused = {id(storm): _refusals(storm) for storm in storms}
    stop()
    try:
        for storm in storms:
            await storm.scene.until(
                lambda: _refusals(storm) > refused[id(storm)],  # noqa: B023 - waited for at once
                seconds=TOLD_SECONDS,
            )
        await asyncio.sleep(seconds)
    finally:
        go_on()
    await _go_on(storms)


async def _go_on(storms: Sequence[Storm]) -> None:
    """Wait until everybody's messages are stored again."""
    for storm in storms:
        already = storm.scene.ledger.acknowledged
        await storm.scene.acknowledged(already + 5, seconds=AGAIN_SECONDS)


def _refusals(storm: Storm) -> int:
    return sum(writer.refused for writer in storm.writers)
