"""The accounts' rows."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, func, insert, select, update

from parlour.people import Account, Role, User
from parlour.store.tables import users
from parlour.support.names import name_identity
from parlour.support.text import name_key

TOLD = (
    users.c.id, users.c.username, users.c.display_name, users.c.role, users.c.about,
    users.c.time_zone, users.c.status_text, users.c.hue, users.c.created_at,
    users.c.read_receipts, users.c.avatar,
)  # fmt: skip


def user_of(row: RowMapping) -> User:
    """The account of a row of TOLD."""
    fields = {column.name: row[column.name] for column in TOLD}
    if fields["avatar"] is not None:
        fields["avatar"] = told_avatar(fields["avatar"])
    return User.model_construct(**fields)


def told_avatar(key: str) -> str:
    """What is told of where an avatar lies: enough to tell it from those before and behind it."""
    return key[:16]


def create_user(
    connection: Connection, username: str, display_name: str, password_hash: str, role: Role
) -> User:
    """A new account. Raises IntegrityError when another has this name or one like it."""
    now = datetime.now(UTC)
    row = connection.execute(
        insert(users)
        .values(
            username=username,
            name_key=name_key(username),
            identity=name_identity(username),
            display_name=display_name,
            password_hash=password_hash,
            role=role,
            about="",
            status_text="",
            created_at=now,
            password_changed_at=now,
        )
        .returning(*TOLD)
    )
    return user_of(row.mappings().one())


def get_user(connection: Connection, user_id: int) -> User | None:
    """One account that may be used."""
    row = connection.execute(
        select(*TOLD).where(users.c.id == user_id, users.c.disabled_at.is_(None))
    )
    found = row.mappings().first()
    return None if found is None else user_of(found)


def find_user(connection: Connection, username: str) -> User | None:
    """The account of a name, in any case, that may be used."""
    account = find_account(connection, username)
    return None if account is None or account.disabled else account.user


def find_account(connection: Connection, username: str) -> Account | None:
    """The account of a name, in any case, and what it takes to sign in."""
    return _account(connection, users.c.name_key == name_key(username))


def get_account(connection: Connection, user_id: int) -> Account | None:
    """The same by id."""
    return _account(connection, users.c.id == user_id)


def _account(connection: Connection, which: ColumnElement[bool]) -> Account | None:
    statement = select(*TOLD, users.c.password_hash, users.c.disabled_at).where(which)
    row = connection.execute(statement).mappings().first()
    if row is None:
        return None
    return Account(user_of(row), row["password_hash"], row["disabled_at"] is not None)


def set_password(connection: Connection, user_id: int, password_hash: str) -> None:
    """Give an account a new password."""
    connection.execute(
        update(users)
        .where(users.c.id == user_id)
        .values(password_hash=password_hash, password_changed_at=datetime.now(UTC))
    )


def replace_hash(connection: Connection, user_id: int, old: str, new: str) -> None:
    """Keep the password, hashed anew; not where it was changed in the meantime."""
    connection.execute(
        update(users)
        .where(users.c.id == user_id, users.c.password_hash == old)
        .values(password_hash=new)
    )


def change_profile(connection: Connection, user_id: int, changes: dict[str, Any]) -> None:
    """Set columns of the profile."""
    connection.execute(update(users).where(users.c.id == user_id).values(**changes))


def usernames(connection: Connection) -> list[str]:
    """Every account's name."""
    return list(connection.scalars(select(users.c.username)))


def without_receipts(connection: Connection) -> list[int]:
    """The accounts that let nobody know how far they have read."""
    return list(connection.scalars(select(users.c.id).where(users.c.read_receipts.is_(False))))


def has_administrator(connection: Connection) -> bool:
    """Whether somebody runs this place."""
    administrators = (
        select(func.count())
        .select_from(users)
        .where(users.c.role == "administrator", users.c.disabled_at.is_(None))
    )
    return bool(connection.scalar(administrators))


def other_administrators(connection: Connection, user_id: int) -> int:
    """How many run this place beside one of them."""
    counted = (
        select(func.count())
        .select_from(users)
        .where(
            users.c.role == "administrator", users.c.disabled_at.is_(None), users.c.id != user_id
        )
    )
    return connection.scalar(counted) or 0


def set_role(connection: Connection, user_id: int, role: Role) -> None:
    """Give an account another role on the server."""
    connection.execute(update(users).where(users.c.id == user_id).values(role=role))


def set_disabled(connection: Connection, user_id: int, *, disabled: bool) -> None:
    """Let an account not be used any more, or again. To do it once more changes nothing."""
    at = datetime.now(UTC) if disabled else None
    other = users.c.disabled_at.is_(None) if disabled else users.c.disabled_at.is_not(None)
    connection.execute(update(users).where(users.c.id == user_id, other).values(disabled_at=at))
