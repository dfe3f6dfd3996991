"""What is kept in memory: it follows what was committed, and gives nothing for ever."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy
from sqlalchemy import text

from parlour import logins
from parlour.context import Context
from parlour.errors import Refusal
from parlour.features import sessions
from parlour.identity import end_in_any_case, end_logins
from parlour.logins import Known, NewAccount
from parlour.models import Person
from parlour.people import Account, Device, Login, Opened
from parlour.realtime.connection import Connection
from parlour.registry import Registry
from parlour.store import restrictions, users
from parlour.store.sessions import get_session
from parlour.support.tokens import Refresh
from tests.support.local import local_context, started_database
from tests.support.sockets import Socket

DEVICE = Device("192.0.2.1", "test")


@pytest.fixture
async def context(tmp_path: Path) -> AsyncIterator[Context]:
    """Yield the parts of a server without its doors."""
    async with started_database(tmp_path) as database:
        yield local_context(tmp_path, database)


def login(name: str, *, ends: timedelta) -> Login:
    """Return a login of user 7 that ends so long from now."""
    return Login(name, 7, "alice", "member", datetime.now(UTC) + ends)


async def test_a_login_that_ends_by_itself_takes_its_connections_along(context: Context) -> None:
    """Those of another login of the same account stay."""
    sockets = {}
    for name, ends in (("over", -timedelta(seconds=1)), ("live", timedelta(hours=1))):
        context.registry.add(login(name, ends=ends))
        socket = sockets[name] = Socket("alice")
        socket.connection = Connection(
            socket, person_key="user:7", username="alice", guest=False, one_room=True, aware=False,
            session_id=name,
        )  # fmt: skip
        context.manager.register(socket.connection)
    assert context.registry.login("over") is None
    context.tasks.spawn(sessions.tidy(context))
    await asyncio.sleep(0)
    assert sockets["over"].closed == [(4501, "not_signed_in")]
    assert '"code":"not_signed_in"' in sockets["over"].frames[-1]
    assert sockets["live"].closed == []
    assert set(context.registry.logins) == {"live"}
    await context.tasks.close()


async def signed_in(context: Context) -> Opened:
    """Make alice's account and her first session."""
    new = NewAccount("alice", "alice", "hash")
    session = await context.database.write(logins.register, new, DEVICE, "key")
    context.registry.add(session.login)
    return session


async def test_an_account_that_is_disabled_while_the_server_runs_is_out_at_once(
    context: Context,
) -> None:
    """Its sessions are dead and its connections closed in the turn in which it is committed."""
    database, session = context.database, await signed_in(context)
    socket = Socket("alice")
    socket.connection = Connection(
        socket, person_key=f"user:{session.user.id}", username="alice", guest=False, one_room=True,
        aware=False, session_id=session.login.session_id,
    )  # fmt: skip
    context.manager.register(socket.connection)
    await database.write(
        logins.disable_account, "alice", then=lambda ended: end_logins(context, ended)
    )
    await asyncio.sleep(0)
    assert socket.closed == [(4501, "not_signed_in")]
    assert context.registry.logins == {}
    token = Refresh(session.login.session_id, 1)
    assert await database.write(logins.renew, token, DEVICE, "key") is None


async def test_a_ban_that_comes_while_a_password_is_hashed_is_not_overtaken(
    context: Context,
) -> None:
    """A new password opens no session for somebody who is banned; nor does a restart."""
    database, session = context.database, await signed_in(context)
    user_id = session.user.id

    def ban(connection: sqlalchemy.Connection) -> Account | None:
        whom = (f"user:{user_id}", "alice")
        restrictions.restrict(connection, None, "ban", whom, None, "", user_id)
        return users.get_account(connection, user_id)

    account = await database.write(ban)
    assert account is not None
    with pytest.raises(Refusal) as refused:
        await database.write(logins.change_password, account, "new hash", DEVICE, "key")
    assert refused.value.code == "banned"
    # The session from before is still a row here; it is nobody's any more.
    assert (await database.read(logins.load)).logins == []


@pytest.mark.sqlite
async def test_what_ended_without_being_stored_is_taken_away_when_there_is_room(
    context: Context,
) -> None:
    """On a full disk a login ends in memory; it is not renewed, and then it is gone for good."""
    database, session = context.database, await signed_in(context)
    session_id = session.login.session_id

    def limit(connection: sqlalchemy.Connection, pages: int) -> None:
        connection.execute(text(f"PRAGMA max_page_count = {pages}"))

    def grow(connection: sqlalchemy.Connection, session_ids: list[str]) -> list[str]:
        connection.execute(text("CREATE TABLE big AS SELECT zeroblob(100000) AS it"))
        return session_ids

    await database.write(limit, 1)
    with pytest.raises(Refusal, match="Signed out, until the server is restarted") as refused:
        await end_in_any_case(context, [session_id], grow, [session_id])
    assert refused.value.code == "storage_full"
    assert context.registry.login(session_id) is None
    # A renewal that was under way does not bring it back.
    context.registry.add(session.login)
    assert context.registry.login(session_id) is None
    assert await database.read(get_session, session_id) is not None
    await database.write(limit, 1_000_000)
    context.tasks.spawn(sessions.tidy(context))
    await database.drain()
    await database.drain()
    assert await database.read(get_session, session_id) is None
    assert context.registry.unstored == set()
    await context.tasks.close()


def test_names_of_guests_that_left_are_not_kept() -> None:
    """However many connections they had, under however many names."""
    registry = Registry(Known([], [], administered=True))
    anna, other = Person.by_cookie("Anna", "A"), Person.by_cookie("anna", "B")
    named = Person.by_name("anna")
    for person in (anna, anna, named, named):
        registry.came(person)
    with pytest.raises(Refusal, match="taken"):
        registry.check_guest(other)
    registry.check_guest(anna)
    for person in (anna, named, anna):
        with pytest.raises(Refusal, match="taken"):
            registry.check_guest(other)
        registry.went(person)
    registry.check_guest(other)
    assert registry.guests_named("anna") == {named.author}
    registry.went(named)
    assert registry._guests == {}


def test_a_name_is_kept_while_its_account_is_made_and_free_when_that_fails() -> None:
    """For guests and for others who want it."""
    registry = Registry(Known([], [], administered=True))
    guest = Person.by_name("Lily")
    with registry.registering("lily", None):
        with pytest.raises(Refusal, match="taken"):
            registry.check_guest(guest)
        with pytest.raises(Refusal, match="taken"), registry.registering("1ily", None):
            pass
    registry.check_guest(guest)
    with registry.registering("lily", None):
        registry.add_name("lily")
    with pytest.raises(Refusal, match="taken"):
        registry.check_guest(guest)
