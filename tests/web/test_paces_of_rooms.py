"""What a room may be told in a while belongs to those who are in it."""

import asyncio

import pytest
from httpx2 import AsyncClient

from parlour.costs import BUDGETS
from tests.support.accounts import Account, new_address, register
from tests.support.people import Room, async_http_client, checked
from tests.support.places import make_room
from tests.support.server import USUAL, Server

SERVER_ENV = USUAL
# More than a room has, from addresses of which none may ask for as much.
TIMES = 3600
AT_ONCE = 8


@pytest.fixture(scope="module")
def owner(server: Server) -> Account:
    """Return somebody with a room of their own."""
    return register(server, "olga")


@pytest.mark.thorough
@pytest.mark.parametrize("kind", ["private", "public"])
async def test_who_says_nothing_in_a_room_takes_nothing_of_what_it_has(
    server: Server, owner: Account, kind: str
) -> None:
    """Neither whoever is not let in, from many addresses and by many names, nor what is refused."""
    room = make_room(owner, kind).room
    budget = BUDGETS["say"]
    assert budget.room is not None
    assert budget.room.at_once + 10 * budget.room.per_second < TIMES
    async with async_http_client(server) as http:
        addresses = [new_address() for _ in range(-(-TIMES // budget.address.at_once) + AT_ONCE)]
        told = await asyncio.gather(
            *(ask(http, room, addresses[which::AT_ONCE], which) for which in range(AT_ONCE))
        )
        assert set().union(*told) == ({404} if kind == "private" else {422})
        path, said = f"/api/chat/rooms/{room['id']}/messages", {"content": "still here"}
        for _ in range(20):
            checked(await http.post(path, json=said, headers=owner.headers))


async def ask(
    http: AsyncClient, room: Room, addresses: list[dict[str, str]], which: int
) -> set[int]:
    """Say something as many people of whom none is let in; the statuses of the answers."""
    path, told = f"/api/chat/rooms/{room['id']}/messages", set()
    said = {"content": "x" if room["kind"] == "private" else " "}
    for number in range(TIMES // AT_ONCE):
        name = {"username": f"nobody-{which}-{number % 40}"}
        answer = await http.post(
            path, json=said, params=name, headers=addresses[number % len(addresses)]
        )
        told.add(answer.status_code)
    return told
