"""Those who run a server, and what they ask for."""

from typing import Any

from httpx2 import Response

from tests.support.accounts import PASSWORD, Account, account_of, stranger
from tests.support.people import checked
from tests.support.server import Server

ADMIN = "/api/admin"


def setup_token(server: Server) -> str:
    """Return the token of the link that the server printed."""
    return server.process.wait_for_line(r"^First administrator: http\S+/#/setup/(\S+)$")[1]


def first_administrator(server: Server, username: str = "root-of-all") -> Account:
    """Make the first administrator of a server by the printed link."""
    wanted = {"token": setup_token(server), "username": username, "password": PASSWORD}
    with stranger(server) as client:
        return account_of(server, client.post("/api/auth/setup", json=wanted))


def change_user(by: Account, username: str, **changes: Any) -> Response:
    """Ask to give an account another role, or to disable it."""
    return by.call("PATCH", f"{ADMIN}/users/{username}", json=changes)


def ban_from_server(by: Account, username: str, **fields: Any) -> Response:
    """Ask to keep somebody out of the server."""
    return by.call("POST", f"{ADMIN}/bans", json={"username": username, **fields})


def log_of(administrator: Account, limit: int = 200) -> list[dict[str, Any]]:
    """Return the newest entries of the audit log, oldest first."""
    answer = administrator.call("GET", f"{ADMIN}/audit", params={"limit": limit})
    return list(reversed(checked(answer)))


def noted(administrator: Account, subject: str) -> list[tuple[str, str]]:
    """Return who did what to somebody or something, as the audit log says, oldest first."""
    return [
        (entry["actor"], entry["action"])
        for entry in log_of(administrator)
        if entry["subject"] == subject
    ]


def listed(chief: Account, room_id: int) -> dict[str, object] | None:
    """Return a room as the list has it, None where it has it not."""
    rooms = checked(chief.call("GET", f"{ADMIN}/rooms"))
    return next((room for room in rooms if room["id"] == room_id), None)
