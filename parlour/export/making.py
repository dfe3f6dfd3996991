"""`parlour export`: one moment of what was chosen, as lines of JSON, files, and pages to read."""

import contextlib
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import IO, BinaryIO, Final, Literal

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from parlour import __version__
from parlour.backup.claim import Claim
from parlour.backup.contents import BackupError
from parlour.backup.fetching import Fetching
from parlour.backup.making import Counting, give_way, read_back
from parlour.backup.places import Folder, Place, place_of
from parlour.backup.snapshot import refuse_unusable
from parlour.carried import FORMAT, VERSION, Counts, Head, Record
from parlour.export import checking
from parlour.export.contents import HEAD, OWN, SIGNATURE, many, name_of, path_of
from parlour.export.reading import ReadingCopy
from parlour.export.sealing import seal_of, sign
from parlour.filing import in_words
from parlour.migrations import revisions
from parlour.settings import Settings
from parlour.store import own
from parlour.store.backends import Backend, File, backend_of
from parlour.store.dialects import is_sqlite
from parlour.store.exporting import Chosen, Exporting
from parlour.store.users import find_account
from parlour.support.archive import Writer
from parlour.support.bars import Bars
from parlour.support.postgresql import let_read_long
from parlour.support.urls import S3

# A file of lines is ended when it has so many bytes.
_PART: Final = 8 * 1024 * 1024
# What is in memory at most of what is being put together.
_IN_MEMORY: Final = 1024 * 1024
# Of so many files that are missing the names are told.
_TOLD: Final = 3


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for: where to, and what of it; rooms by their ids, or what is one person's."""

    where: str
    kinds: tuple[str, ...] = ("public",)
    room_ids: tuple[int, ...] | None = None
    person: str | None = None


@dataclass(slots=True)
class Outcome:
    """What was done: lines for standard output, and those for standard error."""

    lines: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def make(settings: Settings, order: Order, show: Bars) -> Outcome:
    """Make one. Raises BackupError, SettingsError, Unavailable or OSError; nothing is left then."""
    backend = backend_of(settings)
    if isinstance(backend, File) and not backend.is_there():
        raise BackupError(f"There is no database in {settings.data_dir}.")
    place: Place = Folder(Path(order.where))
    if order.person is None or order.where.startswith(S3):
        # What is one person's the server makes in a folder of its own.
        place = place_of(settings, order.where)
    outcome = Outcome()
    with contextlib.ExitStack() as held:
        if order.person is None:
            # What is deleted meanwhile stays in the storage, as while a backup is made. Of what is
            # one person's alone nobody is kept waiting for that.
            claim = Claim(backend)
            held.enter_context(claim.held(0))
            outcome.warnings += claim.warnings
        folder = held.enter_context(place.begin())
        # What is one person's is brought in nowhere.
        seal = seal_of(backend) if order.person is None else None
        if seal is None and order.person is None:
            words = "It could not be signed: this server would take it for one of elsewhere."
            outcome.warnings.append(words)
        give_way()
        _Making(settings, backend, place, folder, order, outcome, show).run(seal)
    return outcome


