"""WebSockets with a login: how they come in, as whom, and that they end when the login does."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from tests.support import websocket
from tests.support.accounts import PASSWORD, Account, log_in, register
from tests.support.people import Person, Room, async_http_client, checked
from tests.support.server import Server
from tests.support.websocket import Client


async def refused(client: Client, code: str, close: int) -> None:
    """Assert that a connection is told why it is refused, and then closed."""
    await client.expect("error", code=code)
    assert await client.closed() == close


async def ticket_of(account: Account) -> str:
    """Get a ticket for one WebSocket."""
    async with account.ahttp() as http:
        return str(checked(await http.post("/api/auth/ticket"))["ticket"])


async def by_ticket(account: Account, room: Room, **query: Any) -> Client:
    """Come in with nothing but a ticket."""
    ticket = await ticket_of(account)
    return await websocket.connect(account.server, room["id"], None, ticket=ticket, **query)


async def by_cookie(account: Account, room: Room, **query: Any) -> Client:
    """Come in as the server's own page does."""
    headers = {"Cookie": f"other=1; parlour={account.access}"}
    origin = account.server.url
    return await websocket.connect(
        account.server, room["id"], None, headers=headers, origin=origin, **query
    )


async def by_bearer(account: Account, room: Room, **query: Any) -> Client:
    """Come in as a program does."""
    return await account.connect(room, **query)


DOORS = [by_ticket, by_cookie, by_bearer]
Door = Callable[..., Awaitable[Client]]


@pytest.mark.parametrize("door", DOORS)
async def test_a_login_speaks_as_its_account(
    server: Server, room: Room, bob: Person, door: Door
) -> None:
    """By ticket, cookie and bearer: with its name, marked as no guest, everywhere."""
    name = f"amy-{door.__name__[3:]}"
    account = register(server, name)
    watcher = await bob.enter(room)
    client = await door(account, room)
    await client.expect("join", username=name, guest=False)
    await client.expect("user_list", users=["bob", name], guests=["bob"])
    await watcher.expect("join", username=name, guest=False)
    await watcher.expect("user_list", users=["bob", name], guests=["bob"])
    await client.send("message", content="hello", client_id="c")
    for each in (client, watcher):
        await each.expect("message", message={"username": name, "guest": False})
    async with async_http_client(server) as http:
        history = checked(await http.get(f"/api/chat/rooms/{room['id']}/messages"))
    assert [(each["username"], each["guest"]) for each in history] == [(name, False)]
    await client.close()
    await watcher.until("leave", username=name, guest=False)


@pytest.mark.parametrize("door", DOORS)
async def test_a_name_that_is_not_that_of_the_login_is_refused(
    server: Server, room: Room, door: Door
) -> None:
    """4500; the own name, in any case, may be given."""
    name = f"ben-{door.__name__[3:]}"
    account = register(server, name)
    right = await door(account, room)
    await right.close()
    own = await websocket.connect(
        server, room["id"], name.upper(), headers={"Cookie": f"parlour={account.access}"}
    )
    await own.expect("join", username=name)
    await own.close()
    ticket = await ticket_of(account)
    for query in ({"ticket": ticket}, {}):
        headers = {} if query else account.headers
        other = await websocket.connect(server, room["id"], "carl", headers=headers, **query)
        error = await other.expect("error", code="invalid", field="username")
        assert name in error["message"]
        assert await other.closed() == 4500


@pytest.mark.parametrize(
    "headers",
    [
        {"Cookie": "parlour=what.it.was"},
        {"Cookie": "parlour="},
        {"Authorization": "Bearer what.it.was"},
        {"Authorization": "Token YTpi"},
    ],
)
async def test_a_login_that_is_worth_nothing_is_no_guests(
    server: Server, room: Room, headers: dict[str, str]
) -> None:
    """4501, also with a username: so that the page renews its login first."""
    client = await websocket.connect(server, room["id"], "dan", headers=headers)
    await refused(client, "not_signed_in", 4501)


async def test_of_twenty_who_come_with_one_ticket_one_comes_in(server: Server, room: Room) -> None:
    """The others are told to sign in."""
    account = register(server, "erin")
    ticket = await ticket_of(account)

    async def come() -> str:
        client = await websocket.connect(server, room["id"], None, ticket=ticket)
        kind = str((await client.next())["type"])
        if kind == "error":
            assert await client.closed() == 4501
        await client.close()
        return kind

    kinds = await asyncio.gather(*(come() for _ in range(20)))
    assert sorted(kinds) == ["error"] * 19 + ["join"]
    again = await websocket.connect(server, room["id"], None, ticket=ticket)
    await refused(again, "not_signed_in", 4501)


async def test_a_ticket_ends_with_its_login(server: Server, room: Room) -> None:
    """And one that was never given opens nothing."""
    account = register(server, "fred")
    ticket = await ticket_of(account)
    assert account.call("POST", "/api/auth/logout").status_code == 204
    for given in (ticket, "A" * 22, ""):
        client = await websocket.connect(server, room["id"], None, ticket=given)
        await refused(client, "not_signed_in", 4501)


async def test_a_cookie_from_a_page_of_another_origin_opens_nothing(
    server: Server, room: Room
) -> None:
    """The handshake itself is refused."""
    account = register(server, "greta")
    with pytest.raises(InvalidStatus, match="403"):
        await websocket.connect(
            server,
            room["id"],
            None,
            headers={"Cookie": f"parlour={account.access}"},
            origin="https://evil.example.org",
        )


async def log_out(account: Account) -> None:
    """End this login."""
    async with account.ahttp() as http:
        assert (await http.post("/api/auth/logout")).status_code == 204


