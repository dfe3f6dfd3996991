"""Backups: how old the last one is, whether it still is there, and the place that they go to."""

import shlex
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from parlour.backup.contents import BackupError, time_of
from parlour.backup.places import Folder, place_of
from parlour.database import DatabaseUnusable
from parlour.doctor.data import reading
from parlour.doctor.finding import Findings, Given, fault, mode_of, ok, size_of, user, warning
from parlour.migrations import current_revision, revisions
from parlour.settings import SettingsError
from parlour.storage import Unavailable
from parlour.store import backups
from parlour.store.backends import backend_of
from parlour.store.meta import MOVED, read_values
from parlour.store.tables import rooms

# Seconds after which a backup is old, where the server makes none by itself.
_OLD: Final = 8 * 86_400
_MAKE: Final = (
    "make one with parlour backup; with PARLOUR_BACKUP_TO the server does, and its log says why it"
    " failed"
)


def last(given: Given) -> Findings:
    """How old the last one is, and whether it still is where backups go to."""
    try:
        backend = backend_of(given.settings)
        if not backend.is_there():
            return
        with reading(backend) as connection:
            if current_revision(connection) != revisions()[-1]:
                return
            if MOVED in read_values(connection, [MOVED]):
                return
            now, made, _ = backups.state(connection)
            begun = connection.scalar(select(func.min(rooms.c.created_at)))
    except (DBAPIError, DatabaseUnusable, ImportError):
        # It was said of the database.
        return
    settings = given.settings
    most = 2 * settings.backup_every if settings.backup_to else _OLD
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
    seen = f"The last one, {made.name}, is {seconds / 3600:.0f} hours old"
    if seconds > most:
        yield warning("Backup", f"{seen}.", _MAKE)
        return
    seen = f"{seen}, and has {size_of(made.bytes)}"
    if not settings.backup_to:
        yield ok("Backup", f"{seen}; it is not looked for, since PARLOUR_BACKUP_TO is not set.")
        return
    try:
        there = place_of(settings, settings.backup_to).names()
    except (BackupError, SettingsError, Unavailable, OSError):
        # It is said of the place.
        there = []
    if made.name in there:
        yield ok("Backup", f"{seen}; it is in {settings.backup_to}.")
        return
    others = max(there, key=lambda name: str(time_of(name)), default=None)
    rest = f"the newest one there is {others}" if others else "nor is any other"
    yield warning(
        "Backup",
        f"{seen}; it is not in {settings.backup_to}, {rest}.",
        "see where it went to; if it is lost: parlour backup",
    )


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
