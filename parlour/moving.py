"""`parlour migrate-data`: from the data directory's SQLite file to PostgreSQL, and files to S3."""

import asyncio
import contextlib
import hashlib
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from parlour.admin import AdminError
from parlour.database import Database, init_db
from parlour.migrations import current_revision, migrate
from parlour.settings import Settings
from parlour.storage import KEY, Missing, Storage, Unavailable, is_in_rows, open_storage
from parlour.storage.disk import DiskStorage
from parlour.store import copying, lease
from parlour.store.backends import File, Server
from parlour.store.meta import EPOCH, MOVED, read_values, write_value
from parlour.support.bars import Bars, bars
from parlour.support.folders import own_folder
from parlour.support.postgresql import UNKNOWN_PAUSE, UNKNOWN_SECONDS, NotTaken, shown


def move(settings: Settings, show: Bars = bars) -> str:
    """Do it; the lines that say what was done.

    All rows come in one transaction, and are compared before it ends: what fails leaves nothing.
    The SQLite file stays, with a mark by which no server starts on it any more. Raises AdminError,
    or what opening the data directory raises.
    """
    if not settings.database_url:
        raise AdminError("PARLOUR_DATABASE_URL has to name the PostgreSQL database to move to.")
    is_here = settings.database_path.is_file()
    if is_in_rows(settings) and (not is_here or _was_moved(settings)):
        return _take_in_files(settings, show)
    if not is_here:
        raise AdminError(f"There is no database in {settings.data_dir}.")
    goal = Server(settings.database_url)
    database = Database(settings.data_dir, File(settings.database_path))
    try:
        _refuse_to_fork(database, settings)
        engine = goal.open_writer()
        try:
            with in_one_line(File(settings.database_path), goal):
                with engine.connect() as target, target.begin() as looking:
                    make_ready(target, goal, settings)
                    if is_in_rows(settings):
                        # Files come into it before anything else does.
                        lease.end(target, lease.owner_of(settings.data_dir))
                        looking.commit()
                    else:
                        looking.rollback()
                # What is copied twice does no harm there.
                files = asyncio.run(_move_files(settings, show))
                rows = _move_rows(database, engine, goal, settings, show)
        finally:
            engine.dispose()
    finally:
        database.release()
    there = f"{settings.database_path} stays as it is, and is used no more."
    return "\n".join([f"{rows} to {goal}.", there, *files, *_put_aside(settings)])


def _refuse_to_fork(database: Database, settings: Settings) -> None:
    """Raises AdminError where it was moved to another one, in which people may have gone on."""
    if database.moved_to and database.moved_to != shown(settings.database_url):
        raise AdminError(
            f"{settings.database_path} was moved to {database.moved_to} before: what was said since"
            " is there alone. Set PARLOUR_DATABASE_URL to that; to move to another one all the"
            " same, see Moving in docs/operations.md. Nothing was changed."
        )


def _was_moved(settings: Settings) -> bool:
    """Whether all but the files was moved from here to that PostgreSQL database before.

    Raises AdminError, or what opening the data directory raises.
    """
    database = Database(settings.data_dir, File(settings.database_path))
    is_marked, epoch = bool(database.moved_to), database.epoch
    database.release()
    if not is_marked:
        return False
    goal = Server(settings.database_url)
    engine = goal.open_writer()
    try:
        with in_one_line(File(settings.database_path), goal), engine.begin() as target:
            return _has_epoch(target, epoch)
    finally:
        engine.dispose()


def _take_in_files(settings: Settings, show: Bars) -> str:
    """Bring the files of a server that had its PostgreSQL for itself to where nodes look for them.

    Raises AdminError, or what opening the data directory raises.
    """
    if not _files_of(settings).is_dir():
        raise AdminError(f"There is nothing in {settings.data_dir} to be brought there.")
    database = init_db(settings)
    try:
        database.hold()
        told = asyncio.run(_move_files(settings, show))
    finally:
        database.release()
    return "\n".join([*told, *_put_aside(settings)])


def _files_of(settings: Settings) -> Path:
    return settings.data_dir / "files"


def _put_aside(settings: Settings) -> list[str]:
    """Call files otherwise that are in the database now; what was done.

    A node does not start beside some that others would not find.
    """
    folder = _files_of(settings)
    if not is_in_rows(settings) or not folder.is_dir():
        return []
    names = ("files.moved", *(f"files.moved.{number}" for number in range(2, 100)))
    moved = next(path for name in names if not (path := folder.with_name(name)).exists())
    folder.rename(moved)
    return [f"{folder} is called {moved.name} from now on."]


class Unknown(AdminError):
    """Whether everything was committed, nobody could be asked."""


@contextlib.contextmanager
def in_one_line(source: File, goal: Server) -> Iterator[None]:
    """Whatever goes wrong between the two as AdminError."""
    try:
        yield
    except copying.Different as different:
        words = f"The copy differs from the original in {different}. Nothing was changed."
        raise AdminError(words) from None
    except NotTaken as error:
        raise AdminError(f"{goal} does not take it: {error}. Nothing was changed.") from error
    except DBAPIError as error:
        is_ours = isinstance(error.orig, sqlite3.Error)
        backend = source if is_ours else goal
        words = f"{backend} cannot be used: {backend.fault(error)} Nothing was changed."
        raise AdminError(words) from error


def make_ready(target: Connection, goal: Server, settings: Settings) -> None:
    """Hold an empty database that has its tables. Raises AdminError for any other."""
    goal.check(target)
    migrate(target)
    held = lease.take(target, lease.owner_of(settings.data_dir))
    if held is not None:
        raise AdminError(f"A Parlour (on {held.host}) runs on {goal}. Stop it.")
    if copying.is_used(target):
        raise AdminError(f"{goal} is used already; make an empty one. Nothing was changed.")


