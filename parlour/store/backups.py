"""What the database knows of its backups: the last one, who makes one, and what belongs into it."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, delete, func, inspect, literal, select

from parlour.store.jobs import now_ms
from parlour.store.meta import (
    BACKING_UP,
    BACKUP,
    COMMITS,
    EPOCH,
    INSTALLED,
    KEYS,
    MOVED,
    PUBLIC_KEYS,
    RESTORING,
    SEAL,
    SEAL_OF_EXPORTS,
    SERVER,
    TAKEOUT,
    ensure_epoch,
    read_values,
    write_value,
)
from parlour.store.tables import files, meta, metadata, sessions, users

# Seconds after which one that makes a backup is not counted on any more, and within which it says
# once more that it does.
STALE_SECONDS: Final = 60
RENEW_SECONDS: Final = 10.0
# Rows that are fetched at once.
_PORTION: Final = 2_000


@dataclass(frozen=True, slots=True)
class Made:
    """The last backup: when it began, in milliseconds by the database's clock, and what it was."""

    at: int
    name: str
    bytes: int
    seconds: float


class State(NamedTuple):
    """Where things stand; `now` in milliseconds by the database's clock."""

    now: int
    made: Made | None
    # Where somebody makes one just now.
    host: str | None


class Named(NamedTuple):
    """What the database names of what is in the storage; the hash where it knows that."""

    key: str
    size: int
    sha256: str | None


def state(connection: Connection) -> State:
    """Where things stand."""
    known = read_values(connection, [BACKUP, BACKING_UP])
    made = Made(**json.loads(known[BACKUP])) if BACKUP in known else None
    now = now_ms(connection)
    running = _running(known, now)
    return State(now, made, None if running is None else running["host"])


def _running(known: dict[str, str], now: int) -> dict[str, Any] | None:
    if BACKING_UP not in known:
        return None
    running: dict[str, Any] = json.loads(known[BACKING_UP])
    # A clock that was put back must not make it last.
    return running if abs(now - running["at"]) < STALE_SECONDS * 1000 else None


def begin(connection: Connection, run: str, host: str) -> State:
    """Be who makes one, unless somebody else does; where things stood before.

    As long as that is renewed nothing is taken from the storage: what is deleted meanwhile is still
    named by the moment that is kept.
    """
    before = state(connection)
    if before.host is None:
        _note(connection, run, host, before.now)
    return before


def renew(connection: Connection, run: str, host: str) -> bool:
    """Go on being that; False where somebody else is by now."""
    known = read_values(connection, [BACKING_UP])
    if BACKING_UP not in known or json.loads(known[BACKING_UP])["run"] != run:
        return False
    _note(connection, run, host, now_ms(connection))
    return True


def _note(connection: Connection, run: str, host: str, at: int) -> None:
    write_value(connection, BACKING_UP, json.dumps({"run": run, "host": host, "at": at}))


def end(connection: Connection, run: str, made: Made | None) -> None:
    """Be that no longer; with what was made, where it was."""
    known = read_values(connection, [BACKING_UP])
    if BACKING_UP in known and json.loads(known[BACKING_UP])["run"] == run:
        connection.execute(delete(meta).where(meta.c.name == BACKING_UP))
    if made is not None:
        write_value(connection, BACKUP, json.dumps(asdict(made)))


def is_running(connection: Connection) -> bool:
    """Whether somebody makes one just now."""
    return _running(read_values(connection, [BACKING_UP]), now_ms(connection)) is not None


# What belongs into one


def keys_in(connection: Connection) -> str | None:
    """The keys that sign logins, where the database has them: that of a cluster does."""
    return read_values(connection, [KEYS]).get(KEYS)


def epoch_in(connection: Connection) -> str:
    """The name of the history."""
    return read_values(connection, [EPOCH]).get(EPOCH, "")


def named(connection: Connection) -> Iterator[Named]:
    """All that the database names of what is in the storage, by key."""
    if not inspect(connection).has_table(files.name):
        # An older schema, in which nothing had files.
        return
    small = files.c.bytes - files.c.size
    statement = (
        select(files.c.id.label("key"), files.c.size.label("size"), files.c.sha256)
        .union_all(
            select(files.c.id + "t", small, literal(None)).where(
                files.c.thumbnail_width.is_not(None)
            ),
            select(users.c.avatar, users.c.avatar_size, literal(None)).where(
                users.c.avatar.is_not(None)
            ),
        )
        .order_by("key")
    )
    for row in connection.execution_options(yield_per=_PORTION).execute(statement):
        yield Named(*row)


def counts(connection: Connection) -> dict[str, int]:
    """How many rows each table has; of an older schema those that it has."""
    there = set(inspect(connection).get_table_names())
    return {
        table.name: connection.scalar(select(func.count()).select_from(table)) or 0
        for table in metadata.sorted_tables
        if table.name in there
    }


def renew_history(connection: Connection) -> None:
    """Make of a copy a history of its own.

    Pages that saw more of the other one read everything again, and nodes of this one do not speak
    with nodes of that.
    """
    gone = (EPOCH, SERVER, MOVED, INSTALLED, SEAL, RESTORING, BACKUP, BACKING_UP)
    connection.execute(delete(meta).where(meta.c.name.in_(gone)))
    connection.execute(delete(meta).where(meta.c.name.startswith(COMMITS)))
    # What people take along is in no backup: they ask for it once more.
    connection.execute(delete(meta).where(meta.c.name.startswith(TAKEOUT)))
    connection.info.pop("epoch", None)
    ensure_epoch(connection)


def sign_everybody_out(connection: Connection) -> int:
    """End all sessions, and forget the keys that signed them; how many sessions there were.

    Exports are signed by another secret, too, from then on.
    """
    gone = (KEYS, PUBLIC_KEYS, SEAL_OF_EXPORTS)
    connection.execute(delete(meta).where(meta.c.name.in_(gone)))
    return connection.execute(delete(sessions)).rowcount
