"""Answering a message: the chain that comes of it, how it is read and counted, what is refused."""

import pytest
from httpx2 import Client, Response

from tests.support.answers import assert_refused
from tests.support.inside import inside
from tests.support.people import Message, NewRoom, Person, Room, checked
from tests.support.places import make_room, somebody
from tests.support.server import Server

pytestmark = pytest.mark.usefixtures("partings")


def history(http: Client, room: Room, **query: int | list[int]) -> list[Message]:
    """Read a page of the room."""
    return list(checked(http.get(f"/api/chat/rooms/{room['id']}/messages", params=query)))


def chain(http: Client, message: Message, **query: int) -> Response:
    """Ask for the chain that a message belongs to."""
    return http.get(f"/api/chat/messages/{message['id']}/replies", params=query)


def delete(http: Client, message: Message, name: str) -> None:
    """Take a message back."""
    path = f"/api/chat/messages/{message['id']}"
    assert http.delete(path, params={"username": name}).status_code == 204


async def test_a_reply_names_what_it_answers_and_the_chain_it_goes_on_with(
    http: Client, room: Room, alice: Person, bob: Person
) -> None:
    """Replies to replies are of the same chain; what it began with counts them, at its version."""
    first = await alice.post(room, "shall we")
    reader = await bob.connect(room)
    second = await bob.post(room, "yes", reply_to=first["id"])
    assert (second["reply_to"], second["chain"], second["version"]) == (first["id"], first["id"], 2)
    assert (await reader.until("message", version=2))["message"] == second
    third = await alice.post(room, "when", reply_to=second["id"])
    assert (third["reply_to"], third["chain"]) == (second["id"], first["id"])
    replies = {"count": 2, "last_id": third["id"], "last_at": third["timestamp"]}
    whole = [{**first, "replies": replies}, second, third]
    assert history(http, room) == whole
    for message in whole:
        answer = chain(http, message)
        assert checked(answer) == whole
        assert answer.headers["parlour-version"] == "3"
        assert answer.headers["parlour-epoch"] == room["epoch"]


async def test_the_command_does_the_same(
    http: Client, room: Room, alice: Person, bob: Person
) -> None:
    """Everybody in the room gets it; a refusal names the field and comes with the client_id."""
    first = await alice.post(room, "shall we")
    writer, reader = await bob.enter(room), await alice.enter(room)
    await writer.send("message", content="yes", reply_to=first["id"], client_id="a")
    for client in (writer, reader):
        told = (await client.until("message"))["message"]
        assert (told["reply_to"], told["chain"]) == (first["id"], first["id"])
    await writer.send("message", content="no", reply_to=987654321, client_id="b")
    refusal = await writer.until("error")
    assert (refusal["code"], refusal["field"], refusal["client_id"]) == (
        "not_found",
        "reply_to",
        "b",
    )
    assert [message["content"] for message in history(http, room)] == ["shall we", "yes"]


async def test_what_is_not_there_cannot_be_answered(
    http: Client, room: Room, new_room: NewRoom, server: Server, alice: Person
) -> None:
    """Nor what was deleted, nor a message of another room: in the same words, nothing is stored."""
    gone = await alice.post(room, "never mind")
    delete(http, gone, alice.name)
    elsewhere = await alice.post(new_room(server), "somewhere else")
    path, by = f"/api/chat/rooms/{room['id']}/messages", {"username": "bob"}
    words = set()
    for reply_to in (987654321, gone["id"], elsewhere["id"]):
        answer = http.post(path, params=by, json={"content": "what", "reply_to": reply_to})
        assert_refused(answer, "not_found", "reply_to")
        words.add(answer.json()["detail"])
    assert len(words) == 1
    for reply_to in ("1", 0, 1.5, True):
        answer = http.post(path, params=by, json={"content": "what", "reply_to": reply_to})
        assert_refused(answer, "invalid", "reply_to")
    assert len(history(http, room)) == 1


async def test_a_repeat_returns_the_first_message_whatever_it_answers(
    http: Client, room: Room, alice: Person
) -> None:
    """Also when what it answers is gone, or is given otherwise now; it counts once."""
    first = await alice.post(room, "shall we")
    reply = await alice.post(room, "yes", client_id="c", reply_to=first["id"])
    delete(http, first, alice.name)
    for reply_to in (first["id"], 987654321, None):
        again = await alice.post(room, "yes", client_id="c", reply_to=reply_to)
        assert again == reply
    [tombstone, _] = history(http, room)
    assert tombstone["replies"]["count"] == 1


async def test_a_deleted_message_keeps_its_place_in_the_chain(
    http: Client, room: Room, alice: Person, bob: Person
) -> None:
    """The reply, which counts, and the first one, whose chain goes on from what is left."""
    first = await alice.post(room, "shall we")
    second = await bob.post(room, "yes", reply_to=first["id"])
    third = await bob.post(room, "or no", reply_to=first["id"])
    reader = await bob.connect(room)
    delete(http, second, bob.name)
    told = (await reader.until("message_updated"))["message"]
    assert (told["reply_to"], told["chain"], told["content"]) == (first["id"], first["id"], "")
    delete(http, first, alice.name)
    told = (await reader.until("message_updated"))["message"]
    replies = {"count": 2, "last_id": third["id"], "last_at": third["timestamp"]}
    assert (told["replies"], told["content"]) == (replies, "")
    fourth = await alice.post(room, "still here", reply_to=third["id"])
    assert fourth["chain"] == first["id"]
    page = checked(chain(http, third))
    assert [message["content"] for message in page] == ["", "", "or no", "still here"]
    assert page[0]["replies"]["count"] == 3


