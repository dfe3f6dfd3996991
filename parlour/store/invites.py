"""The invitations' rows."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, select, update

from parlour.membership import Invite
from parlour.store.tables import invites, rooms, users


def create_server_invite(
    connection: Connection,
    token_hash: str,
    expires_at: datetime,
    uses: int,
    by: tuple[int, str] | None = None,
) -> Invite:
    """An invitation to make accounts on this server, of an administrator (id and name) or none."""
    return _create(connection, token_hash, expires_at, uses, by, kind="server")


def server_invites(connection: Connection, now: datetime) -> list[Invite]:
    """Those that are still good, newest first."""
    return _good(connection, invites.c.kind == "server", now)


def delete_server_invite(connection: Connection, invite_id: int) -> bool:
    """Take one back; whether there was one."""
    return _delete(connection, and_(invites.c.id == invite_id, invites.c.kind == "server"))


def is_server_invite(connection: Connection, token_hash: str, now: datetime) -> bool:
    """Whether an invitation is still good."""
    found = connection.scalar(select(invites.c.id).where(_is_good(token_hash, "server", now)))
    return found is not None


def use_server_invite(connection: Connection, token_hash: str, now: datetime) -> bool:
    """Use an invitation once; whether it was still good."""
    return _use(connection, token_hash, "server", now)


def _use(connection: Connection, token_hash: str, kind: str, now: datetime) -> bool:
    used = connection.execute(
        update(invites)
        .where(_is_good(token_hash, kind, now))
        .values(uses_left=invites.c.uses_left - 1)
    )
    return used.rowcount == 1


def create_room_invite(
    connection: Connection,
    token_hash: str,
    room_id: int,
    by: tuple[int, str],
    expires_at: datetime,
    uses: int,
) -> Invite:
    """An invitation to join a room, of an account (id and name)."""
    return _create(connection, token_hash, expires_at, uses, by, kind="room", room_id=room_id)


def _create(
    connection: Connection,
    token_hash: str,
    expires_at: datetime,
    uses: int,
    by: tuple[int, str] | None,
    **kind: Any,
) -> Invite:
    now = datetime.now(UTC)
    invite_id = connection.scalar(
        insert(invites)
        .values(
            token_hash=token_hash,
            created_by=None if by is None else by[0],
            created_at=now,
            expires_at=expires_at,
            uses_left=uses,
            **kind,
        )
        .returning(invites.c.id)
    )
    name = None if by is None else by[1]
    return Invite.model_construct(
        id=invite_id, created_by=name, created_at=now, expires_at=expires_at, uses_left=uses
    )


def room_invites(connection: Connection, room_id: int, now: datetime) -> list[Invite]:
    """The invitations to a room that are still good, newest first."""
    return _good(connection, invites.c.room_id == room_id, now)


def _good(connection: Connection, which: ColumnElement[bool], now: datetime) -> list[Invite]:
    rows = connection.execute(
        select(
            invites.c.id, users.c.username, invites.c.created_at, invites.c.expires_at,
            invites.c.uses_left,
        )
        .select_from(invites.outerjoin(users, users.c.id == invites.c.created_by))
        .where(which, invites.c.expires_at > now, invites.c.uses_left > 0)
        .order_by(invites.c.id.desc())
    )  # fmt: skip
    return [
        Invite.model_construct(
            id=row[0], created_by=row[1], created_at=row[2], expires_at=row[3], uses_left=row[4]
        )
        for row in rows
    ]


def delete_room_invite(connection: Connection, room_id: int, invite_id: int) -> bool:
    """Take an invitation back; whether there was one."""
    return _delete(connection, and_(invites.c.id == invite_id, invites.c.room_id == room_id))


def _delete(connection: Connection, which: ColumnElement[bool]) -> bool:
    return connection.execute(delete(invites).where(which)).rowcount == 1


def delete_invites_of(connection: Connection, room_id: int, user_id: int) -> None:
    """Take back what somebody made who may invite no more."""
    which = and_(invites.c.room_id == room_id, invites.c.created_by == user_id)
    connection.execute(delete(invites).where(which))


def delete_all_invites_of(connection: Connection, user_id: int) -> None:
    """Take back all that an account made which may not come in any more."""
    connection.execute(delete(invites).where(invites.c.created_by == user_id))


def delete_server_invites_of(connection: Connection, user_id: int) -> None:
    """Take back what an account made that runs the server no more."""
    which = and_(invites.c.kind == "server", invites.c.created_by == user_id)
    connection.execute(delete(invites).where(which))


def find_room_invite(
    connection: Connection, token_hash: str, now: datetime
) -> tuple[int, str | None, datetime] | None:
    """The room of a good invitation, who invites, and since when; the room is there."""
    row = connection.execute(
        select(invites.c.room_id, users.c.username, invites.c.created_at)
        .select_from(
            invites.join(rooms, rooms.c.id == invites.c.room_id).outerjoin(
                users, users.c.id == invites.c.created_by
            )
        )
        .where(_is_good(token_hash, "room", now), rooms.c.deleted_at.is_(None))
    ).first()
    return None if row is None else (row[0], row[1], row[2])


def use_room_invite(connection: Connection, token_hash: str, now: datetime) -> bool:
    """Use an invitation to a room once; whether it was still good."""
    return _use(connection, token_hash, "room", now)


def _is_good(token_hash: str, kind: str, now: datetime) -> ColumnElement[bool]:
    return and_(
        invites.c.token_hash == token_hash,
        invites.c.kind == kind,
        invites.c.expires_at > now,
        invites.c.uses_left > 0,
    )
