"""Rooms of people with accounts: made, joined, and looked at from outside."""

from dataclasses import dataclass
from itertools import count
from typing import Any

from httpx2 import Response

from tests.support.accounts import PASSWORD, Account, register, stranger
from tests.support.people import Room, checked
from tests.support.server import Server
from tests.support.websocket import Client

ROOMS = "/api/chat/rooms"
_NUMBERS = count(1)
# The accounts of each server that `somebody` gives out, and those that this test has.
_POOL: dict[int, list[Account]] = {}
_TAKEN: list[Account] = []


def new_account(server: Server, name: str, **fields: Any) -> Account:
    """Return somebody with an account of this name, and a number: names are used once."""
    return register(server, f"{name}{next(_NUMBERS)}", **fields)


def registered(server: Server, username: str) -> str | None:
    """Try to make an account of a name; the code of the refusal, if it is refused."""
    with stranger(server) as client:
        new = {"username": username, "password": PASSWORD}
        answer = client.post("/api/auth/register", json=new)
    return None if answer.is_success else str(answer.json()["code"])


def somebody(server: Server) -> Account:
    """Return an account that nobody else has in this test, whatever it did in tests before.

    A password costs much to hash; `partings` gives all of them back.
    """
    pool = _POOL.setdefault(server.port, [])
    while len(_TAKEN) >= len(pool):
        pool.append(new_account(server, "somebody"))
    _TAKEN.append(pool[len(_TAKEN)])
    return _TAKEN[-1]


def give_back() -> None:
    """Let the accounts of `somebody` be taken once more, by the next test."""
    _TAKEN.clear()


@dataclass(frozen=True)
class Place:
    """A room and the account that made it."""

    room: Room
    owner: Account

    @property
    def id(self) -> int:
        """The room's id."""
        return int(self.room["id"])

    @property
    def path(self) -> str:
        """Where it is asked for."""
        return f"{ROOMS}/{self.id}"

    def add(self, *accounts: Account, role: str = "member") -> None:
        """Make accounts members, by the owner."""
        for account in accounts:
            checked(put(self, self.owner, account, role))

    def seen_by(self, account: Account) -> dict[str, Any] | None:
        """Return the room as an account's list of rooms has it; None where it has it not."""
        listed = checked(account.call("GET", ROOMS))
        found = [room for room in listed if room["id"] == self.id]
        return found[0] if found else None


def name_of(account: Account) -> str:
    """Return an account's username."""
    return str(account.user["username"])


def make_room(owner: Account, kind: str = "private", **fields: Any) -> Place:
    """Return a room that an account made."""
    name = fields.pop("name", f"room {next(_NUMBERS)}")
    wanted = {"name": name, "kind": kind, **fields}
    return Place(checked(owner.call("POST", ROOMS, json=wanted)), owner)


def put(place: Place, by: Account, whom: Account, role: str = "member") -> Response:
    """Ask to make somebody a member with a role."""
    return by.call("PUT", f"{place.path}/members/{name_of(whom)}", json={"role": role})


def remove(place: Place, by: Account, whom: Account) -> Response:
    """Ask to make somebody a member no longer."""
    return by.call("DELETE", f"{place.path}/members/{name_of(whom)}")


def say(place: Place, by: Account, content: str) -> Response:
    """Ask to say something."""
    return by.call("POST", f"{place.path}/messages", json={"content": content})


async def follow(place: Place, account: Account, after: int = 0) -> Client:
    """Return a connection of an account that follows a room among others."""
    client = await account.connect()
    await client.send("subscribe", room_id=place.id, after=after)
    await client.until("user_list", room_id=place.id)
    return client


def roles_of(place: Place) -> dict[str, str]:
    """Return what the members of a room are, by name, in the order of the list."""
    members = checked(place.owner.call("GET", f"{place.path}/members"))
    return {member["username"]: member["role"] for member in members}
