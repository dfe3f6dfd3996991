"""Which server a PostgreSQL database is held by, while there may be one: a row that it renews.

In a file beside the data a lock of the system does the same. A row also works behind a pgbouncer,
which hands each transaction to another connection. Times are the database's own, so that it does
not matter what clocks the servers have.
"""

import hashlib
import json
import socket
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection

from parlour.store import nodes
from parlour.store.meta import SERVER, read_values, write_value
from parlour.store.nodes import STALE_SECONDS

_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Owner:
    """Who holds it: one data directory of one machine, also once its server was started anew."""

    id: str
    host: str


@dataclass(frozen=True, slots=True)
class Held:
    """By whom else it is held, and how many seconds ago they said so."""

    host: str
    seconds: float


def owner_of(data_dir: Path) -> Owner:
    """The owner that a server on this data directory is; there is one at a time."""
    host = socket.gethostname()
    try:
        machine = _BOOT.read_text()
    except OSError:
        machine = str(uuid.getnode())
    words = "\n".join([machine, host, str(data_dir.resolve())])
    return Owner(hashlib.sha256(words.encode()).hexdigest(), host)


def take(connection: Connection, owner: Owner) -> Held | None:
    """Hold the database from now on; by whom it is held already, where it cannot be."""
    held = others(connection, owner)
    if held is None:
        _write(connection, owner, _now(connection))
        if nodes.are_known(connection):
            # One that stands still finds out when it goes on, and ends.
            nodes.end_all(connection)
    return held


def others(connection: Connection, owner: Owner) -> Held | None:
    """One of those who work on it: a node of a cluster, or another server that has it alone."""
    if nodes.are_known(connection):
        for host in nodes.alive(connection).values():
            return Held(host, 0)
    return holder(connection, owner)


def holder(connection: Connection, owner: Owner) -> Held | None:
    """By whom else it is held for themselves, nodes of a cluster aside."""
    now = _now(connection)
    known = _known(connection)
    if known is not None and known["owner"] != owner.id:
        # A clock that was put back must not make it last.
        seconds = now - known["at"]
        if 0 <= seconds < STALE_SECONDS:
            return Held(known["host"], seconds)
    return None


def renew(connection: Connection, owner: Owner) -> bool:
    """Go on holding it; whether nobody else does, who found it stale."""
    known = _known(connection)
    if known is None or known["owner"] != owner.id:
        return False
    _write(connection, owner, _now(connection))
    return True


def end(connection: Connection, owner: Owner) -> None:
    """Hold it no longer, so that nobody has to wait."""
    known = _known(connection)
    if known is not None and known["owner"] == owner.id:
        end_any(connection)


def end_any(connection: Connection) -> None:
    """Nobody holds it from now on: who stood still finds out when it goes on, and ends."""
    write_value(connection, SERVER, "")


def _known(connection: Connection) -> dict[str, Any] | None:
    value = read_values(connection, [SERVER]).get(SERVER)
    found: dict[str, Any] | None = json.loads(value) if value else None
    return found


def _now(connection: Connection) -> float:
    # Not of the transaction, which may have waited for the lock of all who write.
    found = connection.exec_driver_sql("SELECT extract(epoch FROM clock_timestamp())::float8")
    return float(found.scalar_one())


def _write(connection: Connection, owner: Owner, now: float) -> None:
    value = {"owner": owner.id, "host": owner.host, "at": now}
    write_value(connection, SERVER, json.dumps(value))
