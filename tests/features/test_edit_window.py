"""With a limit, what one said can be changed for a while, and then stays as it is."""

from datetime import UTC, datetime, timedelta

import pytest

from parlour.fields import format_time
from tests.support.accounts import Account
from tests.support.inside import inside
from tests.support.people import Message, Person, Room, async_http_client, checked
from tests.support.places import follow, make_room, put, say, somebody
from tests.support.server import Server

pytestmark = pytest.mark.usefixtures("partings")

MESSAGES = "/api/chat/messages"
WINDOW = 900
SERVER_ENV = {"PARLOUR_EDIT_WINDOW": str(WINDOW)}


def age(server: Server, message: Message, seconds: float) -> None:
    """Let a message have been said so long ago."""
    at = format_time(datetime.now(UTC) - timedelta(seconds=seconds))
    with inside(server) as database:
        asked = "UPDATE messages SET timestamp = ? WHERE id = ?"
        assert database.execute(asked, (at, message["id"])).rowcount == 1


def edit(by: Account, message: Message, content: str) -> str:
    """Ask to say it in other words: `ok`, or the code of the refusal."""
    answer = by.call("PATCH", f"{MESSAGES}/{message['id']}", json={"content": content})
    return "ok" if answer.is_success else str(answer.json()["code"])


def delete(by: Account, message: Message) -> str:
    """Ask to delete it."""
    answer = by.call("DELETE", f"{MESSAGES}/{message['id']}")
    return "ok" if answer.is_success else str(answer.json()["code"])


async def test_an_old_message_can_no_longer_be_changed_by_whoever_wrote_it(
    server: Server,
) -> None:
    """Neither edited nor deleted, by either door; up to then both, and nothing is done."""
    owner, member = somebody(server), somebody(server)
    room = make_room(owner)
    room.add(member)
    message = checked(say(room, member, "one"))
    age(server, message, WINDOW - 60)
    assert edit(member, message, "two") == "ok"
    age(server, message, WINDOW + 1)
    assert edit(member, message, "three") == "edit_window_over"
    assert delete(member, message) == "edit_window_over"
    client = await follow(room, member)
    await client.send("edit", message_id=message["id"], content="three", room_id=room.id)
    refused = await client.until("error", code="edit_window_over", room_id=room.id)
    assert str(WINDOW) in refused["message"]
    await client.send("delete", message_id=message["id"])
    await client.until("error", code="edit_window_over")
    [now] = checked(member.call("GET", f"{room.path}/messages"))
    assert (now["content"], now["deleted_at"]) == ("two", None)
    # The same words are no change: whoever lost the answer gets it again.
    assert edit(member, message, "two") == "ok"
    # It is the age of the message that counts, not that of the last edit.
    assert now["edited_at"] > now["timestamp"]


async def test_moderators_and_owners_delete_also_what_is_old(server: Server) -> None:
    """Others' messages and their own; in other words nobody says what is old."""
    owner, moderator, member = (somebody(server) for _ in range(3))
    room = make_room(owner)
    put(room, owner, moderator, "moderator")
    room.add(member)
    for by in (owner, moderator):
        own, others = checked(say(room, by, "words")), checked(say(room, member, "words"))
        for message in (own, others):
            age(server, message, WINDOW + 1)
        assert edit(by, own, "anew") == "edit_window_over"
        assert delete(by, own) == "ok"
        assert delete(by, others) == "ok"
        # Once more is no change, and no refusal.
        assert delete(by, own) == "ok"


async def test_in_a_direct_conversation_everybody_is_bound(server: Server) -> None:
    """There is nobody in it who moderates."""
    owner, other = somebody(server), somebody(server)
    asked = {"usernames": [other.user["username"]]}
    room = checked(owner.call("POST", "/api/chat/direct", json=asked))
    path = f"/api/chat/rooms/{room['id']}/messages"
    message = checked(owner.call("POST", path, json={"content": "one"}))
    age(server, message, WINDOW + 1)
    assert edit(owner, message, "two") == "edit_window_over"
    assert delete(owner, message) == "edit_window_over"


async def test_a_guest_is_bound_as_well(server: Server, alice: Person, room: Room) -> None:
    """In a room that is nobody's, nobody moderates but those who run the server."""
    message = await alice.post(room, "one")
    age(server, message, WINDOW + 1)
    by = {"username": "alice"}
    async with async_http_client(server) as http:
        refused = await http.delete(f"{MESSAGES}/{message['id']}", params=by)
    assert (refused.status_code, refused.json()["code"]) == (409, "edit_window_over")
