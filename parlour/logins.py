"""The operations on accounts, sessions and invitations, each inside one transaction."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from parlour import attempts
from parlour.errors import Refusal
from parlour.people import Account, Device, Login, Opened, Role, Session, User
from parlour.store import invites, removal, restrictions, users
from parlour.store import sessions as session_rows
from parlour.store.dialects import attempt
from parlour.store.sessions import SessionRow
from parlour.support.tokens import Refresh, random_id

# A session ends so long after it was renewed last.
SESSION_LIFE: Final = timedelta(days=30)
# The token just replaced is good for so long: two tabs, or an answer that was lost, are no theft.
SUCCESSOR_TIME: Final = timedelta(seconds=10)
# Sessions of one account; a further one ends the one that was used longest ago.
MAX_SESSIONS: Final = 100


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What an account is made of."""

    username: str
    display_name: str
    password_hash: str
    role: Role = "member"


@dataclass(frozen=True, slots=True)
class Known:
    """What is kept in memory: names that are taken, live sessions, whether somebody runs it."""

    usernames: list[str]
    logins: list[Login]
    administered: bool
    # Until when they may not come in.
    banned_guests: Mapping[str, datetime | None] = field(default_factory=dict)


def load(connection: Connection) -> Known:
    """All that the registry begins with."""
    return Known(
        [*users.usernames(connection), *removal.names_left(connection)],
        session_rows.live_logins(connection, datetime.now(UTC)),
        users.has_administrator(connection),
        restrictions.banned_guests(connection),
    )


def name_taken(username: str) -> Refusal:
    """For a name that an account or a guest has, or one like it."""
    return Refusal("name_taken", f"The name {username} is taken.", field="username")


def begin_login(connection: Connection, username: str, address: str) -> Account | None:
    """Count a try and find the account, if there is one. Raises Refusal `rate_limited`."""
    account = users.find_account(connection, username)
    user_id = None if account is None else account.user.id
    attempts.begin_login(connection, username, address, user_id)
    return None if account is None or account.disabled else account


def end_check(connection: Connection, account: Account, address: str) -> None:
    """The password was right of whoever is signed in already.

    Raises Refusal `wrong_credentials` when it was changed, or the account went, meanwhile.
    """
    now = users.get_account(connection, account.user.id)
    if now is None or now.password_hash != account.password_hash:
        raise wrong_credentials()
    attempts.end_login(connection, account.user.username, address)


def end_login(
    connection: Connection,
    account: Account,
    device: Device,
    key_id: str,
    new_hash: str | None,
    replaced: Collection[str] = (),
) -> Opened:
    """Open a session for whoever gave the right password; it ends those that it replaces.

    Raises Refusal `wrong_credentials` when that was changed, or the account ended, meanwhile, and
    `banned`, which only they learn who know the password.
    """
    user = account.user
    now = users.get_account(connection, user.id)
    if now is None or now.disabled or now.password_hash != account.password_hash:
        raise wrong_credentials()
    if restrictions.server_ban_of(connection, f"user:{user.id}") is not None:
        raise banned()
    attempts.end_login(connection, user.username, device.address)
    if new_hash is not None:
        users.replace_hash(connection, user.id, account.password_hash, new_hash)
    return _open(connection, now.user, device, key_id, replaced)


def wrong_credentials() -> Refusal:
    """The same for a name that nobody has and for a wrong password."""
    return Refusal("wrong_credentials", "The username or the password is wrong.")


def banned() -> Refusal:
    """For somebody whom this server keeps out."""
    return Refusal("banned", "You are banned from this server.")


def check_invite(connection: Connection, invite: str) -> None:
    """Raises Refusal `invite_invalid` for what makes no account now; it is not used by this."""
    if not invites.is_server_invite(connection, hash_of(invite), datetime.now(UTC)):
        raise _invite_invalid()


