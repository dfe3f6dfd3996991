"""The rows of reports about messages, each with the message as it stood then."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, func, insert, select, update

from parlour.fields import MAX_ID
from parlour.models import Message, Person, Room
from parlour.oversight import Report, is_guest
from parlour.store.messages import all_words
from parlour.store.tables import reports

_AUTHORS: Final = ("message_author", "author")
_TOLD: Final = tuple(column for column in reports.c if column.name not in _AUTHORS)
_OPEN: Final = reports.c.resolved_at.is_(None)
_COLUMNS: Final = tuple(column.name for column in _TOLD)


def _report(row: Sequence[Any]) -> Report:
    said_by, author, *told = row
    return Report.model_construct(
        message_guest=None if said_by is None else is_guest(said_by),
        reporter_guest=is_guest(author),
        **dict(zip(_COLUMNS, told, strict=True)),
    )


def _select() -> Select[Any]:
    return select(*(reports.c[name] for name in _AUTHORS), *_TOLD)


def find_report(connection: Connection, message_id: int, author: str) -> int | None:
    """What somebody said about a message before."""
    return connection.scalar(
        select(reports.c.id).where(reports.c.message_id == message_id, reports.c.author == author)
    )


def count_open(connection: Connection, author: str) -> int:
    """How many of somebody's reports nobody has seen to."""
    counted = select(func.count()).select_from(reports).where(reports.c.author == author, _OPEN)
    return connection.scalar(counted) or 0


def count_open_of_guests(connection: Connection, room_id: int, most: int) -> int:
    """How many of all guests' reports in a room nobody has seen to, counted up to `most`."""
    theirs = (
        select(reports.c.id)
        .where(reports.c.room_id == room_id, _OPEN, reports.c.author.not_like("user:%"))
        .limit(most)
        .subquery()
    )
    return connection.scalar(select(func.count()).select_from(theirs)) or 0


def create_report(
    connection: Connection, room: Room, said: tuple[Message, str], by: Person, reason: str
) -> int:
    """A new report about a message and its author; its id."""
    message, message_author = said
    report_id: int | None = connection.scalar(
        insert(reports)
        .values(
            room_id=room.id,
            room_name=room.name,
            message_id=message.id,
            message_author=message_author,
            message_username=message.username,
            message_content=all_words(message),
            message_timestamp=message.timestamp,
            author=by.author,
            reporter=by.username,
            reason=reason,
            created_at=datetime.now(UTC),
        )
        .returning(reports.c.id)
    )
    assert report_id is not None  # noqa: S101 - RETURNING of the row that was just inserted
    return report_id


def get_report(connection: Connection, report_id: int) -> Report | None:
    """One report."""
    row = connection.execute(_select().where(reports.c.id == report_id)).first()
    return None if row is None else _report(row)


def message_author(connection: Connection, report_id: int) -> str | None:
    """Whose message a report is about, if that is known."""
    return connection.scalar(select(reports.c.message_author).where(reports.c.id == report_id))


def list_reports(
    connection: Connection, room_id: int | None, before: int | None, limit: int
) -> list[Report]:
    """A page of those of a room, or of all: open ones first, newest first.

    `before` is the id of the last one of the page before.
    """
    last = None if before is None else get_report(connection, before)
    page: list[Report] = []
    if last is None or last.resolved_at is None:
        page = _newest(connection, room_id, _OPEN, before, limit)
        # All that is resolved comes behind what is open.
        before = None
    if len(page) < limit:
        page += _newest(connection, room_id, ~_OPEN, before, limit - len(page))
    return page


def _newest(
    connection: Connection,
    room_id: int | None,
    which: ColumnElement[bool],
    before: int | None,
    limit: int,
) -> list[Report]:
    statement = _select().where(which, reports.c.id < (before or MAX_ID))
    if room_id is not None:
        statement = statement.where(reports.c.room_id == room_id)
    rows = connection.execute(statement.order_by(reports.c.id.desc()).limit(limit))
    return [_report(row) for row in rows]


def resolve(connection: Connection, report_id: int, by: str) -> None:
    """Note that somebody has seen to it."""
    connection.execute(
        update(reports)
        .where(reports.c.id == report_id)
        .values(resolved_at=datetime.now(UTC), resolved_by=by)
    )
