"""`parlour backup --check`: whether an archive is whole, and what is in it."""

import gzip
import hashlib
import shutil
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, Final

from sqlalchemy import Engine

from parlour.backup import snapshot
from parlour.backup.contents import (
    DATABASE,
    KEYS,
    BackupError,
    Head,
    key_of,
    read_head,
    read_keys,
)
from parlour.backup.places import opened
from parlour.filing import in_words
from parlour.migrations import current_revision
from parlour.settings import Settings
from parlour.store import backups
from parlour.store.backups import Named
from parlour.support import sqlite
from parlour.support.archive import PORTION, Damaged, Member, NewFile
from parlour.support.bars import Bars, Watched
from parlour.support.keys import KeysUnusable, parse_keys
from parlour.support.urls import S3

# What is left free on a disk.
_SPARE: Final = 64 * 1024 * 1024


class Files:
    """Those that the database of an archive names, as they come one after the other."""

    def __init__(self, engine: Engine) -> None:
        self._connection = engine.connect()
        self._named = backups.named(self._connection)
        self.missing: list[str] = []
        self.count = 0

    def expect(self, key: str) -> Named:
        """What the database says of the next file. Raises Damaged where it says nothing."""
        for named in self._named:
            if named.key == key:
                self.count += 1
                return named
            self.missing.append(named.key)
        raise Damaged(f"there is a file in it that its database does not know: {key}")

    def end(self) -> None:
        """There are no more."""
        self.missing += [named.key for named in self._named]
        self.close()

    def close(self) -> None:
        """Let go of it."""
        self._connection.close()


class Sorting:
    """Reads an archive from its beginning to its end, and hands over what is in it."""

    def __init__(self, archive: str, folder: Path, show: Bars) -> None:
        """`folder` is an empty one to put the database into."""
        self._archive = archive
        self._show = show
        self.database = folder / "chat.db"
        self.keys: bytes | None = None
        self.missing: list[str] = []
        self.files = 0

    def run(self, settings: Settings, words: str, each: Callable[[Member, str], None]) -> Head:
        """Read it; `each` is given every file that people sent, and its key.

        Raises BackupError, Unavailable or OSError.
        """
        with opened(settings, self._archive) as file:
            return self._run(file, words, each)

    def _run(self, file: BinaryIO, words: str, each: Callable[[Member, str], None]) -> Head:
        files: Files | None = None
        engine: Engine | None = None
        try:
            with self._show(words, size_of(file), "B") as bar:
                head, reader = read_head(Watched(file, bar), self._archive)
                try:
                    member = reader.next()
                    self._unpack(member, head)
                    engine = sqlite.open_alone(self.database)
                    snapshot.check_sound(engine, f"The database in {self._archive}")
                    self._compare(engine, head)
                    files = Files(engine)
                    member = reader.next()
                    if member is not None and member.name == KEYS:
                        self.keys = read_keys(member, self._archive)
                        parse_keys(self.keys, f"What {self._archive} has as keys")
                        member = reader.next()
                    while member is not None:
                        key = key_of(member)
                        if key is None:
                            raise Damaged(f"there is something else in it: {member.name}")
                        files.expect(key)
                        each(member, key)
                        member = reader.next()
                finally:
                    reader.close()
            files.end()
        except Damaged as error:
            raise BackupError(f"{self._archive} is damaged: {error}.") from None
        except KeysUnusable as error:
            raise BackupError(str(error)) from None
        finally:
            if files is not None:
                files.close()
            if engine is not None:
                engine.dispose()
        self.missing, self.files = files.missing, files.count
        return head

    def _unpack(self, member: Member | None, head: Head) -> None:
        if member is None or member.name != DATABASE:
            raise Damaged("there is no database in it")
        free = shutil.disk_usage(self.database.parent).free
        if free < head.database_bytes + _SPARE:
            raise BackupError(
                f"There is not enough room in {self.database.parent}: it has {in_words(free)}, and"
                f" the database takes {in_words(head.database_bytes)}."
            )
        digest, left = hashlib.sha256(), head.database_bytes
        packed: Any = member
        try:
            with (
                NewFile(self.database) as target,
                gzip.GzipFile(fileobj=packed, mode="rb") as source,
            ):
                # Not more than it says of itself, whatever is packed in it.
                while data := source.read(min(PORTION, left + 1)):
                    left -= len(data)
                    if left < 0:
                        break
                    digest.update(data)
                    target.write(data)
        except (gzip.BadGzipFile, zlib.error, EOFError):
            raise Damaged("its database cannot be unpacked") from None
        if left or digest.hexdigest() != head.database_sha256:
            raise Damaged("its database is not what was packed")

    def _compare(self, engine: Engine, head: Head) -> None:
        with engine.begin() as connection:
            schema, rows = current_revision(connection), backups.counts(connection)
            same = backups.epoch_in(connection) == head.epoch
        if schema != head.schema_ or not same or rows != head.rows:
            raise Damaged("its database is not the one of which it tells")


def look_at_head(settings: Settings, archive: str) -> None:
    """See whether it is an archive at all. Raises BackupError, Unavailable or OSError."""
    if not archive.startswith(S3) and Path(archive).expanduser().is_fifo():
        # What comes through a pipe comes once.
        return
    with opened(settings, archive) as file:
        try:
            read_head(file, archive).reader.close()
        except Damaged as error:
            raise BackupError(f"{archive} is damaged: {error}.") from None


def size_of(file: BinaryIO) -> int:
    """How large a file is, where that can be told; otherwise 0."""
    try:
        size = file.seek(0, 2)
        file.seek(0)
    except (OSError, ValueError):
        return 0
    return size


def check(settings: Settings, archive: str, show: Bars) -> list[str]:
    """Look at all of it; what is in it. Raises BackupError, Unavailable or OSError."""
    with tempfile.TemporaryDirectory(prefix="parlour-check-") as folder:
        sorting = Sorting(archive, Path(folder), show)
        head = sorting.run(settings, "Checking", lambda _member, _key: None)
    return [f"{archive} is whole.", *told(head, sorting)]


def told(head: Head, sorting: Sorting) -> list[str]:
    """What is in an archive, in lines."""
    where = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[head.database]
    rows, size = sum(head.rows.values()), in_words(head.total_bytes)
    made = (
        f"Made {head.at:%Y-%m-%d %H:%M:%S} UTC by Parlour {head.parlour} on {where} (schema"
        f" {head.schema_}): {rows} rows, {sorting.files} of {head.files} files, {size} unpacked."
    )
    if not sorting.missing:
        return [made]
    some = ", ".join(sorting.missing[:3]) + (", ..." if len(sorting.missing) > 3 else "")
    return [made, f"Missing already when it was made: {some}"]
