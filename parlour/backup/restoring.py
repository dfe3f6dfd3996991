"""`parlour restore`: all of an archive, into a data directory and database in which nothing is.

What comes is put together in a folder of its own within the data directory, as long as which is
there no server starts; on PostgreSQL a mark in the database does the same, and all rows come in one
transaction. The last step makes all of it count. Who is killed before begins again.

Where the folder of files is there already it is filled, and stays: it may be a link to another
disk, or where that is mounted. Then they are put together in a folder within it.
"""

import asyncio
import contextlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, delete
from sqlalchemy.exc import DBAPIError

from parlour import audit
from parlour.backup.checking import Sorting, look_at_head, told
from parlour.backup.contents import BackupError, Head
from parlour.backup.places import sync_folder
from parlour.migrations import migrate
from parlour.moving import Unknown, copy_and_compare, in_one_line, is_there, make_ready, move_file
from parlour.settings import Settings
from parlour.storage import Storage, open_storage
from parlour.storage.disk import DiskStorage
from parlour.store import backups, lease
from parlour.store.backends import ELSEWHERE, File, Server, backend_of
from parlour.store.meta import RESTORING, epoch_of, write_value
from parlour.store.tables import meta
from parlour.support import sqlite
from parlour.support.archive import Member, NewFile, copy
from parlour.support.bars import Bars
from parlour.support.lock import LOCK, lock_data_dir

# What an empty data directory may have: from a server that ended before, and of the file system.
_OF_THE_DISK: Final = "lost+found"
_NOTHING: Final = (LOCK, _OF_THE_DISK, RESTORING, ELSEWHERE)
_FILES: Final = "files"
_EMPTY_FOLDERS: Final = (_FILES, "uploads")


def restore(settings: Settings, archive: str, *, sign_out: bool, show: Bars) -> list[str]:
    """Do it; the lines that say what was done.

    Raises BackupError or another AdminError, Unavailable, SettingsError, DataDirInUse,
    DatabaseUnusable or OSError; then nothing is there that was not before.
    """
    # Before anything is made.
    look_at_head(settings, archive)
    is_new = not settings.data_dir.exists()
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        return _restore(settings, archive, sign_out=sign_out, show=show)
    except BaseException:
        if is_new:
            with contextlib.suppress(OSError):
                (settings.data_dir / LOCK).unlink(missing_ok=True)
                settings.data_dir.rmdir()
        raise


def _restore(settings: Settings, archive: str, *, sign_out: bool, show: Bars) -> list[str]:
    # What belongs on PostgreSQL is not brought into a file beside it.
    backend_of(settings)
    lock = lock_data_dir(settings.data_dir)
    stage = settings.data_dir / RESTORING
    beside = settings.data_dir / _FILES / RESTORING
    goal: _Goal | None = None
    try:
        lines = _make_way(settings.data_dir, stage, beside)
        if settings.database_url:
            goal = _Goal(settings)
            goal.begin()
        stage.mkdir(mode=0o700)
        try:
            lines += _Restoring(settings, archive, stage, goal, show, sign_out=sign_out).run()
        except Unknown:
            # The rows may be there, which need the files.
            raise
        except BaseException:
            for folder in (beside, stage):
                shutil.rmtree(folder, ignore_errors=True)
            if goal is not None:
                goal.give_up()
            raise
    finally:
        if goal is not None:
            goal.engine.dispose()
        lock.close()
    return lines


