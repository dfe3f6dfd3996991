"""Signing out while nothing can be stored: the login is dead all the same, and it is said."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing

import pytest
from httpx2 import Response

from tests.support.accounts import Account, browser_at, cookies_of, log_in, register
from tests.support.answers import assert_refused
from tests.support.brief import thorough_but
from tests.support.people import Room
from tests.support.server import Server


@asynccontextmanager
async def nothing_can_be_stored(server: Server) -> AsyncIterator[None]:
    """Lock the server's database from outside."""
    path = server.data_dir / "chat.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as lock:
        lock.execute("BEGIN IMMEDIATE")
        yield
        lock.execute("ROLLBACK")


def by_cookie(account: Account) -> Response:
    """Sign out as the page does."""
    with browser_at(account.server) as browser:
        browser.cookies.set("parlour", account.access, path="/")
        browser.cookies.set("parlour-refresh", account.refresh, path="/")
        return browser.post("/api/auth/logout")


def everywhere(account: Account) -> Response:
    """Sign out of all logins."""
    return account.call("DELETE", "/api/auth/sessions")


def by_its_id(account: Account) -> Response:
    """End this one of the logins."""
    session_id = account.refresh.partition(".")[0]
    return account.call("DELETE", f"/api/auth/sessions/{session_id}")


@pytest.mark.sqlite
@pytest.mark.parametrize("sign_out", thorough_but([by_cookie], [by_cookie, everywhere, by_its_id]))
async def test_who_signs_out_is_out_although_it_cannot_be_stored(
    own_server: Server,
    new_room: Callable[..., Room],
    sign_out: Callable[[Account], Response],
) -> None:
    """The answer says how it stands; tokens are dead, connections closed, and stay so."""
    account, room = register(own_server, "vera"), new_room(own_server)
    other = register(own_server, "walter")
    here = await account.connect(room)
    await here.until("user_list")
    # What the coming has left for the writer is done before this.
    assert other.call("PATCH", "/api/users/me", json={"about": "w"}).status_code == 200
    async with nothing_can_be_stored(own_server):
        answer = await asyncio.to_thread(sign_out, account)
        told = assert_refused(answer, "busy")
        assert told["detail"].startswith("Signed out, until the server is restarted at least.")
        if sign_out is by_cookie:
            assert all(each["max-age"] == "0" for each in cookies_of(answer).values())
            assert set(cookies_of(answer)) == {"parlour", "parlour-refresh"}
        assert await here.closed(seconds=2) == 4501
        assert (account.status(), other.status()) == (401, 200)
    assert_refused(account.renewed(), "not_signed_in")
    assert (account.status(), other.status()) == (401, 200)
    again = log_in(own_server, "vera")
    listed = again.call("GET", "/api/auth/sessions").json()
    assert [session["current"] for session in listed] == [True]


@pytest.mark.thorough
async def test_a_login_of_somebody_else_is_not_ended_while_nothing_can_be_stored(
    own_server: Server,
) -> None:
    """Whose it is is known all the same."""
    account, mallory = register(own_server, "xaver"), register(own_server, "mallory")
    session_id = account.refresh.partition(".")[0]
    async with nothing_can_be_stored(own_server):
        await asyncio.to_thread(mallory.call, "DELETE", f"/api/auth/sessions/{session_id}")
    assert account.status() == 200