async def end_everywhere(account: Account) -> None:
    """End all of them."""
    async with account.ahttp() as http:
        assert (await http.delete("/api/auth/sessions")).status_code == 204


async def end_the_one(account: Account) -> None:
    """End this login by its id, from another one."""
    async with log_in(account.server, account.user["username"]).ahttp() as http:
        session_id = account.refresh.partition(".")[0]
        assert (await http.delete(f"/api/auth/sessions/{session_id}")).status_code == 204


async def change_the_password(account: Account) -> None:
    """Choose a new password in another login."""
    change = {"current_password": PASSWORD, "new_password": "another long one"}
    async with log_in(account.server, account.user["username"]).ahttp() as http:
        assert (await http.post("/api/auth/password", json=change)).status_code == 200


async def change_it_here(account: Account) -> None:
    """Choose a new password in this login."""
    change = {"current_password": PASSWORD, "new_password": "another long one"}
    async with account.ahttp() as http:
        assert (await http.post("/api/auth/password", json=change)).status_code == 200


async def use_an_old_token(account: Account) -> None:
    """Come with a refresh token that was replaced twice."""
    first = checked(account.renewed())
    checked(account.renewed(first["refresh_token"]))
    assert account.renewed().status_code == 401


ENDS = [
    log_out,
    end_everywhere,
    end_the_one,
    change_the_password,
    change_it_here,
    use_an_old_token,
]


@pytest.mark.parametrize("end", ENDS)
async def test_the_connections_of_a_login_that_ended_are_closed_within_two_seconds(
    server: Server, room: Room, bob: Person, end: Callable[[Account], Awaitable[None]]
) -> None:
    """All of that login, through either door, with 4501; others see it leave, and stay."""
    name = "hal-" + end.__name__.replace("_", "-")
    account, guest = register(server, name), await bob.enter(room)
    here, elsewhere = await account.connect(room), await account.connect()
    await here.until("user_list")
    other = register(server, f"{name}2")
    unconcerned = await other.connect(room)
    await unconcerned.until("user_list")
    await end(account)
    for client in (here, elsewhere):
        assert await client.closed(seconds=2) == 4501
        assert client.frames[-1]["code"] == "not_signed_in"
    await guest.until("leave", username=name)
    await unconcerned.until("leave", username=name)
    assert account.status() == 401


async def test_a_login_that_goes_on_keeps_its_connections(server: Server, room: Room) -> None:
    """When another of the same account ends."""
    account = register(server, "ivy")
    elsewhere = log_in(server, "ivy")
    client, other = await account.connect(room), await elsewhere.connect(room)
    await log_out(elsewhere)
    assert await other.closed(seconds=2) == 4501
    await client.send("message", content="still here")
    await client.until("message", message={"content": "still here"})
    # Both were one person in the room: nobody left it.
    assert [frame for frame in client.frames if frame["type"] == "leave"] == []
    await client.close()


async def test_over_http_a_login_speaks_as_its_account(server: Server, room: Room) -> None:
    """A name is not needed, and one that is another's is refused."""
    account = register(server, "jill")
    path = f"/api/chat/rooms/{room['id']}/messages"
    async with account.ahttp() as http:
        said = checked(await http.post(path, json={"content": "hi"}))
        assert (said["username"], said["guest"]) == ("jill", False)
        own = await http.post(path, params={"username": "JILL"}, json={"content": "hi"})
        assert checked(own)["username"] == "jill"
        other = await http.post(path, params={"username": "bob"}, json={"content": "hi"})
        assert (other.status_code, other.json()["code"]) == (422, "invalid")
        gone = await http.delete(f"/api/chat/rooms/{room['id']}")
        assert gone.status_code == 204


async def test_a_repeated_client_id_is_known_again_over_every_door(
    server: Server, room: Room
) -> None:
    """It belongs to the account, not to the login or the connection."""
    account = register(server, "kate")
    client = await account.connect(room)
    await client.send("message", content="once", client_id="one")
    first = await client.until("message")
    async with log_in(server, "kate").ahttp() as http:
        again = await http.post(
            f"/api/chat/rooms/{room['id']}/messages", json={"content": "twice", "client_id": "one"}
        )
    assert (again.status_code, again.json()) == (200, first["message"])
    await client.close()


async def test_coming_in_writes_nothing(own_server: Server, new_room: Callable[..., Room]) -> None:
    """While somebody else locks the database, guests and accounts come in as always."""
    room, account = new_room(own_server), register(own_server, "lena")
    ticket = await ticket_of(account)
    path = own_server.data_dir / "chat.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as lock:
        lock.execute("BEGIN IMMEDIATE")
        clients = [
            await websocket.connect(own_server, room["id"], "guest-one"),
            await account.connect(room),
            await websocket.connect(own_server, room["id"], None, ticket=ticket),
        ]
        for client in clients:
            await client.until("user_list")
        assert account.status() == 200
        lock.execute("ROLLBACK")
    for client in clients:
        await client.close()


async def test_behind_a_proxy_with_https_the_cookie_is_that_of_https(
    server: Server, room: Room
) -> None:
    """And one that a page of plain http could have set counts for nothing there."""
    account = register(server, "mike")
    for name, comes_in in (("__Host-parlour", True), ("parlour", False)):
        headers = {"Cookie": f"{name}={account.access}", "X-Forwarded-Proto": "https"}
        client = await websocket.connect(server, room["id"], "some-guest", headers=headers)
        if comes_in:
            await client.expect("error", code="invalid", field="username")
        else:
            await client.expect("join", username="some-guest", guest=True)
        await client.close()
