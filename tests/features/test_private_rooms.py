"""Private rooms: for their members they are there, for all others they are not."""

import asyncio
import time

import pytest

from tests.support.accounts import Account
from tests.support.people import Person, checked
from tests.support.places import (
    ROOMS,
    Place,
    follow,
    make_room,
    name_of,
    put,
    remove,
    say,
    somebody,
)
from tests.support.server import Server

pytestmark = pytest.mark.usefixtures("partings")


@pytest.fixture
def owner(server: Server) -> Account:
    """Return somebody with an account."""
    return somebody(server)


@pytest.fixture
def place(owner: Account) -> Place:
    """Return a private room."""
    return make_room(owner, topic="What nobody knows")


@pytest.fixture
def member(server: Server, place: Place) -> Account:
    """Return a member of the room."""
    account = somebody(server)
    place.add(account)
    return account


@pytest.fixture
def stranger(server: Server) -> Account:
    """Return somebody who has nothing to do with it."""
    return somebody(server)


def test_a_guest_makes_no_private_room(server: Server, alice: Person) -> None:
    """It would be nobody's, and nobody could come in."""
    with somebody(server).http() as http:
        del http.headers["Authorization"]
        answer = http.post(ROOMS, json={"name": "secret", "kind": "private"})
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")


def test_whoever_makes_a_room_with_an_account_owns_it(owner: Account) -> None:
    """Of either kind; the answer says so, and the list."""
    for kind in ("public", "private"):
        place = make_room(owner, kind, topic="Why")
        assert (place.room["kind"], place.room["topic"]) == (kind, "Why")
        assert (place.room["owner"], place.room["role"]) == (name_of(owner), "owner")
        seen = place.seen_by(owner)
        assert seen is not None
        assert seen["role"] == "owner"


def test_private_rooms_may_have_the_name_of_another(owner: Account, place: Place) -> None:
    """A name says nothing of what there is that one may not see."""
    assert make_room(owner, "private", name=place.room["name"]).id != place.id
    public = make_room(owner, "public", name=place.room["name"])
    assert public.room["name"] == place.room["name"]


def test_a_private_room_is_seen_by_its_members_alone(
    place: Place, member: Account, stranger: Account
) -> None:
    """In the list, and by its id."""
    assert place.seen_by(stranger) is None
    seen = place.seen_by(member)
    assert seen is not None
    assert (seen["role"], seen["owner"]) == ("member", name_of(place.owner))


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("PATCH", "", {"topic": "mine"}),
        ("DELETE", "", None),
        ("GET", "/messages", None),
        ("POST", "/messages", {"content": "hello"}),
        ("GET", "/members", None),
        ("PUT", "/members/{name}", {}),
        ("DELETE", "/members/{name}", None),
        ("GET", "/invites", None),
        ("POST", "/invites", {}),
        ("DELETE", "/invites/1", None),
    ],
)
def test_to_a_stranger_it_answers_as_what_is_not_there(
    place: Place, stranger: Account, method: str, path: str, body: object
) -> None:
    """Word for word, header for header."""
    path = path.format(name=name_of(stranger))
    there = stranger.call(method, f"{place.path}{path}", json=body)
    nowhere = stranger.call(method, f"{ROOMS}/987654321{path}", json=body)
    assert there.status_code == 404
    assert there.content == nowhere.content
    # Each request has a time and an id of its own.
    own = {"date": "", "x-request-id": ""}
    assert {**there.headers, **own} == {**nowhere.headers, **own}
    # Nor is anything told of somebody who is a member.
    assert name_of(place.owner) not in there.text


async def test_over_a_websocket_it_is_not_there_either(place: Place, stranger: Account) -> None:
    """By either door: 4504, or an error that says what it says of what is not there."""
    for room in (place.room, {"id": 987654321}):
        client = await stranger.connect(room)
        refused = await client.expect("error", code="not_found")
        assert await client.closed() == 4504
        assert [frame["type"] for frame in client.frames] == ["error"]
        del refused["type"]
    client = await stranger.connect()
    told = []
    for room_id in (place.id, 987654321):
        await client.send("subscribe", room_id=room_id, after=0)
        refused = await client.expect("error", code="not_found", room_id=room_id)
        told.append({**refused, "room_id": None})
    assert told[0] == told[1]
    for kind, fields in (("message", {"content": "hello"}), ("typing", {})):
        await client.send(kind, room_id=place.id, **fields)
        await client.expect("error", code="not_allowed")
    assert checked(place.owner.call("GET", f"{place.path}/messages")) == []


