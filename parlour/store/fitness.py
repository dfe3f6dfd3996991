"""Whether a SQLite file may be written to: not once it is damaged, nor while it is out of place.

What is damaged has to be restored, and whatever would still be acknowledged is lost by that. So is
what is written into a file that nobody finds at the next start.
"""

import contextlib
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Literal

from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DatabaseError, DBAPIError

from parlour.support import sqlite

logger = logging.getLogger(__name__)

Fields = dict[str, Any]
Unfit = Literal["damaged", "moved"]

# How often whoever writes looks whether the file is in its place.
LOOK_SECONDS: Final = 1.0


class Fitness:
    """What is known of one file by all connections that this process has to it, in any thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._address = path.absolute().as_uri()
        # The device and the number of the file that is open.
        self._open: tuple[int, int] | None = None
        # What SQLite said when it met the damage.
        self._damage = ""
        self._is_away = False
        self._looks_at = 0.0
        self._looking = threading.Lock()

    @property
    def unfit(self) -> Unfit | None:
        """Why nothing is written: for good, or until the file is back."""
        if self._damage:
            return "damaged"
        return "moved" if self._is_away else None

    def watch(self, engine: Engine, *, writes: bool) -> Engine:
        """Note what these connections meet, and let them begin and commit only what may be."""
        event.listen(engine, "do_connect", self._only_this)
        # Before anything is asked of it.
        event.listen(engine, "connect", self._opened, insert=True)
        event.listen(engine, "handle_error", self._note)
        if writes:
            # Before it takes the lock.
            event.listen(engine, "begin", self._begin, insert=True)
            event.listen(engine, "commit", self._refuse)
        return engine

    def note(self, error: DBAPIError) -> None:
        """Write nothing any more, where this is said of what is damaged."""
        if not self._damage and sqlite.is_damage(error):
            self._damage = str(error.orig)

    def look(self) -> None:
        """See whether the file that is open is the one in its place, and say so where it is new."""
        with self._looking:
            self._looks_at = time.monotonic() + LOOK_SECONDS
            is_away = self._is_another()
            if is_away is None:
                return
            if is_away and not self._is_away:
                logger.warning(
                    "%s was moved or replaced under the running server, and nothing is stored until"
                    " that file is back: put it back, or stop the server. What was said last is in"
                    " %s-wal, which belongs to it",
                    self._path,
                    self._path.name,
                )
            elif self._is_away and not is_away:
                logger.info("%s is back", self._path)
            self._is_away = is_away

    @contextlib.contextmanager
    def left_alone(self) -> Iterator[None]:
        """Let whoever closes connections in this block change nothing, unless the file is sound.

        That is not known before the first was opened. Whoever closes the last connection that can
        write brings the log into the file and takes it away; so the last is one that cannot.
        """
        with contextlib.ExitStack() as stack:
            # Whatever else is in its place by now would be taken for the one that the log is of.
            if (self._damage or self._open is None) and not self._is_another():
                with contextlib.suppress(sqlite3.Error):
                    last = sqlite3.connect(f"{self._address}?mode=ro", uri=True)
                    stack.enter_context(contextlib.closing(last))
                    # It holds on to the file from when it first reads.
                    last.execute("SELECT 1 FROM sqlite_schema").fetchall()
            yield

    def _begin(self, connection: object) -> None:
        if self._is_away or time.monotonic() >= self._looks_at:
            self.look()
        self._refuse(connection)

    def _refuse(self, _connection: object) -> None:
        if self._damage:
            raise _fault(self._damage, sqlite3.SQLITE_CORRUPT)
        if self._is_away:
            raise _moved()

    def _only_this(self, _dialect: object, _record: object, place: list[str], how: Fields) -> None:
        """What is in its place by now is not opened, nor made, beside what is open."""
        if self._open is not None:
            self._refuse_another()
            place[0] = f"{self._address}?mode=rw"
            how["uri"] = True

    def _opened(self, *_: object) -> None:
        if self._open is None:
            self._open = _identity(self._path)
        self._refuse_another()

    def _refuse_another(self) -> None:
        if self._is_another():
            raise _moved()

    def _is_another(self) -> bool | None:
        """Whether what is open is not what is in its place; None where nobody can tell."""
        try:
            return self._open is not None and _identity(self._path) != self._open
        except OSError:
            # For want of rights, or for the disk's sake.
            return None

    def _note(self, context: ExceptionContext) -> DatabaseError | None:
        """What is to be raised in the place of an error, where it is known better."""
        error = context.sqlalchemy_exception
        if not isinstance(error, DBAPIError):
            return None
        self.note(error)
        if sqlite.meaning_of(error) == "disk":
            # A connection that has not read before looks once more for the file that it is of.
            self.look()
            if self._is_away:
                return _moved()
        return None


def is_moved(error: DBAPIError) -> bool:
    """Whether the file is another one than in its place, or there is none."""
    code: int = getattr(error.orig, "sqlite_errorcode", sqlite3.SQLITE_OK)
    return code == sqlite3.SQLITE_READONLY_DBMOVED


def _moved() -> DatabaseError:
    return _fault("the file was moved or replaced", sqlite3.SQLITE_READONLY_DBMOVED)


def _fault(words: str, code: int) -> DatabaseError:
    """An error as SQLite has it, for all who know what to do about that."""
    fault = sqlite3.DatabaseError(words)
    fault.sqlite_errorcode = code
    return DatabaseError(None, None, fault)


def _identity(path: Path) -> tuple[int, int] | None:
    """The device and the number of a file; None where there is none. Raises OSError."""
    try:
        found = os.stat(path)  # noqa: PTH116 - a third of what Path takes
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_dev, found.st_ino
