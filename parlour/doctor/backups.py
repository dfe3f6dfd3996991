"""Backups: how old the last one is, whether it still is there, and the place that they go to."""

import shlex
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Literal, NamedTuple

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DBAPIError

from parlour.backup.contents import BackupError, time_of
from parlour.backup.places import Folder, place_of
from parlour.database import DatabaseUnusable
from parlour.doctor.data import has_remains
from parlour.doctor.finding import Findings, Given, fault, mode_of, ok, size_of, warning
from parlour.doctor.reach import OutOfReach, barrier, is_read_only, reading
from parlour.migrations import current_revision, revisions
from parlour.settings import Settings, SettingsError
from parlour.storage import Unavailable
from parlour.store import backups
from parlour.store.backends import backend_of
from parlour.store.backups import Made
from parlour.store.meta import MOVED, read_values
from parlour.store.tables import rooms
from parlour.support.owners import owner_of, user

# Seconds after which a backup is old, where the server makes none by itself: those of the alerts
# ParlourBackupOld and ParlourBackupNone.
_OLD: Final = 180_000
# How far clocks may be apart without anything being dated in the future.
_AHEAD: Final = timedelta(minutes=5)
_MAKE: Final = (
    "make one with parlour backup; with PARLOUR_BACKUP_TO the server does, and its log says why it"
    " failed"
)
_NOWHERE: Final = (
    "look into the place that parlour backup puts them into, and name it in PARLOUR_BACKUP_TO"
)


class _Known(NamedTuple):
    """What the database says: its time, the last one, and when the first room was made."""

    now: int
    made: Made | None
    begun: datetime | None


def last(given: Given) -> Findings:
    """How old the last one is, and whether it still is where backups go to."""
    settings = given.settings
    known = _asked(settings)
    if known == "silent":
        yield from _by_name(settings)
    elif known is not None:
        yield from _by_database(settings, known)


def _asked(settings: Settings) -> _Known | Literal["silent"] | None:
    """What is known; None where there is nothing to be said: it has not begun, or is elsewhere."""
    if not settings.database_url and barrier(settings.data_dir) is not None:
        # It was said of the data directory.
        return None
    # When it is lost, a backup is what is asked for.
    nothing: Final = "silent" if has_remains(settings) else None
    try:
        backend = backend_of(settings)
        if not backend.is_there():
            return nothing
        with reading(backend) as connection:
            schema = current_revision(connection)
            if schema is None:
                return nothing
            if MOVED in read_values(connection, [MOVED]):
                return None
            # That of a newer program may mean something else.
            return _read(connection) if schema in revisions() else "silent"
    except OutOfReach:
        # It was said of the data directory.
        return None
    except (DBAPIError, DatabaseUnusable, ImportError):
        # It was said of the database.
        return "silent"


def _read(connection: Connection) -> _Known | Literal["silent"]:
    try:
        now, made, _ = backups.state(connection)
        return _Known(now, made, connection.scalar(select(func.min(rooms.c.created_at))))
    except (DBAPIError, TypeError, ValueError):
        # An older schema may have it otherwise.
        return "silent"


def _by_database(settings: Settings, known: _Known) -> Findings:
    """What the database says of the last one."""
    now, made, begun = known
    most = _most(settings)
    if made is None:
        # Where one was just set up that is all right.
        if begun is None or datetime.now(UTC) - begun < timedelta(seconds=most):
            yield ok("Backup", "None was made yet.")
        else:
            yield warning(
                "Backup", f"None was ever made, and there are rooms of {begun:%F}.", _MAKE
            )
        return
    seconds = (now - made.at) / 1000
    seen = f"The last one, {made.name}, is {_age(seconds)} old"
    if seconds > most:
        yield warning("Backup", f"{seen}.", _MAKE)
        return
    seen = f"{seen}, and has {size_of(made.bytes)}"
    if not settings.backup_to:
        yield ok("Backup", f"{seen}; it is not looked for, since PARLOUR_BACKUP_TO is not set.")
        return
    there = _there(settings)
    if there is None:
        words = f"{seen}; it could not be looked for in {settings.backup_to}."
        yield warning("Backup", words, "mend that place first, see Backups")
        return
    if made.name in there:
        yield ok("Backup", f"{seen}; it is in {settings.backup_to}.")
        return
    others = _newest(there)
    rest = f"the newest one there is {others}" if others else "nor is any other"
    yield warning(
        "Backup",
        f"{seen}; it is not in {settings.backup_to}, {rest}.",
        "see where it went to; if it is lost: parlour backup",
    )


