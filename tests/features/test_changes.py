"""Changing what was said: in other words, or not at all any more."""

import pytest
from httpx2 import AsyncClient, Client, Response

from tests.support.people import Message, Person, Room, checked
from tests.support.places import follow, make_room, put, somebody
from tests.support.server import Server

pytestmark = pytest.mark.usefixtures("partings")

MESSAGES = "/api/chat/messages"


@pytest.fixture
async def said(alice: Person, room: Room) -> Message:
    """Return what a guest said."""
    return await alice.post(room, "Helo", client_id="c")


def edit(http: Client, message: Message, content: str, name: str = "alice") -> Response:
    """Ask to say it in other words."""
    path = f"{MESSAGES}/{message['id']}"
    return http.patch(path, params={"username": name}, json={"content": content})


def delete(http: Client, message: Message, name: str = "alice") -> Response:
    """Ask to take it back."""
    return http.delete(f"{MESSAGES}/{message['id']}", params={"username": name})


async def test_its_author_says_it_in_other_words(
    http: Client, said: Message, room: Room, bob: Person
) -> None:
    """Everybody sees the whole message as it is now, at the room's next version."""
    reader = await bob.connect(room)
    now = checked(edit(http, said, "  Hello  "))
    assert now == {**said, "content": "Hello", "version": 2, "edited_at": now["edited_at"]}
    assert now["edited_at"] > said["timestamp"]
    await reader.until("message_updated", version=2, message=now)
    [kept] = checked(http.get(f"/api/chat/rooms/{room['id']}/messages"))
    assert kept == now


async def test_a_deleted_message_leaves_its_place(
    http: Client, said: Message, room: Room, bob: Person
) -> None:
    """Who said something and when; no word of what it was, also on the disk's pages for it."""
    await bob.post(room, "What?")
    reader = await bob.connect(room)
    assert delete(http, said).status_code == 204
    told = await reader.until("message_updated", version=3)
    gone = told["message"]
    assert gone == {**said, "content": "", "version": 3, "deleted_at": gone["deleted_at"]}
    page = checked(http.get(f"/api/chat/rooms/{room['id']}/messages"))
    assert [each["content"] for each in page] == ["", "What?"]
    # Once more changes nothing.
    assert delete(http, said).status_code == 204
    assert checked(http.get(f"/api/chat/rooms/{room['id']}"))["version"] == 3
    refused = edit(http, said, "I never said that")
    assert (refused.status_code, refused.json()["code"]) == (404, "not_found")


async def test_nobody_else_changes_it(http: Client, said: Message, server: Server) -> None:
    """Not another guest, not an account that only looks on; nor is there more to guess."""
    account = somebody(server)
    for answer in (
        edit(http, said, "Hi", "bob"),
        delete(http, said, "bob"),
        account.call("PATCH", f"{MESSAGES}/{said['id']}", json={"content": "Hi"}),
        account.call("DELETE", f"{MESSAGES}/{said['id']}"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    assert edit(http, {"id": 987654321}, "Hi").json()["code"] == "not_found"


async def test_the_commands_do_the_same(
    alice: Person, room: Room, said: Message, bob: Person
) -> None:
    """Answered by what the room is told; refusals come as errors and the connection stays."""
    writer, reader = await alice.enter(room), await bob.connect(room)
    await writer.send("edit", message_id=said["id"], content="Hello")
    for client in (writer, reader):
        await client.until("message_updated", version=2, message={"content": "Hello"})
    await reader.send("edit", message_id=said["id"], content="Hm", room_id=room["id"])
    await reader.until("error", code="not_allowed", room_id=room["id"])
    await reader.send("delete", message_id=said["id"])
    await reader.until("error", code="not_allowed")
    await writer.send("edit", message_id=said["id"], content=" ")
    await writer.until("error", code="empty", field="content")
    await writer.send("edit", message_id=said["id"], content="x" * 1001)
    await writer.until("error", code="too_long", field="content")
    await writer.send("delete", message_id=said["id"])
    for client in (writer, reader):
        await client.until("message_updated", version=3, message={"content": ""})


async def test_the_same_words_again_are_no_change(alice: Person, room: Room, said: Message) -> None:
    """The one who asked is told how it stands; nobody else is bothered."""
    writer, other = await alice.enter(room), await alice.connect()
    await other.send("edit", message_id=said["id"], content="Helo")
    await other.until("message_updated", version=1, message={"edited_at": None})
    await writer.silence()


async def test_who_comes_back_gets_each_message_as_it_is_now(
    alice: Person, bob: Person, room: Room, said: Message, http: Client
) -> None:
    """Once, at its last version: old state and what is told make the fresh state."""
    second = await alice.post(room, "Second")
    third = await alice.post(room, "Third")
    checked(edit(http, said, "Hello"))
    checked(edit(http, said, "Hello, all"))
    assert delete(http, second).status_code == 204
    client = await bob.connect(room, after=3)
    sync = await client.until("sync")
    assert [(each["id"], each["version"]) for each in sync["messages"]] == [
        (said["id"], 5), (second["id"], 6)
    ]  # fmt: skip
    assert sync["version"] == 6
    fresh = checked(http.get(f"/api/chat/rooms/{room['id']}/messages"))
    old = {each["id"]: each for each in (said, second, third)}
    old |= {each["id"]: each for each in sync["messages"]}
    assert fresh == [old[key] for key in sorted(old)]


async def test_a_repeated_send_finds_what_became_of_the_first(
    alice: Person, room: Room, said: Message, http: Client
) -> None:
    """A deleted message does not come back by a client that sends it again."""
    assert delete(http, said).status_code == 204
    again = await alice.post(room, "Helo", client_id="c")
    assert (again["id"], again["content"]) == (said["id"], "")


async def test_moderators_delete_and_do_not_edit(server: Server, ahttp: AsyncClient) -> None:
    """Whatever others said in their room, guests too."""
    owner, moderator, member = (somebody(server) for _ in range(3))
    place = make_room(owner, "public")
    put(place, owner, moderator, "moderator")
    place.add(member)
    path = f"{place.path}/messages"
    words = {"content": "spam"}
    posted = [
        checked(owner.call("POST", path, json=words)),
        checked(member.call("POST", path, json=words)),
        checked(await ahttp.post(path, params={"username": "guest-of-honour"}, json=words)),
    ]
    client = await follow(place, member)
    for message in posted:
        where = f"{MESSAGES}/{message['id']}"
        assert moderator.call("PATCH", where, json=words).json()["code"] == "not_allowed"
        if message["username"] != member.user["username"]:
            assert member.call("DELETE", where).json()["code"] == "not_allowed"
        assert moderator.call("DELETE", where).status_code == 204
        await client.until("message_updated", message={"id": message["id"], "content": ""})


async def test_what_one_may_not_see_one_may_not_change(server: Server) -> None:
    """A message of a private room answers as one that is not there, its author's too once out."""
    owner, member, stranger = (somebody(server) for _ in range(3))
    place = make_room(owner)
    place.add(member)
    message = checked(member.call("POST", f"{place.path}/messages", json={"content": "mine"}))
    path = f"{MESSAGES}/{message['id']}"
    nowhere = stranger.call("DELETE", f"{MESSAGES}/987654321")
    assert stranger.call("DELETE", path).content == nowhere.content
    owner.call("DELETE", f"{place.path}/members/{member.user['username']}")
    for method, body in (("PATCH", {"content": "still mine"}), ("DELETE", None)):
        assert member.call(method, path, json=body).content == nowhere.content