async def test_news_of_a_private_room_go_to_its_members_alone(
    server: Server, owner: Account, stranger: Account, alice: Person
) -> None:
    """That it was made, changed, entered, deleted."""
    others = [await stranger.connect(), await alice.connect()]
    own = await owner.connect()
    place = make_room(owner)
    await own.until("room_created", room={"id": place.id})
    checked(owner.call("PATCH", place.path, json={"topic": "Plans"}))
    await own.until("room_changed", room={"id": place.id, "topic": "Plans"})
    inside = await follow(place, owner)
    await own.until("room_changed", room={"id": place.id, "online": 1})
    assert owner.call("DELETE", place.path).status_code == 204
    await own.until("room_removed", room={"id": place.id})
    await inside.until("room_deleted", room_id=place.id)
    for client in others:
        frames = await client.settle()
        assert str(place.id) not in [str(each.get("room", {}).get("id")) for each in frames]
        assert place.room["name"] not in str(frames)


async def test_a_member_who_is_added_is_told_and_may_come_in(
    place: Place, stranger: Account
) -> None:
    """The room comes into their list, with their role."""
    client = await stranger.connect()
    place.add(stranger)
    told = await client.until("room_changed", room={"id": place.id, "role": "member"})
    assert told["room"]["name"] == place.room["name"]
    await client.send("subscribe", room_id=place.id, after=0)
    await client.until("sync", room_id=place.id)


async def test_who_is_removed_gets_nothing_more(
    server: Server, place: Place, member: Account
) -> None:
    """No event, no history, no list, no count: the last that they get is from before."""
    inside = await follow(place, place.owner)
    clients = [await follow(place, member), await member.connect(place.room)]
    checked(say(place, place.owner, "before"))
    assert remove(place, place.owner, member).status_code == 204
    # The others see them go, and what is said then.
    await inside.until("leave", username=name_of(member))
    checked(say(place, place.owner, "after"))
    await inside.until("message", message={"content": "after"})
    for client in clients:
        await client.until("message", message={"content": "before"})
        gone = await client.until("room_deleted", room_id=place.id)
        assert gone["message"] == f"You are no longer in #{place.room['name']}."
    assert await clients[1].closed() == 4504
    # Of other rooms, in which there are guests of other tests, there may be more.
    late = [each for each in await clients[0].settle() if str(place.id) in str(each.get("room"))]
    assert [frame["type"] for frame in late] == ["room_removed"]
    for client in clients:
        assert "after" not in str(client.frames)
    for path in ("", "/messages", "/members"):
        assert member.call("GET", place.path + path).status_code == 404
    assert say(place, member, "still here?").status_code == 404
    assert place.seen_by(member) is None
    back = await member.connect()
    await back.send("subscribe", room_id=place.id, after=0)
    await back.expect("error", code="not_found")
    contents = [m["content"] for m in checked(place.owner.call("GET", f"{place.path}/messages"))]
    assert contents == ["before", "after"]


async def test_a_member_is_out_within_a_second_under_load(
    server: Server, place: Place, member: Account
) -> None:
    """Whatever is being said meanwhile: no message with a higher version than that of the act."""
    talker = await follow(place, place.owner)
    client = await follow(place, member)
    for number in range(300):
        await talker.send("message", room_id=place.id, content=f"{number}")
    removing = asyncio.create_task(asyncio.to_thread(remove, place, place.owner, member))
    for number in range(300, 600):
        await talker.send("message", room_id=place.id, content=f"{number}")
    assert (await removing).status_code == 204
    gone = await talker.until("room_updated", room_id=place.id)
    await client.until("room_deleted", room_id=place.id)
    await client.settle()
    versions = [f["version"] for f in client.frames if f["type"] == "message"]
    assert versions == list(range(versions[0], len(versions) + versions[0]))
    assert versions[-1] < gone["version"]


async def test_who_edits_while_they_are_removed_hears_nothing_after_it(
    place: Place, member: Account
) -> None:
    """The answers to what they did before come before, or not at all."""
    said = [checked(say(place, member, f"{number}")) for number in range(8)]
    for attempt in range(8):
        client = await follow(place, member)
        removing = asyncio.create_task(asyncio.to_thread(remove, place, place.owner, member))
        for message in said:
            words = f"{attempt} of {message['id']}"
            await client.send("edit", message_id=message["id"], content=words)
        assert (await removing).status_code == 204
        await client.until("room_deleted", room_id=place.id)
        assert "message_updated" not in [frame["type"] for frame in await client.settle()]
        await asyncio.to_thread(place.add, member)


