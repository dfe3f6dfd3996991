"""The table of docs/protocol.md that says who gets what, played out: every event, every door.

In one room there is one person through each door, and one watcher through each door is elsewhere.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.docs.markdown import ROOT, Page, Row
from tests.support.accounts import Account, register
from tests.support.people import MakePerson, Person, Room, async_http_client, checked
from tests.support.places import new_account
from tests.support.server import Server
from tests.support.websocket import Client, matches

DOORS = ("seed", "resumed", "subscribed")
ROWS: dict[str, Row] = {
    row["event"]: row
    for row in Page(ROOT / "docs" / "protocol.md").section("Who gets what").table("event", "seed")
}
# What the tests below play out; the first of them says that it is the whole table.
ACTS = (
    "`message`",
    "`message`, repeated",
    "`message_updated`",
    "`room_updated`",
    "`typing`",
    "`error`",
    "`pong`",
    "`leave`",
    "`sync`",
    "`join`",
    "`user_list`",
    "`room_changed`",
    "`room_created`",
)
ELSEWHERE = (
    "`room_deleted`", "`room_removed`", "`heartbeat`", "`closing`",
    "`read`, of others", "`read`, one's own", "`news`",
    "`notification`", "`room_level`", "`do_not_disturb`", "`saved`",
    "`scheduled_updated`", "`scheduled_removed`",
)  # fmt: skip

MakeRoom = Callable[..., Room]


class Scene:
    """Six connections and, for each, the place from which on its frames count."""

    def __init__(self, server: Server, room: Room, person: MakePerson) -> None:
        self.server = server
        self.room = room
        self.people: dict[str, Person | Account] = {
            door: person(f"in-{door}", server) for door in DOORS
        }
        self.inside: dict[str, Client] = {}
        self.outside: dict[str, Client] = {}
        self._seen: dict[Client, int] = {}

    async def open(self, elsewhere: Room, person: Callable[..., Person | Account]) -> None:
        """Let everybody come in."""
        for door in DOORS:
            self.inside[door] = await enter(self.people[door], door, self.room)
            watcher = person(f"out-{door}", self.server)
            if door == "subscribed":
                self.outside[door] = await watcher.connect()
            else:
                self.outside[door] = await enter(watcher, door, elsewhere)
        await self.mark()

    def all(self) -> list[Client]:
        """The connections inside and outside."""
        return [*self.inside.values(), *self.outside.values()]

    async def mark(self) -> None:
        """From here on frames count."""
        for client in self.all():
            await barrier(client)
            self._seen[client] = len(client.frames)

    def fresh(self, client: Client) -> list[dict[str, Any]]:
        """What a connection got since the mark, as far as it has been read."""
        return client.frames[self._seen.get(client, 0) :]

    async def check(self, event: str, author: str, **fields: Any) -> None:
        """Assert that those who should have `event`, which `author`'s act brought about, alone do.

        `fields` tells it from others of its type.
        """
        kind = event.split("`")[1]
        due = self.due(event, author)
        assert due, "somebody has to get it, or it is not known whether it happened"
        for client in due:
            if not any(matches(frame, kind, fields) for frame in self.fresh(client)):
                await client.until(kind, **fields)
        for client in self.all():
            if client not in due:
                # Everybody is told in one turn of the server, so this comes behind it.
                await barrier(client)
                got = [frame for frame in self.fresh(client) if matches(frame, kind, fields)]
                assert not got, f"{client.name} has no business with {got}"

    def due(self, event: str, author: str) -> list[Client]:
        """The connections that the page's table gives this event to."""
        row = ROWS[event]
        due = []
        for door in DOORS:
            part = "author" if door == author else "others"
            # An answer goes to the connection that asked, so to the author's alone.
            if row[door] == "yes" or (row[door] == "asked" and door == author):
                due += [self.inside[door]] if row[part] == "yes" else []
                due += [self.outside[door]] if row["watchers"] == "yes" else []
        return due


async def enter(person: Person | Account, door: str, room: Room) -> Client:
    """Come into a room through a door, and read up to the list of people."""
    if door == "subscribed":
        client = await person.connect()
        await client.send("subscribe", room_id=room["id"], after=0)
    else:
        client = await person.connect(room, after=0 if door == "resumed" else None)
    await client.until("user_list", room_id=room["id"])
    return client


async def barrier(client: Client) -> None:
    """Read what the server has sent so far: not by a ping, whose answer is itself in the table."""
    name = f"barrier-{len(client.frames)}"
    await client.send("subscribe", room_id=0, client_id=name)
    await client.until("error", client_id=name)


@pytest.fixture
async def scene(server: Server, new_room: MakeRoom, person: MakePerson) -> Scene:
    """Return a scene in which everybody is in place."""
    made = Scene(server, new_room(server), person)
    await made.open(new_room(server), person)
    return made


def test_every_row_of_the_table_is_played_out() -> None:
    """A new event has to be given an act here."""
    assert sorted(ROWS) == sorted([*ACTS, *ELSEWHERE])
    answers = {row[column] for row in ROWS.values() for column in (*DOORS, "author")}
    assert answers == {"yes", "no", "asked"}