def register(
    connection: Connection,
    new: NewAccount,
    device: Device,
    key_id: str,
    replaced: Collection[str] = (),
    invite: str | None = None,
) -> Opened:
    """Make an account, using the invitation if one is given, and open its first session.

    Raises Refusal `rate_limited`, `invite_invalid` or `name_taken`.
    """
    attempts.count_account(connection, device.address)
    if invite is not None and not invites.use_server_invite(
        connection, hash_of(invite), datetime.now(UTC)
    ):
        raise _invite_invalid()
    user = create_account(connection, new)
    attempts.know(connection, user.username, device.address)
    return _open(connection, user, device, key_id, replaced)


def _invite_invalid() -> Refusal:
    return Refusal("invite_invalid", "This invitation is wrong, used up or too old.")


def create_account(connection: Connection, new: NewAccount) -> User:
    """Make an account. Raises Refusal `name_taken`."""
    if removal.is_left(connection, new.username):
        raise name_taken(new.username)
    try:
        with attempt(connection):
            return users.create_user(
                connection, new.username, new.display_name, new.password_hash, new.role
            )
    except IntegrityError:
        raise name_taken(new.username) from None


def set_up(
    connection: Connection,
    new: NewAccount,
    device: Device,
    key_id: str,
    replaced: Collection[str] = (),
) -> Opened:
    """Make the first administrator. Raises Refusal `invite_invalid` when there is one."""
    if users.has_administrator(connection):
        raise Refusal("invite_invalid", "This server has an administrator already.")
    return _open(connection, create_account(connection, new), device, key_id, replaced)


def renew(
    connection: Connection,
    token: Refresh,
    device: Device,
    key_id: str,
    asked_at: datetime | None = None,
) -> Opened | str | None:
    """The current generation of a session, for one of its refresh tokens.

    The current token is replaced; the one before it gives its successor once more for
    SUCCESSOR_TIME, from the rotation until `asked_at`: nobody is signed out because the disk let
    them wait. Any other was used before: its session ends, and its id is returned. None for a
    session that is over.
    """
    now = datetime.now(UTC)
    asked_at = asked_at or now
    row = session_rows.get_session(connection, token.session_id)
    if row is None or row.expires_at <= now:
        return None
    user = users.get_user(connection, row.user_id)
    if user is None:
        return None
    if token.generation == row.generation:
        row = replace(
            row,
            generation=row.generation + 1,
            rotated_at=now,
            key_id=key_id,
            expires_at=now + SESSION_LIFE,
        )
        session_rows.rotate_session(connection, row, device)
    elif token.generation != row.generation - 1 or asked_at - row.rotated_at > SUCCESSOR_TIME:
        session_rows.end_sessions(connection, [row.id])
        return row.id
    return Opened(user, _login(user, row), row.key_id, row.generation)


def change_password(
    connection: Connection, account: Account, password_hash: str, device: Device, key_id: str
) -> Opened:
    """Set a new password, end all sessions and open a new one for whoever did it.

    No session stays, so that a token that somebody has copied is worth nothing, nor does any
    address that was known but the present one. Raises Refusal `wrong_credentials` when the password
    was changed in the meantime.
    """
    user = account.user
    now = users.get_account(connection, user.id)
    if now is None or now.disabled or now.password_hash != account.password_hash:
        raise wrong_credentials()
    ended = _set_password(connection, user, password_hash)
    attempts.end_login(connection, user.username, device.address)
    return _open(connection, now.user, device, key_id, ended)


def reset_password(connection: Connection, username: str, password_hash: str) -> User:
    """Set an account's password and end all its sessions. Raises Refusal."""
    user = _kept(connection, username)
    _set_password(connection, user, password_hash)
    return user


def _set_password(connection: Connection, user: User, password_hash: str) -> list[str]:
    users.set_password(connection, user.id, password_hash)
    attempts.forget_known(connection, user.username)
    return session_rows.end_sessions_of(connection, user.id)


