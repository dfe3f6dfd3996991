"""An export as it is read: whether it is whole, and nothing else than Parlour writes.

Nothing of it is believed: no name leads anywhere, no size is taken for granted, and each line has
to be what docs/export.md says. All of it is read once before anything is brought in.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Any, BinaryIO, Final, NamedTuple

from pydantic import ValidationError

from parlour.backup.checking import size_of
from parlour.backup.contents import BackupError, check_form
from parlour.backup.places import opened
from parlour.carried import KINDS, MAX_LINE, VERSION, Head, Record
from parlour.export.contents import FILES, HEAD, OWN, SIGNATURE
from parlour.export.sealing import SIZE, Signed
from parlour.export.timing import Timing
from parlour.export.wording import words_of
from parlour.settings import Settings
from parlour.support.archive import PORTION, Damaged, Member, Reader
from parlour.support.bars import Bars, Watched

_MOST_OF_HEAD: Final = 64 * 1024
# What is in it: lines, what was sent, and pages to read, which are passed over.
_LINES: Final = re.compile(rf"data/({'|'.join(KINDS)})-([0-9]{{6}})\.jsonl")
_FILE: Final = re.compile(rf"{FILES}([0-9a-f]{{32}}t?)\.[a-z0-9]{{1,8}}")
_PAGE: Final = re.compile(r"index\.html|read/[a-z0-9-]+\.(html|css|js)")
# Behind an even number of backslashes: behind an odd one it is what somebody wrote about zeros.
_ZERO: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
# People and rooms are in memory, as numbers, while they are brought in.
_MOST: Final = {"people": 1_000_000, "rooms": 1_000_000}


class Visitor:
    """What is done with what is read, in the order in which it stands there."""

    # Whether nothing is wanted behind the last line.
    only_lines = False

    def begin(self, head: Head) -> None:
        """What it says of itself."""

    def record(self, kind: str, record: Any) -> None:
        """A line."""

    def file(self, key: str, member: Member) -> None:
        """What somebody sent, under the key that it had."""

    def end_of(self, kind: str) -> None:
        """There are no more lines of a kind; said of each, in their order."""


class Seen(NamedTuple):
    """What was read."""

    head: Head
    # A hash of all its lines, by which another reading is of the same ones.
    lines: bytes
    # None where there is none, or it was not read so far.
    signed: Signed | None
    # Lines that tell of times that had not come.
    late: int
    # Why it cannot be brought in, of one that is looked through while it is made.
    fault: str | None = None


def read(
    settings: Settings,
    archive: str,
    words: str,
    visitor: Visitor,
    show: Bars,
    before: bytes | None = None,
) -> Seen:
    """Read all of it; the same lines as `before`. Raises BackupError, Unavailable or OSError."""
    try:
        with opened(settings, archive) as file:
            seen = _Reading(file, archive, visitor).run(words, show)
    except Damaged as error:
        raise BackupError(f"{archive} is damaged: {error}.") from None
    if before not in (None, seen.lines):
        raise BackupError(f"{archive} is another one than it was a moment ago.")
    return seen


class _Reading:
    """One reading of an archive; `forgiving` where it is only said what could not be taken."""

    def __init__(
        self, file: BinaryIO, archive: str, visitor: Visitor, *, forgiving: bool = False
    ) -> None:
        self._forgiving = forgiving
        self._fault: str | None = None
        self._file = file
        self._archive = archive
        self._visitor = visitor
        self._counts: Counter[str] = Counter()
        self._left = list(KINDS)
        self._lines_seen = b""
        self._signed: Signed | None = None
        self._timing: Timing

    def run(self, words: str, show: Bars) -> Seen:
        with show(words, size_of(self._file), "B") as bar:
            reader = Reader(Watched(self._file, bar))
            try:
                head = read_head(reader.next(), self._archive)
                self._timing = Timing(head.moment)
                self._visitor.begin(head)
                while (member := reader.next()) is not None:
                    is_behind = not self._left
                    self._forgive(partial(self._take, member, reader))
                    if not self._left and not is_behind:
                        self._lines_seen = reader.digest()
                        if self._visitor.only_lines:
                            break
                else:
                    self._lines_seen = self._lines_seen or reader.digest()
            finally:
                reader.close()
        self._forgive(partial(self._end, head))
        return Seen(head, self._lines_seen, self._signed, self._timing.late, self._fault)

    def _forgive(self, act: Callable[[], None]) -> None:
        """Do it. What is not as it was written is found by whoever reads on, in any case."""
        if not self._forgiving:
            act()
        elif self._fault is None:
            try:
                act()
            except Damaged as error:
                self._fault = str(error)

    def _end(self, head: Head) -> None:
        self._begin("")
        told = head.counts.model_dump()
        for kind, count in told.items():
            if self._counts[kind] != count:
                raise Damaged(f"it tells of {count} {kind} and has {self._counts[kind]}")

    def _take(self, member: Member, reader: Reader) -> None:
        if self._signed is not None:
            raise Damaged(f"there is something behind its signature: {member.name}")
        if found := _LINES.fullmatch(member.name):
            self._begin(found[1])
            self._lines(found[1], member)
            return
        if member.name == OWN:
            return
        self._begin("")
        if member.name == SIGNATURE and member.size == SIZE:
            self._signed = Signed(member.read(), reader.digest())
        elif found := _FILE.fullmatch(member.name):
            self._visitor.file(found[1], member)
        elif not _PAGE.fullmatch(member.name):
            raise Damaged(f"there is something else in it: {member.name}")

    def _begin(self, kind: str) -> None:
        """What comes before a kind of lines, or behind all of them, has ended."""
        if kind and kind not in self._left:
            raise Damaged(f"its {kind} stand in the wrong place")
        while self._left and self._left[0] != kind:
            self._visitor.end_of(self._left.pop(0))

    def _lines(self, kind: str, member: Member) -> None:
        shape, most = KINDS[kind], _MOST.get(kind)
        for line in _lines_of(member):
            self._counts[kind] += 1
            if most is not None and self._counts[kind] > most:
                raise Damaged(f"it has more than {most} {kind}")
            record = _record(shape, line, member.name)
            self._visitor.record(kind, self._timing.taken(kind, record))


def _lines_of(member: Member) -> Iterator[bytes]:
    left, rest = member.size, b""
    while left or rest:
        portion = member.read(min(PORTION, left)) if left else b""
        left -= len(portion)
        *lines, rest = (rest + portion).split(b"\n")
        yield from lines
        if len(rest) > MAX_LINE:
            raise Damaged(f"a line of {member.name} is too long")
        if not left and rest:
            raise Damaged(f"the last line of {member.name} has no end")


def _record(shape: type[Record], line: bytes, where: str) -> Record:
    # Texts have none, and PostgreSQL takes none.
    if b"\x00" in line or (b"u0000" in line and _ZERO.search(line)):
        raise Damaged(f"there is a zero in {where}")
    try:
        return shape.model_validate_json(line)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "a line"
        raise Damaged(f"{place} in {where}: {first['msg']}") from None


def read_head(member: Member | None, shown: str) -> Head:
    """What an archive says of itself. Raises BackupError, with which program takes a newer one."""
    if member is None or member.name != HEAD or member.size > _MOST_OF_HEAD:
        raise BackupError(f"{shown} is no export of Parlour.")
    text = member.read()
    try:
        check_form(text, "version", VERSION, shown)
        return Head.model_validate_json(text)
    except (ValidationError, ValueError):
        raise BackupError(f"{shown} is damaged: it does not say what it is.") from None


class Checked(NamedTuple):
    """What was found to be whole."""

    seen: Seen
    # Bytes of what people sent, as they are.
    files_bytes: int
    # Messages that are older than they are kept here.
    over: int


class _Checking(Visitor):
    """Whether what refers to something refers to what is there."""

    def __init__(self, since: datetime | None) -> None:
        self.files_bytes = 0
        self.over = 0
        self._since = since
        self._people: set[str] = set()
        # Of which room the owner was told last.
        self._owned = 0
        self._rooms: set[int] = set()
        self._files: set[str] = set()
        self._last: dict[str, Any] = {}
        self._checks: dict[str, Callable[[Any], None]] = {
            "people": self._person, "rooms": self._room, "members": self._member,
            "files": self._file, "messages": self._message, "reactions": self._reaction,
        }  # fmt: skip

    def record(self, kind: str, record: Any) -> None:
        self._checks[kind](record)

    def _person(self, person: Any) -> None:
        if person.id in self._people:
            raise Damaged(f"{person.id} stands there twice")
        self._people.add(person.id)
        if person.avatar is not None:
            self._files.add(person.avatar)

    def _is_room(self, room_id: int) -> None:
        if room_id not in self._rooms:
            raise Damaged(f"there is no room {room_id} in it")

    def _is_known(self, author: str) -> None:
        if author.startswith("user:") and author not in self._people:
            raise Damaged(f"nothing is said of {author}")

    def _room(self, room: Any) -> None:
        if room.id in self._rooms:
            raise Damaged(f"room {room.id} stands there twice")
        self._rooms.add(room.id)

    def _member(self, member: Any) -> None:
        self._in_order("members", (member.room, int(member.person.removeprefix("user:"))))
        self._is_room(member.room)
        self._is_known(member.person)
        if member.role == "owner":
            if member.room == self._owned:
                raise Damaged(f"room {member.room} has two owners")
            self._owned = member.room

    def _file(self, file: Any) -> None:
        if file.id in self._files:
            raise Damaged(f"the file {file.id} stands there twice")
        if not self._rooms:
            raise Damaged("it has files and no rooms")
        self._files.add(file.id)
        self._is_known(file.author)

    def _message(self, message: Any) -> None:
        self._in_order("messages", message.id)
        self._is_room(message.room)
        self._is_known(message.author)
        # What is taken here is taken when it is stored, too.
        words_of(message.text)
        for each in message.earlier:
            words_of(each.text)
        if message.forwarded is not None:
            words_of(message.forwarded.text)
        self.over += self._since is not None and message.at < self._since

    def _reaction(self, reaction: Any) -> None:
        if reaction.message < self._last.get("reactions", 0):
            raise Damaged("its reactions are not in their order")
        self._last["reactions"] = reaction.message
        self._is_known(reaction.author)

    def _in_order(self, kind: str, key: Any) -> None:
        if kind in self._last and key <= self._last[kind]:
            raise Damaged(f"its {kind} are not in their order")
        self._last[kind] = key

    def file(self, key: str, member: Member) -> None:
        if key[:32] not in self._files:
            raise Damaged(f"there is a file in it of which nothing is said: {member.name}")
        self.files_bytes += member.size


def read_back(source: BinaryIO, head: Head, show: Bars) -> Seen:
    """Read what was written. Raises BackupError where it is not that; why no import takes it."""
    words = "What was written is not what is read"
    reading = _Reading(source, "What was written", _Checking(None), forgiving=True)
    try:
        seen = reading.run("Reading back", show)
    except Damaged as error:
        raise BackupError(f"{words}: {error}.") from error
    if seen.head != head:
        raise BackupError(f"{words}: {HEAD} is another one.")
    return seen


def check(settings: Settings, archive: str, show: Bars, since: datetime | None = None) -> Checked:
    """Read all of it before anything is done; messages from before `since` are counted.

    Raises BackupError, Unavailable or OSError.
    """
    checking = _Checking(since)
    seen = read(settings, archive, "Checking", checking, show)
    if seen.head.scope == "person":
        words = "it is what one person took along, not what a server is made of"
        raise BackupError(f"{archive} cannot be brought in: {words}.")
    return Checked(seen, checking.files_bytes, checking.over)
