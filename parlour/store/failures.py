"""What is counted against guessing: one row for each key."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select

from parlour.store.dialects import upsert
from parlour.store.tables import login_failures


@dataclass(frozen=True, slots=True)
class Count:
    """How often, since when, and until when not again."""

    count: int
    since: datetime
    blocked_until: datetime | None = None


def get_count(connection: Connection, key: str) -> Count | None:
    """What stands under a key."""
    row = connection.execute(
        select(
            login_failures.c.count, login_failures.c.since, login_failures.c.blocked_until
        ).where(login_failures.c.key == key)
    ).first()
    return None if row is None else Count(*row)


def set_count(connection: Connection, key: str, count: Count) -> None:
    """Write what stands under a key."""
    values = {
        "count": count.count, "since": count.since, "blocked_until": count.blocked_until
    }  # fmt: skip
    connection.execute(
        upsert(connection, login_failures)
        .values(key=key, **values)
        .on_conflict_do_update(index_elements=["key"], set_=values)
    )


def forget(connection: Connection, key: str) -> None:
    """Count anew."""
    connection.execute(delete(login_failures).where(login_failures.c.key == key))


def forget_all(connection: Connection, start: str) -> None:
    """Count anew under every key that begins so."""
    # As a range, which the primary key finds; LIKE would look at every row.
    after = start[:-1] + chr(ord(start[-1]) + 1)
    key = login_failures.c.key
    connection.execute(delete(login_failures).where(key >= start, key < after))


def forget_before(connection: Connection, since: datetime, *, but: str | None = None) -> None:
    """Take away what counts no longer, except under keys that begin with `but`."""
    statement = delete(login_failures).where(login_failures.c.since < since)
    if but is not None:
        statement = statement.where(~login_failures.c.key.startswith(but, autoescape=True))
    connection.execute(statement)
