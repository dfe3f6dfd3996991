"""What is kept in memory: it follows what was committed, and gives nothing for ever."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from parlour.context import Context
from parlour.errors import Refusal
from parlour.features import sessions
from parlour.logins import Known
from parlour.models import Person
from parlour.people import Login
from parlour.realtime.connection import Connection
from parlour.registry import Registry
from tests.support.local import local_context, started_database
from tests.support.sockets import Socket


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
