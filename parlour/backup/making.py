"""`parlour backup`: a moment of the database, the keys and all files, in one archive, read back."""

import contextlib
import os
import shutil
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Final

from parlour import __version__
from parlour.backup import snapshot
from parlour.backup.claim import Claim
from parlour.backup.contents import (
    DATABASE,
    FILES,
    FORMAT,
    HEAD,
    KEYS,
    BackupError,
    Head,
    head_of,
    name_of,
    time_of,
)
from parlour.backup.fetching import Fetching
from parlour.backup.places import Gone, Place, Sink, place_of
from parlour.backup.snapshot import Packed, Snapshot
from parlour.fields import format_time
from parlour.filing import in_words
from parlour.settings import Settings
from parlour.storage import Unavailable
from parlour.store import backups
from parlour.store.backends import Backend, File, backend_of
from parlour.store.backups import Made
from parlour.support import rotation
from parlour.support.archive import Damaged, Reader, Writer
from parlour.support.bars import Bars, Watched

# What is left free on a disk that the server may need, too.
_SPARE: Final = 64 * 1024 * 1024
# How much this gives way to others.
_NICE: Final = 10
# Of so many files that are missing the names are told.
_TOLD: Final = 3


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for."""

    where: str
    keep: rotation.Rules
    # Only if the last one is at least so many seconds old.
    if_older: int = 0


@dataclass(slots=True)
class Outcome:
    """What was done: lines for standard output, and those for standard error."""

    lines: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def make(settings: Settings, order: Order, show: Bars) -> Outcome:
    """Make one. Raises BackupError, SettingsError, Unavailable or OSError.

    What is raised has left nothing behind; nothing older is taken away before the new one is whole.
    """
    backend = backend_of(settings)
    if isinstance(backend, File) and not backend.is_there():
        raise BackupError(f"There is no database in {settings.data_dir}.")
    place = place_of(settings, order.where)
    claim, outcome = Claim(backend), Outcome()
    begun = time.monotonic()
    with claim.held(order.if_older):
        with place.begin() as folder:
            made = _Making(settings, backend, place, folder, outcome, show).run()
        seconds = time.monotonic() - begun
        claim.note(Made(claim.at or int(time.time() * 1000), made.name, made.size, seconds))
    outcome.lines.append(
        f"It was read back and is whole: {made.rows} rows, {_files(made.files)};"
        f" {in_words(made.size)} in {seconds:.0f} s."
    )
    outcome.lines.append(
        "Keep it secret: whoever has it can read everything, and come in as anybody."
    )
    outcome.warnings += claim.warnings
    _drop_old(place, made, order.keep, outcome)
    return outcome


def give_way() -> None:
    """The server beside this comes first."""
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, max(_NICE, os.getpriority(os.PRIO_PROCESS, 0)))


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"


def _drop_old(place: Place, made: "_Archive", keep: rotation.Rules, outcome: Outcome) -> None:
    """Take away what no rule keeps, of this database: others may put theirs in the same place.

    What a wrong clock has dated later than the one just made would be kept in its stead.
    """
    now = time_of(made.name)
    if not keep or now is None:
        return
    try:
        names = place.names()
        times: dict[str, datetime] = {}
        unread = 0
        for name in sorted(names):
            try:
                if (at := time_of(name)) and _epoch_in(place, name) == made.epoch:
                    times[name] = at
            except PermissionError:
                # Another user's of this machine: whose database it is of, that one may see.
                unread += 1
        later = [name for name, at in times.items() if at > now]
        dropped = rotation.dropped({at for at in times.values() if at <= now}, keep)
        gone = [name for name, at in times.items() if at in dropped]
        for name in gone:
            place.delete(name)
    except (OSError, Unavailable) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise BackupError(
            f"The backup is made, but older ones could not be taken away: {reason}."
        ) from error
    if gone:
        ones = "1 older one was" if len(gone) == 1 else f"{len(gone)} older ones were"
        outcome.lines.append(f"{ones} taken away.")
    if later:
        ones = f"{later[-1]} is" if len(later) == 1 else f"{len(later)} up to {later[-1]} are"
        outcome.warnings.append(
            f"{ones} dated later than this one, and kept without being counted. See whether the"
            " clock is right (date); if it is, take away by hand what is dated in the future."
        )
    if unread:
        ones = "1 archive there is" if unread == 1 else f"{unread} archives there are"
        outcome.lines.append(f"{ones} of another user, not to be read by this one, and kept.")
    if others := len(names) - len(times) - unread:
        ones = "1 archive there is" if others == 1 else f"{others} archives there are"
        outcome.lines.append(f"{ones} of another database, or from before a restore, and kept.")


def _epoch_in(place: Place, name: str) -> str | None:
    """Of which database an archive is; None where it does not say so, or whose it was took it."""
    try:
        reader = Reader(BytesIO(place.beginning(name)))
    except (FileNotFoundError, Gone):
        return None
    try:
        return head_of(reader, name).epoch
    except (BackupError, Damaged):
        return None
    finally:
        reader.close()


@dataclass(frozen=True, slots=True)
class _Archive:
    """What was made."""

    name: str
    epoch: str
    size: int
    rows: int
    files: int


class Counting:
    """Counts what goes to an archive."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self.size = 0

    def write(self, data: bytes, /) -> object:
        """More of it."""
        self.size += len(data)
        return self._sink.write(data)


