"""The rows of bans and mutes: in a room, or without one on the whole server."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, or_, select

from parlour.oversight import Kind, Restriction, ServerBan, is_guest
from parlour.store.tables import restrictions, users
from parlour.support.text import name_key

_TOLD: Final = (
    restrictions.c.id, restrictions.c.author, restrictions.c.username, restrictions.c.until,
    restrictions.c.reason, users.c.username.label("created_by"), restrictions.c.created_at,
)  # fmt: skip
_RESTRICTIONS: Final = select(*_TOLD).select_from(
    restrictions.outerjoin(users, users.c.id == restrictions.c.created_by)
)


def _of(room_id: int | None, kind: Kind) -> ColumnElement[bool]:
    room = restrictions.c.room_id
    there = room.is_(None) if room_id is None else room == room_id
    return and_(there, restrictions.c.kind == kind)


def _holds(now: datetime) -> ColumnElement[bool]:
    return or_(restrictions.c.until.is_(None), restrictions.c.until > now)


def _restriction(row: Sequence[Any]) -> ServerBan:
    row_id, author, username, until, reason, created_by, created_at = row
    return ServerBan.model_construct(
        id=row_id, username=username, guest=is_guest(author), until=until, reason=reason,
        created_by=created_by, created_at=created_at,
    )  # fmt: skip


def restrict(
    connection: Connection,
    room_id: int | None,
    kind: Kind,
    whom: tuple[str, str],
    until: datetime | None,
    reason: str,
    by: int,
) -> ServerBan:
    """Ban or mute somebody (author and name), in the place of a ban or mute that they had."""
    author, username = whom
    connection.execute(
        delete(restrictions).where(_of(room_id, kind), restrictions.c.author == author)
    )
    row_id = connection.scalar(
        insert(restrictions)
        .values(
            room_id=room_id,
            author=author,
            username=username,
            kind=kind,
            until=until,
            reason=reason,
            created_by=by,
            created_at=datetime.now(UTC),
        )
        .returning(restrictions.c.id)
    )
    return _restriction(connection.execute(_RESTRICTIONS.where(restrictions.c.id == row_id)).one())


def restrictions_of(connection: Connection, room_id: int, kind: Kind) -> list[Restriction]:
    """Those of a room that hold, newest first."""
    rows = connection.execute(
        _RESTRICTIONS.where(_of(room_id, kind), _holds(datetime.now(UTC))).order_by(
            restrictions.c.id.desc()
        )
    )
    return [
        Restriction.model_construct(**_restriction(row).model_dump(exclude={"id"})) for row in rows
    ]


def server_bans(connection: Connection) -> list[ServerBan]:
    """Those of the server that hold, newest first."""
    rows = connection.execute(
        _RESTRICTIONS.where(_of(None, "ban"), _holds(datetime.now(UTC))).order_by(
            restrictions.c.id.desc()
        )
    )
    return [_restriction(row) for row in rows]


def banned_guests(connection: Connection) -> dict[str, datetime | None]:
    """The guests who are banned from the server, and until when."""
    rows = connection.execute(
        select(restrictions.c.author, restrictions.c.until).where(
            _of(None, "ban"), _holds(datetime.now(UTC)), restrictions.c.author.not_like("user:%")
        )
    )
    return {row[0]: row[1] for row in rows}


def server_ban_of(connection: Connection, author: str) -> tuple[datetime | None] | None:
    """Until when somebody is banned from the server; None when they are not."""
    row = connection.execute(
        select(restrictions.c.until).where(
            _of(None, "ban"), restrictions.c.author == author, _holds(datetime.now(UTC))
        )
    ).first()
    return None if row is None else (row[0],)


def count_restrictions(connection: Connection, room_id: int | None, kind: Kind) -> int:
    """How many there are, those included that have just ended."""
    counted = select(func.count()).select_from(restrictions).where(_of(room_id, kind))
    return connection.scalar(counted) or 0


class Found(NamedTuple):
    """A ban or mute that is there: whose."""

    id: int
    author: str
    username: str


def find_restrictions(
    connection: Connection, room_id: int, kind: Kind, username: str, authors: Collection[str]
) -> list[Found]:
    """Those in a room of these authors, and of whoever had this name then."""
    rows = connection.execute(
        select(restrictions.c.id, restrictions.c.author, restrictions.c.username).where(
            _of(room_id, kind)
        )
    )
    wanted = name_key(username)
    return [
        Found(row.id, row.author, row.username)
        for row in rows
        if row.author in authors or name_key(row.username) == wanted
    ]


def get_server_ban(connection: Connection, ban_id: int) -> tuple[str, str] | None:
    """The author and the name of a ban from the server."""
    row = connection.execute(
        select(restrictions.c.author, restrictions.c.username).where(
            _of(None, "ban"), restrictions.c.id == ban_id
        )
    ).first()
    return None if row is None else (row[0], row[1])


def lift(connection: Connection, ids: Collection[int]) -> None:
    """Take some away."""
    connection.execute(delete(restrictions).where(restrictions.c.id.in_(ids)))


def lift_ended(connection: Connection, now: datetime) -> set[int]:
    """Take away all that have ended; the rooms where they were."""
    ended = connection.scalars(
        delete(restrictions).where(restrictions.c.until <= now).returning(restrictions.c.room_id)
    )
    return {room_id for room_id in ended if room_id is not None}


def banned_authors(connection: Connection, room_id: int) -> list[str]:
    """Who is banned from a room just now."""
    held = _holds(datetime.now(UTC))
    return list(connection.scalars(select(restrictions.c.author).where(_of(room_id, "ban"), held)))
