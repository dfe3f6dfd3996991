"""What the one who runs the machine does on the data: `parlour admin` and `parlour audit`."""

import asyncio
import getpass
import sys
import warnings
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Final

from pydantic_core import PydanticCustomError
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from parlour import audit, logins
from parlour.database import get_db, init_db
from parlour.errors import Refusal
from parlour.keyring import renew_keys
from parlour.logins import NewAccount
from parlour.settings import Settings
from parlour.storage import KEY, Unavailable, open_storage
from parlour.store import files as file_rows
from parlour.store.audit import all_entries
from parlour.store.backends import DatabaseUnusable, backend_of
from parlour.store.invites import create_server_invite
from parlour.store.meta import MOVED, RESTORING, read_values
from parlour.store.users import find_account
from parlour.support.names import account_forms, account_username, reserved_forms
from parlour.support.passwords import Passwords, check_password, clean_password
from parlour.support.tokens import random_id


class AdminError(Exception):
    """It cannot be done; the text is the one line to show."""


# Addresses to listen on that are opened under another name.
_OF_THIS_MACHINE: Final = ("127.0.0.1", "::1", "0.0.0.0", "::")  # noqa: S104


def run(settings: Settings, options: Namespace) -> str:
    """Do it; the line that says what was done.

    Raises AdminError, or what opening the data directory raises.
    """
    if options.act not in _BEGIN:
        _refuse_to_begin(settings)
    database = init_db(settings)
    try:
        database.hold()
        return _ACTS[options.act](settings, options)
    except PydanticCustomError as error:
        raise AdminError(f"{error.message()}.") from None
    except Refusal as refusal:
        raise AdminError(refusal.detail) from None
    finally:
        database.release()


@contextmanager
def reader(settings: Settings) -> Iterator[Connection]:
    """A connection that can only read, also beside a running server. Raises AdminError, OSError."""
    _refuse_closed(settings)
    try:
        backend = backend_of(settings)
    except DatabaseUnusable as error:
        raise AdminError(str(error)) from None
    if not backend.is_there():
        raise AdminError(f"There is no database in {settings.data_dir}.")
    engine = backend.open_readers(1)
    try:
        with engine.begin() as connection:
            if place := read_values(connection, [MOVED]).get(MOVED):
                words = f"{backend} was moved to {place}: set PARLOUR_DATABASE_URL."
                raise AdminError(words)
            yield connection
    except DBAPIError as error:
        raise AdminError(f"{backend} cannot be read: {backend.fault(error)}") from None
    finally:
        engine.dispose()


def _refuse_closed(settings: Settings) -> None:
    """Raise OSError where it cannot be known what is in the data directory."""
    if not settings.database_url:
        with suppress(FileNotFoundError):
            settings.database_path.stat()


def _refuse_to_begin(settings: Settings) -> None:
    """Raise AdminError where there is no database: a mistyped folder would get another chat.

    Raises OSError, or DatabaseUnusable, as opening it does.
    """
    _refuse_closed(settings)
    path = settings.database_path
    log = path.with_name(f"{path.name}-wal")
    # Of these opening it knows more to say.
    if (settings.data_dir / RESTORING).exists() or (log.exists() and log.stat().st_size):
        return
    if not backend_of(settings).is_there():
        raise AdminError(f"There is no database in {settings.data_dir}.")


def verify_audit(settings: Settings, known: tuple[int, str] | None) -> str:
    """Go through the audit log; the line that says how long it is and where it ends.

    It only reads, also beside a running server. Raises AdminError for the first entry that is
    wrong, and OSError.
    """
    try:
        with reader(settings) as connection:
            head = audit.verify(all_entries(connection), known)
    except audit.Broken as broken:
        raise AdminError(f"The audit log is wrong: {broken}.") from None
    entries = "1 entry" if head.count == 1 else f"{head.count} entries"
    return f"{entries}, head {head.id}:{head.hash}"


def _create(settings: Settings, options: Namespace) -> str:
    username = account_username(options.username)
    if len(username) > settings.max_username_length:
        raise AdminError(f"A username has at most {settings.max_username_length} characters.")
    if not account_forms(username).isdisjoint(reserved_forms()):
        raise AdminError(f"Nobody can be called {username}.")
    password = _password(options, username)
    shown = " ".join(options.username.split())
    new = NewAccount(username, shown, Passwords().hash_now(password), "administrator")
    with get_db() as connection:
        logins.create_account(connection, new)
        audit.note(connection, audit.COMMAND_LINE, "admin.create", username)
    return f"{username} is an administrator."


