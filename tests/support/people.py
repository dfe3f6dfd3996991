"""Named people at a server: alice, bob and eve, who come by HTTP and WebSocket."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from httpx2 import AsyncClient, Client, Response

from tests.support import websocket
from tests.support.server import Server
from tests.support.timing import scaled

Room = dict[str, Any]
Message = dict[str, Any]

# The fixtures `new_room` and `person`.
NewRoom = Callable[..., Room]
MakePerson = Callable[[str, Server], "Person"]


def http_client(server: Server) -> Client:
    """Return a blocking HTTP client whose paths begin at the server's root."""
    # Longer than two who wait for another program's lock, one after the other.
    return Client(base_url=server.url, timeout=scaled(20), trust_env=False, verify=False)


def async_http_client(server: Server) -> AsyncClient:
    """Return the same for the event loop."""
    return AsyncClient(base_url=server.url, timeout=scaled(20), trust_env=False, verify=False)


def room_id_of(room: Room | int | None) -> int | None:
    """Return the id of a room that is given whole, by id or not at all."""
    return room["id"] if isinstance(room, dict) else room


@dataclass
class Person:
    """Somebody with a name at one server; `clients` are their connections, open and closed."""

    name: str
    server: Server
    clients: list[websocket.Client] = field(default_factory=list)

    async def connect(self, room: Room | int | None = None, **query: Any) -> websocket.Client:
        """Open a connection to `room`, or the one for many rooms; see `websocket.connect`."""
        client = await websocket.connect(self.server, room_id_of(room), self.name, **query)
        self.clients.append(client)
        return client

    async def enter(self, room: Room | int) -> websocket.Client:
        """Connect to `room` and read what the newcomer is told: `join`, then `user_list`."""
        client = await self.connect(room)
        await client.expect("join")
        await client.expect("user_list")
        return client

    async def post(self, room: Room | int, content: str, **fields: object) -> Message:
        """Send a message over HTTP and return it as it was stored."""
        async with async_http_client(self.server) as http:
            answer = await http.post(
                f"/api/chat/rooms/{room_id_of(room)}/messages",
                params={"username": self.name},
                json={"content": content, **fields},
            )
        return dict(checked(answer))

    async def leave(self) -> None:
        """End every connection, without waiting for an answer behind frames that nobody read."""
        for client in self.clients:
            client.abort()
        for client in self.clients:
            await client.close()


def checked(answer: Response) -> Any:
    """Return the JSON of an answer after asserting that it is a 2xx."""
    assert answer.is_success, f"{answer.request.method} {answer.url}: {answer.text}"
    return answer.json()
