"""How often one message may be changed, by whichever door, held or not."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from parlour.costs import CHANGES
from tests.support.accounts import Account
from tests.support.figures import figures
from tests.support.files import FILES, File, said, sent
from tests.support.people import Person, Room, checked
from tests.support.places import make_room, name_of, new_account
from tests.support.retention import hold, lift
from tests.support.server import USUAL, Server
from tests.web.test_paces import too_soon

# Of two, each counts the first half by itself.
pytestmark = pytest.mark.one_node("it counts what one of them lets through")

SERVER_ENV = USUAL
MESSAGES = "/api/chat/messages"
Message = dict[str, Any]


@pytest.fixture(scope="module")
def ann(server: Server) -> Account:
    """Return somebody who is held by nobody."""
    return new_account(server, "ann")


@pytest.fixture(scope="module")
def board(ann: Account) -> Room:
    """Return a room of hers."""
    return make_room(ann, "public").room


@pytest.fixture
def held(server: Server, chief: Account) -> Iterator[Account]:
    """Yield somebody who is held."""
    who = new_account(server, "held")
    kept = hold(chief, "person", username=name_of(who))
    yield who
    lift(chief, kept)


def change(who: Account, message: Message, content: str) -> Any:
    """Ask to say it in other words; the answer."""
    return who.call("PATCH", f"{MESSAGES}/{message['id']}", json={"content": content})


def describe(who: Account, file: File, alt: str) -> Any:
    """Ask to say in other words what is to be seen; the answer."""
    return who.call("PATCH", f"{FILES}/{file['id']}", json={"alt": alt})


def used_up(who: Account, message: Message) -> int:
    """Change a message until it is too much; how often it was done."""
    done = 0
    with who.http() as http:
        path = f"{MESSAGES}/{message['id']}"
        while (answer := http.patch(path, json={"content": f"words {done}"})).is_success:
            done += 1
            assert done < CHANGES.at_once * 2
    assert too_soon(answer) <= 1 / CHANGES.per_second
    assert answer.json()["detail"].startswith("Too many changes of one message. Wait ")
    return done


def test_a_message_is_changed_so_often_whether_it_is_held_or_not(
    server: Server, ann: Account, held: Account, board: Room
) -> None:
    """Its author is told when to come back, and changes another one as ever."""
    label = 'parlour_limited_total{budget="edit",scope="message"}'
    before = figures(server).get(label, 0)
    for who in (ann, held):
        message, other = (said(who, board, content="so") for _ in range(2))
        # One more falls in meanwhile where a machine is slow.
        assert CHANGES.at_once <= used_up(who, message) <= CHANGES.at_once + 2
        assert checked(change(who, other, "or so"))["content"] == "or so"
        assert who.call("DELETE", f"{MESSAGES}/{message['id']}").is_success
    assert figures(server)[label] == before + 2


def test_what_is_refused_or_changes_nothing_takes_nothing_of_it(
    server: Server, held: Account, board: Room
) -> None:
    """Neither of one's own nor what others ask of it; nor what has the same words as before."""
    ben = new_account(server, "ben")
    message = said(held, board, content="so")
    # Few enough for what one may say at once.
    for _ in range(CHANGES.at_once // 4):
        assert change(ben, message, "mine").json()["code"] == "not_allowed"
        assert change(held, message, " ").json()["code"] == "empty"
        assert checked(change(held, message, "so"))["edited_at"] is None
    assert CHANGES.at_once <= used_up(held, message) <= CHANGES.at_once + 2


def test_words_about_files_count_for_the_message_that_they_came_with(
    server: Server, board: Room, held: Account
) -> None:
    """Together with its own, and of all of them; while no message has it there is no such pace."""
    two = [sent(held, board, b"%d" % number) for number in range(2)]
    for number in range(CHANGES.at_once + 5):
        checked(describe(held, two[0], f"before {number}"))
    message = said(held, board, *two, content="see")
    eve = new_account(server, "eve")
    for number in range(CHANGES.at_once // 2):
        checked(describe(held, two[number % 2], f"words {number}"))
        # The same again, and what somebody else asks, are no changes.
        checked(describe(held, two[number % 2], f"words {number}"))
        assert describe(eve, two[0], "mine").json()["code"] == "not_allowed"
    assert CHANGES.at_once // 2 <= used_up(held, message) <= CHANGES.at_once // 2 + 2
    assert too_soon(describe(held, two[0], "late")) <= 1 / CHANGES.per_second


async def test_over_the_socket_one_is_told_when_it_may_be_changed_again(
    server: Server, new_room: Callable[..., Room]
) -> None:
    """The connection stays, and says other things."""
    alice, room = Person("alice", server), new_room(server)
    message = await alice.post(room, "so")
    client = await alice.enter(room)
    for number in range(CHANGES.at_once + 3):
        await client.send(
            "edit", message_id=message["id"], content=f"words {number}", room_id=room["id"]
        )
    refused = await client.until("error", code="rate_limited")
    assert 0 < refused["retry_after_ms"] <= 1000 / CHANGES.per_second
    assert refused["room_id"] == room["id"]
    await client.send("message", content="still here", client_id="c")
    await client.until("message", message={"content": "still here"})
    await client.close()


def test_without_limits_a_message_is_changed_as_often_as_one_likes(
    new_server: Callable[..., Server],
) -> None:
    """It is a setting."""
    server = new_server(env={"PARLOUR_RATE_LIMITS": "0"}).start()
    ann = new_account(server, "ann")
    message = said(ann, make_room(ann).room, content="so")
    for number in range(CHANGES.at_once + 5):
        checked(change(ann, message, f"words {number}"))