@pytest.mark.parametrize("door", DOORS)
async def test_what_somebody_says_reaches_whom_the_table_names(scene: Scene, door: str) -> None:
    """A message, the same again, typing, a wrong frame and a ping."""
    author, room_id = scene.inside[door], scene.room["id"]
    sent = {"room_id": room_id, "content": f"by {door}", "client_id": f"c-{door}"}
    await author.send("message", **sent)
    await scene.check("`message`", door, room_id=room_id, message={"content": f"by {door}"})
    message_id = author.frames[-1]["message"]["id"]
    await author.send("edit", message_id=message_id, content="in other words")
    await scene.check("`message_updated`", door, message={"content": "in other words"})
    await author.send("delete", message_id=message_id)
    await scene.check("`message_updated`", door, message={"id": message_id, "content": ""})
    await scene.mark()
    await author.send("message", **sent)
    await scene.check("`message`, repeated", door, room_id=room_id, repeated=True)
    await author.send("typing", room_id=room_id)
    await scene.check("`typing`", door, room_id=room_id, username=f"in-{door}")
    await author.send("message", room_id=room_id, content="", client_id="wrong")
    await scene.check("`error`", door, client_id="wrong", code="empty")
    await author.send("ping")
    await scene.check("`pong`", door)


@pytest.mark.parametrize("door", DOORS)
async def test_who_comes_and_goes_is_told_whom_the_table_names(scene: Scene, door: str) -> None:
    """Leaving a room by `unsubscribe`, and coming back through the same door."""
    room_id, name = scene.room["id"], f"in-{door}"
    await scene.inside[door].send("unsubscribe", room_id=room_id)
    await scene.check("`leave`", door, room_id=room_id, username=name)
    await scene.mark()
    scene.inside[door] = await enter(scene.people[door], door, scene.room)
    users = [*(f"in-{other}" for other in DOORS if other != door), name]
    await scene.check("`join`", door, room_id=room_id, username=name)
    await scene.check("`user_list`", door, room_id=room_id, users=users)
    await scene.check("`room_changed`", door, room={"id": room_id, "online": len(users)})
    if door != "seed":
        await scene.check("`sync`", door, room_id=room_id)
    else:
        assert ROWS["`sync`"]["seed"] == "no"
        assert not [f for f in scene.fresh(scene.inside[door]) if f["type"] == "sync"]


@pytest.mark.parametrize("door", DOORS)
async def test_a_new_room_is_told_whom_the_table_names(scene: Scene, door: str) -> None:
    """Everybody who keeps a list of rooms, wherever they are."""
    name = f"made by {door}, {scene.room['id']}"
    async with async_http_client(scene.server) as http:
        checked(await http.post("/api/chat/rooms", json={"name": name}))
    await scene.check("`room_created`", door, room={"name": name})


async def test_a_changed_room_is_told_whom_the_table_names(
    server: Server, new_room: MakeRoom, person: MakePerson
) -> None:
    """Its owner changes it from elsewhere, so the columns of author and others say the same."""
    assert ROWS["`room_updated`"]["author"] == ROWS["`room_updated`"]["others"]
    owner = register(server, "rosa")
    room = checked(owner.call("POST", "/api/chat/rooms", json={"name": "Rosa's"}))
    scene = Scene(server, room, person)
    await scene.open(new_room(server), person)
    answer = owner.call("PATCH", f"/api/chat/rooms/{room['id']}", json={"topic": "Roses"})
    assert checked(answer)["topic"] == "Roses"
    for door in DOORS:
        await scene.check("`room_updated`", door, room_id=room["id"], room={"topic": "Roses"})


@pytest.mark.parametrize("door", DOORS)
async def test_a_deleted_room_is_told_whom_the_table_names(scene: Scene, door: str) -> None:
    """A connection that ends with its room gets `room_deleted` last, and no `room_removed`."""
    room_id = scene.room["id"]
    deleted, removed = scene.due("`room_deleted`", door), scene.due("`room_removed`", door)
    async with async_http_client(scene.server) as http:
        answer = await http.delete(f"/api/chat/rooms/{room_id}", params={"username": f"in-{door}"})
    assert answer.status_code == 204
    for ending in (scene.inside["seed"], scene.inside["resumed"]):
        assert await ending.closed() == 4504
        assert matches(ending.frames[-1], "room_deleted", {"room_id": room_id})
    for client in [scene.inside["subscribed"], *scene.outside.values()]:
        await barrier(client)
        got = [frame["type"] for frame in scene.fresh(client)]
        assert ("room_deleted" in got) == (client in deleted), client.name
        assert ("room_removed" in got) == (client in removed), client.name


@pytest.mark.thorough
async def test_a_heartbeat_reaches_whom_the_table_names(scene: Scene) -> None:
    """It is nobody's act, so its columns of author and others say the same."""
    assert ROWS["`heartbeat`"]["author"] == ROWS["`heartbeat`"]["others"]
    await scene.outside["subscribed"].until("heartbeat", versions={}, seconds=20)
    await scene.check("`heartbeat`", "subscribed")


