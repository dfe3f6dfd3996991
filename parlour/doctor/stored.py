"""What people have sent: whether files can be kept, and given back, in a folder or a bucket."""

import asyncio
import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from parlour.database import DatabaseUnusable
from parlour.doctor.finding import Finding, Findings, Given, fault, ok, warning
from parlour.doctor.folder import is_half_restored
from parlour.doctor.reach import OutOfReach, barrier, is_read_only, lacking, reading
from parlour.migrations import current_revision, revisions
from parlour.settings import Settings, SettingsError
from parlour.storage import KEY, Missing, Storage, Unavailable, is_in_rows, open_storage
from parlour.storage.s3 import S3Storage
from parlour.store.backends import backend_of
from parlour.store.backups import named
from parlour.store.meta import MOVED, read_values
from parlour.store.tables import files, users
from parlour.support.owners import owner_of, user
from parlour.support.tokens import random_id

# How many of each kind the database is asked for, and how many lie in a folder that is looked at,
# where not all of them are.
_SOME: Final = 100
# The same of a bucket, which may be far away.
_FEW_THERE: Final = 20
_FEW: Final = 3
# Names that are told, and those that are kept to be asked for once more.
_TOLD: Final = 3
_KEPT: Final = 10_000
_FOLDER: Final = re.compile("[0-9a-f]{2}")
_OR_RESTORE: Final = "or restore a backup (docs/operations.md, Restore)"


class _Named(NamedTuple):
    """What the database names."""

    key: str
    size: int


def kept(given: Given) -> Findings:
    """Whether files can be kept in a folder, and those that the database names are there."""
    settings = given.settings
    if settings.s3_bucket or is_in_rows(settings):
        # The one is asked, the other is in the database.
        return
    data_dir, path = settings.data_dir, settings.data_dir / "files"
    if barrier(data_dir) is not None or is_half_restored(settings):
        # It was said of the data directory, or is said of the restore.
        return
    for each in (path, settings.uploads_path):
        if (wrong := _unfit(each, data_dir)) is not None:
            yield wrong
            return
    if not path.exists():
        if next(_named(settings, deep=False), None) is not None:
            words = f"{path.absolute()} is not there, and the database names files in it"
            yield fault("Files", f"{words}: none can be sent out.", f"put it back, {_OR_RESTORE}")
        return
    if lacking(path) is not None:
        # It was said of the data directory.
        return
    yield from _whose(settings, path, deep=given.deep)
    mend = "put them back out of a backup: files/abcd... of the archive is ab/cd/abcd... there"
    is_lost = partial(_is_lost, path)
    where = f"{path.resolve()}, or not whole"
    yield from _there(settings, where, is_lost, mend, deep=given.deep)


def _unfit(path: Path, data_dir: Path) -> Finding | None:
    """What keeps all files from being stored, but for whose the folder is."""
    where = path.absolute()
    if (closed := barrier(path)) is not None and closed != path.resolve():
        words = f"{where} leads to where {user()} may not go, by {closed}: no file can be stored."
        return fault("Files", words, f"let {user()} enter {closed}, or put it elsewhere")
    if path.is_symlink() and not path.exists():
        words = f"{where} leads to {path.readlink()}, which is not there: no file can be stored."
        return fault("Files", words, "see whether its disk is mounted")
    if path.exists() and not path.is_dir():
        words = f"{where} is no folder: no file can be stored."
        return fault("Files", words, f"put back what was there, {_OR_RESTORE}")
    if path.exists() and is_read_only(path) and not is_read_only(data_dir):
        words = f"The file system of {where} can only be read: no file can be stored."
        return fault("Files", words, "see what holds it up: mount | grep ro, dmesg")
    return None


class _Some:
    """Things that something is wrong with: how many, and the first of them."""

    def __init__(self) -> None:
        self.count = 0
        self.first: list[str] = []

    def add(self, name: str) -> None:
        """One more."""
        self.count += 1
        if self.count <= _TOLD:
            self.first.append(name)

    def __str__(self) -> str:
        rest = self.count - len(self.first)
        return ", ".join(self.first) + (f" and {rest} more" if rest else "")


