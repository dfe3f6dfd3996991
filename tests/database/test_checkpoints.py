"""How much of SQLite's log a commit copies into the file, for which whoever else writes waits."""

from pathlib import Path

import pytest
from sqlalchemy import Connection

from tests.support.local import open_database

pytestmark = pytest.mark.sqlite

# Of which each row of `large` takes one.
PAGE = 4096
ROWS = 60


def write_much(connection: Connection) -> object:
    """Write some sixty pages; how many the log may have before a commit copies it."""
    connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS large (text TEXT) STRICT")
    connection.exec_driver_sql(
        "WITH RECURSIVE n (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM n LIMIT ?)"
        " INSERT INTO large SELECT hex(randomblob(1800)) FROM n",
        (ROWS,),
    )
    return connection.exec_driver_sql("PRAGMA wal_autocheckpoint").scalar()


def fail(connection: Connection) -> None:
    """Write, and go wrong."""
    write_much(connection)
    raise LookupError


async def test_what_goes_on_behind_copies_the_log_in_small_steps(tmp_path: Path) -> None:
    """And leaves it to all others as it was, also where it fails."""
    with open_database(tmp_path) as database:
        database.start()
        log = tmp_path / "data" / "chat.db-wal"
        assert await database.write(write_much) == 1_000
        for _ in range(20):
            pages, _seconds = await database.batch(write_much)
            assert pages == 250
        assert log.stat().st_size < 450 * PAGE
        assert await database.tend(write_much) == 250
        with pytest.raises(LookupError):
            await database.batch(fail)
        assert [await database.write(write_much) for _ in range(15)] == [1_000] * 15
        assert log.stat().st_size > 900 * PAGE
        await database.close()
