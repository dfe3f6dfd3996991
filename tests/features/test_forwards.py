"""Passing on what somebody said: the words, whose they are, and what is not told of where."""

from typing import Any

import pytest
from httpx2 import Client, Response

from tests.support.accounts import Account
from tests.support.answers import assert_deleted, assert_refused
from tests.support.people import Message, NewRoom, Person, Room, checked
from tests.support.places import Place, follow, make_room, name_of, say, somebody
from tests.support.server import Server

pytestmark = pytest.mark.usefixtures("partings")


def forward(place: Place, by: Account, message: Message, **fields: Any) -> Response:
    """Ask to pass a message on into a room."""
    body = {"forward": message["id"], **fields}
    return by.call("POST", f"{place.path}/messages", json=body)


def copy_of(message: Message, *, told: bool = True) -> dict[str, Any]:
    """Return what is to be told of a message that is passed on."""
    names = ("username", "guest", "timestamp", "content", "files")
    return {
        "message_id": message["id"] if told else None,
        "room_id": message["room_id"] if told else None,
        **{name: message[name] for name in names},
    }


async def test_words_are_passed_on_with_who_said_them_and_when(
    http: Client, server: Server, new_room: NewRoom, alice: Person, bob: Person
) -> None:
    """With a comment or without, by both doors, to everybody in the room."""
    here, there = new_room(server), new_room(server)
    said = await alice.post(here, "The train is late")
    reader = await alice.connect(there)
    first = await bob.post(there, "look", forward=said["id"])
    assert (first["content"], first["forwarded"]) == ("look", copy_of(said))
    assert (await reader.until("message"))["message"] == first
    writer = await bob.enter(there)
    await writer.send("message", forward=said["id"], client_id="again")
    told = (await writer.until("message", message={"client_id": "again"}))["message"]
    assert (told["content"], told["forwarded"]) == ("", copy_of(said))
    # The same again is the same message.
    await writer.send("message", forward=said["id"], client_id="again")
    again = await writer.until("message", repeated=True)
    assert again["message"] == told
    page = checked(http.get(f"/api/chat/rooms/{there['id']}/messages"))
    assert page == [first, told]


async def test_there_have_to_be_words_or_something_that_is_passed_on(
    http: Client, room: Room, alice: Person
) -> None:
    """And what is passed on has to be there."""
    path = f"/api/chat/rooms/{room['id']}/messages"
    for body in ({}, {"content": None}, {"forward": None}):
        answer = http.post(path, params={"username": "alice"}, json=body)
        told = assert_refused(answer, "invalid", "content")
        assert told["detail"] == "content: It is required."
    said = await alice.post(room, "soon gone")
    assert_deleted(http.delete(f"/api/chat/messages/{said['id']}", params={"username": "alice"}))
    writer = await alice.enter(room)
    for number, fields in enumerate(({}, {"content": None}, {"forward": None})):
        await writer.send("message", **fields, client_id=f"nothing {number}")
        refusal = await writer.until("error", client_id=f"nothing {number}")
        assert (refusal["code"], refusal["field"]) == ("invalid", "content")
    for lost in (said["id"], 987654321):
        answer = http.post(path, params={"username": "bob"}, json={"forward": lost})
        assert_refused(answer, "not_found", "forward")
        await writer.send("message", forward=lost, client_id=f"{lost}")
        refusal = await writer.until("error", client_id=f"{lost}")
        assert (refusal["code"], refusal["field"]) == ("not_found", "forward")
    assert len(checked(http.get(path))) == 1


def test_of_a_room_that_readers_may_not_see_nothing_is_told(server: Server) -> None:
    """But who said it and when: not its id, not the message's, also when it goes further."""
    owner, other = somebody(server), somebody(server)
    private, public = make_room(owner), make_room(owner, "public")
    said = checked(say(private, owner, "Dinner at eight"))
    out = checked(forward(public, owner, said))
    assert out["forwarded"] == copy_of(said, told=False)
    # In its own room everybody may go there.
    assert checked(forward(private, owner, said))["forwarded"] == copy_of(said)
    # What only passes it on is passed on as what it passes on.
    assert checked(forward(public, other, out))["forwarded"] == copy_of(said, told=False)
    # Words of one's own are what one says.
    comment = checked(forward(public, other, said | {"id": out["id"]}, content="hungry"))
    assert checked(forward(public, owner, comment))["forwarded"] == copy_of(comment)
    inside = checked(forward(private, owner, said))
    again = checked(forward(public, owner, inside))
    assert again["forwarded"] == copy_of(said, told=False)
    # A public room is told, also out of a private one.
    shout = checked(say(public, other, "For all"))
    via = checked(forward(private, owner, shout))
    assert checked(forward(public, owner, via))["forwarded"] == copy_of(shout)


def test_it_takes_the_right_to_read_and_the_right_to_speak(server: Server) -> None:
    """A room that one may not see has no messages; who is banned is told so."""
    owner, stranger, banned = (somebody(server) for _ in range(3))
    private, public, free = (
        make_room(owner),
        make_room(owner, "public"),
        make_room(stranger, "public"),
    )
    hidden = checked(say(private, owner, "hidden"))
    shown = checked(say(public, owner, "shown"))
    told = assert_refused(forward(free, stranger, hidden), "not_found", "forward")
    none = assert_refused(forward(free, stranger, {"id": 987654321}), "not_found", "forward")
    assert told == none
    checked(owner.call("PUT", f"{public.path}/bans/{name_of(banned)}", json={}))
    assert_refused(forward(free, banned, shown), "banned", "forward")
    assert_refused(forward(public, banned, hidden), "banned")
    assert_refused(forward(private, stranger, shown), "not_found")
    assert checked(forward(free, stranger, shown))["forwarded"]["content"] == "shown"


async def test_a_copy_stays_as_it_was_and_goes_with_its_own_message(server: Server) -> None:
    """Edits and deletion of the original change nothing of it (decision 25)."""
    author, bearer = somebody(server), somebody(server)
    here, there = make_room(author, "public"), make_room(bearer, "public")
    said = checked(say(here, author, "first words"))
    copy = checked(forward(there, bearer, said))
    path = f"/api/chat/messages/{said['id']}"
    checked(author.call("PATCH", path, json={"content": "other words"}))
    assert_deleted(author.call("DELETE", path))
    page = checked(bearer.call("GET", f"{there.path}/messages"))
    assert page == [copy]
    assert copy["forwarded"]["content"] == "first words"
    # Whoever passes it on adds words, or takes it back with all that it had.
    own = f"/api/chat/messages/{copy['id']}"
    edited = checked(bearer.call("PATCH", own, json={"content": "as I said"}))
    assert edited["forwarded"] == copy["forwarded"]
    watching = await follow(there, author)
    assert_deleted(bearer.call("DELETE", own))
    gone = (await watching.until("message_updated"))["message"]
    assert (gone["content"], gone["forwarded"]) == ("", None)
