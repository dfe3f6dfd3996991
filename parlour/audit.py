"""What was done with power over others: written in the act's own transaction, chained by hash."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection

from parlour.fields import format_time
from parlour.models import Person
from parlour.oversight import AuditEntry, is_guest
from parlour.store import audit as audit_rows
from parlour.store.audit import Entry

# How the acts begin that are done to accounts alone.
_ON_ACCOUNTS: Final = ("admin.", "member.", "room.owner", "user.")
# What the first entry is chained to.
BEGINNING: Final = "0" * 64


@dataclass(frozen=True, slots=True)
class Head:
    """Where the log ends: how many entries it has, the last one's id and hash."""

    count: int
    id: int
    hash: str


# Who acts where somebody works on the data itself.
COMMAND_LINE: Final = Person(username="cli", author="cli", guest=False)


class Broken(Exception):
    """The log is not what was written; the text says where it begins to differ."""


def note(
    connection: Connection,
    by: Person,
    action: str,
    subject: str,
    *,
    room_id: int | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write down that somebody did something to `subject`."""
    last = audit_rows.last_entry(connection)
    entry = Entry(
        id=1 if last is None else last.id + 1,
        at=datetime.now(UTC),
        actor=by.author,
        actor_name=by.username,
        action=action,
        room_id=room_id,
        subject=subject,
        detail=_canonical(detail or {}),
        previous=BEGINNING if last is None else last.hash,
        hash="",
    )
    audit_rows.append(connection, entry.with_hash(hash_of(entry)))


def hash_of(entry: Entry) -> str:
    """SHA-256 over the entry before this one and all that this one says.

    What is hashed is UTF-8 JSON with sorted keys and no spaces: `previous`, `id`, `at` (RFC 3339),
    `actor`, `actor_name`, `action`, `room_id`, `subject`, `detail` (itself JSON, as a string).
    """
    said = {name: value for name, value in entry.fields().items() if name != "hash"}
    said["at"] = format_time(entry.at)
    return hashlib.sha256(_canonical(said).encode()).hexdigest()


def told(entry: Entry) -> AuditEntry:
    """An entry as administrators read it."""
    detail = json.loads(entry.detail)
    return AuditEntry.model_construct(
        id=entry.id,
        at=entry.at,
        actor=entry.actor_name,
        actor_guest=entry.actor != COMMAND_LINE.author and is_guest(entry.actor),
        action=entry.action,
        room_id=entry.room_id,
        subject=entry.subject,
        subject_guest=_is_subject_guest(entry.action, detail),
        detail=detail,
        hash=entry.hash,
    )


def _is_subject_guest(action: str, detail: Mapping[str, Any]) -> bool | None:
    author = detail.get("author")
    if isinstance(author, str):
        return is_guest(author)
    # What is done to accounts needs no author: only they have a role, or members of a room.
    return False if action.startswith(_ON_ACCOUNTS) else None


def verify(entries: Iterator[Entry], known: tuple[int, str] | None = None) -> Head:
    """Go through the log from its beginning. Raises Broken.

    `known` is the id and hash of an entry that was noted elsewhere: without it nobody can see that
    the end of the log is missing, or that all of it was written anew.
    """
    previous, count, last_id = BEGINNING, 0, 0
    try:
        for entry in entries:
            count += 1
            if entry.id != last_id + 1:
                raise Broken(f"entry {last_id + 1} is missing: entry {entry.id} follows {last_id}")
            if entry.previous != previous:
                raise Broken(f"entry {entry.id} does not follow the entry before it")
            if entry.hash != hash_of(entry):
                raise Broken(f"entry {entry.id} was changed: its hash is another")
            if known is not None and entry.id == known[0] and entry.hash != known[1]:
                raise Broken(f"entry {entry.id} is not the one whose hash was noted")
            previous, last_id = entry.hash, entry.id
    except (TypeError, ValueError):
        raise Broken(f"entry {last_id + 1} was changed: it cannot be read") from None
    if known is not None and known[0] > last_id:
        raise Broken(f"entry {known[0]} is missing: the log ends with entry {last_id}")
    return Head(count, last_id, previous)


def _canonical(value: Mapping[str, Any]) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
