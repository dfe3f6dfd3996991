"""Reacting to what was said, and who did."""

import time
from urllib.parse import quote

import pytest
from httpx2 import AsyncClient, Client, Response

from parlour.costs import REACTIONS
from tests.support.accounts import Account
from tests.support.answers import assert_refused
from tests.support.moderation import mute
from tests.support.people import Message, Person, Room, checked
from tests.support.places import follow, make_room, somebody
from tests.support.server import USUAL, Server

pytestmark = pytest.mark.usefixtures("partings")

SERVER_ENV = USUAL
MESSAGES = "/api/chat/messages"
THUMB, PARTY, HEART = "👍", "🎉", "❤️"
MANY = list("👍👎😀😂😍😢😡🎉🔥👀🚀✅❌🙏💯👏🤔😅🥳🌱")


@pytest.fixture
async def said(alice: Person, room: Room) -> Message:
    """Return what a guest said."""
    return await alice.post(room, "Cake?", client_id="c")


def path_of(message: Message, emoji: str) -> str:
    """Return the path of one emoji on a message."""
    return f"{MESSAGES}/{message['id']}/reactions/{quote(emoji)}"


def put(http: Client, message: Message, emoji: str, name: str = "bob") -> Response:
    """React as a guest."""
    return http.put(path_of(message, emoji), params={"username": name})


def take(http: Client, message: Message, emoji: str, name: str = "bob") -> Response:
    """Take it back as a guest."""
    return http.delete(path_of(message, emoji), params={"username": name})


def told(*reactions: tuple[str, list[str]]) -> list[dict[str, object]]:
    """Return what a message tells of reactions of a few."""
    return [{"emoji": emoji, "count": len(names), "usernames": names} for emoji, names in reactions]


async def test_a_reaction_is_told_to_the_room_and_stays(
    http: Client, said: Message, room: Room, alice: Person
) -> None:
    """With the whole message, at the room's next version; the author of the message may, too."""
    reader = await alice.connect(room)
    now = checked(put(http, said, THUMB))
    assert now == {**said, "version": 2, "reactions": told((THUMB, ["bob"]))}
    await reader.until("message_updated", version=2, message=now)
    checked(put(http, said, PARTY, "carol"))
    checked(put(http, said, THUMB, "alice"))
    expected = told((THUMB, ["bob", "alice"]), (PARTY, ["carol"]))
    await reader.until("message_updated", version=4, message={"reactions": expected})
    [kept] = checked(http.get(f"/api/chat/rooms/{room['id']}/messages"))
    assert kept == {**said, "version": 4, "reactions": expected}
    # Taken back: the other emoji keep their places, and one that nobody holds to goes.
    checked(take(http, said, THUMB))
    await reader.until(
        "message_updated",
        version=5,
        message={"reactions": told((THUMB, ["alice"]), (PARTY, ["carol"]))},
    )
    checked(take(http, said, THUMB, "alice"))
    await reader.until(
        "message_updated", version=6, message={"reactions": told((PARTY, ["carol"]))}
    )


async def test_to_do_it_twice_changes_nothing(
    http: Client, said: Message, room: Room, alice: Person
) -> None:
    """No version, no frame; nobody takes what is not theirs."""
    first = checked(put(http, said, THUMB))
    reader = await alice.enter(room)
    assert checked(put(http, said, THUMB)) == first
    assert checked(put(http, said, THUMB, "BOB")) == first
    assert checked(take(http, said, PARTY)) == first
    assert checked(take(http, said, THUMB, "carol")) == first
    assert checked(http.get(f"/api/chat/rooms/{room['id']}"))["version"] == 2
    await reader.silence()


