"""How far somebody has read: by either door, on all their connections, and what others are told."""

from typing import Any

import pytest

from tests.support.accounts import Account, register
from tests.support.brief import thorough_but
from tests.support.moderation import ban
from tests.support.people import MakePerson, NewRoom, Room, checked
from tests.support.places import make_room, new_account, somebody
from tests.support.server import Server
from tests.support.websocket import Client

CHAT = "/api/chat"

pytestmark = pytest.mark.usefixtures("partings")


def post(account: Account, room: Room, *contents: str) -> list[int]:
    """Let somebody say things; the ids of their messages."""
    path = f"{CHAT}/rooms/{room['id']}/messages"
    answers = [account.call("POST", path, json={"content": each}) for each in contents]
    return [checked(answer)["id"] for answer in answers]


def seen_by(account: Account, room: Room) -> tuple[int | None, int | None]:
    """What the list tells an account of a room: `unread` and `last_read`."""
    rooms = checked(account.call("GET", f"{CHAT}/rooms"))
    [told] = [each for each in rooms if each["id"] == room["id"]]
    one = checked(account.call("GET", f"{CHAT}/rooms/{room['id']}"))
    assert (one["unread"], one["last_read"]) == (told["unread"], told["last_read"])
    return told["unread"], told["last_read"]


def read(account: Account, room: Room, message_id: int, **fields: Any) -> Any:
    """Read up to a message over HTTP."""
    path = f"{CHAT}/rooms/{room['id']}/read"
    return account.call("PUT", path, json={"message_id": message_id, **fields})


def test_nothing_is_unread_where_one_never_was_until_one_reads_or_speaks(
    server: Server, new_room: NewRoom
) -> None:
    """A public room counts from the first `read`, or from what one says oneself."""
    writer, reader, speaker = [somebody(server) for _ in range(3)]
    room = new_room(server)
    ids = post(writer, room, "one", "two", "three")
    assert seen_by(reader, room) == (None, None)
    told = checked(read(reader, room, ids[0]))
    assert told == {
        "room_id": room["id"], "message_id": ids[0], "unread": 2, "message_count": 3,
        "deleted_count": 0,
        "mentions": 0,
    }  # fmt: skip
    assert seen_by(reader, room) == (2, ids[0])
    [own] = post(speaker, room, "me too")
    assert seen_by(speaker, room) == (0, own)
    assert seen_by(reader, room) == (3, ids[0])
    # Further back changes nothing, and what is deleted is not counted.
    assert checked(read(reader, room, ids[0]))["unread"] == 3
    assert writer.call("DELETE", f"{CHAT}/messages/{ids[1]}").is_success
    assert seen_by(reader, room) == (2, ids[0])


def test_who_is_made_a_member_begins_then_and_who_leaves_has_nothing_unread(
    server: Server,
) -> None:
    """What was said before is read, what comes is not, and after leaving there is no position."""
    owner, member = somebody(server), somebody(server)
    room = make_room(owner, kind="private").room
    post(owner, room, "before")
    path = f"{CHAT}/rooms/{room['id']}/members/{member.user['username']}"
    checked(owner.call("PUT", path, json={}))
    assert seen_by(member, room)[0] == 0
    post(owner, room, "after", "and after")
    assert seen_by(member, room)[0] == 2
    assert member.call("DELETE", path).is_success
    checked(owner.call("PUT", path, json={}))
    assert seen_by(member, room)[0] == 0


def test_a_message_of_elsewhere_is_not_found_and_moves_nothing(
    server: Server, new_room: NewRoom
) -> None:
    """One of another room, one that never was, and one of a room that one may not see."""
    owner, other = somebody(server), somebody(server)
    here, there = new_room(server), new_room(server)
    hidden = make_room(owner, kind="private").room
    [mine], [elsewhere], [secret] = (post(owner, room, "x") for room in (here, there, hidden))
    for room, message_id in ((here, elsewhere), (here, 2**50), (here, secret), (hidden, secret)):
        answer = read(other, room, message_id)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert seen_by(other, here) == (None, None)
    assert checked(read(other, here, mine))["unread"] == 0


