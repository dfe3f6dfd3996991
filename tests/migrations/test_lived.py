"""Databases of before in which people have lived: every row of every table is there afterwards.

What people have left with today's version is brought into the tables and columns that there were
with each earlier one. It is what was written then, as far as nothing was taken away or renamed.
"""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Connection

from parlour.migrations import current_revision, migrate, revisions
from tests.migrations.test_older_data import database_at
from tests.support.accounts import Account
from tests.support.brief import thorough_but
from tests.support.files import until
from tests.support.lived import FOUND, Lived, ask, do, found
from tests.support.server import Server

pytestmark = [pytest.mark.sqlite, pytest.mark.one_node("a file is one server's")]

EARLIER = revisions()[:-1]
# Accounts are from then on, and what they did is theirs.
WITH_ACCOUNTS = EARLIER[1:]
Rows = list[tuple[Any, ...]]


class Left(NamedTuple):
    """What people have left: whose it is, where, and what each of them was told in the end."""

    lived: Lived
    data_dir: Path
    told: list[dict[str, Any]]

    @property
    def people(self) -> list[Account]:
        """Who they are."""
        return [self.lived.ada, self.lived.bob, self.lived.eve]


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Left]:
    """Yield it; its server does not run."""
    with Server(tmp_path_factory.mktemp("lived")) as server:
        server.stop()
        shutil.rmtree(server.data_dir)
        lived = Lived(server)
        until(lambda: found(lived.bob) == FOUND)
        left = Left(lived, server.home / "kept", [])
        left.told.extend(lived.told(each) for each in left.people)
        server.stop()
        shutil.copytree(server.data_dir, left.data_dir)
        yield left


def columns_of(connection: Connection) -> dict[str, list[str]]:
    """Return the tables that people's doings are in, and what they have of each.

    Which schema it is, and what is found again by reading all of it, the search, is left out.
    """
    names = connection.exec_driver_sql(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'search%'"
        " AND name NOT IN ('alembic_version', 'sqlite_sequence', 'sqlite_stat1', 'sqlite_stat4')"
    )
    tables = [str(name) for (name,) in names]
    return {
        table: [row[1] for row in connection.exec_driver_sql(f"PRAGMA table_info({table})")]
        for table in tables
    }


def chosen(columns: list[str]) -> str:
    """Return them as SQL has them."""
    return ", ".join(f'"{each}"' for each in columns)


def rows_of(connection: Connection, columns: dict[str, list[str]]) -> dict[str, Rows]:
    """Return all that is in these columns of these tables."""
    found = {}
    for table, each in columns.items():
        rows = connection.exec_driver_sql(f"SELECT {chosen(each)} FROM {table}")
        found[table] = sorted((tuple(row) for row in rows), key=repr)
    return found


def bring(left: Left, data_dir: Path, revision: str) -> dict[str, Rows]:
    """Make a data directory of then, with what was left; the rows of its tables."""
    shutil.copytree(left.data_dir, data_dir)
    for part in data_dir.glob("chat.db*"):
        part.unlink()
    with database_at(data_dir, revision) as connection:
        columns = columns_of(connection)
    with closing(sqlite3.connect(data_dir / "chat.db")) as database:
        database.execute("ATTACH ? AS today", [str(left.data_dir / "chat.db")])
        # What follows from each row is in what was left.
        triggers = database.execute(
            "SELECT name, sql FROM main.sqlite_schema WHERE type = 'trigger'"
        ).fetchall()
        with database:
            for name, _ in triggers:
                database.execute(f"DROP TRIGGER {name}")
            for table, each in columns.items():
                # What a later upgrade notes there was not noted yet.
                made = "WHERE name <> 'notified_after'" if table == "meta" else ""
                database.execute(f"DELETE FROM {table} {made}")
                database.execute(
                    f"INSERT INTO {table} ({chosen(each)})"
                    f" SELECT {chosen(each)} FROM today.{table} {made}"
                )
            # Numbers of what is gone are given to nobody else.
            database.execute("DELETE FROM sqlite_sequence")
            database.execute(
                "INSERT INTO sqlite_sequence SELECT name, seq FROM today.sqlite_sequence"
                " WHERE name IN (SELECT name FROM main.sqlite_schema)"
            )
            for _, statement in triggers:
                database.execute(statement)
    (data_dir / "chat.db").chmod(0o600)
    with database_at(data_dir, revision) as connection:
        return rows_of(connection, columns)


@pytest.mark.parametrize("revision", thorough_but(EARLIER[::12], EARLIER))
def test_an_upgrade_keeps_every_row_of_every_table(
    left: Left, tmp_path: Path, revision: str
) -> None:
    """With what was in it; nothing points to what is not there."""
    before = bring(left, tmp_path / "data", revision)
    with database_at(tmp_path / "data", revision) as connection:
        columns = columns_of(connection)
        assert migrate(connection)
        assert current_revision(connection) == revisions()[-1]
        after = rows_of(connection, columns)
        # It may note something of its own.
        after["meta"] = [row for row in after["meta"] if row in before["meta"]]
        assert [each for each in before if after[each] != before[each]] == []
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


@pytest.mark.parametrize("revision", thorough_but(EARLIER[-1:], WITH_ACCOUNTS))
def test_people_find_what_they_left_in_an_earlier_version(
    left: Left, tmp_path: Path, revision: str
) -> None:
    """A real start on it: they are who they were, are told nothing but, and talk on."""
    server, lived = left.lived.server, left.lived
    shutil.rmtree(server.data_dir)
    bring(left, server.data_dir, revision)
    server.start()
    until(lambda: found(lived.bob) == FOUND)
    for account, told in zip(left.people, left.told, strict=True):
        now = lived.told(account)
        assert now.keys() == told.keys()
        assert [place for place, (status, _) in now.items() if status >= 500] == []
    said = do(lived.ada, "POST", f"{lived.hall.path}/messages", json={"content": "and on"})
    assert said["id"] == lived.last_message + 1
    assert server.stop() == 0
    assert ask(server, "audit", "verify").returncode == 0
