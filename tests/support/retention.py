"""Messages that are old: what years would do is done in a moment."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from parlour.fields import format_time
from tests.support.accounts import Account
from tests.support.administration import ADMIN
from tests.support.commands import parlour
from tests.support.databases import database_url
from tests.support.inside import inside
from tests.support.people import checked
from tests.support.places import Place
from tests.support.server import Server
from tests.support.websocket import Client, Frame


def age(server: Server, place: Place, up_to: dict[str, Any], days: float) -> None:
    """Let a message of a room and all before it have been said so many days ago."""
    then = format_time(datetime.now(UTC) - timedelta(days=days))
    with inside(server) as database:
        database.execute(
            "UPDATE messages SET timestamp = ? WHERE room_id = ? AND id <= ?",
            (then, place.id, up_to["id"]),
        )


def keep_for(chief: Account, days: int) -> None:
    """Let the server keep messages for so many days; 0: for ever."""
    checked(chief.call("PATCH", f"{ADMIN}/policy", json={"retention_days": days}))


async def cut_to(client: Client, message: dict[str, Any]) -> Frame:
    """Read until it is told that a room begins behind a message."""
    room = {"purged_to": message["id"]}
    return await client.until("room_updated", room=room)


def hold(chief: Account, kind: str, **what: Any) -> dict[str, Any]:
    """Hold something."""
    wanted = {"kind": kind, "reason": "Case 7", **what}
    return dict(checked(chief.call("POST", f"{ADMIN}/holds", json=wanted)))


def lift(chief: Account, held: dict[str, Any]) -> None:
    """Hold it no longer."""
    answer = chief.call("DELETE", f"{ADMIN}/holds/{held['id']}", params={"reason": "It is over"})
    assert answer.status_code == 204, answer.text


def command(server: Server, *arguments: str) -> list[str]:
    """Run `parlour retention` beside the server; what it prints."""
    env = {"PARLOUR_DATABASE_URL": database_url(server.home)}
    place = ("--data-dir", str(server.data_dir))
    done = parlour("retention", *arguments, *place, cwd=server.home, env=env)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def set_aside(server: Server, *arguments: str) -> list[dict[str, Any]]:
    """Return what holds have set aside, as the command prints it."""
    return [json.loads(line) for line in command(server, "held", *arguments)]


def spoken(place: Place, by: Account, content: str, **fields: Any) -> dict[str, Any]:
    """Say something; the message."""
    body = {"content": content, **fields}
    return dict(checked(by.call("POST", f"{place.path}/messages", json=body)))


def reports(place: Place) -> list[str]:
    """Return what is said in what was reported in a room."""
    found = checked(place.owner.call("GET", f"{place.path}/reports"))
    return [each["message_content"].split("\n")[0] for each in found]


def reported(place: Place, by: Account, message: dict[str, Any], content: str) -> None:
    """Report a message; moderators see what it says, before all that was reported earlier."""
    body = {"reason": "rude"}
    assert by.call("POST", f"/api/chat/messages/{message['id']}/report", json=body).is_success
    assert reports(place)[:1] == [content]
