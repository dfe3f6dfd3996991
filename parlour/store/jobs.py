"""The rows of jobs: put there, taken for a while, ended, put off, given up.

Times are the database's own, so that nodes agree on them whatever their clocks say. On SQLite that
is the clock of the one server there is.
"""

import time
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import ColumnElement, Connection, bindparam, delete, select, update

from parlour.store.dialects import is_sqlite, upsert
from parlour.store.tables import jobs

_NOW: Final = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint"
# What was given up is kept for so long, for whoever wants to know.
FAILED_MS: Final = 30 * 24 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class Taken:
    """A job that is ours until then, for the `tries`-th time that anybody has it."""

    id: int
    kind: str
    payload: str
    tries: int
    until: int


# By the time alone: with the bare column, all jobs of these kinds would be sorted.
_kind = jobs.c.kind + ""
_DUE: Final = (
    select(jobs.c.due_at)
    .where(jobs.c.failed_at.is_(None), _kind.in_(bindparam("kinds", expanding=True)))
    .order_by(jobs.c.due_at, jobs.c.id)
    .limit(1)
)


def now_ms(connection: Connection) -> int:
    """What time it is."""
    if is_sqlite(connection):
        return time.time_ns() // 1_000_000
    return int(connection.exec_driver_sql(_NOW).scalar_one())


def put(connection: Connection, kind: str, key: str | None, payload: str, due_at: int) -> None:
    """A job, unless there is one of this kind and key."""
    values = {"kind": kind, "key": key, "payload": payload, "due_at": due_at, "tries": 0}
    connection.execute(upsert(connection, jobs).values(values).on_conflict_do_nothing())


def take_back(connection: Connection, kind: str, key: str) -> None:
    """It is not to be done any more, not even by whoever has it just now."""
    connection.execute(delete(jobs).where(jobs.c.kind == kind, jobs.c.key == key))


def due_in(connection: Connection, kinds: Collection[str]) -> float | None:
    """In how many seconds the next one of these kinds is due; None where there is none."""
    due_at = connection.scalar(_DUE, {"kinds": list(kinds)})
    return None if due_at is None else (due_at - now_ms(connection)) / 1000


def take(
    connection: Connection, kinds: Collection[str], node: str, limit: int, seconds: int
) -> list[Taken]:
    """Have those that are due for so long, the oldest first; at most `limit`."""
    now = now_ms(connection)
    until = now + seconds * 1000
    found = connection.execute(
        select(jobs.c.id, jobs.c.kind, jobs.c.payload, jobs.c.tries)
        .where(jobs.c.failed_at.is_(None), jobs.c.due_at <= now, _kind.in_(kinds))
        .order_by(jobs.c.due_at, jobs.c.id)
        .limit(limit)
    ).all()
    if found:
        connection.execute(
            update(jobs)
            .where(jobs.c.id.in_([row.id for row in found]))
            .values(due_at=until, taken_by=node, tries=jobs.c.tries + 1)
        )
    return [Taken(row.id, row.kind, row.payload, row.tries + 1, until) for row in found]


def end(connection: Connection, taken: Taken, again_in: float | None = None) -> bool:
    """It is done, or is to be done again in so many seconds; False where it is ours no longer."""
    if again_in is not None:
        return put_off(connection, taken, again_in, tries=0)
    return connection.execute(delete(jobs).where(*_ours(taken))).rowcount > 0


def renew(connection: Connection, taken: Taken, seconds: int) -> Taken | None:
    """Have it for so long from now on; None where it is ours no longer."""
    until = now_ms(connection) + seconds * 1000
    if not connection.execute(update(jobs).where(*_ours(taken)).values(due_at=until)).rowcount:
        return None
    return replace(taken, until=until)


def put_off(connection: Connection, taken: Taken, seconds: float, tries: int) -> bool:
    """It is to be run in so many seconds, as if it had been begun so often; False as in `end`."""
    due_at = now_ms(connection) + int(seconds * 1000)
    values = {"due_at": due_at, "taken_by": None, "tries": tries}
    return connection.execute(update(jobs).where(*_ours(taken)).values(values)).rowcount > 0


def give_up(connection: Connection, taken: Taken) -> bool:
    """It is not tried any more, and kept for a while; False as in `end`."""
    now = now_ms(connection)
    connection.execute(delete(jobs).where(jobs.c.failed_at < now - FAILED_MS))
    values = {"failed_at": now, "taken_by": None}
    return connection.execute(update(jobs).where(*_ours(taken)).values(values)).rowcount > 0


def give_back(connection: Connection, node: str | None = None) -> None:
    """Whatever a node has, or any node, is to be run now by another: it does not run it."""
    whose = jobs.c.taken_by.is_not(None) if node is None else jobs.c.taken_by == node
    now = now_ms(connection)
    connection.execute(update(jobs).where(whose).values(due_at=now, taken_by=None))


def _ours(taken: Taken) -> tuple[ColumnElement[bool], ...]:
    """Whether nobody else has had it since: that changes both."""
    return jobs.c.id == taken.id, jobs.c.tries == taken.tries, jobs.c.due_at == taken.until
