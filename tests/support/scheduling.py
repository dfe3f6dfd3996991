"""Messages that are said later, as people ask for them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from httpx2 import Response

from tests.support.accounts import Account
from tests.support.people import checked
from tests.support.places import Place

SCHEDULED = "/api/chat/scheduled"
Scheduled = dict[str, Any]


def at(**ahead: float) -> str:
    """Return a time so far ahead, as it stands in a body."""
    return (datetime.now(UTC) + timedelta(**ahead)).isoformat()


def ask(place: Place, by: Account, content: str = "later", **fields: Any) -> Response:
    """Ask to say something later: in an hour, unless `send_at` says otherwise."""
    body = {"content": content, "client_id": str(uuid4()), "send_at": at(hours=1), **fields}
    return by.call("POST", f"{place.path}/scheduled", json=body)


def later(place: Place, by: Account, content: str = "later", **fields: Any) -> Scheduled:
    """Say something later; what is told of it."""
    answer = ask(place, by, content, **fields)
    assert answer.status_code == 201, answer.text
    return dict(checked(answer))


def due(by: Account, *some: Scheduled, seconds: float = 0.3) -> list[Scheduled]:
    """Let the time of some come in a moment, however slow the machine is; how they are then."""
    changed = []
    for one in some:
        wait = seconds
        while True:
            answer = by.call("PATCH", path_of(one), json={"send_at": at(seconds=wait)})
            if answer.is_success:
                break
            # It took longer than that to ask.
            assert answer.json().get("field") == "send_at", answer.text
            wait *= 2
        changed.append(dict(answer.json()))
    return changed


def scheduled(by: Account) -> list[Scheduled]:
    """Return what somebody says later, or could not."""
    return list(checked(by.call("GET", SCHEDULED)))


def path_of(one: Scheduled, rest: str = "") -> str:
    """Return where one of them is asked for."""
    return f"{SCHEDULED}/{one['id']}{rest}"


def said_in(place: Place, by: Account) -> list[dict[str, Any]]:
    """Return the messages of a room."""
    return list(checked(by.call("GET", f"{place.path}/messages", params={"limit": 200})))