async def test_an_emoji_is_one_in_all_its_forms(http: Client, said: Message) -> None:
    """Kept fully qualified, as Unicode calls it."""
    checked(put(http, said, "\u2764"))
    now = checked(put(http, said, "\u2764\ufe0f", "carol"))
    assert now["reactions"] == told((HEART, ["bob", "carol"]))
    # A flag without the selector in it, and a keycap, whose sign means something in paths.
    checked(put(http, said, "🏳\u200d🌈"))
    now = checked(put(http, said, "#\u20e3"))
    assert [each["emoji"] for each in now["reactions"]] == [HEART, "🏳️‍🌈", "#️⃣"]


@pytest.mark.parametrize(
    "text",
    ["x", "👍👍", "👍 ", ":+1:", "1", "#", "🏽", "\ufe0f", "👍\ufe0e", "🇦", "👍" * 500, "\u200d"],
)
async def test_what_is_no_emoji_is_refused_by_either_door(
    http: Client, said: Message, room: Room, bob: Person, text: str
) -> None:
    """Words, two of them, parts of one; nothing changes."""
    assert_refused(put(http, said, text), "invalid", "emoji")
    assert_refused(take(http, said, text), "invalid", "emoji")
    where = f"{MESSAGES}/{said['id']}/reactions"
    assert_refused(http.get(where, params={"emoji": text}), "invalid", "emoji")
    client = await bob.enter(room)
    await client.send("react", message_id=said["id"], emoji=text)
    await client.until("error", code="invalid", field="emoji")
    await client.send("react", message_id=said["id"])
    await client.until("error", code="invalid", field="emoji")
    assert checked(http.get(f"/api/chat/rooms/{room['id']}"))["version"] == 1


async def test_the_command_does_the_same(
    http: Client, said: Message, room: Room, alice: Person, bob: Person
) -> None:
    """Answered by what the room is told; what changes nothing is told to who asked alone."""
    reader, writer = await alice.enter(room), await bob.enter(room)
    await writer.send("react", message_id=said["id"], emoji=THUMB)
    for client in (reader, writer):
        await client.until(
            "message_updated", version=2, message={"reactions": told((THUMB, ["bob"]))}
        )
    await writer.send("react", message_id=said["id"], emoji=THUMB, on=True)
    await writer.until("message_updated", version=2)
    await reader.silence()
    await writer.send("react", message_id=said["id"], emoji=THUMB, on=False)
    for client in (reader, writer):
        await client.until("message_updated", version=3, message={"reactions": []})
    await writer.send("react", message_id=said["id"], emoji=THUMB, on=None)
    await reader.until("message_updated", version=4)
    # From elsewhere, too, where the answer comes to who asked.
    other = await bob.connect()
    await other.send("react", message_id=said["id"], emoji=PARTY, room_id=room["id"])
    await other.until("message_updated", version=5)
    await other.send("react", message_id=987654321, emoji=PARTY, room_id=room["id"])
    await other.until("error", code="not_found", room_id=room["id"])


async def test_a_message_has_at_most_twenty_different_emoji(http: Client, said: Message) -> None:
    """Joining in is always possible, and so is another once one has gone."""
    for emoji in MANY:
        checked(put(http, said, emoji))
    assert_refused(put(http, said, HEART), "not_allowed", "emoji")
    checked(put(http, said, MANY[-1], "carol"))
    checked(take(http, said, MANY[0]))
    now = checked(put(http, said, HEART))
    assert [each["emoji"] for each in now["reactions"]] == [*MANY[1:], HEART]


