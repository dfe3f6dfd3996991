"""`parlour import`: what an export has, into an installation that may have people already.

All rows come in one transaction, after the archive was read once from its beginning to its end and
found to be whole. Files are in the storage before, noted as on their way: where that transaction
never comes, they are taken away by themselves. Whoever is killed begins again.
"""

import asyncio
import contextlib
import hashlib
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection

from parlour import audit
from parlour.backup.contents import BackupError
from parlour.carried import Head
from parlour.database import Database, get_db, init_db
from parlour.export.checking import Checked, Visitor, check, read
from parlour.export.contents import many
from parlour.export.placing import Reach
from parlour.export.retelling import Placing
from parlour.filing import in_words
from parlour.settings import Settings
from parlour.storage import Storage, check_files, open_storage
from parlour.store import files as file_rows
from parlour.store import importing as rows
from parlour.store import lease
from parlour.store.dialects import is_sqlite
from parlour.store.meta import EPOCH, read_values
from parlour.support.archive import Member, NewFile, copy
from parlour.support.bars import Bars
from parlour.support.folders import own_folder
from parlour.support.lookups import Lookups
from parlour.support.mediatypes import media_type_of
from parlour.support.passwords import Passwords
from parlour.support.postgresql import let_take_its_time

# What is left free on a disk.
_SPARE: Final = 64 * 1024 * 1024
# Keys that are looked up at once.
_AT_ONCE: Final = 500


def look(settings: Settings, archive: str, show: Bars) -> list[str]:
    """Say what is in an archive that could be brought in. Raises as `bring_in`."""
    head = check(settings, archive, show).head
    counts = head.counts
    return [
        f"{archive} is whole.",
        (
            f"As of {head.moment:%Y-%m-%d %H:%M:%S} UTC by Parlour {head.parlour}:"
            f" {many(counts.people, 'person', 'people')}, {many(counts.rooms, 'room')},"
            f" {many(counts.messages, 'message')}, {many(counts.files, 'file')}."
        ),
    ]


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
        head = self._checked.head
        with get_db(self._database) as connection:
            is_ours = read_values(connection, [EPOCH]).get(EPOCH) == head.history
            self._check_space(connection)
        with Lookups(self._folder / "kept") as kept:
            storage = open_storage(self._settings)
            with _runner(storage) as runner:
                files = _Files(self._database, storage, runner, self._folder, kept, head)
                read(self._settings, self._archive, "Files", files, self._show)
            hashed = Passwords().hash_now(secrets.token_urlsafe(32))
            with get_db(self._database) as connection:
                if not is_sqlite(connection):
                    let_take_its_time(connection)
                    self._check_alone(connection)
                reach = Reach(connection, head.history, is_ours=is_ours, match=match)
                placing = Placing(reach, kept, hashed)
                read(self._settings, self._archive, "Rows", placing, self._show)
                placing.end()
                keys = files.keys
                for begin in range(0, len(keys), _AT_ONCE):
                    some = keys[begin : begin + _AT_ONCE]
                    if not file_rows.claim(connection, some):
                        raise BackupError("Another server was started meanwhile. Do it again.")
                if placing.made:
                    detail = {"history": head.history, **placing.made}
                    moment = f"{head.moment:%Y-%m-%d %H:%M:%S} UTC"
                    audit.note(
                        connection, audit.COMMAND_LINE, "server.import", moment, detail=detail
                    )
        return self._told(placing)

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

    def _told(self, placing: Placing) -> list[str]:
        made = placing.made
        if not made:
            return ["All of it is there already: nothing was added."]
        ones = {"people": "person"}
        parts = ", ".join(
            many(count, ones.get(kind, kind[:-1]), kind) for kind, count in made.items()
        )
        lines = [f"{self._archive} was brought in: {parts}."]
        if placing.renamed:
            some = ", ".join(placing.renamed[:5]) + (", ..." if len(placing.renamed) > 5 else "")
            lines.append(f"Names that were taken here: {some}.")
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


class _Files(Visitor):
    """Puts what was sent into the storage, under keys that are the same each time."""

    def __init__(
        self,
        database: Database,
        storage: Storage,
        runner: asyncio.Runner,
        folder: Path,
        kept: Lookups,
        head: Head,
    ) -> None:
        self._database = database
        self._storage = storage
        self._runner = runner
        self._folder = folder
        self._kept = kept
        self._head = head
        # What is on its way.
        self.keys: list[str] = []
        self._sums: dict[str, str] = {}

    def record(self, kind: str, record: Any) -> None:
        if kind == "files":
            self._sums[record.id] = record.sha256

    def file(self, key: str, member: Member) -> None:
        ours = key_from(self._head.history, key)
        with get_db(self._database) as connection:
            known = rows.files_there(connection, {key[:32], ours[:32]})
            if known:
                # Of this very history it is itself; of another one it was brought in before.
                self._kept.put_text(f"file {key}", f"{next(iter(known))} {member.size} known")
                return
            rows.expect(connection, [ours])
        self.keys.append(ours)
        path = self._folder / ours
        with NewFile(path) as file:
            size = copy(member, file)
        with path.open("rb") as source:
            digest = hashlib.file_digest(source, "sha256").hexdigest()
        if self._sums.get(key, digest) != digest:
            raise BackupError(f"The file {key} in the archive is not what was sent.")
        kind = media_type_of(path)
        self._runner.run(self._storage.put(ours, path))
        path.unlink(missing_ok=True)
        self._kept.put_text(f"file {key}", f"{ours[:32]} {size} {kind}")


def key_from(history: str, key: str) -> str:
    """The key here of what lies under a key there: random as that, and the same each time."""
    made = hashlib.sha256(f"{history} {key[:32]}".encode()).hexdigest()[:32]
    return made + key[32:]