async def test_an_edited_message_still_says_how_many_replies_it_has(
    http: Client, room: Room, alice: Person
) -> None:
    """In what the room is told as in the history."""
    first = await alice.post(room, "shal we")
    await alice.post(room, "yes", reply_to=first["id"])
    reader = await alice.connect(room)
    path = f"/api/chat/messages/{first['id']}"
    edited = checked(http.patch(path, params={"username": "alice"}, json={"content": "shall we"}))
    assert edited["replies"]["count"] == 1
    assert (await reader.until("message_updated"))["message"] == edited
    assert history(http, room)[0] == edited


async def test_a_chain_comes_in_pages(http: Client, room: Room, alice: Person) -> None:
    """By id, what it began with being its oldest; others' messages in between are not of it."""
    first = await alice.post(room, "0")
    ids = [first["id"]]
    for number in range(1, 7):
        ids.append((await alice.post(room, f"{number}", reply_to=first["id"]))["id"])
        await alice.post(room, "beside it")

    def page(**query: int) -> list[int]:
        return [int(message["content"]) for message in checked(chain(http, first, **query))]

    assert page() == [0, 1, 2, 3, 4, 5, 6]
    assert page(limit=2) == [5, 6]
    assert page(before=ids[3], limit=2) == [1, 2]
    assert page(before=ids[2]) == [0, 1]
    assert page(before=ids[0]) == []
    assert page(after=ids[0], limit=3) == [1, 2, 3]
    assert page(after=1) == ([0, 1, 2, 3, 4, 5, 6] if first["id"] > 1 else [1, 2, 3, 4, 5, 6])
    assert page(around=ids[3], limit=3) == [2, 3, 4]
    assert page(around=ids[0], limit=3) == [0, 1, 2]
    assert page(after=ids[6]) == []
    assert_refused(chain(http, first, before=1, after=2), "invalid")
    assert_refused(chain(http, first, limit=201), "invalid", "limit")
    assert_refused(chain(http, first, ids=1), "invalid", "ids")


async def test_a_message_without_replies_is_a_chain_of_one(
    http: Client, room: Room, alice: Person
) -> None:
    """So a thread can be opened before there is one."""
    alone = await alice.post(room, "hello")
    assert checked(chain(http, alone)) == [alone]
    assert_refused(chain(http, {"id": 987654321}), "not_found")


async def test_messages_are_read_by_their_ids(
    http: Client, room: Room, new_room: NewRoom, server: Server, alice: Person
) -> None:
    """Those of the room, in its order, each once; of all others nothing is said."""
    first, second = await alice.post(room, "one"), await alice.post(room, "two")
    other = await alice.post(new_room(server), "three")
    ids = [second["id"], other["id"], first["id"], 987654321, first["id"]]
    assert history(http, room, ids=ids) == [first, second]
    assert history(http, room, ids=[other["id"]]) == []
    path = f"/api/chat/rooms/{room['id']}/messages"
    assert_refused(http.get(path, params={"ids": ["1"] * 51}), "too_long", "ids")
    assert_refused(http.get(path, params={"ids": ["1", "x"]}), "invalid", "ids.1")
    assert_refused(http.get(path, params={"ids": ["1"], "before": "7"}), "invalid")


async def test_nothing_of_a_private_room_is_read_or_answered_from_outside(
    http: Client, server: Server, room: Room, alice: Person
) -> None:
    """Its chains and messages are as if they were not there, for guests and other accounts."""
    owner, outside = somebody(server), somebody(server)
    place = make_room(owner, "private")
    said = checked(owner.call("POST", f"{place.path}/messages", json={"content": "between us"}))
    body = {"content": "I know", "reply_to": said["id"]}
    assert checked(owner.call("POST", f"{place.path}/messages", json=body))["chain"] == said["id"]
    nowhere = chain(http, {"id": 987654321}).json()
    for answer in (
        chain(http, said),
        outside.call("GET", f"/api/chat/messages/{said['id']}/replies"),
    ):
        assert_refused(answer, "not_found")
        assert answer.json() == nowhere
    assert history(http, room, ids=[said["id"]]) == []
    path = f"/api/chat/rooms/{room['id']}/messages"
    answer = http.post(path, params={"username": alice.name}, json=body)
    assert_refused(answer, "not_found", "reply_to")


async def test_replies_are_counted_over_a_resume_by_the_rule_of_the_protocol(
    http: Client, room: Room, alice: Person, bob: Person
) -> None:
    """What was missed comes with the sync; what the chain began with does not, being the same."""
    first = await alice.post(room, "shall we")
    await alice.post(room, "yes", reply_to=first["id"])
    client = await bob.connect(room, after=1, epoch=room["epoch"])
    sync = await client.until("sync")
    assert [message["chain"] for message in sync["messages"]] == [first["id"]]
    await client.send("subscribe", room_id=room["id"], after=0, epoch=room["epoch"])
    sync = await client.until("sync")
    assert sync["messages"] == history(http, room)


async def test_a_chain_is_read_within_its_room(
    server: Server, http: Client, room: Room, new_room: NewRoom, alice: Person
) -> None:
    """Whatever a row says: who answers elsewhere sees nothing of what they may not enter."""
    first = await alice.post(room, "between us")
    reply = await alice.post(room, "only us", reply_to=first["id"])
    other = await alice.post(new_room(server), "peek")
    with inside(server) as database:
        database.execute(
            "UPDATE messages SET reply_to = ?1, chain = ?1 WHERE id = ?2",
            (first["id"], other["id"]),
        )
    assert [each["id"] for each in checked(chain(http, other))] == [other["id"]]
    for message in (first, reply):
        found = [each["id"] for each in checked(chain(http, message))]
        assert found == [first["id"], reply["id"]]
