"""Guests: one and the same by their cookie, never under an account's name, and kept out at will."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tests.support import websocket
from tests.support.accounts import (
    PASSWORD,
    account_of,
    browser_at,
    cookies_of,
    register,
    stranger,
    try_login,
)
from tests.support.answers import assert_refused
from tests.support.people import Person, Room, async_http_client, checked
from tests.support.server import Server
from tests.support.websocket import Client

MakeRoom = Callable[..., Room]


def cookie_of(server: Server, username: str) -> dict[str, str]:
    """Become a guest, and return the header that a browser sends from then on."""
    with stranger(server) as client:
        answer = client.post("/api/auth/guest", json={"username": username})
        assert checked(answer) == {"username": username, "guest": True}
    value = cookies_of(answer)["parlour-guest"]["value"]
    return {"Cookie": f"parlour-guest={value}"}


async def refused(client: Client, code: str, close: int) -> None:
    """Assert that a connection is told why it is refused, and then closed."""
    await client.expect("error", code=code)
    assert await client.closed() == close


def test_a_guest_gets_a_cookie_and_keeps_it(server: Server) -> None:
    """For a year, for no script, and the same under another name."""
    with browser_at(server) as browser:
        first = browser.post("/api/auth/guest", json={"username": " Anna "})
        assert checked(first) == {"username": "Anna", "guest": True}
        cookie = cookies_of(first)["parlour-guest"]
        assert {key: value for key, value in cookie.items() if key != "value"} == {
            "max-age": "31536000", "path": "/", "httponly": True, "samesite": "Strict",
        }  # fmt: skip
        again = browser.post("/api/auth/guest", json={"username": "Berta"})
        assert cookies_of(again)["parlour-guest"]["value"] == cookie["value"]


async def test_a_guest_with_a_cookie_is_the_same_author_under_any_name(
    server: Server, room: Room
) -> None:
    """Sending a `client_id` again returns the first message; a bare name is somebody else."""
    headers, path = cookie_of(server, "carla"), f"/api/chat/rooms/{room['id']}/messages"
    hello = {"content": "hello", "client_id": "c"}
    async with async_http_client(server) as http:
        first = await http.post(path, params={"username": "carla"}, json=hello, headers=headers)
        again = await http.post(path, params={"username": "carlotta"}, json=hello, headers=headers)
        bare = await http.post(path, params={"username": "carla"}, json=hello)
    assert (first.status_code, again.status_code, bare.status_code) == (201, 200, 201)
    assert again.json() == first.json()
    assert first.json()["guest"] is True
    assert bare.json()["id"] != first.json()["id"]


@pytest.mark.parametrize("tamper", ["id", "mac", "key", "shape"])
async def test_a_guests_cookie_that_was_not_given_out_is_passed_over(
    server: Server, room: Room, tamper: str
) -> None:
    """Its bearer is whoever gives only a name, not that guest."""
    headers = cookie_of(server, f"doro-{tamper}")
    guest, key, mac = headers["Cookie"].removeprefix("parlour-guest=").split(".")
    forged = {
        "id": f"{guest[::-1]}.{key}.{mac}",
        "mac": f"{guest}.{key}.{mac[::-1]}",
        "key": f"{guest}.{key[::-1]}.{mac}",
        "shape": guest,
    }[tamper]
    path, hello = f"/api/chat/rooms/{room['id']}/messages", {"content": "x", "client_id": "c"}
    async with async_http_client(server) as http:
        params = {"username": f"doro-{tamper}"}
        first = await http.post(path, params=params, json=hello, headers=headers)
        other = await http.post(
            path, params=params, json=hello, headers={"Cookie": f"parlour-guest={forged}"}
        )
    assert (first.status_code, other.status_code) == (201, 201)


async def test_while_a_guest_with_a_cookie_is_here_others_are_refused_their_name(
    server: Server, room: Room
) -> None:
    """With or without a cookie, over either protocol, by look-alikes too; free when they go."""
    headers = cookie_of(server, "Emil")
    guest = await websocket.connect(server, room["id"], "Emil", headers=headers)
    await guest.expect("join", username="Emil", guest=True)
    other = cookie_of(server, "somebody-else")
    path = f"/api/chat/rooms/{room['id']}/messages"
    for name in ("Emil", "emil", "\u0415mil"):
        for given in ({}, other):
            client = await websocket.connect(server, room["id"], name, headers=given)
            await refused(client, "name_taken", 4500)
            async with async_http_client(server) as http:
                answer = await http.post(
                    path, params={"username": name}, json={"content": "x"}, headers=given
                )
                assert_refused(answer, "name_taken", "username")
                asked = await http.post("/api/auth/guest", json={"username": name}, headers=given)
                assert_refused(asked, "name_taken", "username")
    # The guest itself may open a second window.
    second = await websocket.connect(server, room["id"], "emil", headers=headers)
    await second.expect("user_list", users=["Emil"])
    await second.close()
    await guest.close()
    watcher = await websocket.connect(server, room["id"], "watcher")
    while (await watcher.until("user_list"))["users"] != ["watcher"]:
        pass
    free = await websocket.connect(server, room["id"], "emil")
    await free.expect("join", username="emil")
    await free.close()
    await watcher.close()


@pytest.mark.parametrize("name", ["frida", "FRIDA", "frid\u0430", "fr id a", "fr1da".upper()])
async def test_no_guest_speaks_under_an_accounts_name(
    server: Server, room: Room, bob: Person, name: str
) -> None:
    """Nor one that passes for it; nobody in the room sees anything of the try."""
    with stranger(server) as client:
        client.post("/api/auth/register", json={"username": "frida", "password": PASSWORD})
    watcher = await bob.enter(room)
    await refused(await websocket.connect(server, room["id"], name), "name_taken", 4500)
    async with async_http_client(server) as http:
        path = f"/api/chat/rooms/{room['id']}"
        said = await http.post(
            f"{path}/messages", params={"username": name}, json={"content": "I am she"}
        )
        assert_refused(said, "name_taken", "username")
        gone = await http.delete(path, params={"username": name})
        assert_refused(gone, "name_taken", "username")
    await watcher.silence()


async def test_a_name_that_a_guest_uses_cannot_be_registered_by_others(
    server: Server, room: Room
) -> None:
    """With or without a cookie; once the guest has gone, it can."""
    for name, headers in (("gerda", {}), ("gustav", cookie_of(server, "gustav"))):
        guest = await websocket.connect(server, room["id"], name, headers=headers)
        await guest.expect("join")
        with stranger(server) as client:
            wanted = {"username": name.upper(), "password": PASSWORD}
            answer = await asyncio.to_thread(client.post, "/api/auth/register", json=wanted)
            assert_refused(answer, "name_taken", "username")
        await guest.close()


async def test_a_guest_can_make_an_account_of_their_own_name(server: Server, room: Room) -> None:
    """The connections of the guest end, because the name is the account's now."""
    headers = cookie_of(server, "hilde")
    guest = await websocket.connect(server, room["id"], "Hilde", headers=headers)
    await guest.expect("join")
    with stranger(server, **headers) as client:
        wanted = {"username": "hilde", "password": PASSWORD}
        answer = await asyncio.to_thread(client.post, "/api/auth/register", json=wanted)
    account = account_of(server, answer)
    assert await guest.closed(seconds=2) == 4500
    assert guest.frames[-1]["code"] == "name_taken"
    again = await websocket.connect(server, room["id"], "hilde", headers=headers)
    await refused(again, "name_taken", 4500)
    member = await account.connect(room)
    await member.expect("join", username="hilde", guest=False)
    await member.close()


