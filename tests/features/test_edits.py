"""What a message said before: kept while it is there, shown to whoever may read it."""

from typing import Any

import pytest
from httpx2 import Client

from parlour.editing import MAX_EARLIER
from tests.support.indexes import NO_CHANGES, index_stands
from tests.support.inside import inside
from tests.support.moderation import ban
from tests.support.people import Message, NewRoom, Person, Room, async_http_client, checked
from tests.support.places import make_room, say, somebody
from tests.support.server import Server

pytestmark = pytest.mark.usefixtures("partings")

MESSAGES = "/api/chat/messages"


@pytest.fixture
async def said(alice: Person, room: Room) -> Message:
    """Return what a guest said."""
    return await alice.post(room, "one", client_id="c")


def edit(http: Client, message: Message, content: str) -> Message:
    """Say it in other words."""
    path = f"{MESSAGES}/{message['id']}"
    changed = http.patch(path, params={"username": "alice"}, json={"content": content})
    return dict(checked(changed))


def edits(http: Client, message: Message) -> Any:
    """Ask what it said from the first time on."""
    return checked(http.get(f"{MESSAGES}/{message['id']}/edits"))


def kept(server: Server, message: Message) -> list[tuple[int, str]]:
    """Return what the database keeps of what a message said before."""
    asked = "SELECT number, content FROM wordings WHERE message_id = ? ORDER BY number"
    with inside(server) as database:
        return list(database.execute(asked, (message["id"],)))


async def test_each_wording_is_told_with_the_time_at_which_it_was_said(
    http: Client, said: Message
) -> None:
    """Oldest first, the present one last; of one that nobody edited it is the only one."""
    first = {"number": 1, "content": "one", "timestamp": said["timestamp"]}
    assert edits(http, said) == [first]
    second = edit(http, said, "two")
    third = edit(http, said, "three")
    # The same words again are no further wording.
    edit(http, said, "three")
    assert edits(http, said) == [
        first,
        {"number": 2, "content": "two", "timestamp": second["edited_at"]},
        {"number": 3, "content": "three", "timestamp": third["edited_at"]},
    ]
    assert said["timestamp"] < second["edited_at"] < third["edited_at"]


async def test_an_edit_over_the_socket_keeps_what_was_said_as_well(
    alice: Person, room: Room, said: Message, http: Client
) -> None:
    """Both doors lead to the same operation."""
    client = await alice.enter(room)
    await client.send("edit", message_id=said["id"], content="two")
    await client.until("message_updated", message={"content": "two"})
    assert [each["content"] for each in edits(http, said)] == ["one", "two"]


async def test_of_many_wordings_the_first_and_the_newest_are_kept(
    server: Server, http: Client, said: Message
) -> None:
    """A gap in the numbers says that there were others."""
    last = MAX_EARLIER + 4
    for number in range(2, last + 1):
        edit(http, said, f"wording {number}")
    told = [(each["number"], each["content"]) for each in edits(http, said)]
    newest = [(number, f"wording {number}") for number in range(5, last + 1)]
    assert told == [(1, "one"), *newest]
    assert len(told) == MAX_EARLIER + 1
    assert kept(server, said) == told[:-1]


async def test_a_deleted_message_leaves_none_of_its_words(
    server: Server, http: Client, said: Message, room: Room
) -> None:
    """Neither what it said last nor what it said before; its history is not there any more."""
    edit(http, said, "two")
    assert kept(server, said) == [(1, "one")]
    path = f"{MESSAGES}/{said['id']}"
    assert http.delete(path, params={"username": "alice"}).status_code == 204
    assert kept(server, said) == []
    refused = http.get(f"{path}/edits")
    assert (refused.status_code, refused.json()["code"]) == (404, "not_found")
    assert refused.content == http.get(f"{MESSAGES}/987654321/edits").content


@pytest.mark.sqlite
async def test_nothing_that_was_deleted_is_left_on_the_disk(
    own_server: Server, new_room: NewRoom
) -> None:
    """Once the server has put its files in order, no byte of any wording is in them."""
    room, alice = new_room(own_server), Person("alice", own_server)
    # Longer than a page of the file, and shorter.
    words = [f"secret{number} " * times for number, times in ((1, 3), (2, 120), (3, 1))]
    message = await alice.post(room, words[0])
    await alice.post(room, "stays")
    by = {"username": "alice"}
    async with async_http_client(own_server) as http:
        path = f"{MESSAGES}/{message['id']}"
        for content in words[1:]:
            checked(await http.patch(path, params=by, json={"content": content}))
        assert (await http.delete(path, params=by)).status_code == 204
    await index_stands(own_server, NO_CHANGES)
    own_server.stop()
    left = b"".join(
        each.read_bytes() for each in own_server.data_dir.iterdir() if each.name.startswith("chat")
    )
    assert b"stays" in left
    assert b"secret" not in left


async def test_the_history_goes_with_its_room(server: Server, http: Client, said: Message) -> None:
    """For everybody at once, and from the disk when the room's messages are taken away."""
    edit(http, said, "two")
    room = f"/api/chat/rooms/{said['room_id']}"
    assert http.delete(room, params={"username": "alice"}).is_success
    assert http.get(f"{MESSAGES}/{said['id']}/edits").json()["code"] == "not_found"
    client = await Person("bob", server).connect()
    while kept(server, said):
        # One more round on the network; the rows follow in batches.
        await client.send("ping")
        await client.until("pong")
    await client.close()


def test_only_who_may_read_a_message_reads_what_it_said_before(server: Server) -> None:
    """Members, of a private room; nobody who is banned; for others it is not there."""
    owner, member, stranger = (somebody(server) for _ in range(3))
    place = make_room(owner)
    place.add(member)
    message = checked(say(place, owner, "one"))
    path = f"{MESSAGES}/{message['id']}"
    checked(owner.call("PATCH", path, json={"content": "two"}))
    read = checked(member.call("GET", f"{path}/edits"))
    assert [each["content"] for each in read] == ["one", "two"]
    nowhere = stranger.call("GET", f"{MESSAGES}/987654321/edits")
    assert stranger.call("GET", f"{path}/edits").content == nowhere.content
    ban(place, owner, member)
    refused = member.call("GET", f"{path}/edits")
    assert refused.content == nowhere.content
