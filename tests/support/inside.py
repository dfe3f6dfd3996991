"""The database of a running server from beside it: what time would do is done in a moment."""

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import count
from typing import Any

from tests.support.databases import ON_SQLITE, database_url
from tests.support.server import Server
from tests.support.timing import scaled


class _Translated:
    """A connection to PostgreSQL that takes SQLite's `?` and `?1`."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def execute(self, sql: str, values: Sequence[Any] = ()) -> Any:
        """Run one statement; its rows can be gone through or fetched."""
        return self._connection.execute(_numbered(sql), values)

    def executemany(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run it for each of some rows."""
        with self._connection.cursor() as cursor:
            cursor.executemany(_numbered(sql), rows)


def _numbered(sql: str) -> str:
    numbers = count(1)
    return re.sub(r"\?(\d*)", lambda each: f"${each[1] or next(numbers)}", sql)


@contextmanager
def inside(server: Server) -> Iterator[Any]:
    """Yield a connection (`execute`, `executemany`) whose changes are committed at the end."""
    # Nodes have theirs on PostgreSQL, whatever the others run on.
    given = server.env.get("PARLOUR_DATABASE_URL", "")
    if ON_SQLITE and not given:
        path = server.data_dir / "chat.db"
        with closing(sqlite3.connect(path, timeout=scaled(10))) as database, database:
            yield database
        return
    # Imported here: most runs of tests need none of it.
    import psycopg  # noqa: PLC0415

    url = given or database_url(server.home)
    # Nothing is prepared: behind a pgbouncer the session is another's, too.
    with psycopg.connect(
        url, cursor_factory=psycopg.RawCursor, prepare_threshold=None
    ) as connection:
        yield _Translated(connection)
        # SQLite's counted ids go on behind what was put in by somebody else; these have to be told,
        # and never begin again with those of what is gone.
        for table in ("users", "rooms"):
            last, told = f"(SELECT max(id) FROM {table})", f"{table}_id_seq"
            next_to = f"greatest({last}, (SELECT last_value FROM {told}))"
            connection.execute(f"SELECT setval('{told}', {next_to}) WHERE {last} > 0".encode())