def _make_way(data_dir: Path, stage: Path, beside: Path) -> list[str]:
    """See to it that there is nothing. Raises BackupError where there is something."""
    was_begun = stage.exists()
    # Where none was begun here, it may be that of another one whose files are on the same disk.
    left = (_OF_THE_DISK, RESTORING) if was_begun else (_OF_THE_DISK,)
    found = [
        path.name
        for path in sorted(data_dir.iterdir())
        if path.name not in _NOTHING
        and not (path.name in _EMPTY_FOLDERS and path.is_dir() and _has_only(path, left))
    ]
    if was_begun:
        if found:
            raise BackupError(
                f"A restore into {data_dir} was interrupted at its very end. Take all that is in it"
                " away, and do it again."
            )
        if beside.exists():
            shutil.rmtree(beside)
        shutil.rmtree(stage)
        return [f"What an interrupted restore had left in {data_dir} was taken away."]
    if found:
        raise BackupError(
            f"{data_dir} is not empty (it has {found[0]}). Restore into a new data directory, or"
            " put what is in this one aside."
        )
    return []


def _has_only(folder: Path, names: Iterable[str]) -> bool:
    return all(path.name in names for path in folder.iterdir())


class _Goal:
    """A PostgreSQL database that everything is brought to."""

    def __init__(self, settings: Settings) -> None:
        self.server = Server(settings.database_url)
        self._settings = settings
        self.engine = self.server.open_writer()

    def begin(self) -> None:
        """Let no server start on it until all of it is there. Raises AdminError."""
        with self.in_one_line(), self.engine.begin() as target:
            make_ready(target, self.server, self._settings)
            write_value(target, RESTORING, "1")
            # Files may come into it before anything else does.
            lease.end(target, lease.owner_of(self._settings.data_dir))

    def take(self, source: Connection, show: Bars, last: Callable[[], None]) -> None:
        """Bring all rows there; `last` is done before they count. Raises AdminError."""
        epoch, is_last = epoch_of(source), False
        with self.in_one_line():
            try:
                with self.engine.begin() as target:
                    make_ready(target, self.server, self._settings)
                    copy_and_compare(source, target, show)
                    target.execute(delete(meta).where(meta.c.name == RESTORING))
                    lease.end(target, lease.owner_of(self._settings.data_dir))
                    is_last = True
                    last()
            except BaseException:
                # It may be committed, also where it was told to end in the middle of that.
                if not is_last or not self._is_there(epoch):
                    raise

    def _is_there(self, epoch: str) -> bool:
        try:
            return is_there(self.engine, self.server, epoch)
        except BaseException as error:
            words = (
                f"{self.server} went away at the very end: nobody knows whether everything is"
                " there. When it is back, start Parlour: it starts if everything is. If it does"
                f" not, take all that is in {self._settings.data_dir} away, and restore again."
            )
            raise Unknown(words) from error

    def give_up(self) -> None:
        """It is as empty as it was."""
        with contextlib.suppress(DBAPIError), self.engine.begin() as target:
            target.execute(delete(meta).where(meta.c.name == RESTORING))

    def in_one_line(self) -> contextlib.AbstractContextManager[None]:
        """Whatever goes wrong with it as AdminError."""
        return in_one_line(File(self._settings.database_path), self.server)


