"""Files in the PostgreSQL database itself: where several nodes have no other place in common.

They come in beside the one who writes, by connections of their own, a part in a row.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from parlour.storage import Missing, Portions, Unavailable
from parlour.support import postgresql

T = TypeVar("T")

THREADS: Final = 4
# Bytes of a part; a row of it is compressed and cut into pieces by PostgreSQL.
PART: Final = 256 * 1024
# Names in one portion of the list of all.
NAMES: Final = 1000

_PUT: Final = "INSERT INTO blobs (key, part, data) VALUES (%s, %s, %s)"
_GET: Final = "SELECT data FROM blobs WHERE key = %s AND part = %s"
_EXISTS: Final = "SELECT 1 FROM blobs WHERE key = %s LIMIT 1"
_DELETE: Final = "DELETE FROM blobs WHERE key = %s"
_KEYS: Final = "SELECT key FROM blobs WHERE part = 0 AND key > %s ORDER BY key LIMIT %s"


class RowStorage:
    """Keeps each file under its key, in rows of the table `blobs`."""

    def __init__(self, url: str) -> None:
        self._engine = postgresql.open_beside(url, THREADS)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="files")

    async def begin(self) -> None:
        """Nothing: the table is there since the database was opened."""

    async def put(self, key: str, source: Path) -> None:
        """Take a file over; the one here is gone then."""
        await self._run(_put, key, source)
        await asyncio.to_thread(source.unlink)

    async def open(self, key: str, begin: int, end: int) -> Portions:
        """The bytes of a part. Raises Missing."""
        if not await self.exists(key):
            raise Missing(key)
        return self._portions(key, begin, end)

    async def _portions(self, key: str, begin: int, end: int) -> AsyncGenerator[bytes, None]:
        while begin < end:
            part, within = divmod(begin, PART)
            data = await self._run(_get, key, part)
            if data is None:
                if begin == 0:
                    raise Missing(key)
                return
            data = data[within : within + end - begin]
            if not data:
                return
            begin += len(data)
            yield data

    async def exists(self, key: str) -> bool:
        """Whether there is such a file."""
        return await self._run(_exists, key)

    async def delete(self, key: str) -> None:
        """Take it away."""
        await self._run(_delete, key)

    async def keys(self) -> AsyncIterator[list[str]]:
        """The names of all files, by name."""
        last = ""
        while names := await self._run(_names, last):
            yield names
            last = names[-1]

    async def close(self) -> None:
        """End the threads and connections."""
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)
        self._engine.dispose()

    async def _run(self, work: Callable[..., T], *arguments: object) -> T:
        def run() -> T:
            with self._engine.begin() as connection:
                return work(connection, *arguments)

        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, run)
        except DBAPIError as error:
            words = f"the database does not keep or give a file: {postgresql.one_line(error.orig)}"
            raise Unavailable(words) from error


def _put(connection: Connection, key: str, source: Path) -> None:
    with source.open("rb") as file:
        for part, data in enumerate(_parts(iter(lambda: file.read(PART), b""))):
            connection.exec_driver_sql(_PUT, (key, part, data))


def _parts(read: Iterator[bytes]) -> Iterator[bytes]:
    """All parts; of a file in which there is nothing, one of nothing."""
    first = next(read, b"")
    yield first
    yield from read


def _get(connection: Connection, key: str, part: int) -> bytes | None:
    data = connection.exec_driver_sql(_GET, (key, part)).scalar()
    return None if data is None else bytes(data)


def _exists(connection: Connection, key: str) -> bool:
    return connection.exec_driver_sql(_EXISTS, (key,)).scalar() is not None


def _delete(connection: Connection, key: str) -> None:
    connection.exec_driver_sql(_DELETE, (key,))


def _names(connection: Connection, last: str) -> list[str]:
    return [row[0] for row in connection.exec_driver_sql(_KEYS, (last, NAMES))]