def _by_name(settings: Settings) -> Findings:
    """What there is where the database does not say which was the last."""
    where = settings.backup_to
    if not where:
        words = "The database does not say when the last one was made, and PARLOUR_BACKUP_TO is not"
        yield warning("Backup", f"{words} set: none is looked for.", _NOWHERE)
        return
    there = _there(settings)
    if there is None:
        # It is said of the place.
        return
    # What a clock that was ahead has dated says nothing of how old it is.
    limit = datetime.now(UTC) + _AHEAD
    dated = [name for name in there if (at := time_of(name)) and at <= limit]
    newest = _newest(dated)
    at = time_of(newest) if newest else None
    if at is None:
        words = f"All in {where} are dated in the future" if there else f"There is none in {where}"
        yield warning("Backup", f"{words}.", _MAKE)
        return
    seconds = (datetime.now(UTC) - at).total_seconds()
    seen = f"The newest one in {where} is {newest}, by its name {_age(seconds)} old."
    if seconds > _most(settings):
        yield warning("Backup", seen, _MAKE)
    else:
        yield ok("Backup", seen)


def _most(settings: Settings) -> int:
    """Seconds that the last one may be old."""
    own = 2 * settings.backup_every
    return own if settings.backup_to else max(_OLD, own)


def _there(settings: Settings) -> list[str] | None:
    """The archives where backups go to; None where that place does not answer."""
    try:
        return place_of(settings, settings.backup_to).names()
    except FileNotFoundError:
        # The first backup makes it.
        return []
    except (BackupError, SettingsError, Unavailable, OSError):
        # It is said of the place.
        return None


def _age(seconds: float) -> str:
    hours = int(seconds // 3600)
    if hours < 1:
        return "less than an hour"
    return "1 hour" if hours == 1 else f"{hours} hours"


def _newest(names: list[str]) -> str | None:
    return max(names, key=lambda name: str(time_of(name)), default=None)


def place(given: Given) -> Findings:
    """Whether backups can be put to where the settings say, and only their owner reads them."""
    where = given.settings.backup_to
    if not where:
        return
    try:
        found = place_of(given.settings, where)
        if not isinstance(found, Folder):
            found.names()
            yield ok("Backups", f"{where} answers.")
            return
    except BackupError as error:
        yield fault("Backups", str(error), "set PARLOUR_BACKUP_TO to a folder of another disk")
        return
    except (SettingsError, Unavailable, OSError) as error:
        mend = "see PARLOUR_BACKUP_TO, PARLOUR_S3_ENDPOINT and _REGION, and the keys of the bucket"
        yield fault("Backups", f"{where} does not answer: {error}.", mend)
        return
    yield from _folder(Path(where).expanduser())


def _folder(path: Path) -> Findings:
    where = path.absolute()
    make = f"install --directory --owner={user()} --mode=0700 {shlex.quote(str(where))}"
    if (closed := barrier(path)) is not None:
        words = f"{closed} belongs to {owner_of(closed)}, and {user()} may not enter it: no backup"
        mend = f"let {user()} own {where} and enter what it is in, or set PARLOUR_BACKUP_TO to"
        yield fault("Backups", f"{words} can be put there.", f"{mend} another place")
        return
    if not path.exists():
        words = f"{where} is not there"
        if path.parent.is_dir() and _refused(path.parent) is None:
            yield ok("Backups", f"{words} yet; the first backup makes it.")
        else:
            yield fault("Backups", f"{words}, and cannot be made by a backup.", make)
        return
    if not path.is_dir():
        yield fault("Backups", f"{where} is no folder.", "set PARLOUR_BACKUP_TO to another place")
        return
    if reason := _refused(path):
        words = f"{user()} cannot write to {where}: {reason}."
        mend = f"let {user()} own it (chown {user()} {where}); under systemd see ReadWritePaths"
        if is_read_only(path):
            mend = "see what holds it up: mount | grep ro, dmesg; under systemd see ReadWritePaths"
        yield fault("Backups", words, mend)
        return
    open_ones = [each for each in _archives(path) if mode_of(each) & 0o077]
    if open_ones:
        shown = " ".join(shlex.quote(str(each.absolute())) for each in open_ones[:8])
        words = f"Others on this machine can read {open_ones[0].name} in {where}: all that was said"
        words += " and the keys of logins."
        yield fault("Backups", words, f"chmod go= {shown}")
    elif mode_of(path) & 0o022:
        words = f"Others on this machine can take away what is in {where}."
        yield fault("Backups", words, f"chmod go= {where}")
    elif mode_of(path) & 0o055:
        words = f"Others on this machine can see what is in {where}."
        yield warning("Backups", words, f"chmod go= {where}")
    else:
        yield ok("Backups", f"{where} can be written, and nobody else can read it.")


def _archives(path: Path) -> list[Path]:
    return [each for each in sorted(path.iterdir()) if time_of(each.name)]


def _refused(path: Path) -> str | None:
    """Why nothing can be written there; None where it can."""
    try:
        with tempfile.TemporaryFile(dir=path):
            return None
    except OSError as error:
        return error.strerror or str(error)
