"""`parlour import`: what an export has, into an installation that may have people already.

All rows come in one transaction, after the archive was read once from its beginning to its end and
found to be whole. Files are in the storage before, noted as on their way: where that transaction
never comes, they are taken away by themselves. Whoever is killed begins again.
"""

import asyncio
import contextlib
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from parlour import audit
from parlour.admin import AdminError, reader
from parlour.backup.contents import BackupError
from parlour.database import Database, get_db, init_db
from parlour.export.checking import Checked, check, read
from parlour.export.contents import many
from parlour.export.reaching import Reach
from parlour.export.retelling import Placing
from parlour.export.sealing import Origin, origin_of
from parlour.export.storing import Kept, Storing
from parlour.filing import in_words
from parlour.oversight import Policy
from parlour.retaining import kept_since
from parlour.settings import Settings
from parlour.storage import Storage, check_files, open_storage
from parlour.store import files as file_rows
from parlour.store import lease
from parlour.store.backends import backend_of
from parlour.store.dialects import is_sqlite
from parlour.support.bars import Bars
from parlour.support.folders import own_folder
from parlour.support.lookups import Lookups
from parlour.support.passwords import Passwords
from parlour.support.postgresql import let_take_its_time

# What is left free on a disk.
_SPARE: Final = 64 * 1024 * 1024
# Keys that are looked up at once.
_AT_ONCE: Final = 500


def look(settings: Settings, archive: str, show: Bars) -> list[str]:
    """Say what is in an archive that could be brought in. Raises as `bring_in`."""
    since = None
    with contextlib.suppress(AdminError), reader(settings) as connection:
        since = kept_since(connection, Policy.of(settings))(None)
    checked = check(settings, archive, show, since)
    head = checked.seen.head
    counts = head.counts
    return [
        f"{archive} is whole.",
        *_origin_of(settings, checked),
        (
            f"As of {head.moment:%Y-%m-%d %H:%M:%S} UTC by Parlour {head.parlour}:"
            f" {many(counts.people, 'person', 'people')}, {many(counts.rooms, 'room')},"
            f" {many(counts.messages, 'message')}, {many(counts.files, 'file')}."
        ),
        *_over(checked.over),
        *_late(checked),
    ]


def _over(count: int) -> list[str]:
    if not count:
        return []
    words = "Older than messages are kept here, so that they go at the next start"
    return [f"{words}: {many(count, 'message')}."]


def _late(checked: Checked) -> list[str]:
    count = checked.seen.late
    if not count:
        return []
    words = "Times that had not come when it was made are taken down to that"
    return [f"{words}: {many(count, 'line')}."]


def _left_out(placing: Placing, kept: Kept) -> list[str]:
    lines = []
    if kept.deserted:
        words = "Left out, since all who were in them have left"
        lines.append(f"{words}: {many(len(kept.deserted), 'private room')}.")
    if placing.gone:
        words = "Left out, since a rule of retention has taken it here"
        lines.append(f"{words}: {many(placing.gone, 'message')}.")
    if kept.other:
        words = "Left out, since it is not what was sent"
        lines.append(f"{words}: {many(kept.other, 'file')}.")
    return lines


def _origin_of(settings: Settings, checked: Checked) -> list[str]:
    """What an archive that is looked at says wrongly of where it is from, if that can be known."""
    with contextlib.suppress(AdminError), reader(settings) as connection:
        return origin_of(connection, checked.seen.head.history, checked.seen.signed).lines
    return []


def bring_in(settings: Settings, archive: str, *, match: bool, show: Bars) -> list[str]:
    """Do it; the lines that say what was done.

    Raises BackupError, Unavailable, SettingsError, DataDirInUse, DatabaseUnusable or OSError; then
    nothing of it is there.
    """
    checked = check(settings, archive, show)
    database = init_db(settings)
    try:
        database.hold()
        check_files(settings)
        own_folder(settings.uploads_path)
        with tempfile.TemporaryDirectory(dir=settings.uploads_path) as folder:
            return _Importing(settings, database, archive, checked, Path(folder), show).run(
                match=match
            )
    finally:
        database.release()