def test_marking_as_unread_moves_back_and_others_are_not_told(
    server: Server, new_room: NewRoom
) -> None:
    """From that message on, without one's own; a receipt does not go back."""
    writer, reader = somebody(server), somebody(server)
    room = new_room(server)
    ids = post(writer, room, "one", "two")
    post(reader, room, "mine")
    ids += post(writer, room, "three")
    checked(read(reader, room, ids[-1]))
    told = checked(read(reader, room, ids[1], back=True))
    assert (told["message_id"], told["unread"]) == (ids[0], 2)
    assert checked(read(reader, room, ids[0], back=True))["message_id"] == 0
    assert seen_by(reader, room) == (3, 0)
    reads = checked(writer.call("GET", f"{CHAT}/rooms/{room['id']}/reads"))
    assert {each["username"]: each["message_id"] for each in reads} == {
        reader.user["username"]: ids[-1], writer.user["username"]: ids[-1],
    }  # fmt: skip
    # Forward again, by steps: one's own in between is not counted.
    assert checked(read(reader, room, ids[0]))["unread"] == 2
    assert checked(read(reader, room, ids[1]))["unread"] == 1


async def test_others_are_not_told_of_less_when_one_reads_once_more(
    server: Server, new_room: NewRoom
) -> None:
    """What was marked as unread and is read again, step by step, they knew to be read."""
    writer, reader = somebody(server), somebody(server)
    room = new_room(server)
    ids = post(writer, room, "one", "two", "three")
    there = await writer.connect(room, after=0)
    name = reader.user["username"]
    checked(read(reader, room, ids[-1]))
    await there.until("read", username=name, message_id=ids[-1])
    checked(read(reader, room, ids[0], back=True))
    checked(read(reader, room, ids[0]))
    assert (await there.until("read", username=name))["message_id"] == ids[-1]


def test_everything_is_read_at_once(server: Server, new_room: NewRoom) -> None:
    """All rooms where one was; the others stay as they are."""
    writer, reader = somebody(server), new_account(server, "allreader")
    rooms = [new_room(server) for _ in range(3)]
    for room in rooms[:2]:
        ids = post(writer, room, "one", "two")
        checked(read(reader, room, ids[0]))
    post(writer, rooms[2], "three")
    assert checked(reader.call("PUT", f"{CHAT}/read")) == {"rooms": 2}
    assert [seen_by(reader, room)[0] for room in rooms] == [0, 0, None]
    assert checked(reader.call("PUT", f"{CHAT}/read")) == {"rooms": 0}


async def test_ones_own_position_is_told_on_all_ones_connections(
    server: Server, new_room: NewRoom
) -> None:
    """Wherever they are; a repeat is answered to who asks alone."""
    writer, reader = somebody(server), somebody(server)
    room = new_room(server)
    ids = post(writer, room, "one", "two")
    here, elsewhere = await reader.connect(), await reader.connect()
    await here.send("read", message_id=ids[0])
    own = {
        "room_id": room["id"], "username": reader.user["username"], "message_id": ids[0],
        "unread": 1, "message_count": 2, "deleted_count": 0, "mentions": 0,
    }  # fmt: skip
    for client in (here, elsewhere):
        assert await client.until("read") == {"type": "read", **own}
    await here.send("read", message_id=ids[0])
    assert await here.until("read") == {"type": "read", **own}
    await elsewhere.silence()
    # The seed's door gets it as an answer alone.
    seed = await reader.connect(room)
    await seed.send("read", message_id=ids[1], room_id=room["id"])
    assert (await seed.until("read"))["unread"] == 0
    assert (await elsewhere.until("read"))["unread"] == 0
    await here.send("read", message_id=ids[1])
    await here.until("read", message_id=ids[1])
    assert not [frame for frame in await seed.settle() if frame["type"] == "read"]


