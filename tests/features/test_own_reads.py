"""How far somebody has read is told to them alone, also where it is found out for many at once."""

import asyncio

import pytest

from tests.support.people import checked
from tests.support.places import make_room, name_of, say, somebody
from tests.support.server import Server
from tests.support.websocket import Client

pytestmark = pytest.mark.usefixtures("partings")


def strange(client: Client, name: str) -> list[str]:
    """Return whose reading somebody was told of that is not their own."""
    frames = [frame for frame in client.frames if frame["type"] == "read"]
    return [frame["username"] for frame in frames if frame["username"] != name]


async def test_who_speaks_in_a_private_room_is_told_of_it_and_nobody_elsewhere(
    server: Server,
) -> None:
    """Two of them, in the same second, in rooms that the other must not know of."""
    speakers = [somebody(server), somebody(server)]
    places = [make_room(each) for each in speakers]
    clients = [await each.connect() for each in speakers]
    # Once something has been told, what happens within a second is told at once.
    public = make_room(speakers[0], kind="public")
    checked(say(public, speakers[0], "before"))
    await clients[0].until("read", room_id=public.id)
    await asyncio.gather(
        *(
            asyncio.to_thread(say, place, speaker, "x")
            for place, speaker in zip(places, speakers, strict=True)
        )
    )
    for client, place in zip(clients, places, strict=True):
        await client.until("read", room_id=place.id, unread=0)
    for client, place, speaker in zip(clients, places, speakers, strict=True):
        await client.settle()
        rooms = {frame["room_id"] for frame in client.frames if frame["type"] == "read"}
        assert rooms <= {place.id, public.id}
        assert strange(client, name_of(speaker)) == []


async def test_who_is_mentioned_no_longer_is_told_their_own_count(server: Server) -> None:
    """A deletion of what named two of them, of whom one has more that is unread."""
    owner, one, two = somebody(server), somebody(server), somebody(server)
    place = make_room(owner, kind="public")
    checked(say(place, owner, f"@{name_of(one)}"))
    both = checked(say(place, owner, f"@{name_of(one)} @{name_of(two)}"))
    clients = [await each.connect() for each in (one, two)]
    assert owner.call("DELETE", f"/api/chat/messages/{both['id']}").is_success
    for client, account, left in zip(clients, (one, two), (1, 0), strict=True):
        name = name_of(account)
        await client.until("read", room_id=place.id, username=name, mentions=left)
    for client, account in zip(clients, (one, two), strict=True):
        await client.settle()
        assert strange(client, name_of(account)) == []