def _whose(settings: Settings, path: Path, *, deep: bool) -> Findings:
    """Whose what lies there is, and whether it can be used."""
    owner, where = owner_of(settings.data_dir), path.resolve()
    closed, foreign = _Some(), _Some()
    looked_at = _within(path, deep=deep)
    if not deep:
        of_database = (_way(path, each.key) for each in _named(settings, deep=False))
        looked_at = chain(looked_at, chain.from_iterable(of_database))
        # Many go through the same folders.
        looked_at = iter(dict.fromkeys(looked_at))
    for each in looked_at:
        with suppress(FileNotFoundError, PermissionError):
            # What has gone meanwhile is as it should be, and what is closed was told of its folder.
            theirs = f"{each.relative_to(path)} of {owner_of(each)}"
            if _is_closed(each):
                closed.add(theirs)
            elif owner_of(each) != owner:
                foreign.add(theirs)
    if closed.count:
        yield fault(
            "Files",
            f"In {where} there is what {user()} may not read or write: {closed}. It cannot be sent"
            " out, or nothing stored there.",
            f"chown -R {user()} {where} && chmod -R u+rwX {where}",
        )
    if foreign.count:
        yield warning(
            "Files",
            f"In {where} there is what is not {owner}'s, whose the data directory is: {foreign}.",
            f"chown -R {owner} {where}",
        )


def _is_closed(path: Path) -> bool:
    # Nothing is written into a file that is there.
    lack = lacking(path)
    return lack == "read" or (lack is not None and path.is_dir())


def _there(
    settings: Settings, where: str, is_lost: Callable[[_Named], bool], mend: str, *, deep: bool
) -> Findings:
    """Whether the files that the database names are there, and of their size."""
    looked, more = 0, 0
    lost: dict[str, None] = {}
    some = _FEW_THERE if settings.s3_bucket else _SOME
    for each in _named(settings, deep=deep, some=some):
        looked += 1
        if is_lost(each):
            if len(lost) < _KEPT:
                lost[each.key] = None
            else:
                more += 1
    if lost:
        # What was deleted meanwhile is named no longer.
        again = _named(settings, deep=deep, some=some)
        lost = {each.key: None for each in again if each.key in lost and is_lost(each)}
    if lost:
        found = _Some()
        for key in lost:
            found.add(key)
        found.count += more
        of = f"Of {looked} files that were looked for {found.count}"
        of += " is" if found.count == 1 else " are"
        if looked == 1:
            of = "The one file that was looked for is"
        words = f"{of} not in {where}: {found}."
        if found.count == looked:
            yield fault("Files", words, f"put them back, {_OR_RESTORE}")
            return
        yield warning("Files", words, mend)
    elif looked:
        told = "The one that was" if looked == 1 else f"All {looked} that were"
        yield ok("Files", f"{told} looked for {'is' if looked == 1 else 'are'} there.")


def _is_lost(path: Path, each: _Named) -> bool:
    *_, file = _way(path, each.key)
    try:
        return file.stat().st_size != each.size
    except FileNotFoundError:
        return True
    except OSError:
        # It was told of its folder.
        return False


def _way(path: Path, key: str) -> tuple[Path, Path, Path]:
    """The folders that the file of a key lies in, and itself: as the storage puts it."""
    return path / key[:2], path / key[:2] / key[2:4], path / key[:2] / key[2:4] / key


def _within(path: Path, *, deep: bool) -> Iterator[Path]:
    """Folders and files there: all, or each first folder, one in it, and a few files of that."""
    for first in _folders(path):
        yield first
        for second in islice(_folders(first), None if deep else 1):
            yield second
            inside = (each for each in _list(second) if KEY.fullmatch(each.name))
            yield from islice(inside, None if deep else _FEW)