async def test_speaking_moves_ones_position_on_ones_other_devices(
    server: Server, new_room: NewRoom
) -> None:
    """By HTTP, while another connection looks elsewhere: told with the news, a second later."""
    writer, reader = somebody(server), somebody(server)
    room = new_room(server)
    post(writer, room, "one", "two")
    elsewhere = await reader.connect()
    [own] = post(reader, room, "mine")
    told = await elsewhere.until("read", message_id=own)
    assert (told["unread"], told["message_count"]) == (0, 3)


async def test_who_speaks_in_the_same_second_is_told_their_own_position_alone(
    server: Server, new_room: NewRoom
) -> None:
    """How far the other is would count as one's own, and is nobody's business in a private room."""
    one, other = somebody(server), somebody(server)
    shared, private = new_room(server), make_room(other, kind="private").room
    first, second = await one.connect(), await other.connect()
    said = late = hidden = 0
    # The first is told at once, what comes within a second of it together.
    for _ in range(3):
        [said] = post(one, shared, "mine")
        [late] = post(other, shared, "yours")
        [hidden] = post(other, private, "mine alone")
    await first.until("read", message_id=said)
    awaited = {late, hidden}
    while awaited:
        awaited.discard((await second.until("read"))["message_id"])
    for client, account in ((first, one), (second, other)):
        await client.settle()
        told = {each["username"] for each in client.frames if each["type"] == "read"}
        assert told == {account.user["username"]}


async def test_a_guest_is_refused_plainly_and_gets_no_news(
    server: Server, new_room: NewRoom, person: MakePerson
) -> None:
    """How far a guest has read is kept by the guest's browser."""
    writer, room = somebody(server), new_room(server)
    gus = await person("gus", server).connect()
    [message_id] = post(writer, room, "one")
    await gus.send("read", message_id=message_id, room_id=room["id"])
    refusal = await gus.until("error")
    assert (refusal["code"], refusal["room_id"]) == ("not_signed_in", room["id"])
    watcher = await writer.connect()
    post(writer, room, "two")
    await news_of(watcher, room)
    assert not [frame for frame in await gus.settle() if frame["type"] in ("news", "read")]


async def news_of(client: Client, room: Room, **fields: Any) -> dict[str, Any]:
    """Read on to the first news of a room that has these fields."""
    while True:
        frame = await client.until("news")
        for told in frame["rooms"]:
            if told["room_id"] == room["id"] and fields.items() <= told.items():
                return dict(told)


async def test_what_was_said_and_deleted_elsewhere_is_told_in_numbers(
    server: Server, new_room: NewRoom
) -> None:
    """To everybody with an account for public rooms, to members alone for private ones."""
    owner, member, outsider = [somebody(server) for _ in range(3)]
    public, private = new_room(server), make_room(owner, kind="private").room
    path = f"{CHAT}/rooms/{private['id']}/members/{member.user['username']}"
    checked(owner.call("PUT", path, json={}))
    inside, outside = await member.connect(), await outsider.connect()
    ids = post(owner, private, "one", "two")
    assert await news_of(inside, private, message_count=2) == {
        "room_id": private["id"], "message_id": ids[1], "message_count": 2,
        "deleted_count": 0, "deleted": [],
    }  # fmt: skip
    assert owner.call("DELETE", f"{CHAT}/messages/{ids[0]}").is_success
    gone = await news_of(inside, private, deleted=[ids[0]])
    assert (gone["message_count"], gone["deleted_count"]) == (2, 1)
    # Put out, they hear no more of it; everybody hears of the public room.
    assert owner.call("DELETE", path).is_success
    post(owner, private, "three")
    [last] = post(owner, public, "for all")
    for client in (inside, outside):
        assert (await news_of(client, public))["message_id"] == last
    post(owner, public, "and once more")
    for client in (inside, outside):
        await news_of(client, public, message_count=2)
        told = [each for f in client.frames if f["type"] == "news" for each in f["rooms"]]
        counts = [each["message_count"] for each in told if each["room_id"] == private["id"]]
        assert 3 not in counts
        assert client is inside or not counts