def disable_account(connection: Connection, username: str) -> list[str]:
    """Let an account be used no more; the sessions that ended for it. Raises Refusal `not_found`.

    Whoever calls it while a server runs hands them to `identity.end_logins`.
    """
    user = _account(connection, username)
    users.set_disabled(connection, user.id, disabled=True)
    invites.delete_all_invites_of(connection, user.id)
    return session_rows.end_sessions_of(connection, user.id)


def enable_account(connection: Connection, username: str) -> None:
    """Let an account be used again; its sessions stay ended. Raises Refusal.

    One that was left for good has no password, and is nobody's any more.
    """
    users.set_disabled(connection, _kept(connection, username).id, disabled=False)


def _kept(connection: Connection, username: str) -> User:
    account = users.find_account(connection, username)
    if account is not None and not account.password_hash:
        raise Refusal("not_allowed", "Whoever had this account has left for good.")
    return _account(connection, username)


def _account(connection: Connection, username: str) -> User:
    account = users.find_account(connection, username)
    if account is None:
        raise Refusal("not_found", f"There is no account {username}.")
    return account.user


def list_sessions(connection: Connection, login: Login) -> list[Session]:
    """The live sessions of whoever asks."""
    now = datetime.now(UTC)
    return session_rows.list_sessions(connection, login.user_id, now, login.session_id)


def end_session(connection: Connection, user_id: int, session_id: str) -> Collection[str]:
    """End one session of an account; the ids of what ended. Raises Refusal `not_found`."""
    row = session_rows.get_session(connection, session_id)
    if row is None or row.user_id != user_id:
        raise Refusal("not_found", "There is no such session.")
    session_rows.end_sessions(connection, [session_id])
    return [session_id]


def end_all(connection: Connection, user_id: int) -> list[str]:
    """End every session of an account; their ids."""
    return session_rows.end_sessions_of(connection, user_id)


def end_sessions(connection: Connection, session_ids: Collection[str]) -> Collection[str]:
    """End sessions; their ids."""
    session_rows.end_sessions(connection, session_ids)
    return session_ids


def tidy(connection: Connection) -> None:
    """Take away what has ended by itself, or counts no longer."""
    session_rows.end_expired(connection, datetime.now(UTC))
    attempts.forget_old(connection)


def get_user(connection: Connection, user_id: int) -> User:
    """The account of a login. Raises Refusal `not_signed_in` when it may not be used any more."""
    user = users.get_user(connection, user_id)
    if user is None:
        raise Refusal("not_signed_in", "This account has ended.")
    return user


def find_user(connection: Connection, username: str) -> User:
    """The account of a name. Raises Refusal `not_found`."""
    user = users.find_user(connection, username)
    if user is None:
        raise Refusal("not_found", "There is nobody with this name.")
    return user


def without_receipts(connection: Connection) -> list[int]:
    """The accounts that let nobody know how far they have read."""
    return users.without_receipts(connection)


def change_profile(connection: Connection, user_id: int, changes: dict[str, Any]) -> User:
    """Change what others see of an account; how it is now."""
    if changes:
        users.change_profile(connection, user_id, changes)
    return get_user(connection, user_id)


def hash_of(token: str) -> str:
    """What is stored of a random token: nobody can find the token from it."""
    return hashlib.sha256(token.encode()).hexdigest()


def _open(
    connection: Connection, user: User, device: Device, key_id: str, replaced: Collection[str]
) -> Opened:
    # Asked for every way in: a ban may come while a password is hashed.
    if restrictions.server_ban_of(connection, f"user:{user.id}") is not None:
        raise banned()
    session_rows.end_sessions(connection, replaced)
    ended = session_rows.end_sessions_of(connection, user.id, keep=MAX_SESSIONS - 1)
    now = datetime.now(UTC)
    row = SessionRow(random_id(), user.id, 1, now, key_id, now + SESSION_LIFE)
    session_rows.create_session(connection, row, device)
    return Opened(user, _login(user, row), key_id, row.generation, (*replaced, *ended))


def _login(user: User, row: SessionRow) -> Login:
    return Login(row.id, user.id, user.username, user.role, row.expires_at)