def _folders(path: Path) -> Iterator[Path]:
    return (each for each in _list(path) if _FOLDER.fullmatch(each.name))


def _list(path: Path) -> list[Path]:
    # What may not be read was told of itself, and what has gone is as it should be.
    with suppress(PermissionError, FileNotFoundError, NotADirectoryError):
        return sorted(path.iterdir())
    return []


def _named(settings: Settings, *, deep: bool, some: int = _SOME) -> Iterator[_Named]:
    """All of that, or some; nothing where the database cannot be asked, which was said of it."""
    try:
        backend = backend_of(settings)
        if not backend.is_there():
            return
        with reading(backend) as connection:
            is_known = current_revision(connection) == revisions()[-1]
            if not is_known or MOVED in read_values(connection, [MOVED]):
                return
            if deep:
                for each in named(connection):
                    yield _Named(each.key, each.size)
                return
            sent = select(files.c.id, files.c.size).order_by(files.c.id).limit(some)
            of_people = select(users.c.avatar, users.c.avatar_size).where(
                users.c.avatar.is_not(None)
            )
            for statement in (sent, of_people.limit(some)):
                for key, size in connection.execute(statement):
                    yield _Named(key, size)
    except (DBAPIError, DatabaseUnusable, ImportError, OutOfReach):
        return


def bucket(given: Given) -> Findings:
    """Whether a bucket keeps a file, and gives it back."""
    settings = given.settings
    if not settings.s3_bucket:
        return
    place = f"The bucket {settings.s3_bucket}"
    try:
        seconds = asyncio.run(_keep_one(open_storage(settings)))
    except SettingsError as error:
        yield fault("Files", str(error), "do what it says")
    except (Unavailable, Missing, OSError) as error:
        mend = "see PARLOUR_S3_BUCKET, _ENDPOINT and _REGION, AWS_ACCESS_KEY_ID and its secret, and"
        mend += " that they allow to put, get and delete"
        yield fault("Files", f"{place} does not keep a file: {str(error) or 'it is gone'}.", mend)
    else:
        yield ok("Files", f"{place} took a file and gave it back in {1000 * seconds:.0f} ms.")


def in_bucket(given: Given) -> Findings:
    """Whether a bucket has the files that the database names, and of their size."""
    settings = given.settings
    if not settings.s3_bucket:
        return
    with asyncio.Runner() as runner, suppress(SettingsError):
        # Which was said of the bucket.
        storage = S3Storage(settings.s3_endpoint, settings.s3_bucket, settings.s3_region)
        try:
            there = runner.run(_all_in(storage)) if given.deep else {}
            yield from _there(
                settings,
                f"the bucket {settings.s3_bucket}, or not whole",
                # What has come since the list was made is not in it.
                lambda each: (
                    there.get(each.key) != each.size
                    and runner.run(storage.size(each.key)) != each.size
                ),
                "put them back out of a backup: files/abcd of the archive is parlour/abcd there",
                deep=given.deep,
            )
        except (Unavailable, OSError) as error:
            words = f"What is in the bucket {settings.s3_bucket} cannot be seen: {error}."
            yield warning("Files", words, "let its keys list the bucket, and ask for a file's head")
        finally:
            runner.run(storage.close())


async def _all_in(storage: S3Storage) -> dict[str, int]:
    there: dict[str, int] = {}
    async for page in storage.sizes():
        there.update(page)
    return there


async def _keep_one(storage: Storage) -> float:
    key, text = random_id().encode().hex()[:32], b"parlour doctor"
    begun = time.perf_counter()
    await storage.begin()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "probe"
        path.write_bytes(text)
        await storage.put(key, path)
    try:
        portions = await storage.open(key, 0, len(text))
        try:
            given = b"".join([portion async for portion in portions])
        finally:
            await portions.aclose()
    finally:
        await storage.delete(key)
    if given != text:
        raise Unavailable("what it gave back was something else")
    return time.perf_counter() - begun
