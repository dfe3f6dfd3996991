"""The nodes that work on one PostgreSQL database together: a row that each renews.

Times are the database's own. A node that was not heard of for a while is not counted on; only one
that was not heard of for so long that the journal is not kept for it is struck off.
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

_JOIN: Final = (
    "INSERT INTO nodes (id, host, seen_at, head)"
    " VALUES (%s, %s, extract(epoch FROM clock_timestamp())::bigint, %s)"
)
_RENEW: Final = (
    "UPDATE nodes SET seen_at = extract(epoch FROM clock_timestamp())::bigint, head = %s"
    " WHERE id = %s"
)
_LOST: Final = "SELECT id FROM nodes WHERE seen_at < extract(epoch FROM clock_timestamp()) - %s"
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
    _strike(connection)
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


def renew(connection: Connection, node: str, head: int) -> bool:
    """Go on being one that has told all up to `head`; False where it was struck off."""
    if not connection.exec_driver_sql(_RENEW, (head, node)).rowcount:
        return False
    _strike(connection)
    journal.prune(connection)
    return True


def are_known(connection: Connection) -> bool:
    """Whether the schema has them: before 0019 there was one server to a database."""
    return inspect(connection).has_table("nodes")


def alive(connection: Connection) -> dict[str, str]:
    """Those that were heard of lately, and where each runs."""
    return {row[0]: row[1] for row in connection.exec_driver_sql(_ALIVE, (STALE_SECONDS,))}


def end(connection: Connection, node: str) -> None:
    """Be one of them no longer; what it was at is done by others."""
    jobs.give_back(connection, node)
    connection.exec_driver_sql(_END, (node,))
    connection.exec_driver_sql(_END_COMMITS, (name_of(node),))


def _strike(connection: Connection) -> None:
    for row in connection.exec_driver_sql(_LOST, (LOST_SECONDS,)).all():
        end(connection, row[0])
