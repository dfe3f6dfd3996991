"""Files: sent to a room, said with a message, seen by who may."""

import hashlib
import re

import pytest
from httpx2 import Client

from tests.support.accounts import Account, register
from tests.support.answers import assert_refused
from tests.support.files import FILES, get, gone, on_disk, on_their_way, said, say, send, sent
from tests.support.people import Person, Room, checked
from tests.support.places import make_room
from tests.support.server import Server

pytestmark = pytest.mark.usefixtures("partings")
PATH = "/api/chat/rooms/{}/messages"


def test_a_file_is_kept_as_it_came(server: Server, ann: Account, room: Room) -> None:
    """Byte for byte, under 128 random bits; its type is what stands in it."""
    data = bytes(range(256)) * 3000
    file = sent(ann, room, data, name="data.png", alt=" All bytes ")
    assert re.fullmatch("[0-9a-f]{32}", file["id"])
    assert file == {
        "id": file["id"], "name": "data.png", "type": "application/octet-stream",
        "size": len(data), "width": None, "height": None, "alt": "All bytes", "thumbnail": None,
    }  # fmt: skip
    answer = get(ann, file)
    assert answer.content == data
    assert answer.headers["etag"] == f'"{hashlib.sha256(data).hexdigest()}"'
    assert file["id"] in {each.name for each in on_disk(server)}
    assert not on_their_way(server)


@pytest.mark.one_node("nodes have files in their database")
def test_a_file_in_the_storage_is_its_owners_alone(
    server: Server, ann: Account, room: Room
) -> None:
    """As it came, for nobody else of the machine."""
    file = sent(ann, room, b"for us")
    [path] = [each for each in on_disk(server) if each.name == file["id"]]
    assert path.read_bytes() == b"for us"
    assert path.stat().st_mode & 0o777 == 0o600


async def test_a_message_brings_files_along(
    ann: Account, ben: Account, room: Room, http: Client, alice: Person
) -> None:
    """By either door, with and without words; the room is told, and history has them."""
    reader = await alice.connect(room)
    one, two = sent(ann, room, b"one"), sent(ann, room, b"two", name="two.txt")
    message = said(ann, room, two, one)
    assert message["content"] == ""
    assert message["files"] == [two, one]
    told = await reader.until("message", message={"id": message["id"]})
    assert told["message"]["files"] == [two, one]
    client = await ann.connect(room)
    three = sent(ann, room, b"three")
    await client.send("message", content="Look", files=[three["id"]], client_id="c")
    answer = await client.until("message", message={"content": "Look"})
    assert answer["message"]["files"] == [three]
    page = checked(http.get(f"/api/chat/rooms/{room['id']}/messages"))
    assert [each["files"] for each in page] == [[two, one], [three]]
    assert get(ben, three).content == b"three"
    # Said again under the same client_id it is the first message, whose file is taken.
    again = say(ann, room, three, content="Look", client_id="c")
    assert (again.status_code, again.json()) == (200, answer["message"])


def test_files_that_cannot_be_brought_along_are_refused(
    server: Server, ann: Account, ben: Account, room: Room
) -> None:
    """Another's, another room's, one that a message has, one that is not there; nothing is said."""
    other = make_room(ann).room
    file, taken, elsewhere = sent(ann, room), sent(ann, room), sent(ann, other)
    said(ann, room, taken)
    assert_refused(say(ben, room, file), "not_found", "files")
    assert_refused(say(ann, room, elsewhere), "not_allowed", "files")
    assert_refused(say(ann, room, file, taken), "not_allowed", "files")
    assert_refused(say(ann, room, {"id": "0" * 32}), "not_found", "files")
    assert_refused(say(ann, room, file, file), "invalid", "files")
    assert_refused(say(ann, room, {"id": "no id"}), "invalid", "files.0")
    assert_refused(say(ann, room), "empty", "content")
    many = [sent(ann, room, b"%d" % n) for n in range(11)]
    assert_refused(say(ann, room, *many), "too_long", "files")
    assert said(ann, room, *many[:10])["files"] == many[:10]
    assert said(ann, room, file)["files"] == [file]


