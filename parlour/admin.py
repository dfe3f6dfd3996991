"""What the one who runs the machine does on the data: `parlour admin` and `parlour audit`."""

import getpass
import sys
from argparse import Namespace
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from pydantic_core import PydanticCustomError
from sqlalchemy.exc import DBAPIError

from parlour import audit, logins
from parlour.database import get_db, init_db
from parlour.errors import Refusal
from parlour.logins import NewAccount
from parlour.settings import Settings
from parlour.store.audit import all_entries
from parlour.store.invites import create_server_invite
from parlour.store.users import find_account
from parlour.support.keys import load_keys, rotate_keys
from parlour.support.names import account_forms, account_username, reserved_forms
from parlour.support.passwords import Passwords, check_password, clean_password
from parlour.support.sqlite import open_readers
from parlour.support.tokens import random_id


class AdminError(Exception):
    """It cannot be done; the text is the one line to show."""


# Addresses to listen on that are opened under another name.
_OF_THIS_MACHINE: Final = ("127.0.0.1", "::1", "0.0.0.0", "::")  # noqa: S104


def run(settings: Settings, options: Namespace) -> str:
    """Do it; the line that says what was done.

    Raises AdminError, or what opening the data directory raises.
    """
    database = init_db(settings)
    try:
        return _ACTS[options.act](settings, options)
    except PydanticCustomError as error:
        raise AdminError(f"{error.message()}.") from None
    except Refusal as refusal:
        raise AdminError(refusal.detail) from None
    finally:
        database.release()


def verify_audit(settings: Settings, known: tuple[int, str] | None) -> str:
    """Go through the audit log; the line that says how long it is and where it ends.

    It only reads, also beside a running server. Raises AdminError for the first entry that is
    wrong.
    """
    if not settings.database_path.is_file():
        raise AdminError(f"There is no database in {settings.data_dir}.")
    engine = open_readers(settings.database_path, 1)
    try:
        with engine.begin() as connection:
            head = audit.verify(all_entries(connection), known)
    except audit.Broken as broken:
        raise AdminError(f"The audit log is wrong: {broken}.") from None
    except DBAPIError as error:
        raise AdminError(f"{settings.database_path} cannot be read: {error.orig}.") from None
    finally:
        engine.dispose()
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
    before = {key.id for key in load_keys(settings.keys_path)}
    after = {key.id for key in rotate_keys(settings.keys_path)}
    dropped = len(before - after)
    return f"New logins are signed with a new key; {dropped} old ones were dropped."


_ACTS: Final[Mapping[str, Callable[[Settings, Namespace], str]]] = {
    "create": _create,
    "reset-password": _reset_password,
    "disable": _disable,
    "enable": _enable,
    "invite": _invite,
    "rotate-keys": _rotate_keys,
}


def _password(options: Namespace, username: str) -> str:
    if options.password_stdin:
        given = sys.stdin.readline().rstrip("\r\n")
    else:
        try:
            given = getpass.getpass("Password: ")
            again = getpass.getpass("Once more: ")
        except EOFError:
            raise AdminError("No password was given.") from None
        if given != again:
            raise AdminError("The two are not the same.")
    password = clean_password(given)
    check_password(password, username)
    return password
