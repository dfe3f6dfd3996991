"""The sessions' rows."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Text, cast, delete, insert, literal, or_, select, update

from parlour.people import Device, Login, Session
from parlour.store.tables import restrictions, sessions, users


@dataclass(frozen=True, slots=True)
class SessionRow:
    """What decides whether a refresh token is the current one."""

    id: str
    user_id: int
    generation: int
    rotated_at: datetime
    key_id: str
    expires_at: datetime


def create_session(connection: Connection, row: SessionRow, device: Device) -> None:
    """A new session."""
    connection.execute(
        insert(sessions).values(
            id=row.id,
            user_id=row.user_id,
            generation=row.generation,
            rotated_at=row.rotated_at,
            key_id=row.key_id,
            created_at=row.rotated_at,
            last_seen_at=row.rotated_at,
            expires_at=row.expires_at,
            address=device.address,
            user_agent=device.user_agent,
        )
    )


def get_session(connection: Connection, session_id: str) -> SessionRow | None:
    """One session, ended by itself or not."""
    row = connection.execute(
        select(
            sessions.c.id,
            sessions.c.user_id,
            sessions.c.generation,
            sessions.c.rotated_at,
            sessions.c.key_id,
            sessions.c.expires_at,
        ).where(sessions.c.id == session_id)
    ).first()
    return None if row is None else SessionRow(*row)


def rotate_session(connection: Connection, row: SessionRow, device: Device) -> None:
    """Write the next generation, and where it was asked for."""
    connection.execute(
        update(sessions)
        .where(sessions.c.id == row.id)
        .values(
            generation=row.generation,
            rotated_at=row.rotated_at,
            key_id=row.key_id,
            last_seen_at=row.rotated_at,
            expires_at=row.expires_at,
            address=device.address,
            user_agent=device.user_agent,
        )
    )


def list_sessions(
    connection: Connection, user_id: int, now: datetime, current: str
) -> list[Session]:
    """The live sessions of an account, the newest first."""
    rows = connection.execute(
        select(
            sessions.c.id,
            sessions.c.created_at,
            sessions.c.last_seen_at,
            sessions.c.address,
            sessions.c.user_agent,
        )
        .where(sessions.c.user_id == user_id, sessions.c.expires_at > now)
        .order_by(sessions.c.last_seen_at.desc(), sessions.c.id)
    ).mappings()
    return [Session.model_construct(current=row["id"] == current, **row) for row in rows]


def live_logins(connection: Connection, now: datetime) -> list[Login]:
    """Every live session of an account that may be used."""
    author = literal("user:") + cast(users.c.id, Text)
    banned = (
        select(restrictions.c.id)
        .where(
            restrictions.c.room_id.is_(None),
            restrictions.c.author == author,
            restrictions.c.kind == "ban",
            or_(restrictions.c.until.is_(None), restrictions.c.until > now),
        )
        .exists()
    )
    rows = connection.execute(
        select(
            sessions.c.id, sessions.c.user_id, users.c.username, users.c.role, sessions.c.expires_at
        )
        .join(users, users.c.id == sessions.c.user_id)
        .where(sessions.c.expires_at > now, users.c.disabled_at.is_(None), ~banned)
    )
    return [Login(*row) for row in rows]


def end_sessions(connection: Connection, session_ids: Collection[str]) -> None:
    """Take sessions away."""
    if session_ids:
        connection.execute(delete(sessions).where(sessions.c.id.in_(session_ids)))


def end_sessions_of(connection: Connection, user_id: int, *, keep: int = 0) -> list[str]:
    """Take an account's sessions away, but the `keep` newest; which they were."""
    own = (
        select(sessions.c.id)
        .where(sessions.c.user_id == user_id)
        .order_by(sessions.c.last_seen_at.desc(), sessions.c.id)
    )
    ended = list(connection.scalars(own))[keep:]
    end_sessions(connection, ended)
    return ended


def end_expired(connection: Connection, now: datetime) -> None:
    """Take away those that have ended by themselves."""
    connection.execute(delete(sessions).where(sessions.c.expires_at <= now))


def address_is_live(connection: Connection, user_id: int, address: str, now: datetime) -> bool:
    """Whether an account has a live session at an address."""
    found = connection.scalar(
        select(sessions.c.id)
        .where(
            sessions.c.user_id == user_id,
            sessions.c.address == address,
            sessions.c.expires_at > now,
        )
        .limit(1)
    )
    return found is not None
