"""Whether a SQLite file may be written to: not once it is damaged, nor while it is out of place.

What is damaged has to be restored, and whatever would still be acknowledged is lost by that. So is
what is written into a file, or into its log, that nobody finds at the next start.
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

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DatabaseError, DBAPIError

from parlour.support import sqlite

logger = logging.getLogger(__name__)

Fields = dict[str, Any]
Unfit = Literal["damaged", "moved"]
# The device and the number of a file; None where there is none.
Identity = tuple[int, int] | None

# How often whoever writes looks whether the file is in its place.
LOOK_SECONDS: Final = 1.0
# What is out of its place: the file, or its log.
_REFUSED: Final = {
    "file": "The server's database was moved or replaced: whoever runs it has to put it back",
    "log": "The server's database has lost its log: whoever runs it has to start it again",
}
_TOLD: Final = {
    "file": "%s was moved or replaced under the running server, and nothing is stored until"
    " that file is back: put it back, or stop the server. What was said last is in"
    " %s-wal, which belongs to it",
    "log": "the log of %s was moved or deleted under the running server, and nothing is stored"
    " until %s-wal is back: put it back, or stop the server, which brings what is in it into the"
    " database, and start it again",
}


class Fitness:
    """What is known of one file by all connections that this process has to it, in any thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._address = path.absolute().as_uri()
        # Beside the file itself, where that is behind a link.
        self._log = path.resolve().with_name(f"{path.resolve().name}-wal")
        # What is open: the file, and its log since it was first seen; and in how many connections.
        # Whoever closes the last one takes the log away.
        self._open: Identity = None
        self._open_log: Identity = None
        self._connections = 0
        self._counting = threading.Lock()
        # What SQLite said when it met the damage.
        self._damage = ""
        self._away: str | None = None
        # Whether all that is in a log which is away is in the file; what keeps others from writing
        # from then on; and whether anybody was told.
        self._is_home = False
        self._guard: sqlite3.Connection | None = None
        self._is_told = False
        self._looks_at = 0.0
        self._looking = threading.Lock()

    @property
    def unfit(self) -> Unfit | None:
        """Why nothing is written: for good, or until the file is back."""
        if self._damage:
            return "damaged"
        return "moved" if self._away else None

    def before(self, connection: Connection) -> None:
        """Let it begin to write only what may be written to."""
        if self._away or time.monotonic() >= self._looks_at:
            self.look()
            if self._away == "log":
                self._bring_home(connection)
        self._refuse(connection)

    def watch(self, engine: Engine, *, writes: bool) -> Engine:
        """Note what these connections meet, and let them commit only what may be."""
        event.listen(engine, "do_connect", self._only_this)
        # Before anything is asked of it.
        event.listen(engine, "connect", self._opened, insert=True)
        event.listen(engine, "connect", self._counted)
        event.listen(engine, "close", self._closed)
        event.listen(engine, "handle_error", self._note)
        if writes:
            event.listen(engine, "commit", self._refuse)
        return engine

    def note(self, error: DBAPIError) -> None:
        """Write nothing any more, where this is said of what is damaged."""
        if not self._damage and sqlite.is_damage(error):
            self._damage = str(error.orig)

    def look(self) -> None:
        """See whether what is open is what is in its place, and say so where that is new."""
        with self._looking:
            self._looks_at = time.monotonic() + LOOK_SECONDS
            try:
                away = self._out_of_place()
            except OSError:
                # Nobody can tell, for want of rights or for the disk's sake.
                return
            if away == "file" and away != self._away:
                logger.warning(_TOLD[away], self._path, self._path.name)
            elif self._away and not away:
                logger.info("%s is back", self._log if self._away == "log" else self._path)
            if away != self._away:
                self._is_home = self._is_told = False
                self._let_others()
            self._away = away

    def _bring_home(self, connection: Connection) -> None:
        """Bring what is in a log that nobody else finds into the file: who is killed loses it.

        Once all of it is there, somebody else would begin a log anew in the old one's place, and
        what this one has open would be taken for that.
        """
        with contextlib.suppress(sqlite3.Error):
            if not self._is_home and not self._is_begun_anew():
                self._is_home = sqlite.bring_in_log(connection)
            if self._is_home and self._guard is None:
                self._keep_others_off()
        if not self._is_told:
            self._is_told = True
            logger.warning(_TOLD["log"], self._path, self._path.name)
            self._tell_of_readers()

    def _tell_of_readers(self) -> None:
        if not self._is_home:
            logger.warning(
                "what is in the log of %s is not all in the file yet: another program has that"
                " open. End that before the server, or what was said last is lost",
                self._path,
            )

    def _is_begun_anew(self) -> bool:
        """Whether somebody has written into another log in its place."""
        with contextlib.suppress(OSError):
            return self._log.stat().st_size > 0
        return False

    def _keep_others_off(self) -> None:
        guard = sqlite3.connect(
            f"{self._address}?mode=rw",
            uri=True,
            timeout=0,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            guard.execute("BEGIN IMMEDIATE")
        except sqlite3.Error:
            guard.close()
            raise
        self._guard = guard

    def _let_others(self) -> None:
        guard, self._guard = self._guard, None
        if guard is not None:
            guard.close()

    @contextlib.contextmanager
    def left_alone(self) -> Iterator[None]:
        """Let whoever closes connections in this block change nothing, unless the file is sound.

        That is not known before the first was opened. Whoever closes the last connection that can
        write brings the log into the file and takes it away; so the last is one that cannot.
        """
        with contextlib.ExitStack() as stack:
            # The last of all that are closed.
            stack.callback(self._let_others)
            is_foreign = self._away == "log" and self._is_begun_anew()
            if self._away == "log":
                self._tell_of_readers()
            # Whatever else is in its place by now would be taken for the one that the log is of.
            is_left = self._damage or self._open is None or is_foreign
            if is_left and not self._is_another_file():
                with contextlib.suppress(sqlite3.Error):
                    last = sqlite3.connect(f"{self._address}?mode=ro", uri=True)
                    stack.enter_context(contextlib.closing(last))
                    # It holds on to the file from when it first reads.
                    last.execute("SELECT 1 FROM sqlite_schema").fetchall()
            yield

    def _refuse(self, _connection: object) -> None:
        if self._damage:
            raise _fault(self._damage, sqlite3.SQLITE_CORRUPT)
        if self._away:
            raise _moved(self._away)

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

    def _counted(self, *_: object) -> None:
        with self._counting:
            self._connections += 1

    def _closed(self, *_: object) -> None:
        with self._counting:
            self._connections -= 1
            if not self._connections:
                self._open_log = None

    def _refuse_another(self) -> None:
        # It would make a log of its own, too, where that which is open is gone.
        with contextlib.suppress(OSError):
            if away := self._out_of_place():
                raise _moved(away)

    def _out_of_place(self) -> str | None:
        """What of that which is open is not in its place any more. Raises OSError."""
        if self._open is None:
            return None
        if _identity(self._path) != self._open:
            return "file"
        log = _identity(self._log)
        with self._counting:
            if self._open_log is None and self._connections:
                self._open_log = log
            return "log" if self._open_log not in {None, log} else None

    def _is_another_file(self) -> bool | None:
        """Whether what is open is not what is in its place; None where nobody can tell."""
        try:
            return self._open is not None and _identity(self._path) != self._open
        except OSError:
            return None

    def _note(self, context: ExceptionContext) -> DatabaseError | None:
        """What is to be raised in the place of an error, where it is known better."""
        error = context.sqlalchemy_exception
        if not isinstance(error, DBAPIError):
            return None
        if sqlite.meaning_of(error) in ("disk", "damaged"):
            # A connection that has not read before looks once more for the file that it is of, and
            # for its log: what it finds there is no damage of either.
            self.look()
            if self._away:
                return _moved(self._away)
        self.note(error)
        return None


def is_moved(error: DBAPIError) -> bool:
    """Whether the file, or its log, is not in its place; its words say so, for anybody."""
    code: int = getattr(error.orig, "sqlite_errorcode", sqlite3.SQLITE_OK)
    return code == sqlite3.SQLITE_READONLY_DBMOVED


def _moved(away: str) -> DatabaseError:
    return _fault(_REFUSED[away], sqlite3.SQLITE_READONLY_DBMOVED)


def _fault(words: str, code: int) -> DatabaseError:
    """An error as SQLite has it, for all who know what to do about that."""
    fault = sqlite3.DatabaseError(words)
    fault.sqlite_errorcode = code
    return DatabaseError(None, None, fault)


def _identity(path: Path) -> Identity:
    """Which file is there. Raises OSError."""
    try:
        found = os.stat(path)  # noqa: PTH116 - a third of what Path takes
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_dev, found.st_ino
