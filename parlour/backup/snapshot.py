"""One moment of a database, as a SQLite file, whichever kind of database it is.

SQLite's own copying goes on beside whoever writes, and PostgreSQL shows one moment to whoever reads
in one transaction; nobody waits for either.
"""

import gzip
import hashlib
import os
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from parlour.backup.contents import BackupError
from parlour.migrations import DatabaseTooNew, current_revision, migrate, revisions
from parlour.store import backups, copying
from parlour.store.backends import Backend, File, Server
from parlour.store.meta import MOVED, RESTORING, read_values
from parlour.support import sqlite
from parlour.support.archive import PORTION, Evenly, NewFile
from parlour.support.bars import Bars
from parlour.support.postgresql import NotTaken, let_read_long

# Pages that are copied in one go, between two looks at how far it is.
_PAGES: Final = 1_000
# Text of a database becomes a third by the quickest of gzip, and hardly less by the slowest.
_LEVEL: Final = 3


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A moment of a database in a file, and what is in it."""

    path: Path
    moment: datetime
    schema: str
    epoch: str
    rows: dict[str, int]
    files: int
    files_bytes: int
    # The keys that sign logins, where they are in the database.
    keys: str | None

    def open(self) -> Engine:
        """To read it."""
        return sqlite.open_readers(self.path, 1)


def take(backend: Backend, path: Path, show: Bars) -> datetime:
    """Copy a moment of the database into a new file; which one. Raises BackupError or OSError.

    On SQLite the log of what is written meanwhile grows as long as this takes, and is brought into
    the file by whoever writes then.
    """
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    try:
        return _take(backend, path, show)
    except copying.Different as different:
        raise BackupError(f"The copy differs from the database in {different}.") from None
    except NotTaken as error:
        raise BackupError(f"The copy does not take what is in the database: {error}.") from error
    except DatabaseTooNew as error:
        raise BackupError(str(error)) from None
    except DBAPIError as error:
        raise BackupError(f"{backend} cannot be copied: {backend.fault(error)}") from error


def _take(backend: Backend, path: Path, show: Bars) -> datetime:
    source = backend.open_readers(1)
    try:
        with source.connect() as connection, connection.begin():
            # What was acknowledged before this is in the moment, which begins with what is read.
            moment = datetime.now(UTC)
            refuse_unusable(connection, backend)
            if isinstance(backend, File):
                _copy_file(connection, path, show)
            else:
                _copy_rows(connection, path, show)
    finally:
        source.dispose()
    return moment


def refuse_unusable(connection: Connection, backend: Backend) -> str:
    """The schema of a database. Raises BackupError unless it is one that can be kept."""
    schema = current_revision(connection)
    known = revisions()
    if schema is None:
        raise BackupError(f"There is nothing in {backend} yet.")
    if schema not in known:
        raise BackupError(
            f"{backend} has schema {schema}, and this Parlour knows up to {known[-1]}: use the"
            " version that serves it."
        )
    if schema != known[-1] and isinstance(backend, Server):
        raise BackupError(
            f"{backend} has schema {schema}, and this Parlour has {known[-1]}: use the version that"
            " serves it."
        )
    marks = read_values(connection, [MOVED, RESTORING])
    if MOVED in marks:
        raise BackupError(f"{backend} was moved to {marks[MOVED]}: set PARLOUR_DATABASE_URL.")
    if RESTORING in marks:
        raise BackupError(f"A restore into {backend} was not finished: there is nothing to keep.")
    return schema


def _copy_file(connection: Connection, path: Path, show: Bars) -> None:
    driver: Any = connection.connection.driver_connection
    size = driver.execute("PRAGMA page_size").fetchone()[0]
    pages = driver.execute("PRAGMA page_count").fetchone()[0]
    target = sqlite.open_alone(path)
    handle = os.open(path, os.O_RDWR)
    try:
        with closing(target.raw_connection()) as raw, show("Database", pages * size, "B") as bar:
            done, evenly = 0, Evenly(handle)

            def told(_status: int, left: int, total: int) -> None:
                nonlocal done
                copied = (total - left - done) * size
                done = total - left
                bar.update(copied)
                evenly.add(copied)

            # In the transaction that is open, so it is one moment however long it takes.
            driver.backup(raw.driver_connection, pages=_PAGES, progress=told, sleep=0.01)
    finally:
        os.close(handle)
        target.dispose()


def _copy_rows(source: Connection, path: Path, show: Bars) -> None:
    let_read_long(source)
    engine = sqlite.open_alone(path)
    tables = copying.tables()
    total = sum(copying.count(source, table) for table in tables)
    try:
        with engine.begin() as target:
            migrate(target)
            digests = {}
            with show("Database", total, " rows") as bar:
                for table in tables:
                    whole = hashlib.sha256()
                    copying.copy(source, target, table, bar.update, whole)
                    digests[table] = whole.hexdigest()
            with show("Comparing", total, " rows") as bar:
                for table, digest in digests.items():
                    if copying.digest(target, table, bar.update) != digest:
                        raise copying.Different(table.name)
            copying.finish(source, target)
    finally:
        engine.dispose()


def look(path: Path, moment: datetime, backend: Backend) -> Snapshot:
    """What is in a copy. Raises BackupError where it is not sound."""
    engine = sqlite.open_alone(path)
    try:
        with engine.connect() as connection:
            # One file, with nothing beside it that would belong to it.
            connection.exec_driver_sql("PRAGMA journal_mode = DELETE")
        check_sound(engine, str(backend))
        with engine.begin() as connection:
            files = files_bytes = 0
            for each in backups.named(connection):
                files += 1
                files_bytes += each.size
            return Snapshot(
                path,
                moment,
                current_revision(connection) or "",
                backups.epoch_in(connection),
                backups.counts(connection),
                files,
                files_bytes,
                backups.keys_in(connection),
            )
    finally:
        engine.dispose()


def check_sound(engine: Engine, shown: str) -> None:
    """Look at all of a SQLite file. Raises BackupError where it is damaged."""
    try:
        with engine.connect() as connection:
            found = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar()
    except DBAPIError as error:
        raise BackupError(f"{shown} is damaged ({error.orig}).") from error
    if found != "ok":
        raise BackupError(f"{shown} is damaged ({' '.join(str(found).split())}).")


@dataclass(frozen=True, slots=True)
class Packed:
    """A file that was packed beside itself; the size and the hash are those of what it holds."""

    path: Path
    size: int
    sha256: str


def pack(path: Path, target: Path, at: datetime, show: Bars) -> Packed:
    """Pack a file into a new one. Raises OSError."""
    digest, size = hashlib.sha256(), path.stat().st_size
    with (
        path.open("rb") as source,
        NewFile(target) as out,
        gzip.GzipFile("", "wb", _LEVEL, out, int(at.timestamp())) as packed,
        show("Packing", size, "B") as bar,
    ):
        while data := source.read(PORTION):
            digest.update(data)
            packed.write(data)
            bar.update(len(data))
    return Packed(target, size, digest.hexdigest())