def _move_rows(
    database: Database, engine: Engine, goal: Server, settings: Settings, show: Bars
) -> str:
    is_marked, told = False, ""
    try:
        with engine.begin() as target:
            make_ready(target, goal, settings)
            with database.write_engine.begin() as source:
                told = copy_and_compare(source, target, show)
                lease.end(target, lease.owner_of(settings.data_dir))
                # Whoever starts a server without the setting would write into the past. It is
                # marked before the rest is there: should this be the end, nobody begins on both.
                write_value(source, MOVED, shown(settings.database_url))
            is_marked = True
    except DBAPIError:
        if not is_marked:
            raise
        if not is_there(engine, goal, database.epoch):
            with database.write_engine.begin() as source:
                write_value(source, MOVED, database.moved_to or "")
            raise
    return told


def is_there(engine: Engine, goal: Server, epoch: str) -> bool:
    """Whether it was committed although nobody said so. Raises Unknown: not to be found out."""
    deadline = time.monotonic() + UNKNOWN_SECONDS
    while True:
        try:
            # It begins with the lock of all who write: so the other one has ended by then.
            with engine.begin() as target:
                return _has_epoch(target, epoch)
        except DBAPIError as error:
            if time.monotonic() > deadline:
                raise Unknown(
                    f"{goal} went away at the very end: nobody knows whether everything is there."
                    " Do it again when it is back; if it is used already then, it is."
                ) from error
        time.sleep(UNKNOWN_PAUSE)


def _has_epoch(target: Connection, epoch: str) -> bool:
    is_one = current_revision(target) is not None
    return is_one and read_values(target, [EPOCH]) == {EPOCH: epoch}


def copy_and_compare(source: Connection, target: Connection, show: Bars) -> str:
    """Bring all rows there; how many that were, in words. Raises Different or NotTaken."""
    tables = copying.tables()
    total = sum(copying.count(source, table) for table in tables)
    with show("Copying", total, " rows") as bar:
        for table in tables:
            copying.copy(source, target, table, bar.update)
    whole = hashlib.sha256()
    with show("Comparing", total, " rows") as bar:
        for table in tables:
            whole.update(copying.compare(source, target, table, bar.update).encode())
    copying.finish(source, target)
    rows = "1 row" if total == 1 else f"{total} rows"
    return f"{rows} of {len(tables)} tables (SHA-256 {whole.hexdigest()[:16]}) were moved"


async def _move_files(settings: Settings, show: Bars) -> list[str]:
    """Copy what lies in the data directory to where the settings say; what was done."""
    folder = _files_of(settings)
    if not settings.s3_bucket and not is_in_rows(settings):
        return [f"Files stay where they are, in {folder}."] if folder.is_dir() else []
    paths = await _all_files(settings)
    if not paths and not folder.is_dir():
        return []
    there = open_storage(settings)
    try:
        sizes = {name: (await asyncio.to_thread(path.stat)).st_size for name, path in paths.items()}
        await there.begin()
        own_folder(settings.uploads_path)
        with show("Files", sum(sizes.values()), "B") as bar:
            for name, size in sizes.items():
                await move_file(paths[name], name, size, there, settings.uploads_path)
                bar.update(size)
    except Unavailable as error:
        words = f"The storage does not answer: {error}. Nothing else was changed."
        raise AdminError(words) from None
    finally:
        await there.close()
    files = "1 file was" if len(paths) == 1 else f"{len(paths)} files were"
    if settings.s3_bucket:
        return [f"{files} copied to the bucket {settings.s3_bucket}; {folder} stays as it is."]
    return [f"{files} copied to the same database."]


async def _all_files(settings: Settings) -> dict[str, Path]:
    """Where each file lies, by its name; also those that were put aside before.

    The database in which they are by now may be lost, and everything moved once more.
    """
    aside = sorted(settings.data_dir.glob("files.moved*"))
    paths: dict[str, Path] = {}
    for folder in (_files_of(settings), *aside):
        if folder.is_dir():
            here = DiskStorage(folder)
            async for names in here.keys():
                for name in filter(KEY.fullmatch, names):
                    paths.setdefault(name, here.path(name))
            await here.close()
    return paths


async def move_file(path: Path, name: str, size: int, storage: Storage, uploads: Path) -> None:
    """Copy a file into a storage, unless it has it; what it has then is compared.

    Raises AdminError where it is something else.
    """
    wanted = await asyncio.to_thread(_digest_of, path)
    if await _digest_there(storage, name, size) == wanted:
        # It was moved before.
        return
    # One that is not whole would be in the way.
    await storage.delete(name)
    # Where a server that starts takes away what was left by one that was killed.
    with tempfile.TemporaryDirectory(dir=uploads) as folder:
        # The storage takes over what it is given, and this is to stay.
        given = Path(folder) / name
        try:
            given.hardlink_to(path)
        except OSError:
            await asyncio.to_thread(shutil.copyfile, path, given)
        await storage.put(name, given)
    if await _digest_there(storage, name, size) != wanted:
        raise AdminError(f"The copy of {path} differs from the original.")


def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


async def _digest_there(storage: Storage, name: str, size: int) -> str | None:
    """The digest of what the storage has under a name; None where there is nothing, or not all."""
    digest, count = hashlib.sha256(), 0
    try:
        portions = await storage.open(name, 0, size)
    except Missing:
        return None
    async with contextlib.aclosing(portions):
        async for portion in portions:
            digest.update(portion)
            count += len(portion)
    return digest.hexdigest() if count == size else None