def _reset_password(_settings: Settings, options: Namespace) -> str:
    username = account_username(options.username)
    hashed = Passwords().hash_now(_password(options, username))
    with get_db() as connection:
        user = logins.reset_password(connection, username, hashed)
        audit.note(connection, audit.COMMAND_LINE, "user.password_reset", user.username)
    return f"{username} has a new password and is signed out everywhere."


def _disable(_settings: Settings, options: Namespace) -> str:
    username = account_username(options.username)
    with get_db() as connection:
        before = find_account(connection, username)
        logins.disable_account(connection, username)
        if before is not None and not before.disabled:
            audit.note(connection, audit.COMMAND_LINE, "user.disable", username)
    return f"{username} is disabled and signed out everywhere."


def _enable(_settings: Settings, options: Namespace) -> str:
    username = account_username(options.username)
    with get_db() as connection:
        before = find_account(connection, username)
        logins.enable_account(connection, username)
        if before is not None and before.disabled:
            audit.note(connection, audit.COMMAND_LINE, "user.enable", username)
    return f"{username} can sign in again."


def _invite(settings: Settings, options: Namespace) -> str:
    token = random_id()
    ends = datetime.now(UTC) + timedelta(days=options.days)
    with get_db() as connection:
        create_server_invite(connection, logins.hash_of(token), ends, options.uses)
    host = "localhost" if settings.host in _OF_THIS_MACHINE else settings.host
    return f"http://{host}:{settings.port}/#/invite/{token}"


def _rotate_keys(settings: Settings, _options: Namespace) -> str:
    with get_db() as connection:
        before, after = renew_keys(settings, connection)
    dropped = len({key.id for key in before} - {key.id for key in after})
    old = "1 old one was" if dropped == 1 else f"{dropped} old ones were"
    return f"New logins are signed with a new key; {old} dropped."


def _sweep_files(settings: Settings, options: Namespace) -> str:
    try:
        count, unknown = asyncio.run(_sweep(settings, delete=options.delete))
    except Unavailable as error:
        raise AdminError(f"The storage does not answer: {error}.") from None
    if not unknown:
        told = "the one file" if count == 1 else f"all {count} files"
        return f"The database knows {told} in the storage."
    told = "the one file" if count == 1 else f"{unknown} of {count} files"
    if options.delete:
        were = "was" if unknown == 1 else "were"
        return f"{told}, which the database did not know, {were} taken from the storage."
    them = "it" if unknown == 1 else "them"
    return f"The database does not know {told} in the storage. Take {them} away with --delete."


async def _sweep(settings: Settings, *, delete: bool) -> tuple[int, int]:
    """How many files are in the storage, and how many of them the database does not know."""
    storage = open_storage(settings)
    count, unknown = 0, set[str]()
    try:
        await storage.begin()
        async for names in storage.keys():
            # What is called otherwise was put there by somebody else.
            keys = [name for name in names if KEY.fullmatch(name)]
            count += len(keys)
            with get_db() as connection:
                unknown |= file_rows.unknown(connection, keys)
        if delete and unknown and len(unknown) == count:
            told = f"knows none of the {count} files in the storage, so it is perhaps not theirs"
            if count == 1:
                told = "does not know the one file in the storage, so it is perhaps another one's"
            raise AdminError(f"The database {told}: nothing was taken away.")
        for key in sorted(unknown) if delete else ():
            await storage.delete(key)
    finally:
        await storage.close()
    return count, len(unknown)


_ACTS: Final[Mapping[str, Callable[[Settings, Namespace], str]]] = {
    "create": _create,
    "reset-password": _reset_password,
    "disable": _disable,
    "enable": _enable,
    "invite": _invite,
    "rotate-keys": _rotate_keys,
    "sweep-files": _sweep_files,
}
# What may be done before the first start.
_BEGIN: Final = frozenset({"create"})


def _password(options: Namespace, username: str) -> str:
    if options.password_stdin:
        # Whoever starts a program can close it.
        given = "" if sys.stdin is None else sys.stdin.readline().rstrip("\r\n")
    else:
        try:
            with warnings.catch_warnings():
                # Where it would be shown, it is not asked for.
                warnings.simplefilter("error", getpass.GetPassWarning)
                given = getpass.getpass("Password: ")
                again = getpass.getpass("Once more: ")
        except getpass.GetPassWarning:
            words = "There is no terminal to ask for the password at: use --password-stdin."
            raise AdminError(words) from None
        except EOFError:
            raise AdminError("No password was given.") from None
        if given != again:
            raise AdminError("The two are not the same.")
    password = clean_password(given)
    check_password(password, username)
    return password
