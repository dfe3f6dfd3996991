"""Opening a SQLite file: one engine that writes, one that reads, and whether the file is sound.

The settings and their reasons: https://www.sqlite.org/wal.html and pragma.html.
"""

import contextlib
import os
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError, DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

Meaning = Literal["full", "locked", "readonly", "disk", "damaged"]

# How long a statement waits for another process's lock before it is given up as busy.
LOCK_TIMEOUT_MS: Final = 5_000
_COMMON: Final = (
    f"busy_timeout = {LOCK_TIMEOUT_MS}",
    "foreign_keys = ON",
    "trusted_schema = OFF",
)
# What was deleted is overwritten, also where SQLite was not built to do so by itself.
_WRITER: Final = (
    *_COMMON, "journal_mode = WAL", "synchronous = FULL", "secure_delete = ON"
)  # fmt: skip
# How many pages the log has when a commit copies it into the file: SQLite's own number, with which
# a page that is written often is copied seldom, and one for what nobody waits for.
_PAGES: Final = 1_000
_FEW_PAGES: Final = 250
# By which it is known of a connection.
_SMALL_STEPS: Final = "small steps"
# Only the writer checkpoints, so that no reader ever waits for a disk.
_READER: Final = (*_COMMON, "query_only = ON", "wal_autocheckpoint = 0")


def create_private(path: Path) -> None:
    """Make the database's file, where there is none, for its owner only."""
    # SQLite gives its -wal and -shm files the rights of the database.
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def open_writer(path: Path, before: Callable[[Connection], None] | None = None) -> Engine:
    """An engine whose transactions take the write lock at once, each after a call to `before`.

    One that read first and wrote later would fail with SQLITE_BUSY, without waiting, whenever
    somebody else wrote in between.
    """
    engine = _open(
        path, pragmas=_WRITER, begin="BEGIN IMMEDIATE", connections=1, more=1, before=before
    )

    @event.listens_for(engine, "checkin")
    def as_before(connection: sqlite3.Connection | None, record: ConnectionPoolEntry) -> None:
        if record.info.pop(_SMALL_STEPS, False) and connection is not None:
            connection.execute(f"PRAGMA wal_autocheckpoint = {_PAGES}")

    return engine


def take_small_steps(connection: Connection) -> None:
    """Let this transaction's commit copy less of the log into the file, and copy it more often.

    Whoever else writes waits for that, too: in a file of 13.5 GB it took up to 60 ms.
    """
    _driven(connection).execute(f"PRAGMA wal_autocheckpoint = {_FEW_PAGES}")
    connection.info[_SMALL_STEPS] = True


def bring_in_log(connection: Connection) -> bool:
    """Copy what is in the log into the file, as far as nobody reads what was there before.

    Whether that was all. Outside of a transaction. Raises sqlite3.Error.
    """
    checkpoint = _driven(connection).execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
    [(is_busy, in_log, brought)] = checkpoint
    return not is_busy and in_log == brought


def open_readers(path: Path, connections: int) -> Engine:
    """An engine that only reads; each transaction sees one moment and never waits for a writer."""
    return _open(path, pragmas=_READER, begin="BEGIN", connections=connections, more=0)


def open_alone(path: Path) -> Engine:
    """An engine for a copy that nobody else knows of: a crash may damage it."""
    pragmas = ("foreign_keys = ON", "trusted_schema = OFF", "journal_mode = OFF",
               "synchronous = OFF")  # fmt: skip
    return _open(path, pragmas=pragmas, begin="BEGIN IMMEDIATE", connections=1, more=0)


class Unable(Exception):
    """This SQLite lacks what is needed; the text is the one line to show."""


def check_able(connection: Connection) -> None:
    """Raises Unable when this SQLite cannot keep an index of texts."""
    found = connection.exec_driver_sql("SELECT 1 FROM pragma_module_list WHERE name = 'fts5'")
    if found.first() is None:
        raise Unable(
            f"The SQLite of this Python ({sqlite3.sqlite_version}) was built without FTS5, with"
            " which messages are searched. Use a Python whose SQLite has it."
        )


def check_sound(connection: Connection, seconds: float = float("inf")) -> bool:
    """Raise DatabaseError when the file is damaged: 0.8 s for a million messages.

    After so many seconds no more of it is looked at; whether all of it was.
    """
    if seconds <= 0:
        return False
    driver = _driven(connection)
    is_over = threading.Event()

    def end() -> None:
        is_over.set()
        driver.interrupt()

    timer = threading.Timer(min(seconds, threading.TIMEOUT_MAX), end)
    timer.daemon = True
    timer.start()
    try:
        found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    except DBAPIError as error:
        if getattr(error.orig, "sqlite_errorcode", None) != sqlite3.SQLITE_INTERRUPT:
            raise
        return False
    finally:
        # It must not end what comes next.
        timer.cancel()
        timer.join()
    if found != "ok":
        words = " ".join(str(found).split())
        fault = sqlite3.DatabaseError(f"it is damaged ({words})")
        fault.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise DatabaseError(None, None, fault)
    return not is_over.is_set()


def is_damage(error: DBAPIError) -> bool:
    """Whether the file itself is at fault, and not a lock, the disk or its rights."""
    # The primary code is in the low byte of the extended one.
    code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


# What an error of SQLite means, by its primary code. A file that cannot be opened, most often for
# want of handles, is a fault of the disk.
_MEANINGS: Final[dict[int, Meaning]] = {
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_BUSY: "locked",
    sqlite3.SQLITE_LOCKED: "locked",
    sqlite3.SQLITE_READONLY: "readonly",
    sqlite3.SQLITE_IOERR: "disk",
    sqlite3.SQLITE_CANTOPEN: "disk",
    sqlite3.SQLITE_CORRUPT: "damaged",
    sqlite3.SQLITE_NOTADB: "damaged",
}


def meaning_of(error: DBAPIError) -> Meaning | None:
    """What is behind an error that is nobody's fault here; None for any other."""
    if not isinstance(error.orig, sqlite3.Error):
        return None
    # The primary code is in the low byte of the extended one.
    return _MEANINGS.get(getattr(error.orig, "sqlite_errorcode", 0) & 0xFF)


def _driven(connection: Connection) -> sqlite3.Connection:
    driver: sqlite3.Connection | None = connection.connection.driver_connection
    assert driver is not None  # noqa: S101 - of a connection that is in use
    return driver


def _open(
    path: Path,
    *,
    pragmas: tuple[str, ...],
    begin: str,
    connections: int,
    more: int,
    before: Callable[[Connection], None] | None = None,
) -> Engine:
    engine = create_engine(
        # Not as a URL: a folder may have `?` or `%` in its name.
        URL.create("sqlite", database=str(path)),
        pool_size=connections,
        max_overflow=more,
        # What goes into a statement, messages and hashes of passwords, is in no error and no log.
        hide_parameters=True,
        # Connections go from thread to thread, one at a time.
        connect_args={"check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def set_up(connection: sqlite3.Connection, _record: object) -> None:
        # Or sqlite3 would begin transactions of its own, and none before DDL.
        connection.isolation_level = None
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        # Of several who listen to this none can be made the first.
        if before is not None:
            before(connection)
        connection.exec_driver_sql(begin)

    return engine
