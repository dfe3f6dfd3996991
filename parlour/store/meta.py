"""What the database says of itself."""

import secrets
from collections.abc import Collection
from typing import Final

from sqlalchemy import Connection, bindparam, delete, insert, select

from parlour.store.tables import meta

# The name of its history.
EPOCH: Final = "epoch"
# Which server a database is held by, and where it was moved to.
SERVER: Final = "server"
MOVED: Final = "moved"
# The keys of a cluster.
KEYS: Final = "keys"
PUBLIC_KEYS: Final = "public keys"
SEAL: Final = "seal of nodes"
# By which exports are known again that were made here; it is in none of them.
SEAL_OF_EXPORTS: Final = "seal of exports"
# What nodes write into their transactions, before their names: see `commits.py`.
COMMITS: Final = "commit "
# When it was begun here, in milliseconds since 1970.
INSTALLED: Final = "installed"
# The last backup, and who makes one just now.
BACKUP: Final = "backup"
BACKING_UP: Final = "backing up"
# The highest id that a message ever had, where the database does not keep such numbers by itself.
LAST_MESSAGE: Final = "last_message"
# Set until all of a backup is there again.
RESTORING: Final = "restoring"
# What an account takes along, before its id.
TAKEOUT: Final = "takeout "
# What is about one place, and not about what is kept there.
OF_ONE_SERVER: Final = (SERVER, MOVED, INSTALLED, BACKUP, BACKING_UP, RESTORING)

# Made once: a list that is bound anew each time leaves a circle for the collector.
_BY_NAME: Final = select(meta.c.name, meta.c.value).where(
    meta.c.name.in_(bindparam("names", expanding=True))
)


def ensure_epoch(connection: Connection) -> str:
    """The name of this history, given once to a new database."""
    epoch = connection.scalar(select(meta.c.value).where(meta.c.name == EPOCH))
    if epoch is None:
        epoch = secrets.token_hex(8)
        connection.execute(insert(meta).values(name=EPOCH, value=epoch))
    return epoch


def ensure_installed(connection: Connection, now: int) -> int:
    """When it was begun here: `now` for a new database, and for one that does not know it yet."""
    known = read_values(connection, [INSTALLED]).get(INSTALLED)
    if known is not None:
        return int(known)
    connection.execute(insert(meta).values(name=INSTALLED, value=str(now)))
    return now


def try_to_write(connection: Connection) -> None:
    """Write something that leaves nothing behind: whether the disk takes it.

    An update to what is there already would not do: SQLite notices, and writes nothing.
    """
    connection.execute(insert(meta).values(name="tried", value=""))
    connection.execute(delete(meta).where(meta.c.name == "tried"))


def epoch_of(connection: Connection) -> str:
    """The name of this history, read once for each connection to the database."""
    epoch: str | None = connection.info.get("epoch")
    if epoch is None:
        epoch = connection.info["epoch"] = ensure_epoch(connection)
    return epoch


def read_values(connection: Connection, names: Collection[str]) -> dict[str, str]:
    """What was decided while the server ran, by name."""
    return {row[0]: row[1] for row in connection.execute(_BY_NAME, {"names": names})}


def write_value(connection: Connection, name: str, value: str) -> None:
    """Decide something anew."""
    connection.execute(delete(meta).where(meta.c.name == name))
    connection.execute(insert(meta).values(name=name, value=value))


def ensure_seal(connection: Connection) -> str:
    """The secret of this server's exports, made when it is asked for first."""
    known = read_values(connection, [SEAL_OF_EXPORTS]).get(SEAL_OF_EXPORTS)
    if known is None:
        known = secrets.token_hex(32)
        write_value(connection, SEAL_OF_EXPORTS, known)
    return known


def delete_value(connection: Connection, name: str) -> None:
    """Decide nothing any more."""
    connection.execute(delete(meta).where(meta.c.name == name))
