"""Messages of other days: the database of a stopped server, with other times in it."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime

from parlour.fields import format_time
from tests.support.server import Server


async def redate(server: Server, times: Mapping[int, datetime]) -> None:
    """Stop the server, give messages (by id) other times, and start it again."""
    await server.astop()
    with closing(sqlite3.connect(server.data_dir / "chat.db")) as database, database:
        changed = database.executemany(
            "UPDATE messages SET timestamp = ? WHERE id = ?",
            [(format_time(time), message_id) for message_id, time in times.items()],
        )
        assert changed.rowcount == len(times)
    await server.arestart()
