"""What stands in the log, however much is logged: nothing by which one comes in."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support import websocket
from tests.support.accounts import (
    PASSWORD,
    Account,
    cookies_of,
    log_in,
    register,
    stranger,
    try_login,
)
from tests.support.brief import thorough_but
from tests.support.people import Room, checked
from tests.support.plain import Plain
from tests.support.server import Server


@pytest.fixture(params=thorough_but([Server], [Server, Plain]))
def chatty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    """Yield a server that logs all it can: Parlour's own, and one that knows nothing of it."""
    kind: type[Server] = request.param
    flags = ["--log-level", "debug", "--access-log"] if kind is Plain else []
    with kind(tmp_path / "server", env={"PARLOUR_LOG_LEVEL": "debug"}, flags=flags) as running:
        yield running


def use_over_http(account: Account) -> set[str]:
    """Use what is secret, rightly and wrongly; return it."""
    wrong = "a password with a typing mistake"
    with stranger(account.server) as client:
        try_login(client, account.user["username"], wrong)
        client.post("/api/auth/register", json={"username": "x", "password": wrong})
        guest = client.post("/api/auth/guest", json={"username": "guest-in-the-log"})
    renewed = checked(account.renewed())
    for path in (f"/api/users/me?token={account.access}", f"/nothing?{account.refresh}"):
        account.call("GET", path)
    return {
        PASSWORD,
        wrong,
        account.access,
        account.refresh,
        renewed["access_token"],
        renewed["refresh_token"],
        cookies_of(guest)["parlour-guest"]["value"],
    }


async def use_on_connections(account: Account, room: Room) -> set[str]:
    """Come in by every way, and be sent away; return the ticket."""
    ticket = str(checked(account.call("POST", "/api/auth/ticket"))["ticket"])
    headers = {"Cookie": f"parlour={account.access}"}
    connections = [
        await websocket.connect(account.server, room["id"], None, ticket=ticket),
        await websocket.connect(account.server, room["id"], None, headers=headers),
        await account.connect(room),
    ]
    for connection in connections:
        await connection.until("user_list")
    again = await websocket.connect(account.server, room["id"], None, ticket=ticket)
    assert await again.closed() == 4501
    account.call("DELETE", "/api/auth/sessions")
    assert [await connection.closed() for connection in connections] == [4501] * 3
    return {ticket}


@pytest.mark.one_node("their keys are in the database")
async def test_nothing_secret_stands_in_any_log(
    chatty: Server, new_room: Callable[..., Room]
) -> None:
    """All of it is used while everything is logged that can be."""
    account, room = register(chatty, "sophie"), new_room(chatty)
    secrets = use_over_http(account) | await use_on_connections(account, room)
    keys = json.loads((chatty.data_dir / "keys.json").read_text("utf-8"))
    secrets |= {key[name] for key in keys for name in ("ed25519", "secret")}
    await chatty.astop()
    # Of each, its last sixteen characters stand for it.
    assert [secret for secret in secrets if any(secret[-16:] in line for line in chatty.log)] == []
    # The other server's log is one in which it would stand: it has every path and every frame.
    if isinstance(chatty, Plain):
        assert [line for line in chatty.log if "/api/users/me" in line]
        assert [line for line in chatty.log if "user_list" in line]


@pytest.mark.one_node("each prints it")
async def test_the_link_of_the_first_administrator_stands_where_it_was_printed_alone(
    new_server: Callable[..., Server],
) -> None:
    """Used rightly and wrongly."""
    server = new_server(env={"PARLOUR_LOG_LEVEL": "debug"}).start()
    link = server.process.wait_for_line("^First administrator: .*/#/setup/(.*)$")[1]
    with stranger(server) as client:
        for token in (link[::-1], link, link):
            wanted = {"token": token, "username": "ada", "password": PASSWORD}
            client.post("/api/auth/setup", json=wanted)
    assert log_in(server, "ada").user["role"] == "administrator"
    server.stop()
    [printed] = [line for line in server.log if link in line]
    assert printed.startswith("First administrator: ")
    assert not [line for line in server.log if link[::-1] in line]
