"""The nodes that work on one PostgreSQL database together: a row that each renews.

Times are the database's own. A node that was not heard of for a while is not counted on; only one
that was not heard of for so long that the journal is not kept for it is struck off, by one that was
heard of all the while: where the database was away, or its clock put on, nobody was.
"""

import secrets
from typing import Final

from sqlalchemy import Connection, inspect

from parlour.store import jobs, journal
from parlour.store.commits import name_of
from parlour.store.meta import SEAL, read_values, write_value

# Seconds between two renewals, after which one that was not renewed is not counted on, and after
# which it is struck off.
RENEW_SECONDS: Final = 5.0
STALE_SECONDS: Final = 20.0
LOST_SECONDS: Final = 300.0
# Who has been renewed for so long, and without a pause, may strike others off: by then they have
# been able to, too, however long they waited for a database that was away.
STEADY_SECONDS: Final = 60.0

_JOIN: Final = (
    "INSERT INTO nodes (id, host, seen_at, head)"
    " VALUES (%s, %s, extract(epoch FROM clock_timestamp())::bigint, %s)"
)
_SEEN: Final = (
    "SELECT extract(epoch FROM clock_timestamp())::bigint, seen_at FROM nodes WHERE id = %s"
)
_RENEW: Final = (
    "UPDATE nodes SET seen_at = extract(epoch FROM clock_timestamp())::bigint, head = %s"
    " WHERE id = %s"
)
_LOST: Final = "SELECT id FROM nodes WHERE seen_at < extract(epoch FROM clock_timestamp()) - %s"
_ALL: Final = "SELECT id FROM nodes"
_END: Final = "DELETE FROM nodes WHERE id = %s"
# What each writes into its transactions: see `commits.py`.
_END_COMMITS: Final = "DELETE FROM meta WHERE name = %s"
# Who ends writes one once more while it does, and who is killed leaves one.
_END_OTHERS: Final = (
    "DELETE FROM meta WHERE starts_with(name, 'commit ')"
    " AND substr(name, 8) NOT IN (SELECT substr(id, 1, 16) FROM nodes)"
)
# A clock that was put back must not make one last.
_ALIVE: Final = (
    "SELECT id, host FROM nodes WHERE abs(extract(epoch FROM clock_timestamp()) - seen_at) < %s"
)


def join(connection: Connection, node: str, host: str) -> int:
    """Be one of them from now on; the entry of the journal with which it begins."""
    head = journal.last_entry(connection)
    connection.exec_driver_sql(_END_OTHERS)
    connection.exec_driver_sql(_JOIN, (node, host, head))
    return head


def secret_of(connection: Connection) -> bytes:
    """What nodes of this database know and nobody else: by it they believe one another."""
    known = read_values(connection, [SEAL]).get(SEAL)
    if known is None:
        known = secrets.token_hex(32)
        write_value(connection, SEAL, known)
    return bytes.fromhex(known)


class Steadiness:
    """Since when a node has been renewed without a pause."""

    def __init__(self) -> None:
        self._since: int | None = None

    def lasts(self, connection: Connection, node: str) -> bool:
        """Whether that is long enough, asked before each renewal."""
        row = connection.exec_driver_sql(_SEEN, (node,)).first()
        if row is None:
            return False
        now, seen = row
        if self._since is None or not 0 <= now - seen < STALE_SECONDS:
            self._since = now
        return bool(now - self._since >= STEADY_SECONDS)


def renew(
    connection: Connection, node: str, head: int, steadiness: Steadiness | None = None
) -> bool:
    """Go on being one that has told all up to `head`; False where it was struck off."""
    is_steady = steadiness is not None and steadiness.lasts(connection, node)
    if not connection.exec_driver_sql(_RENEW, (head, node)).rowcount:
        return False
    if is_steady:
        for row in connection.exec_driver_sql(_LOST, (LOST_SECONDS,)).all():
            end(connection, row[0])
    journal.prune(connection)
    return True


def are_known(connection: Connection) -> bool:
    """Whether the schema has them: before 0019 there was one server to a database."""
    return inspect(connection).has_table("nodes")


def alive(connection: Connection) -> dict[str, str]:
    """Those that were heard of lately, and where each runs."""
    return {row[0]: row[1] for row in connection.exec_driver_sql(_ALIVE, (STALE_SECONDS,))}


def end_all(connection: Connection) -> None:
    """Nobody is one any longer."""
    for row in connection.exec_driver_sql(_ALL).all():
        end(connection, row[0])


def end(connection: Connection, node: str) -> None:
    """Be one of them no longer; what it was at is done by others."""
    jobs.give_back(connection, node)
    connection.exec_driver_sql(_END, (node,))
    connection.exec_driver_sql(_END_COMMITS, (name_of(node),))