class _Making:
    """One archive being made, in a folder to work in."""

    def __init__(
        self,
        settings: Settings,
        backend: Backend,
        place: Place,
        folder: Path,
        outcome: Outcome,
        show: Bars,
    ) -> None:
        self._settings = settings
        self._backend = backend
        self._place = place
        self._folder = folder
        self._outcome = outcome
        self._show = show

    def run(self) -> _Archive:
        """Make it."""
        self._check_space()
        path = self._folder / "chat.db"
        if not isinstance(self._backend, File):
            give_way()
        moment = snapshot.take(self._backend, path, self._show)
        # On SQLite there is time only from here on.
        give_way()
        taken = snapshot.look(path, moment, self._backend)
        packed = snapshot.pack(taken.path, self._folder / DATABASE, taken.moment, self._show)
        head = self._head(taken, packed)
        name = self._new_name(taken.moment)
        with self._place.create(name, head.files_bytes + packed.path.stat().st_size) as sink:
            counting = Counting(sink)
            files = self._write(counting, head, taken, packed)
            read_back(sink.written(), HEAD, head.dump(), counting.size, self._show)
            where = sink.keep()
        self._outcome.lines.append(f"Backed up to {where}.")
        return _Archive(name, taken.epoch, counting.size, sum(head.rows.values()), files)

    def _check_space(self) -> None:
        """Say at once what would be said in the middle. Raises BackupError."""
        if not isinstance(self._backend, File):
            return
        # The copy, what it is packed into, and that once more in an archive in the same folder.
        needed = self._backend.path.stat().st_size * 2 + _SPARE
        free = shutil.disk_usage(self._folder).free
        if free < needed:
            raise BackupError(
                f"There is not enough room in {self._folder.parent}: it has {in_words(free)}, and"
                f" a backup takes about {in_words(needed)}, and what people have sent."
            )

    def _new_name(self, moment: datetime) -> str:
        """A name that no other archive has, of a time of its own. Raises OSError or Unavailable."""
        known = {time_of(name) for name in self._place.names()}
        at = moment.replace(microsecond=0)
        while at in known:
            at += timedelta(seconds=1)
        return name_of(at)

    def _head(self, taken: Snapshot, packed: Packed) -> Head:
        return Head(
            format=FORMAT,
            parlour=__version__,
            database="sqlite" if isinstance(self._backend, File) else "postgresql",
            schema=taken.schema,
            epoch=taken.epoch,
            moment=format_time(taken.moment),
            database_bytes=packed.size,
            database_sha256=packed.sha256,
            rows=taken.rows,
            files=taken.files,
            files_bytes=taken.files_bytes,
        )

    def _write(self, out: Counting, head: Head, taken: Snapshot, packed: Packed) -> int:
        """Write all of it; how many files there were."""
        writer = Writer(out, int(taken.moment.timestamp()))
        try:
            text = head.dump()
            writer.add(HEAD, BytesIO(text), len(text))
            with packed.path.open("rb") as file:
                writer.add(DATABASE, file, packed.path.stat().st_size)
            keys = self._keys(taken)
            if keys is not None:
                writer.add(KEYS, BytesIO(keys), len(keys))
            files = self._write_files(writer, head, taken)
            writer.end()
        finally:
            writer.close()
        return files

    def _keys(self, taken: Snapshot) -> bytes | None:
        if taken.keys is not None:
            # They are in the database, where they are put back.
            return None
        try:
            return self._settings.keys_path.read_bytes()
        except FileNotFoundError:
            words = f"{self._settings.keys_path} is not there: after a restore everybody has to"
            self._outcome.warnings.append(f"{words} sign in again.")
            return None

    def _write_files(self, writer: Writer, head: Head, taken: Snapshot) -> int:
        missing: list[str] = []
        other: list[str] = []
        count = 0
        engine = taken.open()
        try:
            with (
                Fetching(self._settings, self._folder) as fetching,
                engine.begin() as connection,
                self._show("Files", head.files_bytes, "B") as bar,
            ):
                for named in backups.named(connection):
                    with fetching.get(named.key, named.size) as fetched:
                        if fetched is None:
                            missing.append(named.key)
                            continue
                        digest = writer.add(f"{FILES}{named.key}", *fetched)
                        count += 1
                        if named.sha256 not in (None, digest):
                            other.append(named.key)
                    bar.update(named.size)
        finally:
            engine.dispose()
        self._warn(missing, "that the database names", "not in the storage")
        self._warn(other, "in the storage", "not what was sent")
        return count

    def _warn(self, keys: list[str], which: str, how: str) -> None:
        if keys:
            some = ", ".join(keys[:_TOLD]) + (", ..." if len(keys) > _TOLD else "")
            are = "is" if len(keys) == 1 else "are"
            self._outcome.warnings.append(f"{_files(len(keys))} {which} {are} {how}: {some}")


def read_back(source: BinaryIO, name: str, text: bytes, size: int, show: Bars) -> None:
    """Read what was written, which begins with this file. Raises BackupError where it does not."""
    try:
        with show("Reading back", size, "B") as bar:
            reader = Reader(Watched(source, bar))
            try:
                first = reader.next()
                if first is None or first.name != name or first.read() != text:
                    raise Damaged(f"{name} is not what was written")
                while reader.next() is not None:
                    pass
            finally:
                reader.close()
    except Damaged as error:
        raise BackupError(f"What was written is not what is read: {error}.") from error