def test_a_file_that_no_message_has_is_its_uploaders_alone(
    ann: Account, ben: Account, room: Room, http: Client
) -> None:
    """Until it is said; then everybody has it who may read the room."""
    file = sent(ann, room)
    for who in (ben, http):
        assert_refused(get(who, file), "not_found")
        assert_refused(get(who, file, "/thumbnail"), "not_found")
    assert get(ann, file).is_success
    said(ann, room, file)
    assert get(ben, file).content == get(http, file).content == b"words\n"
    assert_refused(ben.call("DELETE", f"{FILES}/{file['id']}"), "not_allowed")


async def test_words_beside_files_can_be_taken_back(ann: Account, room: Room) -> None:
    """By either door, also beside what is passed on; a message of nothing but words stays one."""
    message = said(ann, room, sent(ann, room), content="Wrong words")
    words = checked(ann.call("POST", PATH.format(room["id"]), json={"content": "Words"}))
    passed = checked(say(ann, room, content="See", forward=words["id"]))
    path = f"/api/chat/messages/{message['id']}"
    now = checked(ann.call("PATCH", path, json={"content": " "}))
    assert (now["content"], now["files"]) == ("", message["files"])
    told = [each["content"] for each in checked(ann.call("GET", f"{path}/edits"))]
    assert told == ["Wrong words", ""]
    client = await ann.connect(room)
    await client.send("edit", message_id=passed["id"], content="")
    answer = await client.until("message_updated", message={"id": passed["id"]})
    assert answer["message"]["content"] == ""
    assert answer["message"]["forwarded"]["content"] == "Words"
    await client.send("edit", message_id=words["id"], content="")
    await client.until("error", code="empty")
    refused = ann.call("PATCH", f"/api/chat/messages/{words['id']}", json={"content": ""})
    assert_refused(refused, "empty", "content")


def test_a_file_in_a_private_room_is_its_members_alone(
    server: Server, ann: Account, ben: Account, http: Client
) -> None:
    """Who was removed has it no longer, and nobody else is told that it is there."""
    room = make_room(ann).room
    members = f"/api/chat/rooms/{room['id']}/members"
    checked(ann.call("PUT", f"{members}/ben", json={}))
    file = sent(ann, room)
    said(ann, room, file)
    assert get(ben, file).is_success
    eve = register(server, "eve")
    unknown = get(eve, "0" * 32).json()
    for who in (eve, http):
        assert get(who, file).json() == unknown
        assert get(who, file).status_code == 404
    assert_refused(send(eve, room, b"x"), "not_found")
    assert ann.call("DELETE", f"{members}/ben").is_success
    assert get(ben, file).json() == unknown
    assert get(ann, file).is_success


def test_a_file_goes_with_its_message(server: Server, ann: Account, room: Room) -> None:
    """From everybody at once, and from the disk."""
    file = sent(ann, room)
    message = said(ann, room, file, content="See")
    assert ann.call("DELETE", f"/api/chat/messages/{message['id']}").is_success
    assert_refused(get(ann, file), "not_found")
    assert_refused(say(ann, room, file), "not_found", "files")
    gone(server, file)
    [left] = checked(ann.call("GET", f"/api/chat/rooms/{room['id']}/messages"))
    assert left["files"] == []


def test_files_go_with_their_room(server: Server, ann: Account) -> None:
    """Those of its messages, and those that no message has."""
    room = make_room(ann).room
    one, two = sent(ann, room), sent(ann, room)
    said(ann, room, one)
    assert ann.call("DELETE", f"/api/chat/rooms/{room['id']}").is_success
    assert_refused(get(ann, one), "not_found")
    gone(server, one)
    gone(server, two)