class _Restoring:
    """One archive being restored."""

    def __init__(
        self,
        settings: Settings,
        archive: str,
        stage: Path,
        goal: _Goal | None,
        show: Bars,
        *,
        sign_out: bool,
    ) -> None:
        self._settings = settings
        self._archive = archive
        self._stage = stage
        # Where the files are put together: on the disk that they are to be on.
        self._beside = stage
        self._goal = goal
        self._show = show
        self._sign_out = sign_out
        # What was put into the data directory.
        self._placed: list[Path] = []

    def run(self) -> list[str]:
        """Do it."""
        sorting = Sorting(self._archive, self._stage, self._show)
        # Into the same folder as everything else, or to where it is seen at once.
        is_here = isinstance(open_storage(self._settings), DiskStorage)
        if is_here and (self._settings.data_dir / _FILES).is_dir():
            self._beside = self._settings.data_dir / _FILES / RESTORING
            self._beside.mkdir(mode=0o700)
        if not is_here:
            sorting.run(self._settings, "Checking", lambda _member, _key: None)
            sorting.database.unlink()
        with self._files(is_here) as put:
            head = sorting.run(self._settings, "Restoring", put)
        self._prepare(sorting.database, head)
        if sorting.keys is not None and not self._sign_out:
            with NewFile(self._stage / "keys.json") as file:
                file.write(sorting.keys)
                file.sync()
        place = str(self._settings.data_dir)
        try:
            if self._goal is None:
                self._place(_FILES, "keys.json", "chat.db")
            else:
                self._bring(self._goal, sorting.database)
                place = f"{self._goal.server} and {place}"
        except Unknown:
            raise
        except BaseException:
            self._take_back()
            raise
        return [
            f"{self._archive} was restored into {place}.",
            *told(head, sorting),
            *self._logins(),
        ]

    def _logins(self) -> list[str]:
        if self._sign_out:
            return ["Everybody has to sign in again, with the password of then."]
        words = "Passwords and logins are those of then, also what was changed or ended since."
        return [f"{words} To end all logins, restore with --sign-out-everybody."]

    @contextlib.contextmanager
    def _files(self, is_here: bool) -> Iterator[Callable[[Member, str], None]]:  # noqa: FBT001
        """What puts files into the storage."""
        storage: Storage
        storage = DiskStorage(self._beside / _FILES) if is_here else open_storage(self._settings)
        coming = self._beside / "coming"
        coming.mkdir(mode=0o700)
        with asyncio.Runner() as runner:

            def put(member: Member, key: str) -> None:
                path = coming / key
                with NewFile(path) as file:
                    size = copy(member, file)
                if is_here:
                    runner.run(storage.put(key, path))
                    return
                runner.run(move_file(path, key, size, storage, coming))
                path.unlink()

            try:
                runner.run(storage.begin())
                yield put
            finally:
                runner.run(storage.close())
        coming.rmdir()

    def _prepare(self, path: Path, head: Head) -> None:
        """Make of the database in the archive one of this program, with a history of its own."""
        engine = sqlite.open_alone(path)
        try:
            with engine.begin() as connection:
                migrate(connection)
                backups.renew_history(connection)
                if self._sign_out:
                    backups.sign_everybody_out(connection)
                moment = f"{head.at:%Y-%m-%d %H:%M:%S} UTC"
                audit.note(connection, audit.COMMAND_LINE, "server.restore", moment)
        finally:
            engine.dispose()
        _sync(path)

    def _bring(self, goal: _Goal, path: Path) -> None:
        engine = sqlite.open_readers(path, 1)
        try:
            with engine.begin() as source:
                goal.take(source, self._show, lambda: self._place(_FILES, "keys.json"))
        finally:
            engine.dispose()

    def _place(self, *names: str) -> None:
        """Put these in their place, the last one last: then all of it counts."""
        data_dir = self._settings.data_dir
        for name in names:
            if name == _FILES and self._beside != self._stage:
                self._fill(data_dir / _FILES)
            elif (self._stage / name).exists():
                self._move(self._stage / name, data_dir / name)
            sync_folder(data_dir)
        shutil.rmtree(self._stage)
        sync_folder(data_dir)

    def _fill(self, folder: Path) -> None:
        for path in sorted((self._beside / _FILES).iterdir()):
            self._move(path, folder / path.name)
        shutil.rmtree(self._beside)
        sync_folder(folder)

    def _move(self, source: Path, target: Path) -> None:
        # Noted before: whoever is told to end in between takes it back, too.
        self._placed.append(target)
        source.rename(target)

    def _take_back(self) -> None:
        """Nothing of it is in its place; first not what makes all of it count.

        What cannot be taken away does not keep the rest.
        """
        for placed in reversed(self._placed):
            if placed.is_dir():
                shutil.rmtree(placed, ignore_errors=True)
            else:
                with contextlib.suppress(OSError):
                    placed.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    """Let a database be there after a power cut, whatever it was written with."""
    handle = os.open(path, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