async def ways_in(server: Server, room: Room) -> dict[str, Any]:
    """Try all that a guest can do, and return what each is answered."""
    path = f"/api/chat/rooms/{room['id']}"
    async with async_http_client(server) as http:
        asked = {
            "list": await http.get("/api/chat/rooms"),
            "room": await http.get(path),
            "history": await http.get(f"{path}/messages"),
            "profile": await http.get("/api/users/somebody"),
            "make": await http.post("/api/chat/rooms", json={"name": "by a guest"}),
            "say": await http.post(
                f"{path}/messages", params={"username": "x"}, json={"content": "x"}
            ),
            "delete": await http.delete(path),
        }
    return {name: (answer.status_code, answer.json()["code"]) for name, answer in asked.items()}


@pytest.mark.thorough
async def test_without_guests_only_accounts_come_in(
    new_server: Callable[..., Server], new_room: MakeRoom
) -> None:
    """Reading, writing and connecting need a login; the page and health do not."""
    server = new_server().start()
    room, account = new_room(server), register(server, "ines")
    await server.astop()
    server.env["PARLOUR_GUESTS"] = "OFF"
    await asyncio.to_thread(server.start)
    assert set((await ways_in(server, room)).values()) == {(401, "not_signed_in")}
    async with async_http_client(server) as http:
        guest = await http.post("/api/auth/guest", json={"username": "x"})
        assert_refused(guest, "guests_off")
        for path in ("/", "/healthz", "/openapi.json"):
            assert (await http.get(path)).status_code == 200
    for room_id in (room["id"], None):
        named = await websocket.connect(server, room_id, "x")
        await refused(named, "guests_off", 4503)
        unnamed = await websocket.connect(server, room_id, None)
        await refused(unnamed, "not_signed_in", 4501)
    member = await account.connect(room)
    await member.expect("join", username="ines", guest=False)
    await member.close()
    with stranger(server) as client:
        assert try_login(client, "ines", PASSWORD).status_code == 200
        assert client.get("/api/chat/rooms").status_code == 200
