"""Looking for people and rooms, page by page in the order of an index."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, or_, select

from parlour.oversight import AdminRoom, AdminUser
from parlour.people import User
from parlour.store.dialects import contains
from parlour.store.rooms import LIVE
from parlour.store.tables import members, messages, rooms, sessions, users
from parlour.store.users import TOLD, user_of
from parlour.support.text import name_key


def _contains(connection: Connection, query: str) -> ColumnElement[bool]:
    """Whether the username or the display name has it in it.

    The databases only know the cases of ASCII letters, so other scripts are looked for as they may
    be spelled.
    """
    spellings = {query, query.lower(), query.upper(), query.title()}
    return or_(
        users.c.name_key.contains(name_key(query), autoescape=True),
        *(contains(connection, users.c.display_name, each) for each in sorted(spellings)),
    )


def _page(
    connection: Connection, statement: Select[Any], query: str, after: str | None, limit: int
) -> Select[Any]:
    if query:
        statement = statement.where(_contains(connection, query))
    if after is not None:
        statement = statement.where(users.c.name_key > name_key(after))
    return statement.order_by(users.c.name_key).limit(limit)


def people(connection: Connection, query: str, after: str | None, limit: int) -> list[User]:
    """The accounts that may be used and whose names contain `query`, by username."""
    statement = select(*TOLD).where(users.c.disabled_at.is_(None))
    rows = connection.execute(_page(connection, statement, query, after, limit)).mappings()
    return [user_of(row) for row in rows]


def people_named(connection: Connection, names: Collection[str]) -> list[User]:
    """The accounts of these names that may be used, by username."""
    rows = connection.execute(
        select(*TOLD)
        .where(users.c.name_key.in_({name_key(name) for name in names}))
        .where(users.c.disabled_at.is_(None))
        .order_by(users.c.name_key)
    ).mappings()
    return [user_of(row) for row in rows]


def _accounts(now: datetime) -> Select[Any]:
    own = sessions.c.user_id == users.c.id
    live = (
        select(func.count())
        .select_from(sessions)
        .where(own, sessions.c.expires_at > now)
        .scalar_subquery()
    )
    seen = select(func.max(sessions.c.last_seen_at)).where(own).scalar_subquery()
    return select(
        users.c.id, users.c.username, users.c.display_name, users.c.role, users.c.created_at,
        users.c.disabled_at, live.label("sessions"), seen.label("last_seen_at"),
    )  # fmt: skip


def accounts(
    connection: Connection, query: str, after: str | None, limit: int, now: datetime
) -> list[AdminUser]:
    """All accounts, those included that may not be used, by username."""
    rows = connection.execute(_page(connection, _accounts(now), query, after, limit)).mappings()
    return [AdminUser.model_construct(**row) for row in rows]


def account(connection: Connection, user_id: int, now: datetime) -> AdminUser:
    """One of them, which is there."""
    row = connection.execute(_accounts(now).where(users.c.id == user_id)).mappings().one()
    return AdminUser.model_construct(**row)


def _rooms() -> Select[Any]:
    belonging = (
        select(func.count())
        .select_from(members.join(users))
        .where(members.c.room_id == rooms.c.id, users.c.disabled_at.is_(None))
        .scalar_subquery()
    )
    said = (
        select(func.count())
        .select_from(messages)
        .where(messages.c.room_id == rooms.c.id)
        .scalar_subquery()
    )
    return select(
        rooms.c.id, rooms.c.name, rooms.c.kind, rooms.c.topic, rooms.c.created_at,
        rooms.c.archived_at, rooms.c.owner, belonging.label("members"), said.label("messages"),
        rooms.c.retention_days,
    ).where(LIVE, rooms.c.kind != "direct")  # fmt: skip


def all_rooms(connection: Connection, after: int | None, limit: int) -> list[AdminRoom]:
    """A page of the public and private rooms, in order of creation; only these are counted in."""
    statement = _rooms().where(rooms.c.id > (after or 0)).order_by(rooms.c.id).limit(limit)
    rows = connection.execute(statement).mappings()
    return [AdminRoom.model_construct(**row) for row in rows]


def find_room(connection: Connection, room_id: int) -> AdminRoom | None:
    """One of them."""
    row = connection.execute(_rooms().where(rooms.c.id == room_id)).mappings().first()
    return None if row is None else AdminRoom.model_construct(**row)