async def test_the_first_fifty_are_told_by_name_and_everybody_is_found(
    http: Client, ahttp: AsyncClient, said: Message
) -> None:
    """In the order of reacting; whoever comes later knows by asking whether they have."""
    names = [f"reader {number}" for number in range(60)]
    for name in names:
        checked(await ahttp.put(path_of(said, THUMB), params={"username": name}))
    checked(await ahttp.put(path_of(said, PARTY), params={"username": names[59]}))
    where = f"{MESSAGES}/{said['id']}/reactions"

    def read(**query: str | int) -> tuple[list[str], list[str]]:
        page = checked(http.get(where, params=query))
        return [each["username"] for each in page["reactors"]], page["own"]

    assert read(emoji=THUMB) == (names, [])
    assert read(emoji=PARTY, username="READER 59") == ([names[59]], [THUMB, PARTY])
    assert read(limit=1, username="nobody here") == (names[:1], [])
    whole = checked(http.get(where))["reactors"]
    assert [each["emoji"] for each in whole] == [THUMB] * 60 + [PARTY]
    assert [each["id"] for each in whole] == sorted({each["id"] for each in whole})
    assert all(each["guest"] for each in whole)
    assert read(emoji=THUMB, after=whole[57]["id"], limit=5)[0] == names[58:]
    assert read(after=whole[60]["id"])[0] == []
    # One of the first goes, and the next in line is told in their place.
    checked(take(http, said, THUMB, names[3]))
    now = checked(put(http, said, PARTY, names[59]))
    told_of, _ = now["reactions"]
    assert told_of["count"] == 59
    assert told_of["usernames"] == [*names[:3], *names[4:51]]
    # Past the page of those told nobody's going changes the names, only how many there are.
    checked(take(http, said, THUMB, names[58]))
    again = checked(put(http, said, PARTY, names[59]))["reactions"][0]
    assert again == {**told_of, "count": 58}


async def test_no_more_names_are_told_on_one_message_than_a_room_can_bear(
    http: Client, ahttp: AsyncClient, said: Message
) -> None:
    """Whoever makes up names by the dozen does not make the message heavy for everybody."""
    names = [f"reader {number}" for number in range(40)]
    emoji = [THUMB, PARTY, "\U0001f680"]
    for each in emoji:
        for name in names:
            checked(await ahttp.put(path_of(said, each), params={"username": name}))
    told = checked(put(http, said, emoji[2], names[0]))["reactions"]
    assert [each["count"] for each in told] == [40, 40, 40]
    assert [each["usernames"] for each in told] == [names, names, names[:20]]
    # As the first make room, the next in line are told.
    for name in names[:10]:
        checked(take(http, said, THUMB, name))
    now = checked(take(http, said, emoji[2], names[39]))["reactions"]
    assert [len(each["usernames"]) for each in now] == [30, 40, 30]
    assert now[2]["usernames"] == names[:30]


async def test_who_comes_back_gets_each_message_as_it_is_now(
    http: Client, alice: Person, bob: Person, room: Room, said: Message
) -> None:
    """However often it was reacted to meanwhile: once, at its last version."""
    await alice.post(room, "Tea?")
    for name in ("bob", "carol", "dave"):
        checked(put(http, said, THUMB, name))
    client = await bob.connect(room, after=2)
    sync = await client.until("sync")
    [message] = sync["messages"]
    assert (message["id"], message["version"], sync["version"]) == (said["id"], 5, 5)
    assert message["reactions"] == told((THUMB, ["bob", "carol", "dave"]))
    fresh = checked(http.get(f"/api/chat/rooms/{room['id']}/messages"))
    assert fresh[0] == message


async def test_reactions_go_with_the_message(
    http: Client, said: Message, room: Room, alice: Person
) -> None:
    """The line that is left has none, and gets none any more."""
    checked(put(http, said, THUMB))
    reader = await alice.connect(room)
    path = f"{MESSAGES}/{said['id']}"
    assert http.delete(path, params={"username": "alice"}).status_code == 204
    await reader.until("message_updated", version=3, message={"reactions": [], "content": ""})
    for answer in (put(http, said, THUMB), take(http, said, THUMB), http.get(f"{path}/reactions")):
        assert_refused(answer, "not_found")


async def test_an_edit_and_a_repeated_send_keep_them(
    http: Client, said: Message, alice: Person, room: Room
) -> None:
    """They are of the message, whatever it says."""
    checked(put(http, said, THUMB))
    query = {"username": "alice"}
    words = {"content": "Cake!"}
    now = checked(http.patch(f"{MESSAGES}/{said['id']}", params=query, json=words))
    assert now["reactions"] == told((THUMB, ["bob"]))
    again = await alice.post(room, "Cake?", client_id="c")
    assert again == now


