"""Whether the last transaction of a server was committed, where nobody got to hear of it.

Each writes a word into a row of that server, so that the answer is where the rest of it is, or
nowhere. The number of the transaction would do until PostgreSQL crashes or a copy takes over: what
had not been flushed by then is gone, and its number is given to the next one, whoever that is.
"""

import secrets
from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import Connection

from parlour.store.meta import COMMITS

# As many of a name as the table has room for, with what stands before it.
_NAME: Final = 16
_WRITE: Final = (
    "INSERT INTO meta (name, value) VALUES (%s, %s)"
    " ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)
_READ: Final = "SELECT value FROM meta WHERE name = %s"

Ask = Callable[[Callable[[Connection], bool], Callable[[], None]], bool]


def name_of(server: str) -> str:
    """The row of `meta` in which the words of a server stand."""
    return f"{COMMITS}{server[:_NAME]}"


class Commits:
    """Those of one server on a PostgreSQL database that it has for itself."""

    recording = False

    def __init__(self, server: str, ask: Ask) -> None:
        """`ask` has a question answered once the database is there again, or says it is not."""
        self._name = name_of(server)
        self._ask = ask

    def note(self, connection: Connection, records: Sequence[str]) -> Any:
        """Write into a transaction what tells it from any other; nobody reads the `records`."""
        del records
        word = secrets.token_hex(8)
        connection.exec_driver_sql(_WRITE, (self._name, word))
        return word

    def happened(self, mark: Any, meanwhile: Callable[[], None]) -> bool:
        """Whether the transaction that had this word, the last one, was committed."""
        return self._ask(lambda connection: self._last(connection) == mark, meanwhile)

    def before(self, mark: Any) -> Sequence[Callable[[], None]]:
        """Nothing: nobody else commits anything."""
        del mark
        return ()

    def told(self, mark: Any) -> None:
        """Nobody else wants to know."""

    def _last(self, connection: Connection) -> str | None:
        found: str | None = connection.exec_driver_sql(_READ, (self._name,)).scalar()
        return found
