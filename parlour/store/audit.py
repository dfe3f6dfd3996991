"""The audit log's rows: they are added and read, and triggers refuse everything else."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, String, insert, select, type_coerce

from parlour.fields import format_time
from parlour.store.tables import audit


@dataclass(frozen=True, slots=True)
class Entry:
    """One act; `detail` is JSON."""

    id: int
    at: datetime
    actor: str
    actor_name: str
    action: str
    room_id: int | None
    subject: str
    detail: str
    previous: str
    hash: str

    def fields(self) -> dict[str, Any]:
        """All of it by name."""
        return asdict(self)

    def with_hash(self, value: str) -> "Entry":
        """The same with its hash."""
        return replace(self, hash=value)


def last_entry(connection: Connection) -> Entry | None:
    """The newest."""
    row = connection.execute(select(audit).order_by(audit.c.id.desc()).limit(1)).first()
    return None if row is None else Entry(*row)


def append(connection: Connection, entry: Entry) -> None:
    """One more."""
    connection.execute(insert(audit).values(**entry.fields()))


def all_entries(connection: Connection) -> Iterator[Entry]:
    """From the first to the last, a thousand at a time in memory.

    Raises ValueError for a time that is not written as it is told.
    """
    written = type_coerce(audit.c.at, String).label("written")
    rows = connection.execution_options(yield_per=1_000).execute(
        select(audit, written).order_by(audit.c.id)
    )
    for row in rows:
        entry = Entry(*row[:-1])
        if format_time(entry.at) != row.written:
            raise ValueError(row.written)
        yield entry


def entries_before(connection: Connection, before: int | None, limit: int) -> list[Entry]:
    """A page of the log, newest first."""
    statement = select(audit).order_by(audit.c.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(audit.c.id < before)
    return [Entry(*row) for row in connection.execute(statement)]
