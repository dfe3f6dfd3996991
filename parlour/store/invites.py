"""The invitations' rows."""

from datetime import UTC, datetime

from sqlalchemy import Connection, and_, delete, insert, select, update

from parlour.membership import Invite
from parlour.store.tables import invites, rooms, users


def create_server_invite(
    connection: Connection, token_hash: str, expires_at: datetime, uses: int
) -> None:
    """An invitation to make accounts on this server."""
    connection.execute(
        insert(invites).values(
            token_hash=token_hash,
            kind="server",
            created_at=datetime.now(UTC),
            expires_at=expires_at,
            uses_left=uses,
        )
    )


def use_server_invite(connection: Connection, token_hash: str, now: datetime) -> bool:
    """Use an invitation once; whether it was still good."""
    return _use(connection, token_hash, "server", now)


def _use(connection: Connection, token_hash: str, kind: str, now: datetime) -> bool:
    used = connection.execute(
        update(invites)
        .where(
            invites.c.token_hash == token_hash,
            invites.c.kind == kind,
            invites.c.expires_at > now,
            invites.c.uses_left > 0,
        )
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
    now = datetime.now(UTC)
    invite_id = connection.scalar(
        insert(invites)
        .values(
            token_hash=token_hash,
            kind="room",
            room_id=room_id,
            created_by=by[0],
            created_at=now,
            expires_at=expires_at,
            uses_left=uses,
        )
        .returning(invites.c.id)
    )
    return Invite.model_construct(
        id=invite_id, created_by=by[1], created_at=now, expires_at=expires_at, uses_left=uses
    )


def room_invites(connection: Connection, room_id: int, now: datetime) -> list[Invite]:
    """The invitations to a room that are still good, newest first."""
    rows = connection.execute(
        select(
            invites.c.id, users.c.username, invites.c.created_at, invites.c.expires_at,
            invites.c.uses_left,
        )
        .select_from(invites.outerjoin(users, users.c.id == invites.c.created_by))
        .where(invites.c.room_id == room_id, invites.c.expires_at > now, invites.c.uses_left > 0)
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
    which = and_(invites.c.id == invite_id, invites.c.room_id == room_id)
    return connection.execute(delete(invites).where(which)).rowcount == 1


def find_room_invite(
    connection: Connection, token_hash: str, now: datetime
) -> tuple[int, str | None] | None:
    """The room of a good invitation, and who invites; the room is there."""
    row = connection.execute(
        select(invites.c.room_id, users.c.username)
        .select_from(
            invites.join(rooms, rooms.c.id == invites.c.room_id).outerjoin(
                users, users.c.id == invites.c.created_by
            )
        )
        .where(
            invites.c.token_hash == token_hash,
            invites.c.kind == "room",
            invites.c.expires_at > now,
            invites.c.uses_left > 0,
            rooms.c.deleted_at.is_(None),
        )
    ).first()
    return None if row is None else (row[0], row[1])


def use_room_invite(connection: Connection, token_hash: str, now: datetime) -> bool:
    """Use an invitation to a room once; whether it was still good."""
    return _use(connection, token_hash, "room", now)
