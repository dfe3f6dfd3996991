"""What one may do in a while by the WebSocket: people never notice, floods are slowed, alone."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from parlour.conversation import MAX_HASTE
from parlour.costs import BUDGETS, COMMANDS, MOST_OF_PERSON, Size
from tests.support import websocket
from tests.support.accounts import register
from tests.support.figures import figures
from tests.support.people import Person, Room
from tests.support.server import USUAL, Server
from tests.support.websocket import Client, Frame

# Of two, each counts the first half by itself: tests/cluster/test_shared_paces.py.
pytestmark = pytest.mark.one_node("it counts what one of them lets through")

SERVER_ENV = USUAL


def size_of(kind: str) -> Size:
    """How much of a command one person may."""
    person = BUDGETS[COMMANDS[kind].budget].person
    assert person is not None
    return person


@pytest.fixture
async def guest(server: Server) -> AsyncIterator[Callable[..., Any]]:
    """Return a way to come in by a bare name at an address."""
    come: list[Client] = []

    async def enter(name: str, room: Room, address: str = "192.0.2.1") -> Client:
        headers = {"X-Forwarded-For": address}
        come.append(await websocket.connect(server, room["id"], name, headers=headers))
        return come[-1]

    yield enter
    for client in come:
        await client.close()


async def flood(client: Client, room: Room, times: int, named: str = "f") -> None:
    """Say so much without waiting for an answer; each message has a `client_id` of its own."""
    for number in range(times):
        client_id = f"{named}{number}"
        await client.send("message", room_id=room["id"], content="on", client_id=client_id)


async def next_of(client: Client, *kinds: str) -> Frame:
    """Return the next frame of one of these kinds."""
    while True:
        frame = await client.next()
        if frame["type"] in kinds:
            return frame


async def test_who_says_too_much_at_once_is_told_which_of_it_was_not_said_and_when_it_may_be(
    server: Server, room: Room, guest: Callable[..., Any]
) -> None:
    """The connection stays, and what was refused is taken after the time that was said."""
    size = size_of("message")
    most = size.at_once + 40
    ann: Client = await guest("ann", room)
    await ann.expect("join")
    await flood(ann, room, most, "m")
    answers = [await next_of(ann, "message", "error") for _ in range(most)]
    said = {each["message"]["client_id"] for each in answers if each["type"] == "message"}
    refused = [each for each in answers if each["type"] == "error"]
    assert {each["code"] for each in refused} == {"rate_limited"}
    assert size.at_once <= len(said) < size.at_once + 30
    assert said | {each["client_id"] for each in refused} == {f"m{n}" for n in range(most)}
    assert all(each["room_id"] == room["id"] for each in refused)
    wait = max(each["retry_after_ms"] for each in refused)
    assert 0 < wait <= 1000 / size.per_second
    again = refused[-1]["client_id"]
    while True:
        await asyncio.sleep(wait / 1000)
        await ann.send("message", room_id=room["id"], content="again", client_id=again)
        answer = await next_of(ann, "message", "error")
        if answer["type"] == "message":
            break
        wait = answer["retry_after_ms"]
    assert answer["message"]["client_id"] == again
    assert figures(server)['parlour_limited_total{budget="say",scope="person"}'] >= len(refused)


@pytest.mark.thorough
async def test_nobody_else_is_slowed_down_not_even_under_the_same_bare_name_elsewhere(
    room: Room, guest: Callable[..., Any]
) -> None:
    """Who is at the same address has a pace of their own, and a name belongs to an address."""
    amy: Client = await guest("amy", room, "192.0.2.2")
    await flood(amy, room, size_of("message").at_once + 5)
    await amy.until("error", code="rate_limited")
    beside: Client = await guest("bill", room, "192.0.2.2")
    namesake: Client = await guest("amy", room, "192.0.2.3")
    for other in (beside, namesake):
        await other.until("user_list")
        await other.send("message", content="may I?", client_id="may-i")
        assert (await other.until("message", message={"client_id": "may-i"}))["version"]


@pytest.mark.thorough
async def test_another_tab_of_the_same_person_has_no_more(
    room: Room, guest: Callable[..., Any]
) -> None:
    """They count together."""
    first: Client = await guest("cleo", room, "192.0.2.4")
    await flood(first, room, size_of("message").at_once + 5)
    await first.until("error", code="rate_limited")
    second: Client = await guest("cleo", room, "192.0.2.4")
    await flood(second, room, 10, "s")
    await second.until("error", code="rate_limited")


@pytest.mark.thorough
async def test_who_pings_without_end_is_slowed_down(room: Room, guest: Callable[..., Any]) -> None:
    """It is no fault that would end a connection."""
    dora: Client = await guest("dora", room, "192.0.2.5")
    for _ in range(size_of("ping").at_once + 60):
        await dora.send("ping")
    error = await dora.until("error")
    assert error["code"] == "rate_limited"
    assert error["retry_after_ms"] > 0


async def test_signs_of_typing_that_come_too_fast_are_passed_over_without_a_word(
    room: Room, guest: Callable[..., Any]
) -> None:
    """Nobody hears them, and nobody waits for an answer."""
    emma: Client = await guest("emma", room, "192.0.2.6")
    finn: Client = await guest("finn", room, "192.0.2.7")
    size = size_of("typing")
    for _ in range(size.at_once + 100):
        await emma.send("typing", room_id=room["id"])
    assert not [each for each in await emma.settle() if each["type"] == "error"]
    heard = [each for each in await finn.settle() if each["type"] == "typing"]
    assert size.at_once <= len(heard) < size.at_once + 80


@pytest.mark.thorough
@pytest.mark.parametrize("kind", ["message", "typing"])
async def test_who_goes_on_at_many_times_the_pace_is_sent_away(
    room: Room, guest: Callable[..., Any], kind: str
) -> None:
    """By then nobody listens at the other end."""
    about = {"content": "on"} if kind == "message" else {}
    hugo: Client = await guest(f"hugo-{kind}", room, f"192.0.2.1{len(kind)}")
    for _ in range(size_of(kind).at_once + MAX_HASTE + 150):
        if hugo.connection.close_code is not None:
            break
        await hugo.send(kind, room_id=room["id"], **about)
    assert await hugo.closed() == 1008
    assert hugo.frames[-1]["code"] == "flooding"


@pytest.mark.thorough
async def test_following_two_hundred_rooms_and_more_is_no_flood(room: Room, alice: Person) -> None:
    """A page or a program that comes back asks for all of its rooms at once."""
    client = await alice.connect()
    for _ in range(400):
        await client.send("subscribe", room_id=room["id"], after=0)
    answers = [await next_of(client, "sync", "error") for _ in range(400)]
    assert {each["type"] for each in answers} == {"sync"}


async def test_fifty_tabs_of_one_person_come_in_and_no_more_until_one_is_closed(
    server: Server,
) -> None:
    """It is told why, and when to come back; others at the same address come in."""
    ines, jo = register(server, "ines"), register(server, "jo")
    tabs = [await ines.connect() for _ in range(MOST_OF_PERSON)]
    late = await ines.connect()
    error = await late.expect("error", code="too_many_connections")
    assert error["retry_after_ms"] > 0
    assert await late.closed() == 1013
    another = await jo.connect()
    await another.send("ping")
    await another.until("pong")
    await tabs[0].close()
    later = await ines.connect()
    await later.send("ping")
    await later.until("pong")
    scope = 'parlour_limited_total{budget="connections",scope="person"}'
    assert figures(server)[scope] == 1
    for each in [*tabs, later, another]:
        await each.close()


async def test_without_limits_anybody_may(
    new_server: Callable[..., Server], new_room: Callable[..., Room]
) -> None:
    """It is a setting."""
    server = new_server(env={"PARLOUR_RATE_LIMITS": "0"}).start()
    room = new_room(server)
    kim = await websocket.connect(server, room["id"], "kim")
    times = size_of("message").at_once + MAX_HASTE + 50
    for number in range(times):
        await kim.send("message", content=f"{number}")
    answers = [await next_of(kim, "message", "error") for _ in range(times)]
    assert {each["type"] for each in answers} == {"message"}
    tabs = [await websocket.connect(server, room["id"], "kim") for _ in range(MOST_OF_PERSON + 5)]
    for tab in tabs:
        await tab.until("user_list")
        await tab.close()
    await kim.close()