def test_nobody_reacts_under_anothers_name(server: Server) -> None:
    """An account reacts as itself; a guest's name that comes to be an account's stays a guest's."""
    member, other = somebody(server), somebody(server)
    place = make_room(member, "public")
    message = checked(member.call("POST", f"{place.path}/messages", json={"content": "hi"}))
    where = path_of(message, THUMB)
    forged = member.call("PUT", where, params={"username": other.user["username"]})
    assert_refused(forged, "invalid", "username")
    checked(member.call("PUT", where))
    # What is the member's is not taken by anybody else.
    checked(other.call("DELETE", where))
    page = checked(other.call("GET", f"{MESSAGES}/{message['id']}/reactions"))
    assert page["own"] == []
    [reactor] = page["reactors"]
    assert (reactor["username"], reactor["guest"]) == (member.user["username"], False)
    assert checked(member.call("GET", f"{MESSAGES}/{message['id']}/reactions"))["own"] == [THUMB]


async def test_who_is_muted_does_not_react(server: Server) -> None:
    """Neither puts nor takes; reads all the same who did."""
    owner, member = somebody(server), somebody(server)
    place = make_room(owner)
    place.add(member)
    message = checked(owner.call("POST", f"{place.path}/messages", json={"content": "hi"}))
    checked(member.call("PUT", path_of(message, THUMB)))
    checked(mute(place, owner, member, 600))
    client = await follow(place, member)
    for method in ("PUT", "DELETE"):
        refused = member.call(method, path_of(message, THUMB))
        assert (refused.status_code, refused.json()["code"]) == (403, "muted")
    await client.send("react", message_id=message["id"], emoji=PARTY)
    await client.until("error", code="muted")
    page = checked(member.call("GET", f"{MESSAGES}/{message['id']}/reactions"))
    assert page["own"] == [THUMB]


async def test_what_one_may_not_see_one_does_not_react_to(server: Server) -> None:
    """A message of a private room answers as one that is not there, also who was in it once."""
    owner, member, stranger = (somebody(server) for _ in range(3))
    place = make_room(owner)
    place.add(member)
    message = checked(owner.call("POST", f"{place.path}/messages", json={"content": "secret"}))
    nowhere = {"id": 987654321}
    assert owner.call("DELETE", f"{place.path}/members/{member.user['username']}").is_success

    def asked(who: Account, what: Message) -> list[bytes]:
        where = path_of(what, THUMB)
        answers = [who.call("PUT", where), who.call("DELETE", where)]
        answers.append(who.call("GET", f"{MESSAGES}/{what['id']}/reactions"))
        return [answer.content for answer in answers]

    for who in (stranger, member):
        assert asked(who, message) == asked(who, nowhere)


async def test_who_reacts_without_end_is_slowed_down(
    http: Client, said: Message, room: Room, bob: Person
) -> None:
    """By either door together, in slow rooms as in others; nobody else is, and nothing is done."""
    path = path_of(said, THUMB)
    params = {"username": "zoe"}
    begun, allowed = time.monotonic(), 0
    while (refused := http.put(path, params=params)).is_success:
        allowed += 1
    most = REACTIONS.at_once + REACTIONS.per_second * (time.monotonic() - begun)
    assert REACTIONS.at_once <= allowed <= most + 1
    assert refused.json()["code"] == "rate_limited"
    assert 0 < refused.json()["retry_after_ms"] <= 1000 / REACTIONS.per_second
    checked(put(http, said, THUMB, "carol"))
    zoe = await Person("zoe", bob.server).connect(room)
    for _ in range(10):
        await zoe.send("react", message_id=said["id"], emoji=THUMB, on=False)
    error = await zoe.until("error", code="rate_limited")
    assert error["retry_after_ms"] > 0
    await zoe.close()
