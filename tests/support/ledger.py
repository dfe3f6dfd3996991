"""The ledger: what writers asked for and were told, and what readers got, over all connections.

After Jepsen's set and kafka checkers. Writers log each attempt and how it ended, readers all that
they get; what was promised about it is checked in `ledger_check.py`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

FaultKind = Literal["lost", "doubled", "reordered", "hole", "phantom", "disagreement"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One broken promise: which, and the words that let one find it."""

    kind: FaultKind
    words: str


@dataclass(frozen=True, slots=True)
class Record:
    """A message as somebody was told of it."""

    room_id: int
    id: int
    version: int
    username: str
    content: str
    client_id: str | None

    @classmethod
    def of(cls, message: dict[str, Any]) -> "Record":
        """The record of a message in its wire shape."""
        return cls(**{name: message[name] for name in cls.__slots__})


@dataclass(slots=True)
class Send:
    """One message somebody wants stored, over however many attempts with its `client_id`."""

    room_id: int
    username: str
    content: str
    client_id: str
    # Position among its writer's sends; None when the writer had others on their way beside it,
    # on other connections, so that no order was promised.
    place: int | None
    attempts: int = 0
    failures: int = 0
    acknowledged: list[Record] = field(default_factory=list)

    @property
    def certainly_failed(self) -> bool:
        """Whether every attempt was refused: an attempt without an answer may be stored."""
        return not self.acknowledged and self.failures == self.attempts


@dataclass(frozen=True, slots=True)
class Span:
    """Versions that a reader must know all of: from after `start` up to and with `end`."""

    start: int
    end: int


class Reading:
    """What one reader got of one room, over all its connections.

    Positions are checked as they are logged: what a frame may carry depends on where its reader
    stood when it came.
    """

    def __init__(self, reader: str, room_id: int) -> None:
        self.reader = reader
        self.room_id = room_id
        self.version: int | None = None
        self.epoch: str | None = None
        self.records: list[Record] = []
        # What a resent message was answered with: told to its sender, at no position.
        self.repeats: list[Record] = []
        self.spans: list[Span] = []
        self.faults: list[Fault] = []
        self.resets = 0

    def sync(self, frame: dict[str, Any], *, asked_after: int | None) -> None:
        """Log a `sync`, the answer to a connection or subscription with this `after`."""
        version: int = frame["version"]
        self.epoch = frame["epoch"]
        records = [Record.of(message) for message in frame["messages"]]
        if frame["reset"]:
            self.resets += 1
            self._expect(not records, "disagreement", f"a reset with messages, at {version}")
            # The reader reads the history again, while live frames go on from here.
            self.version = version
            return
        if asked_after is None:
            self._expect(not records, "disagreement", f"messages nobody asked for, at {version}")
            self.version = version
            return
        versions = [record.version for record in records]
        rises = versions == sorted(set(versions))
        self._expect(rises, "reordered", f"a sync after {asked_after} with versions {versions}")
        outside = [each for each in versions if not asked_after < each <= version]
        self._expect(
            not outside, "disagreement", f"versions {outside} in a sync of {asked_after}-{version}"
        )
        self._expect(
            version >= asked_after, "lost", f"the room went back from {asked_after} to {version}"
        )
        self.records += records
        self._reached(asked_after, version)

    def live(self, frame: dict[str, Any]) -> None:
        """Log a live frame of a durable change."""
        record = Record.of(frame["message"])
        if frame.get("repeated"):
            self.repeats.append(record)
            return
        self.records.append(record)
        version: int = frame["version"]
        self._expect(
            version == record.version, "disagreement", f"frame {version} has message {record}"
        )
        if self.version is None:
            self._blame("disagreement", f"live frame {version} before where it begins")
        elif version == self.version:
            self._blame("doubled", f"version {version} came twice")
        elif version < self.version:
            self._blame("reordered", f"version {version} came after {self.version}")
        elif version > self.version + 1:
            self._blame("hole", f"version {version} came after {self.version}")
        self._reached(self.version if self.version is not None else version - 1, version)

    def read(self, version: int, messages: Iterable[dict[str, Any]]) -> None:
        """Log that the whole history was read, as it stood at `version`."""
        self.records += [Record.of(message) for message in messages]
        self.spans.append(Span(0, version))

    def _reached(self, start: int, version: int) -> None:
        self.spans.append(Span(start, version))
        self.version = max(version, self.version or 0)

    def _expect(self, true: bool, kind: FaultKind, words: str) -> None:
        if not true:
            self._blame(kind, words)

    def _blame(self, kind: FaultKind, words: str) -> None:
        self.faults.append(Fault(kind, f"{self.reader} in room {self.room_id}: {words}"))


class Ledger:
    """All that was asked, told and read."""

    def __init__(self) -> None:
        self.sends: dict[str, Send] = {}
        self.readings: dict[tuple[str, int], Reading] = {}
        # How many messages were acknowledged, and up to which version.
        self.acknowledged = 0
        self.newest = 0

    # Writers

    def invoke(
        self, room_id: int, username: str, content: str, client_id: str, place: int | None = None
    ) -> None:
        """Log one attempt to send; `client_id` is unique in the whole ledger."""
        send = self.sends.setdefault(client_id, Send(room_id, username, content, client_id, place))
        send.attempts += 1

    def ok(self, client_id: str, message: dict[str, Any]) -> None:
        """Log that the server acknowledged it, as this message."""
        send = self.sends[client_id]
        # Counted as they come: tests ask for it after each.
        self.acknowledged += not send.acknowledged
        send.acknowledged.append(Record.of(message))
        self.newest = max(self.newest, message["version"])

    def fail(self, client_id: str) -> None:
        """Log that the server refused one attempt. One without any answer stays unknown."""
        self.sends[client_id].failures += 1

    # Readers

    def reading(self, reader: str, room_id: int) -> Reading:
        """The log of one reader in one room."""
        return self.readings.setdefault((reader, room_id), Reading(reader, room_id))