@pytest.mark.parametrize(
    "hides", thorough_but(["reader", "watcher"], ["nobody", "reader", "watcher"])
)
async def test_receipts_reach_those_who_share_and_nobody_else(
    server: Server, new_room: NewRoom, person: MakePerson, hides: str
) -> None:
    """In the room; not who does not share, not a guest, not who is elsewhere, not oneself."""
    people = {name: new_account(server, name) for name in ("reader", "watcher", "other")}
    room = new_room(server)
    ids = post(people["other"], room, "one", "two")
    if hides in people:
        change = {"read_receipts": False}
        checked(people[hides].call("PATCH", "/api/users/me", json=change))
    inside = {name: await account.connect(room, after=0) for name, account in people.items()}
    outside = await people["other"].connect()
    guest = await person("gus", server).connect(room, after=0)
    for client in (*inside.values(), guest):
        await client.until("user_list")
    await inside["reader"].send("read", message_id=ids[0])
    name = people["reader"].user["username"]
    assert (await inside["reader"].until("read", username=name))["unread"] == 1
    due = [] if hides == "reader" else ["other"] if hides == "watcher" else ["watcher", "other"]
    for each in due:
        frame = await inside[each].until("read", username=name)
        assert frame == {
            "type": "read", "room_id": room["id"], "username": name, "message_id": ids[0],
        }  # fmt: skip
    if not due:
        # A second one, of somebody who shares, comes behind what would have been told.
        await inside["other"].send("read", message_id=ids[1])
        await inside["watcher"].until("read", username=people["other"].user["username"])
    told = [*inside.values(), outside, guest]
    for client in told:
        got = [f for f in await all_of(client) if f["type"] == "read" and "unread" not in f]
        expected = [each for each in due if inside[each] is client]
        assert bool([f for f in got if f["username"] == name]) == bool(expected), client.name
    reads = people["watcher"].call("GET", f"{CHAT}/rooms/{room['id']}/reads")
    if hides == "watcher":
        assert (reads.status_code, reads.json()["code"]) == (403, "not_allowed")
    else:
        assert (name in [each["username"] for each in checked(reads)]) == (hides == "nobody")


async def all_of(client: Client) -> list[dict[str, Any]]:
    """Everything that a connection got up to now."""
    await client.settle()
    return client.frames


def test_what_one_shares_is_told_to_oneself_and_not_in_the_profile(server: Server) -> None:
    """It is on by default."""
    account = register(server, "sharing")
    assert account.user["read_receipts"] is True
    profile = checked(account.call("GET", "/api/users/sharing"))
    assert "read_receipts" not in profile


async def test_nothing_is_unread_in_a_room_that_one_is_banned_from(
    server: Server, new_room: NewRoom
) -> None:
    """Whoever was there without being a member: neither counted, nor told, nor read with all."""
    owner, other = [somebody(server) for _ in range(2)]
    # Nobody who has something unread from a test before.
    reader = new_account(server, "reader")
    place, elsewhere = make_room(owner, "public"), new_room(server)
    # What other tests left unread to them is of no concern.
    checked(reader.call("PUT", f"{CHAT}/read"))
    ids = post(owner, place.room, "one", "two")
    checked(read(reader, place.room, ids[0]))
    assert seen_by(reader, place.room) == (1, ids[0])
    client, witness = await reader.connect(), await other.connect()
    assert ban(place, owner, reader).is_success
    post(owner, place.room, "three")
    await news_of(witness, place.room, message_count=3)
    post(owner, elsewhere, "for all")
    await news_of(client, elsewhere)
    told = [each for f in client.frames if f["type"] == "news" for each in f["rooms"]]
    assert place.id not in [each["room_id"] for each in told]
    assert seen_by(reader, place.room) == (None, None)
    assert checked(reader.call("PUT", f"{CHAT}/read")) == {"rooms": 0}
