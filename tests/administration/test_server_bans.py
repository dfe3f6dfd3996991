"""Bans from the whole server: of accounts and of guests, at every door, also after a restart."""

import pytest

from tests.support import websocket
from tests.support.accounts import PASSWORD, Account, log_in, stranger, try_login
from tests.support.administration import (
    ADMIN,
    ban_from_server,
    change_user,
    first_administrator,
    noted,
)
from tests.support.answers import assert_deleted, assert_refused
from tests.support.inside import inside
from tests.support.moderation import Guest
from tests.support.people import Person, Room, checked
from tests.support.places import name_of, new_account
from tests.support.server import Server

pytestmark = pytest.mark.usefixtures("partings")


async def test_a_banned_account_is_out_at_once_and_does_not_come_back(
    server: Server, chief: Account, room: Room
) -> None:
    """Its logins are worth nothing, its sockets are closed; who knows the password is told why."""
    account = new_account(server, "bad")
    second = log_in(server, name_of(account))
    one, many = await account.connect(room), await second.connect()
    await one.until("user_list")
    ban = checked(ban_from_server(chief, name_of(account), reason="advertising"))
    assert (ban["guest"], ban["until"], ban["created_by"]) == (False, None, name_of(chief))
    for client in (one, many):
        await client.until("error", code="banned", seconds=2)
        assert await client.closed() == 4503
    assert (account.status(), second.status()) == (401, 401)
    assert_refused(account.renewed(), "not_signed_in")
    with stranger(server) as http:
        assert_refused(try_login(http, name_of(account), PASSWORD), "banned")
        assert_refused(try_login(http, name_of(account)), "wrong_credentials")
    assert_deleted(chief.call("DELETE", f"{ADMIN}/bans/{ban['id']}"))
    assert log_in(server, name_of(account)).status() == 200
    assert noted(chief, name_of(account)) == [
        (name_of(chief), "server.ban"),
        (name_of(chief), "server.unban"),
    ]


async def test_a_banned_guest_is_out_under_any_name(
    server: Server, chief: Account, room: Room
) -> None:
    """By the cookie: they neither speak nor read nor make an account with it."""
    guest = await Guest(server, "gerda").come()
    client = await websocket.connect(server, room["id"], "gerda", headers=guest.headers)
    await client.until("user_list")
    ban = checked(ban_from_server(chief, "GERDA"))
    assert ban["guest"] is True
    await client.until("error", code="banned", seconds=2)
    assert await client.closed() == 4503
    guest.name = "gudrun"
    assert_refused(await guest.say(room["id"]), "banned")
    for path in ("/api/chat/rooms", f"/api/chat/rooms/{room['id']}/messages"):
        assert_refused(await guest.call("GET", path), "banned")
    again = await websocket.connect(server, room["id"], "gudrun", headers=guest.headers)
    await again.expect("error", code="banned")
    assert await again.closed() == 4503
    wanted = {"username": "gudrun", "password": PASSWORD}
    assert_refused(
        await guest.call("POST", "/api/auth/guest", json={"username": "gudrun"}), "banned"
    )
    assert_refused(await guest.call("POST", "/api/auth/register", json=wanted), "banned")
    assert_deleted(chief.call("DELETE", f"{ADMIN}/bans/{ban['id']}"))
    assert (await guest.say(room["id"])).status_code == 201


async def test_a_guest_with_only_a_name_is_banned_by_it(
    server: Server, chief: Account, room: Room, bob: Person
) -> None:
    """In any case; another name is another guest."""
    client = await bob.enter(room)
    checked(ban_from_server(chief, "bob"))
    await client.until("error", code="banned")
    assert await client.closed() == 4503
    for name, code in (("BOB", "banned"), ("bobby", None)):
        again = await websocket.connect(server, room["id"], name)
        if code is None:
            await again.expect("join", username=name)
            await again.close()
        else:
            await again.expect("error", code=code)
            assert await again.closed() == 4503


async def test_bans_last_over_a_restart_and_end_by_themselves(own_server: Server) -> None:
    """Those of guests are in memory again before anybody comes in."""
    chief = first_administrator(own_server)
    account = new_account(own_server, "bad")
    guest = await Guest(own_server, "gerda").come()
    room = checked(chief.call("POST", "/api/chat/rooms", json={"name": "hall"}))
    client = await websocket.connect(own_server, room["id"], "gerda", headers=guest.headers)
    await client.until("user_list")
    for name in (name_of(account), "gerda"):
        checked(ban_from_server(chief, name, seconds=3600))
    await client.closed()
    await own_server.arestart()
    assert_refused(await guest.say(room["id"]), "banned")
    with stranger(own_server) as http:
        assert_refused(try_login(http, name_of(account), PASSWORD), "banned")
    assert [ban["username"] for ban in checked(chief.call("GET", f"{ADMIN}/bans"))] == [
        "gerda",
        name_of(account),
    ]
    await own_server.astop()
    with inside(own_server) as database:
        database.execute("UPDATE restrictions SET until = created_at")
    await own_server.arestart()
    assert (await guest.say(room["id"])).status_code == 201
    assert log_in(own_server, name_of(account)).status() == 200
    assert checked(chief.call("GET", f"{ADMIN}/bans")) == []


def test_an_administrator_cannot_be_banned(server: Server, chief: Account) -> None:
    """Not by another, not by themselves; nor does somebody banned become one."""
    other = new_account(server, "other")
    checked(change_user(chief, name_of(other), role="administrator"))
    assert_refused(ban_from_server(chief, name_of(other)), "not_allowed")
    assert_refused(ban_from_server(chief, name_of(chief)), "not_allowed")
    checked(change_user(chief, name_of(other), role="member"))
    checked(ban_from_server(chief, name_of(other)))
    assert_refused(change_user(chief, name_of(other), role="administrator"), "not_allowed")


def test_a_name_that_nobody_has_is_not_found(chief: Account) -> None:
    """As is a ban that is not there."""
    assert_refused(ban_from_server(chief, "nobody-here"), "not_found")
    assert_refused(chief.call("DELETE", f"{ADMIN}/bans/999999"), "not_found")


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"username": ""}, "invalid", "username"),
        ({"username": "x" * 101}, "too_long", "username"),
        ({"username": "a", "seconds": 1}, "invalid", "seconds"),
        ({"username": "a", "reason": "x" * 501}, "too_long", "reason"),
        ({}, "invalid", "username"),
    ],
)
def test_a_wrong_ban_is_refused(
    chief: Account, fields: dict[str, object], code: str, field: str
) -> None:
    """With the field at fault."""
    assert_refused(chief.call("POST", f"{ADMIN}/bans", json=fields), code, field)


async def test_a_ban_by_name_holds_for_every_guest_of_that_name(
    server: Server, chief: Account, room: Room
) -> None:
    """One by the bare name, one by cookie: nobody can tell which of them is meant."""
    cookie = await Guest(server, "sammy").come()
    bare = await Person("sammy", server).enter(room["id"])
    known = await websocket.connect(server, room["id"], "sammy", headers=cookie.headers)
    checked(ban_from_server(chief, "Sammy"))
    for client in (bare, known):
        await client.until("error", code="banned", seconds=2)
        assert await client.closed() == 4503
    assert_refused(await Guest(server, "sammy").say(room["id"]), "banned")
    assert_refused(await cookie.say(room["id"]), "banned")
