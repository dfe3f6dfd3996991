"""Who may make an account: everybody, the invited, nobody; and the first administrator's link."""

import asyncio
import re
from collections.abc import Callable
from typing import Any

import pytest
from httpx2 import Response

from tests.support.accounts import (
    PASSWORD,
    account_of,
    invitation,
    new_address,
    register,
    stranger,
)
from tests.support.answers import assert_refused
from tests.support.inside import inside
from tests.support.people import async_http_client, checked
from tests.support.server import Server

NewServer = Callable[..., Server]


async def ask(server: Server, path: str, **fields: Any) -> Response:
    """Ask for an account from an address of one's own."""
    async with async_http_client(server) as client:
        client.headers.update(new_address())
        return await client.post(f"/api/auth/{path}", json={"password": PASSWORD, **fields})


async def test_where_registration_is_closed_nobody_makes_an_account(
    new_server: NewServer,
) -> None:
    """Not with an invitation either; those who have one go on signing in."""
    server = new_server().start()
    account = register(server, "early")
    await server.astop()
    token = invitation(server)
    server.env["PARLOUR_REGISTRATION"] = "closed"
    await asyncio.to_thread(server.start)
    for invite in (None, token):
        answer = await ask(server, "register", username="late", invite=invite)
        assert_refused(answer, "registration_closed")
    assert account.status() == 200


@pytest.mark.sqlite
async def test_where_it_is_by_invitation_one_is_needed(new_server: NewServer) -> None:
    """A wrong one, one that is used up and one that is too old are worth nothing."""
    server = new_server(env={"PARLOUR_REGISTRATION": "invite"}).start()
    assert_refused(await ask(server, "register", username="ann"), "invite_needed")
    await server.astop()
    first = invitation(server)
    await asyncio.to_thread(server.start)
    there = account_of(server, await ask(server, "register", username="there", invite=first))
    for wrong in ("", "wrong", "A" * 22, first):
        # Nor does it tell whose names are taken.
        for name in ("ann", there.user["username"]):
            answer = await ask(server, "register", username=name, invite=wrong)
            assert_refused(answer, "invite_invalid")
    await server.astop()
    twice, old = invitation(server, "--uses", "2"), invitation(server)
    with inside(server) as database:
        [(hashes,)] = database.execute("SELECT group_concat(token_hash) FROM invites").fetchall()
        assert twice not in hashes
        database.execute("UPDATE invites SET expires_at = created_at WHERE uses_left = 1")
    await asyncio.to_thread(server.start)
    answer = await ask(server, "register", username="ann", invite=old)
    assert_refused(answer, "invite_invalid")
    # What could not be used for another reason is not used up.
    weak = await ask(server, "register", username="ann", invite=twice, password="weak")
    assert_refused(weak, "password_weak", "password")
    for name in ("ann", "bea"):
        account = account_of(server, await ask(server, "register", username=name, invite=twice))
        assert account.user["role"] == "member"
    answer = await ask(server, "register", username="cora", invite=twice)
    assert_refused(answer, "invite_invalid")


@pytest.mark.sqlite
async def test_of_twenty_who_come_with_one_invitation_one_gets_in(new_server: NewServer) -> None:
    """Under different names, at once."""
    server = new_server(env={"PARLOUR_REGISTRATION": "invite"}).start()
    await server.astop()
    token = invitation(server)
    await asyncio.to_thread(server.start)
    answers = await asyncio.gather(
        *(ask(server, "register", username=f"guest{n:02}", invite=token) for n in range(20))
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [403] * 19
    # Whoever was refused has no account, and their name is free.
    with inside(server) as database:
        assert database.execute("SELECT count(*) FROM users").fetchone() == (1,)


def setup_token(server: Server) -> str:
    """Return the token of the link that the server printed."""
    return server.process.wait_for_line(r"^First administrator: http\S+/#/setup/(\S+)$")[1]


async def test_the_printed_link_makes_the_first_administrator_once(own_server: Server) -> None:
    """Of twenty who come with it at once one is made, and no start prints another."""
    token = setup_token(own_server)
    wrong = await ask(own_server, "setup", username="mallory", token=token[::-1])
    assert_refused(wrong, "invite_invalid")
    # A try that fails for another reason leaves the link as it is.
    weak = await ask(own_server, "setup", username="ada", token=token, password="weak")
    assert_refused(weak, "password_weak", "password")
    register(own_server, "taken")
    taken = await ask(own_server, "setup", username="taken", token=token)
    assert_refused(taken, "name_taken", "username")
    answers = await asyncio.gather(
        *(ask(own_server, "setup", username=f"chief{n:02}", token=token) for n in range(20))
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [403] * 19
    [made] = [answer for answer in answers if answer.status_code == 201]
    account = account_of(own_server, made)
    assert account.user["role"] == "administrator"
    assert checked(account.call("GET", "/api/users/me"))["role"] == "administrator"
    with stranger(own_server) as client:
        public = checked(client.get(f"/api/users/{account.user['username']}"))
    assert "role" not in public
    await own_server.arestart()
    assert account.status() == 200
    own_server.process.wait_for_line("^Data: ")
    own_server.stop()
    assert not re.search("First administrator", own_server.process.output)


@pytest.mark.one_node("nodes print one link, which stays the same until it is used")
async def test_each_start_prints_another_link_until_it_is_used(own_server: Server) -> None:
    """An old one is worth nothing."""
    old = setup_token(own_server)
    await own_server.arestart()
    new = setup_token(own_server)
    assert new != old
    answer = await ask(own_server, "setup", username="ada", token=old)
    assert_refused(answer, "invite_invalid")
    assert (await ask(own_server, "setup", username="ada", token=new)).status_code == 201