class _Making:
    """One archive being made, in a folder to work in."""

    def __init__(
        self,
        settings: Settings,
        backend: Backend,
        place: Place,
        folder: Path,
        order: Order,
        outcome: Outcome,
        show: Bars,
    ) -> None:
        self._settings = settings
        self._backend = backend
        self._place = place
        self._folder = folder
        self._order = order
        self._outcome = outcome
        self._show = show

    def run(self, seal: str | None) -> None:
        """Make it."""
        begun = time.monotonic()
        listed = tempfile.TemporaryFile("w+", dir=self._folder, encoding="ascii")  # noqa: SIM115
        with listed as stored, self._reading() as (connection, moment):
            exporting, head = self._begin(connection, moment)
            name = name_of(moment, head.scope)
            sink = self._place.create(name, head.files_bytes)
            with sink:
                counting = Counting(sink)
                writer = Writer(counting, int(moment.timestamp()))
                try:
                    self._write_rows(writer, connection, exporting, head, stored)
                    # What was read is put together by now: nobody's log has to grow for files.
                    connection.rollback()
                    files = self._write_files(writer, head, stored)
                    if seal is not None:
                        text = sign(seal, writer.digest())
                        writer.add(SIGNATURE, BytesIO(text), len(text))
                    writer.end()
                finally:
                    writer.close()
                self._read_back(sink.written(), head, counting.size)
                where = sink.keep()
        counts, seconds = head.counts, time.monotonic() - begun
        self._outcome.lines += [
            f"Exported to {where}.",
            (
                f"It was read back and is whole: {many(counts.rooms, 'room')},"
                f" {many(counts.messages, 'message')}, {many(counts.people, 'person', 'people')},"
                f" {many(files, 'file')}; {in_words(counting.size)} in {seconds:.0f} s."
            ),
            "Unpack it and open index.html to read it.",
        ]

    def _read_back(self, source: BinaryIO, head: Head, size: int) -> None:
        """As whoever brings it in will read it. Raises BackupError where it is not as written."""
        if head.scope == "person":
            read_back(source, HEAD, head.dump(), size, self._show)
            return
        seen = checking.read_back(source, head, self._show)
        if seen.late:
            self._outcome.warnings.append(
                f"{many(seen.late, 'line')} of it {'has' if seen.late == 1 else 'have'} times that"
                " had not come when it was made: a clock was wrong, or is. An import takes them"
                " down to that time."
            )
        if seen.fault is not None:
            self._outcome.warnings.append(
                f"It is whole and can be read, but no import takes it: {seen.fault}. Report that"
                " as a fault of Parlour."
            )

    @contextlib.contextmanager
    def _reading(self) -> Iterator[tuple[Connection, datetime]]:
        """One moment of the database. Raises BackupError."""
        engine = self._backend.open_readers(1)
        try:
            with engine.connect() as connection, connection.begin():
                moment = datetime.now(UTC)
                schema = refuse_unusable(connection, self._backend)
                if schema != revisions()[-1]:
                    raise BackupError(
                        f"{self._backend} has schema {schema}, and this Parlour has"
                        f" {revisions()[-1]}: start it once, so that it is brought there."
                    )
                if not is_sqlite(connection):
                    let_read_long(connection)
                yield connection, moment
        except DBAPIError as error:
            words = f"{self._backend} cannot be read: {self._backend.fault(error)}"
            raise BackupError(words) from error
        finally:
            engine.dispose()

    def _begin(self, connection: Connection, moment: datetime) -> tuple[Exporting, Head]:
        order = self._order
        user_id, scope = None, "server" if order.room_ids is None else "rooms"
        if order.person is not None:
            account = find_account(connection, order.person)
            if account is None:
                raise BackupError(f"There is nobody called {order.person[:64]}.")
            user_id, scope = account.user.id, "person"
        exporting = Exporting(connection, Chosen(order.kinds, order.room_ids, user_id))
        counts = exporting.counts()
        if order.room_ids is not None and counts.rooms < len(set(order.room_ids)):
            there = {room.id for room in exporting.rooms()}
            wrong = next(each for each in order.room_ids if each not in there)
            raise BackupError(f"There is no room {wrong}.")
        kinds = tuple(dict.fromkeys(room.kind for room in exporting.rooms()))
        made_scope: Literal["server", "rooms", "person"] = scope  # type: ignore[assignment]
        head = Head(
            format=FORMAT, version=VERSION, parlour=__version__, history=exporting.history,
            moment=moment, scope=made_scope, kinds=kinds,
            person=None if user_id is None else f"user:{user_id}", counts=counts,
            files_bytes=sum(each.size for each in exporting.stored()),
        )  # fmt: skip
        return exporting, head

    def _write_rows(
        self,
        writer: Writer,
        connection: Connection,
        exporting: Exporting,
        head: Head,
        stored: IO[str],
    ) -> None:
        text = head.dump()
        writer.add(HEAD, BytesIO(text), len(text))
        parts = _Parts(writer, self._folder)
        user_id = None if head.person is None else int(head.person.removeprefix("user:"))
        if user_id is not None:
            data = own.data_of(connection, user_id)
            writer.add(OWN, BytesIO(data), len(data))
        with self._show("Rows", _total(head.counts), " rows") as bar:
            for kind, records in (
                ("people", exporting.people()),
                ("rooms", exporting.rooms()),
                ("members", exporting.members()),
                ("files", exporting.files()),
                ("messages", exporting.messages()),
                ("reactions", exporting.reactions()),
            ):
                parts.write(kind, _watched(records, bar.update))
        with self._show("Pages", head.counts.messages, " messages") as bar:
            ReadingCopy(writer, exporting, head, bar.update).write()
        for each in exporting.stored():
            stored.write(f"{each.key} {each.size} {each.type} {each.sha256}\n")

    def _write_files(self, writer: Writer, head: Head, stored: IO[str]) -> int:
        missing: list[str] = []
        other: list[str] = []
        count = 0
        stored.seek(0)
        with (
            Fetching(self._settings, self._folder) as fetching,
            self._show("Files", head.files_bytes, "B") as bar,
        ):
            for line in stored:
                key, size, kind, sha256 = line.split()
                with fetching.get(key, int(size)) as fetched:
                    if fetched is None:
                        missing.append(key)
                        continue
                    digest = writer.add(path_of(key, kind), *fetched)
                    count += 1
                    if sha256 not in ("None", digest):
                        other.append(key)
                bar.update(int(size))
        self._warn(missing, "not in the storage any more")
        self._warn(other, "not what was sent")
        return count

    def _warn(self, keys: list[str], how: str) -> None:
        if keys:
            some = ", ".join(keys[:_TOLD]) + (", ..." if len(keys) > _TOLD else "")
            are = "is" if len(keys) == 1 else "are"
            self._outcome.warnings.append(f"{many(len(keys), 'file')} {are} {how}: {some}")


class _Parts:
    """Writes lines into files of an archive, none of them larger than a while."""

    def __init__(self, writer: Writer, folder: Path) -> None:
        self._writer = writer
        self._folder = folder

    def write(self, kind: str, records: Iterable[Record]) -> None:
        """All lines of a kind."""
        number = 1
        lines = iter(records)
        line = next(lines, None)
        while line is not None:
            with tempfile.SpooledTemporaryFile(_IN_MEMORY, dir=str(self._folder)) as part:
                while line is not None and part.tell() < _PART:
                    part.write(line.line())
                    line = next(lines, None)
                size = part.tell()
                part.seek(0)
                self._writer.add(f"data/{kind}-{number:06}.jsonl", part, size)
            number += 1


def _watched(records: Iterable[Record], told: Callable[[int], object]) -> Iterator[Record]:
    for number, record in enumerate(records, 1):
        yield record
        if number % 1_000 == 0:
            told(1_000)


def _total(counts: Counts) -> int:
    return sum(counts.model_dump().values())
