"""The rows of messages that are said later, and of the files that they keep."""

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, delete, func, insert, select, update

from parlour.later import Scheduled, ScheduledError
from parlour.store import files as file_rows
from parlour.store.tables import files, scheduled

_TOLD: Final = select(scheduled)


def _told(connection: Connection, rows: Sequence[Any]) -> list[Scheduled]:
    kept = [json.loads(row.files) for row in rows]
    asked = {file_id for ids in kept for file_id in ids}
    there = file_rows.find(connection, asked) if asked else {}
    return [
        Scheduled.trusted(
            {
                "id": row.id,
                "room_id": row.room_id,
                "content": row.content,
                "client_id": row.client_id,
                "reply_to": row.reply_to,
                # Those of a room that was deleted have gone with it.
                "files": tuple(there[file_id].file for file_id in ids if file_id in there),
                "send_at": row.send_at,
                "state": "waiting" if row.error_code is None else "failed",
                "error": None
                if row.error_code is None
                else ScheduledError(code=row.error_code, detail=row.error_detail),
            }
        )
        for row, ids in zip(rows, kept, strict=True)
    ]


def of_user(connection: Connection, user_id: int) -> list[Scheduled]:
    """All of one account, the next one first."""
    order = scheduled.c.send_at, scheduled.c.id
    rows = connection.execute(_TOLD.where(scheduled.c.user_id == user_id).order_by(*order))
    return _told(connection, rows.all())


def find(connection: Connection, scheduled_id: int) -> tuple[Scheduled, int] | None:
    """One of them, and whose it is."""
    row = connection.execute(_TOLD.where(scheduled.c.id == scheduled_id)).first()
    return None if row is None else (_told(connection, [row])[0], row.user_id)


def by_client_id(
    connection: Connection, user_id: int, room_id: int, client_id: str
) -> Scheduled | None:
    """That which an account has made by this id before."""
    row = connection.execute(
        _TOLD.where(
            scheduled.c.user_id == user_id,
            scheduled.c.room_id == room_id,
            scheduled.c.client_id == client_id,
        )
    ).first()
    return None if row is None else _told(connection, [row])[0]


def count(connection: Connection, user_id: int) -> int:
    """How many an account has."""
    found = select(func.count()).select_from(scheduled).where(scheduled.c.user_id == user_id)
    return connection.scalar(found) or 0


def file_ids(connection: Connection, scheduled_id: int) -> tuple[str, ...]:
    """The files that one was made with, whether they are there or not."""
    kept = connection.scalar(select(scheduled.c.files).where(scheduled.c.id == scheduled_id))
    return tuple(json.loads(kept or "[]"))


def add(
    connection: Connection, user_id: int, room_id: int, file_ids: Iterable[str], **fields: Any
) -> int:
    """One more; its id."""
    values = {"user_id": user_id, "room_id": room_id, "files": json.dumps(list(file_ids)), **fields}
    made = connection.execute(insert(scheduled).values(values).returning(scheduled.c.id))
    return int(made.scalar_one())


def change(connection: Connection, scheduled_id: int, **values: Any) -> None:
    """Set columns of one."""
    connection.execute(update(scheduled).where(scheduled.c.id == scheduled_id).values(values))


def remove(connection: Connection, scheduled_id: int) -> None:
    """Take one away."""
    connection.execute(delete(scheduled).where(scheduled.c.id == scheduled_id))


# Its files


def hold(connection: Connection, file_ids: Collection[str], scheduled_id: int) -> None:
    """Files are kept for a message that is said later."""
    if file_ids:
        kept = update(files).where(files.c.id.in_(file_ids))
        connection.execute(kept.values(scheduled_id=scheduled_id))


def let_go(connection: Connection, scheduled_id: int) -> None:
    """They are kept no longer: from now on they wait for a message, as if they had just come."""
    held = update(files).where(files.c.scheduled_id == scheduled_id)
    connection.execute(held.values(scheduled_id=None, waits_since=datetime.now(UTC)))
