"""Staying signed in: refresh tokens that are good once, and what an old one gives away."""

import asyncio
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from parlour import logins
from parlour.database import get_db
from parlour.logins import NewAccount
from parlour.people import Device, Opened
from parlour.store.sessions import get_session, rotate_session
from parlour.support.tokens import Refresh
from tests.support.accounts import Account, browser_at, cookies_of, log_in, register
from tests.support.answers import assert_refused
from tests.support.inside import inside
from tests.support.local import open_database
from tests.support.people import checked
from tests.support.server import Server


def later(server: Server, account: Account, seconds: int) -> None:
    """Let the last renewal of an account's sessions be so much longer ago."""
    with inside(server) as database:
        moved = database.execute(
            "UPDATE sessions SET rotated_at ="
            " strftime('%Y-%m-%dT%H:%M:%f', rotated_at, ?) || '000Z' WHERE user_id = ?",
            [f"-{seconds} seconds", account.user["id"]],
        ).rowcount
    assert moved == 1


def test_a_refresh_token_is_good_once_and_gives_the_next(server: Server) -> None:
    """With an access token of the same login."""
    account = register(server, "karl")
    first = checked(account.renewed())
    second = checked(account.renewed(first["refresh_token"]))
    assert len({account.refresh, first["refresh_token"], second["refresh_token"]}) == 3
    assert Account(server, {}, second["access_token"], "").status() == 200
    assert second["user"] == account.user


@pytest.mark.sqlite
def test_the_token_just_replaced_gives_the_same_successor_for_ten_seconds(server: Server) -> None:
    """Two tabs, or an answer that was lost, are no theft."""
    account = register(server, "laura")
    first = checked(account.renewed())["refresh_token"]
    later(server, account, 8)
    assert checked(account.renewed())["refresh_token"] == first
    later(server, account, 3)
    assert_refused(account.renewed(), "not_signed_in")
    assert_refused(account.renewed(first), "not_signed_in")


def test_the_ten_seconds_are_those_until_it_is_asked_for(tmp_path: Path) -> None:
    """From the rotation: neither a slow disk nor a repetition shortens or lengthens them."""
    device, new = Device("192.0.2.1", "test"), NewAccount("alice", "alice", "hash")
    with open_database(tmp_path) as database, get_db(database) as connection:
        login = logins.register(connection, new, device, "key").login
        token = Refresh(login.session_id, 1)
        assert isinstance(logins.renew(connection, token, device, "key"), Opened)
        row = get_session(connection, login.session_id)
        assert row is not None
        # It waited for the disk, twenty seconds by the row's clock.
        moved = replace(row, rotated_at=row.rotated_at - timedelta(seconds=20))
        rotate_session(connection, moved, device)
        for seconds in (9, 1, 10):
            asked_at = moved.rotated_at + timedelta(seconds=seconds)
            renewed = logins.renew(connection, token, device, "key", asked_at)
            assert isinstance(renewed, Opened)
            assert renewed.generation == 2
        asked_at = moved.rotated_at + timedelta(seconds=10.001)
        ended = logins.renew(connection, token, device, "key", asked_at)
        assert ended == login.session_id


async def test_twenty_renewals_at_once_have_one_successor(server: Server) -> None:
    """Whichever comes first makes it."""
    account = register(server, "mona")

    async def renew() -> str:
        async with account.ahttp() as client:
            given = {"refresh_token": account.refresh}
            told = checked(await client.post("/api/auth/refresh", json=given))
        return str(told["refresh_token"])

    tokens = await asyncio.gather(*(renew() for _ in range(20)))
    assert len(set(tokens)) == 1
    assert account.renewed(tokens[0]).status_code == 200


def test_an_old_token_that_comes_back_ends_the_whole_login(server: Server) -> None:
    """Somebody has a copy of it: neither of the two goes on, by access or by refresh."""
    account = register(server, "nora")
    elsewhere = log_in(server, "nora")
    first = checked(account.renewed())
    second = checked(account.renewed(first["refresh_token"]))
    assert_refused(account.renewed(), "not_signed_in")
    for token in (first, second):
        assert_refused(account.renewed(token["refresh_token"]), "not_signed_in")
        assert Account(server, {}, token["access_token"], "").status() == 401
    assert elsewhere.status() == 200


@pytest.mark.parametrize("tamper", ["sid", "generation", "mac", "shape", "empty", "long"])
def test_a_refresh_token_that_was_not_given_out_is_worth_nothing(
    server: Server, tamper: str
) -> None:
    """And does not end the login that it pretends to be of."""
    account = register(server, f"olga-{tamper}")
    sid, generation, mac = account.refresh.split(".")
    token = {
        "sid": f"{sid[::-1]}.{generation}.{mac}",
        "generation": f"{sid}.2.{mac}",
        "mac": f"{sid}.{generation}.{mac[::-1]}",
        "shape": account.access,
        "empty": ".",
        "long": account.refresh + "A",
    }[tamper]
    assert_refused(account.renewed(token), "not_signed_in")
    assert account.renewed().status_code == 200


def test_a_browser_renews_by_its_cookie(server: Server) -> None:
    """A refusal leaves its cookies alone: it may come late, after those of a new login."""
    account = register(server, "paula")
    with browser_at(server) as browser:
        browser.cookies.set("parlour-refresh", account.refresh, domain="127.0.0.1", path="/")
        assert set(checked(browser.post("/api/auth/refresh"))) == {"expires_in", "user"}
        assert browser.get("/api/users/me").status_code == 200
        browser.cookies.clear()
        browser.cookies.set("parlour-refresh", account.refresh[::-1], path="/")
        answer = browser.post("/api/auth/refresh")
        assert_refused(answer, "not_signed_in")
        assert cookies_of(answer) == {}


async def test_a_login_survives_a_restart_and_a_new_key(own_server: Server) -> None:
    """Nobody is signed out by the server's own doings."""
    account = register(own_server, "zoe")
    await own_server.arestart()
    assert account.status() == 200
    renewed = checked(account.renewed())
    assert re.fullmatch(r"[\w-]{22}\.2\.[\w-]{43}", renewed["refresh_token"])