class _Importing:
    """One archive being brought in, with a folder to work in."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        archive: str,
        checked: Checked,
        folder: Path,
        show: Bars,
    ) -> None:
        self._settings = settings
        self._database = database
        self._archive = archive
        self._checked = checked
        self._folder = folder
        self._show = show

    def run(self, *, match: bool) -> list[str]:
        """Do it."""
        seen = self._checked.seen
        head = seen.head
        with get_db(self._database) as connection:
            origin = origin_of(connection, head.history, seen.signed)
            self._check_space(connection)
        with Lookups(self._folder / "kept") as lookups:
            kept = Kept(lookups)
            self._store_files(origin, kept, match=match)
            hashed = Passwords().hash_now(secrets.token_urlsafe(32))
            with get_db(self._database) as connection:
                if not is_sqlite(connection):
                    let_take_its_time(connection)
                    self._check_alone(connection)
                since = kept_since(connection, Policy.of(self._settings))
                placing = Placing(Reach(connection, origin, match=match), kept, hashed, since)
                read(self._settings, self._archive, "Rows", placing, self._show, seen.lines)
                placing.end()
                for begin in range(0, len(placing.used), _AT_ONCE):
                    some = placing.used[begin : begin + _AT_ONCE]
                    if not file_rows.claim(connection, some):
                        raise BackupError("Another server was started meanwhile. Do it again.")
                if placing.made:
                    detail = {"history": head.history, **placing.made}
                    moment = f"{head.moment:%Y-%m-%d %H:%M:%S} UTC"
                    audit.note(
                        connection, audit.COMMAND_LINE, "server.import", moment, detail=detail
                    )
        return [*origin.lines, *self._told(placing, kept)]

    def _store_files(self, origin: Origin, kept: Kept, *, match: bool) -> None:
        storage = open_storage(self._settings)
        # What is here is looked up beside the transactions that note each file.
        engine = backend_of(self._settings).open_readers(1)
        try:
            with _runner(storage) as runner, engine.connect() as connection:
                reach = Reach(connection, origin, match=match)
                storing = Storing(reach, self._database, storage, runner, self._folder, kept)
                lines = self._checked.seen.lines
                read(self._settings, self._archive, "Files", storing, self._show, lines)
        finally:
            engine.dispose()

    def _check_space(self, connection: Connection) -> None:
        """Say at once what would be said in the middle. Raises BackupError."""
        needed = self._checked.files_bytes
        free = shutil.disk_usage(self._settings.data_dir).free
        if free < needed + _SPARE:
            raise BackupError(
                f"There is not enough room in {self._settings.data_dir}: it has {in_words(free)},"
                f" and the files take {in_words(needed)}."
            )
        quota = self._settings.server_file_quota
        if quota and file_rows.used(connection, "") + needed > quota:
            raise BackupError(
                f"All files would take more than PARLOUR_SERVER_FILE_QUOTA allows: those of the"
                f" archive take {in_words(needed)}."
            )

    def _check_alone(self, connection: Connection) -> None:
        """Raises BackupError where a server has come onto the database while files were copied."""
        held = lease.others(connection, lease.owner_of(self._settings.data_dir))
        if held is not None:
            raise BackupError(f"A Parlour (on {held.host}) was started meanwhile. Stop it.")

    def _told(self, placing: Placing, kept: Kept) -> list[str]:
        made = placing.made
        if not made:
            left_out = _left_out(placing, kept)
            what = "The rest" if left_out else "All"
            return [f"{what} of it is there already: nothing was added.", *left_out]
        ones = {"people": "person"}
        parts = ", ".join(
            many(count, ones.get(kind, kind[:-1]), kind) for kind, count in made.items()
        )
        lines = [f"{self._archive} was brought in: {parts}."]
        if placing.renamed:
            some = ", ".join(placing.renamed[:5]) + (", ..." if len(placing.renamed) > 5 else "")
            lines.append(f"Names that were taken here: {some}.")
        lines += [*_over(placing.over), *_late(self._checked), *_left_out(placing, kept)]
        if made.get("people"):
            lines.append(
                "The accounts that it made are disabled: parlour admin enable and reset-password"
                " give them to their owners."
            )
        return lines


@contextlib.contextmanager
def _runner(storage: Storage) -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        try:
            runner.run(storage.begin())
            yield runner
        finally:
            runner.run(storage.close())
