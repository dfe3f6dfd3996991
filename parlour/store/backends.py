"""Where a database lies: in a file of the data directory, or on a PostgreSQL server."""

import contextlib
import logging
import os
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, Protocol

from sqlalchemy import Connection, text
from sqlalchemy import Engine as Connections
from sqlalchemy.exc import DBAPIError

from parlour.errors import Refusal
from parlour.settings import Settings
from parlour.store.commits import Commits
from parlour.store.fitness import Fitness, Unfit, is_moved
from parlour.store.journal import Follower, Journal
from parlour.support import postgresql, readahead, sqlite
from parlour.support.counts import COUNTS
from parlour.support.logs import Seldom
from parlour.support.owners import owner_of, user
from parlour.support.whole import write_whole

if TYPE_CHECKING:
    import subprocess

logger = logging.getLogger(__name__)

# The file that says where the database is, where that is not in the folder. No password is in it.
ELSEWHERE: Final = "database"
# How long a start waits until a file is looked through.
CHECK_SECONDS: Final = 2.0


class DatabaseUnusable(Exception):
    """The database cannot be used; the text is the one line to show."""


class Sizes(NamedTuple):
    """How many bytes a database takes, and its log where that is one of its files."""

    kind: Literal["sqlite", "postgresql"]
    bytes: int
    log_bytes: int | None


class Backend(Protocol):
    """What an open database needs to know of where it lies."""

    def open_writer(self) -> Connections:
        """Connections whose transactions come one after the other, whoever else writes."""

    def open_readers(self, connections: int) -> Connections:
        """Connections that only read, each transaction one moment of the database."""

    def check(self, connection: Connection, *, to_the_end: bool = True) -> bool:
        """Raises DatabaseUnusable, or DBAPIError, where nothing can be kept there.

        Unless it is to the end, a large one is not looked at for long; whether all of it was.
        """

    def fault(self, error: DBAPIError) -> str:
        """What is wrong with it, in one sentence or two."""

    def is_there(self) -> bool:
        """Whether there may be a database."""

    def interrupt(self, connection: Any) -> None:
        """End what another thread does with a connection of the driver."""

    def commits(
        self, engine: Connections, server: str, follower: Follower | None
    ) -> Commits | None:
        """What the writer of a server knows them by, where an answer to one may get lost.

        With a `follower` it is a node: it tells what others commit, too.
        """

    def ease(self, connection: Connection) -> None:
        """Let a transaction keep others who write from it for less, if at a cost of its own."""

    def sizes(self, connection: Connection) -> Sizes:
        """How large it is, at a cost that does not grow with what is in it."""

    @property
    def unfit(self) -> Unfit | None:
        """Why its connections write nothing, where that is so."""

    def look(self) -> None:
        """See whether it is still in its place."""

    def left_alone(self) -> AbstractContextManager[None]:
        """Within which its connections are closed, and nothing is written to what is damaged."""

    @property
    def shared(self) -> bool:
        """Whether servers on other data directories reach it, too."""