def account_of(name: str, server: Server) -> Account:
    """Return somebody with an account: nothing is read or unread for guests."""
    return new_account(server, name)


@pytest.fixture
async def readers(server: Server, new_room: MakeRoom, person: MakePerson) -> Scene:
    """Return a scene of people with accounts."""
    made = Scene(server, new_room(server), person)
    made.people = {door: account_of(f"in-{door}", server) for door in DOORS}
    await made.open(new_room(server), account_of)
    return made


@pytest.mark.parametrize("door", DOORS)
async def test_what_somebody_reads_is_told_whom_the_table_names(readers: Scene, door: str) -> None:
    """To themselves with what is unread, to the others without; and what was said, as news."""
    scene, room_id = readers, readers.room["id"]
    writer = account_of("writer", scene.server)
    path = f"/api/chat/rooms/{room_id}/messages"
    message_id = checked(writer.call("POST", path, json={"content": "hi"}))["id"]
    news = {"room_id": room_id, "message_id": message_id, "message_count": 1, "deleted_count": 0}
    news["deleted"] = []
    assert ROWS["`news`"]["author"] == ROWS["`news`"]["others"]
    await scene.check("`news`", door, rooms=[news])
    await scene.mark()
    await scene.inside[door].send("read", message_id=message_id)
    name = scene.people[door].user["username"]  # type: ignore[union-attr]
    other = {"type": "read", "room_id": room_id, "username": name, "message_id": message_id}
    own = {**other, "unread": 0, "message_count": 1, "deleted_count": 0, "mentions": 0}
    told = {"`read`, of others": other, "`read`, one's own": own}
    for event, frame in told.items():
        due = scene.due(event, door)
        assert due, "somebody has to get it"
        for client in due:
            if frame not in scene.fresh(client):
                assert await client.until("read", username=name) == frame
        for client in scene.all():
            await barrier(client)
            assert (frame in scene.fresh(client)) == (client in due), f"{event}: {client.name}"


@pytest.mark.parametrize("door", DOORS[1:])
async def test_what_is_about_somebody_is_told_whom_the_table_names(
    readers: Scene, door: str
) -> None:
    """To themselves alone: a mention, and what they choose to hear."""
    scene, room_id = readers, readers.room["id"]
    writer, person = account_of("writer", scene.server), scene.people[door]
    assert isinstance(person, Account)
    name = person.user["username"]
    path = f"/api/chat/rooms/{room_id}"
    checked(writer.call("POST", f"{path}/messages", json={"content": f"hi @{name}"}))
    await scene.check("`notification`", door, room_id=room_id, reason="mention", mentions=1)
    checked(person.call("PUT", f"{path}/notifications", json={"level": "all"}))
    await scene.check("`room_level`", door, room_id=room_id, level="all")
    checked(person.call("PUT", "/api/chat/do-not-disturb", json={"seconds": 60}))
    await scene.check("`do_not_disturb`", door, start=None)


@pytest.mark.parametrize("door", DOORS)
async def test_what_somebody_saves_is_told_whom_the_table_names(readers: Scene, door: str) -> None:
    """To themselves alone, and not where only the seed's frames are told."""
    scene, room_id = readers, readers.room["id"]
    person = scene.people[door]
    assert isinstance(person, Account)
    path = f"/api/chat/rooms/{room_id}/messages"
    message_id = checked(person.call("POST", path, json={"content": "hi"}))["id"]
    answer = person.call("PUT", f"/api/chat/messages/{message_id}/save")
    assert answer.status_code == 204
    frame = {"type": "saved", "message_id": message_id, "on": True}
    due = scene.due("`saved`", door)
    assert bool(due) is (door != "seed")
    for client in due:
        assert await client.until("saved", message_id=message_id) == frame
    for client in scene.all():
        await barrier(client)
        assert (frame in scene.fresh(client)) == (client in due), client.name


@pytest.mark.parametrize("door", DOORS[1:])
async def test_what_somebody_says_later_is_told_whom_the_table_names(
    readers: Scene, door: str
) -> None:
    """To themselves alone."""
    scene, person = readers, readers.people[door]
    assert isinstance(person, Account)
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    body = {"content": "hi", "client_id": "later", "send_at": tomorrow}
    path = f"/api/chat/rooms/{scene.room['id']}/scheduled"
    one = checked(person.call("POST", path, json=body))
    await scene.check("`scheduled_updated`", door, scheduled={"id": one["id"]})
    assert person.call("DELETE", f"/api/chat/scheduled/{one['id']}").status_code == 204
    await scene.check("`scheduled_removed`", door, id=one["id"], message_id=None)


@pytest.mark.thorough
async def test_closing_reaches_whom_the_table_names(
    own_server: Server, new_room: MakeRoom, person: MakePerson
) -> None:
    """Everybody, and then the server closes with 1012."""
    scene = Scene(own_server, new_room(own_server), person)
    await scene.open(new_room(own_server), person)
    assert await own_server.astop() == 0
    due = scene.due("`closing`", "seed")
    for client in scene.all():
        assert await client.closed() == 1012
        assert ("closing" in [frame["type"] for frame in client.frames]) == (client in due)