async def test_who_leaves_is_out_by_the_same_act(place: Place, member: Account) -> None:
    """Of all of their connections."""
    client = await follow(place, member)
    assert remove(place, member, member).status_code == 204
    await client.until("room_deleted", room_id=place.id)
    assert place.seen_by(member) is None


async def test_a_send_on_its_way_is_refused_once_its_sender_is_out(
    place: Place, member: Account
) -> None:
    """What is not committed before the removal is not committed at all."""
    with member.http() as http, place.owner.http() as own:
        path = f"{place.path}/members/{name_of(member)}"
        removing, posting = await asyncio.gather(
            asyncio.to_thread(own.delete, path),
            asyncio.to_thread(http.post, f"{place.path}/messages", json={"content": "last words"}),
        )
    assert removing.status_code == 204
    contents = [m["content"] for m in checked(place.owner.call("GET", f"{place.path}/messages"))]
    assert contents == (["last words"] if posting.status_code == 201 else [])
    assert posting.status_code in (201, 404)


def test_a_private_room_goes_with_its_last_member(place: Place) -> None:
    """Nobody could come in again."""
    assert remove(place, place.owner, place.owner).status_code == 204
    assert place.owner.call("GET", place.path).status_code == 404


def test_who_was_removed_may_be_added_again(place: Place, member: Account) -> None:
    """And then has everything that was said."""
    remove(place, place.owner, member)
    checked(say(place, place.owner, "meanwhile"))
    checked(put(place, place.owner, member))
    [message] = checked(member.call("GET", f"{place.path}/messages"))
    assert message["content"] == "meanwhile"


async def test_who_asks_for_a_room_while_it_is_deleted_learns_nothing(
    server: Server, owner: Account, stranger: Account
) -> None:
    """However the two meet: `not_found`, and neither its name nor by whom."""
    client = await stranger.connect()
    for _ in range(15):
        place = make_room(owner)
        deleting = asyncio.create_task(asyncio.to_thread(owner.call, "DELETE", place.path))
        asked = 0
        while not deleting.done() and asked < 15:
            asked += 1
            await client.send("subscribe", room_id=place.id, after=0)
            await client.expect("error", code="not_found")
        assert (await deleting).status_code == 204
        await client.close()
        client = await stranger.connect()


async def test_nothing_of_a_private_room_is_read_for_a_stranger(
    place: Place, stranger: Account
) -> None:
    """So that it takes no longer to say that it is not there, however much was said in it."""
    talker = await follow(place, place.owner)
    for number in range(400):
        await talker.send("message", room_id=place.id, content=f"{number}")
    await talker.until("message", message={"content": "399"})
    client = await stranger.connect()

    async def ask(room_id: int) -> float:
        began = time.perf_counter()
        await client.send("subscribe", room_id=room_id, after=0)
        await client.expect("error", code="not_found")
        return time.perf_counter() - began

    there, nowhere = [], []
    # Fewer than what ends a connection.
    for _ in range(9):
        there.append(await ask(place.id))
        nowhere.append(await ask(987654321))
    # To read four hundred messages takes ten times as long.
    assert min(there) < min(nowhere) * 3 + 0.001


async def test_clients_of_the_seed_get_the_seeds_frames_alone(
    server: Server, owner: Account, alice: Person, bob: Person
) -> None:
    """Also while they come in; who asked for more gets every version."""
    place = make_room(owner, "public")
    aware = await bob.connect(place.room, after=0)

    async def change() -> None:
        for number in range(40):
            await asyncio.to_thread(owner.call, "PATCH", place.path, json={"topic": f"{number}"})

    changing = asyncio.create_task(change())
    plain = []
    while not changing.done():
        plain.append(await alice.connect(place.room))
    await changing
    for client in plain:
        await client.settle()
        kinds = {frame["type"] for frame in client.frames}
        assert kinds <= {"join", "user_list", "leave", "pong"}, kinds
    await aware.until("room_updated", version=40)
    versions = [f["version"] for f in aware.frames if f["type"] == "room_updated"]
    assert versions == list(range(versions[0], 41))