class File:
    """A SQLite database; the file is made where there is none."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fitness = Fitness(path)
        # What reads all of the file beforehand, for a check that goes to its end.
        self._ahead: subprocess.Popen[bytes] | None = None

    def __str__(self) -> str:
        return str(self.path)

    def open_writer(self) -> Connections:
        """As the interface says. Raises OSError, or DatabaseUnusable where only its log is there.

        SQLite would take that away, and what was acknowledged last with it.
        """
        if not _bytes_of(self.path) and _bytes_of(self._log):
            raise DatabaseUnusable(
                f"{self.path} is not there, and {self._log.name} is, with what was written to it"
                " last: put it back. To begin anew, take that away, too."
            )
        sqlite.create_private(self.path)
        engine = sqlite.open_writer(self.path, self._fitness.before)
        return self._fitness.watch(engine, writes=True)

    def open_readers(self, connections: int) -> Connections:
        """The same."""
        engine = sqlite.open_readers(self.path, connections)
        return self._fitness.watch(engine, writes=False)

    def check(self, connection: Connection, *, to_the_end: bool = True) -> bool:
        """The same."""
        try:
            sqlite.check_able(connection)
        except sqlite.Unable as unable:
            raise DatabaseUnusable(str(unable)) from unable
        if not to_the_end:
            return self._check_sound(connection, CHECK_SECONDS)
        # A reader has looked at nothing yet, so SQLite's log may begin anew meanwhile.
        if (ahead := readahead.read_ahead(self.path)) is not None:
            with ahead as self._ahead:
                pass
        return self._check_sound(connection)

    def _check_sound(self, connection: Connection, seconds: float = float("inf")) -> bool:
        try:
            return sqlite.check_sound(connection, seconds)
        except DBAPIError as error:
            # What it finds is no error of SQLite's own.
            self._fitness.note(error)
            raise

    def fault(self, error: DBAPIError) -> str:
        """The same."""
        if sqlite.is_damage(error):
            return f"{error.orig}. Keep its folder, and restore a backup."
        return f"{error.orig}.{self._closed()}"

    def _closed(self) -> str:
        """What keeps it from being opened, where that is whose it is."""
        with contextlib.suppress(OSError):
            for part in (self.path, self._log, self.path.with_name(f"{self.path.name}-shm")):
                is_another = part.exists() and part.stat().st_uid != os.geteuid()
                if is_another and os.geteuid() and not os.access(part, os.R_OK | os.W_OK):
                    return f" {part} belongs to {owner_of(part)}, and this runs as {user()}."
        return ""

    def is_there(self) -> bool:
        """The same."""
        return self.path.is_file()

    def interrupt(self, connection: Any) -> None:
        """The same."""
        if self._ahead is not None:
            self._ahead.kill()
        connection.interrupt()

    def commits(self, engine: Connections, server: str, follower: Follower | None) -> None:
        """The same: no answer gets lost on the way from a file."""

    def ease(self, connection: Connection) -> None:
        """The same."""
        sqlite.take_small_steps(connection)

    def sizes(self, connection: Connection) -> Sizes:
        """The same."""
        return Sizes("sqlite", self.path.stat().st_size, _bytes_of(self._log))

    @property
    def _log(self) -> Path:
        return self.path.with_name(f"{self.path.name}-wal")

    @property
    def unfit(self) -> Unfit | None:
        """The same."""
        return self._fitness.unfit

    def look(self) -> None:
        """The same."""
        self._fitness.look()

    def left_alone(self) -> AbstractContextManager[None]:
        """The same."""
        return self._fitness.left_alone()

    @property
    def shared(self) -> bool:
        """The same."""
        return False


def _bytes_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


class Server:
    """A database on a PostgreSQL server; it has to be there, and may be empty."""

    def __init__(self, url: str) -> None:
        self._url = url

    def __str__(self) -> str:
        return postgresql.shown(self._url)

    def open_writer(self) -> Connections:
        """As the interface says. Raises DatabaseUnusable."""
        try:
            return postgresql.open_writer(self._url)
        except postgresql.NoDriver:
            words = "PARLOUR_DATABASE_URL needs the package psycopg: make setup EXTRAS=postgresql."
            raise DatabaseUnusable(words) from None

    def open_readers(self, connections: int) -> Connections:
        """The same."""
        return postgresql.open_readers(self._url, connections)

    def check(self, connection: Connection, *, to_the_end: bool = True) -> bool:
        """The same; a server of databases looks after its files itself."""
        postgresql.let_take_its_time(connection)
        try:
            postgresql.check_able(connection)
        except postgresql.Unable as unable:
            raise DatabaseUnusable(f"{self} cannot be used: {unable}") from unable
        return True

    def fault(self, error: DBAPIError) -> str:
        """The same."""
        return f"{postgresql.one_line(error.orig)}."

    def is_there(self) -> bool:
        """The same."""
        return True

    def interrupt(self, connection: Any) -> None:
        """The same."""
        postgresql.interrupt(connection)

    def commits(self, engine: Connections, server: str, follower: Follower | None) -> Commits:
        """The same."""
        ask = partial(postgresql.ask, engine)
        return Commits(server, ask) if follower is None else Journal(server, ask, follower)

    def ease(self, connection: Connection) -> None:
        """The same: its log is written down behind all transactions."""

    def sizes(self, connection: Connection) -> Sizes:
        """The same."""
        asked = connection.execute(text("SELECT pg_database_size(current_database())"))
        return Sizes("postgresql", int(asked.scalar_one()), None)

    # Whether it is sound, and where, is its server's affair.
    unfit = None

    def look(self) -> None:
        """The same."""

    def left_alone(self) -> AbstractContextManager[None]:
        """The same."""
        return nullcontext()

    @property
    def shared(self) -> bool:
        """The same."""
        return True


def backend_of(settings: Settings) -> Backend:
    """Where the settings say that the database lies.

    Raises DatabaseUnusable where they name none, and there was one elsewhere: whoever gives a
    command without the server's settings would begin another chat, or go on with one from before
    that, and not notice.
    """
    if settings.database_url:
        return Server(settings.database_url)
    note = settings.data_dir / ELSEWHERE
    if (noted := _noted(note)) is not None:
        path = settings.database_path
        then = f"go on with {path.name}, which lies there," if path.exists() else "begin anew"
        raise DatabaseUnusable(
            f"The database of {settings.data_dir} is {noted or 'elsewhere'}: set"
            f" PARLOUR_DATABASE_URL, as the server has it. To {then} on SQLite, take {note} away."
        )
    return File(settings.database_path)


def _noted(note: Path) -> str | None:
    """Where the database is; None where it is not elsewhere, empty where that cannot be read."""
    try:
        return note.read_text("utf-8", "replace").strip()
    except FileNotFoundError:
        return None
    except OSError:
        return ""


def note_place(settings: Settings, backend: Backend) -> None:
    """Write down in the data directory that its database lies elsewhere, for `backend_of`."""
    note = settings.data_dir / ELSEWHERE
    if not backend.shared or (noted := _noted(note)) == str(backend):
        return
    if noted:
        # It may be the same by another way; or another, without what was said since.
        words = "the database of %s was %s, and is %s from now on"
        logger.warning(words, settings.data_dir, noted, backend)
    try:
        write_whole(note, f"{backend}\n".encode())
    except OSError as error:
        # Whoever has the settings does not need it.
        logger.warning("%s cannot be written: %s", note, error.strerror)


# Whoever looks after the server has to know why people cannot write, and not of each of them.
_TOLD: Final = {
    "lost": "the database does not answer: %s",
    "full": "the database cannot be written: its disk is full (%s)",
    "locked": "the database cannot be written: another program holds it (%s)",
    "readonly": "the database cannot be written: it can only be read (%s)",
    "disk": "the database cannot be read or written: its disk does not do what it should, or there"
    " are no file handles left (%s)",
    "damaged": "the database is damaged: stop the server, look at the disk, and restore a backup"
    " (%s)",
}
_told: Final = {meaning: Seldom() for meaning in _TOLD}
_FULL: Final = {
    "full": "The server's disk is full. Nothing was stored.",
    "readonly": "The server's database can only be read. Nothing was stored.",
}
_BUSY: Final = {
    "disk": "The server's disk does not do what it should. Nothing was stored. Try again.",
    "damaged": "The server's database is damaged: whoever runs it has to restore a backup.",
    "locked": "The database is locked by another program. Try again.",
    "lost": "The database does not answer. Try again; what was sent may be stored already.",
}


def expected_error(error: Exception) -> Exception:
    """What disk, lock or server did not let be done, as a Refusal that says so; others as they are.

    It is counted, and said in the log once a minute at most.
    """
    if isinstance(error, DBAPIError):
        if is_moved(error):
            # It has been told already, when it was seen.
            COUNTS.database_faults["disk"] += 1
            return Refusal("busy", f"{error.orig}.")
        meaning = sqlite.meaning_of(error) or postgresql.meaning_of(error)
        if meaning is None:
            return error
        COUNTS.database_faults[meaning] += 1
        if _told[meaning].due():
            logger.warning(_TOLD[meaning], postgresql.one_line(error.orig))
        if meaning in _FULL:
            return Refusal("storage_full", _FULL[meaning])
        return Refusal("busy", _BUSY[meaning])
    return error
