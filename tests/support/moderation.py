"""Bans, mutes and reports, as they are asked for."""

from typing import Any

from httpx2 import Response

from tests.support.accounts import Account, new_address
from tests.support.people import async_http_client, checked
from tests.support.places import Place, name_of
from tests.support.server import Server


def ban(place: Place, by: Account, whom: Account | str, **fields: Any) -> Response:
    """Ask to ban somebody from a room."""
    return by.call("PUT", f"{place.path}/bans/{_name(whom)}", json=fields)


def unban(place: Place, by: Account, whom: Account | str) -> Response:
    """Ask to let somebody in again."""
    return by.call("DELETE", f"{place.path}/bans/{_name(whom)}")


def mute(place: Place, by: Account, whom: Account | str, seconds: int = 600) -> Response:
    """Ask to let somebody not write."""
    return by.call("PUT", f"{place.path}/mutes/{_name(whom)}", json={"seconds": seconds})


def unmute(place: Place, by: Account, whom: Account | str) -> Response:
    """Ask to let somebody write again."""
    return by.call("DELETE", f"{place.path}/mutes/{_name(whom)}")


def banned_in(place: Place) -> list[str]:
    """Return the names of those who are banned from a room, the newest ban first."""
    answer = place.owner.call("GET", f"{place.path}/bans")
    return [each["username"] for each in checked(answer)]


def _name(whom: Account | str) -> str:
    return whom if isinstance(whom, str) else name_of(whom)


class Guest:
    """Somebody without an account who is known by a cookie."""

    def __init__(self, server: Server, name: str) -> None:
        self.server = server
        self.name = name
        self.headers = new_address()

    async def come(self) -> "Guest":
        """Get the cookie."""
        answer = await self.call("POST", "/api/auth/guest", json={"username": self.name})
        checked(answer)
        self.headers["Cookie"] = answer.headers["set-cookie"].split(";")[0]
        return self

    async def call(self, method: str, path: str, **options: Any) -> Response:
        """Ask for one thing."""
        async with async_http_client(self.server) as http:
            return await http.request(method, path, headers=self.headers, **options)

    async def say(self, room_id: int, content: str = "hello") -> Response:
        """Ask to say something."""
        path = f"/api/chat/rooms/{room_id}/messages"
        return await self.call(
            "POST", path, params={"username": self.name}, json={"content": content}
        )
