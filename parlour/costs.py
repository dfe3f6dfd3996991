"""What everything costs that anybody may ask of the server, and how much of it they have.

One table: each command of the WebSocket and each route of the API takes so many drops of one
budget; each person, each address and, where all in a room are told, each room has a bucket of its
own of that budget. The sizes are such that people at the page never meet them, an office behind
one address neither, and that a program that goes on at ten a second does within a minute.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Size:
    """Of a bucket: how much at once, and how much falls into it in a second."""

    at_once: int
    per_second: float


@dataclass(frozen=True, slots=True)
class Budget:
    """What is counted together, of each person, each address and each room; None: not so."""

    about: str
    person: Size | None
    address: Size
    room: Size | None = None


# What one person may react, in all rooms and on all nodes together. It is counted exactly: each
# reaction asks all nodes (`Pace`), so it is no part of the budget of that name.
REACTIONS: Final = Size(60, 2)
# How often one message may be changed, its words and those about its files together, beside what
# each change costs whoever makes it. What is held is kept with all that it ever said, and goes in
# one piece, so there must be a bound; it is the same for all messages, so that no hold is noticed.
CHANGES: Final = Size(60, 1 / 60)

BUDGETS: Final[dict[str, Budget]] = {
    # An outbox that was offline sends fifty at once, and two tabs twice as many; nobody types four
    # a second for long. No address alone can fill what a room has.
    "say": Budget(
        "messages: said, edited, deleted, pinned", Size(120, 4), Size(1200, 60), Size(2000, 100)
    ),
    "react": Budget("reactions put or taken", None, Size(600, 30)),
    # The page tells of typing and reading once a second in each tab.
    "typing": Budget("signs of typing", Size(120, 4), Size(1200, 70), Size(2000, 100)),
    "signal": Budget("signs of how far one has read", Size(240, 8), Size(4000, 200)),
    # A connection may follow 2000 rooms, and comes back to all of them.
    "follow": Budget("rooms followed, or not any more", Size(6000, 100), Size(40_000, 1000)),
    "ping": Budget("pings", Size(600, 20), Size(6000, 200)),
    # After a restart a whole office comes back within seconds.
    "connect": Budget("connections opened", None, Size(2000, 50)),
    "request": Budget("requests of any kind, and pages", None, Size(10_000, 500)),
    "read": Budget("what is read by the API", Size(600, 20), Size(6000, 200)),
    "search": Budget("searches", Size(120, 3), Size(1200, 30)),
    # A page of history may show two hundred images.
    "fetch": Budget("files and images that are fetched", Size(2000, 50), Size(10_000, 500)),
    "change": Budget("what is changed by the API", Size(300, 5), Size(3000, 60)),
    "make": Budget("rooms, conversations and invitations made", Size(100, 0.5), Size(500, 5)),
    "send": Budget("files and images sent", Size(200, 2), Size(1000, 20)),
    "enter": Budget("asked of logins", None, Size(600, 20)),
    # It takes the lock of whoever writes.
    "probe": Budget("asked whether the server is ready", None, Size(100, 10)),
}


@dataclass(frozen=True, slots=True)
class Cost:
    """Which budget something takes from, and how many drops."""

    budget: str
    drops: int = 1
    # Whether the room takes part in it, once it is known that it goes to all in it.
    in_room: bool = False
    # Past it, it is passed over without a word: nobody waits for an answer.
    quiet: bool = False


# By the `type` of a frame.
COMMANDS: Final[dict[str, Cost]] = {
    "message": Cost("say", in_room=True),
    "edit": Cost("say"),
    "delete": Cost("say"),
    "pin": Cost("say"),
    "react": Cost("react"),
    "read": Cost("signal"),
    "typing": Cost("typing", in_room=True, quiet=True),
    "subscribe": Cost("follow"),
    "unsubscribe": Cost("follow"),
    "ping": Cost("ping"),
}

_READ, _CHANGE, _MAKE = Cost("read"), Cost("change"), Cost("make")
_SAY, _REACT, _ENTER, _FETCH = Cost("say"), Cost("react"), Cost("enter"), Cost("fetch")
# Each request costs this beside what it costs by its route.
REQUEST: Final = Cost("request")
CONNECT: Final = Cost("connect")

_ROOM, _MESSAGE = "/api/chat/rooms/{room_id}", "/api/chat/messages/{message_id}"
_FILE, _ADMIN = "/api/chat/files/{file_id}", "/api/admin"

# By method and path, as the OpenAPI has them.
ROUTES: Final[dict[str, Cost]] = {
    "GET /api/chat/rooms": _READ,
    "POST /api/chat/rooms": _MAKE,
    f"GET {_ROOM}": _READ,
    f"PATCH {_ROOM}": _CHANGE,
    f"DELETE {_ROOM}": _CHANGE,
    f"GET {_ROOM}/members": _READ,
    f"PUT {_ROOM}/members/{{username}}": _CHANGE,
    f"DELETE {_ROOM}/members/{{username}}": _CHANGE,
    "POST /api/chat/direct": _MAKE,
    f"GET {_ROOM}/invites": _READ,
    f"POST {_ROOM}/invites": _MAKE,
    f"DELETE {_ROOM}/invites/{{invite_id}}": _CHANGE,
    # Links are secrets that somebody may guess at.
    "POST /api/chat/invites/preview": Cost("change", 3),
    "POST /api/chat/invites/accept": Cost("change", 3),
    f"GET {_ROOM}/bans": _READ,
    f"PUT {_ROOM}/bans/{{username}}": _CHANGE,
    f"DELETE {_ROOM}/bans/{{username}}": _CHANGE,
    f"GET {_ROOM}/mutes": _READ,
    f"PUT {_ROOM}/mutes/{{username}}": _CHANGE,
    f"DELETE {_ROOM}/mutes/{{username}}": _CHANGE,
    f"GET {_ROOM}/messages": _READ,
    f"GET {_ROOM}/retention": _READ,
    f"PUT {_ROOM}/retention": _CHANGE,
    f"POST {_ROOM}/messages": Cost("say", in_room=True),
    f"PATCH {_MESSAGE}": _SAY,
    f"DELETE {_MESSAGE}": _SAY,
    "GET /api/chat/search": Cost("search"),
    f"GET {_MESSAGE}/edits": _READ,
    f"GET {_MESSAGE}/reactions": _READ,
    f"PUT {_MESSAGE}/reactions/{{emoji}}": _REACT,
    f"DELETE {_MESSAGE}/reactions/{{emoji}}": _REACT,
    f"PUT {_MESSAGE}/pin": _SAY,
    f"DELETE {_MESSAGE}/pin": _SAY,
    f"GET {_ROOM}/pins": _READ,
    f"PUT {_MESSAGE}/save": _CHANGE,
    f"DELETE {_MESSAGE}/save": _CHANGE,
    "GET /api/chat/saved": _READ,
    "GET /api/chat/saved/ids": _READ,
    f"POST {_ROOM}/scheduled": _SAY,
    "GET /api/chat/scheduled": _READ,
    "PATCH /api/chat/scheduled/{scheduled_id}": _SAY,
    "DELETE /api/chat/scheduled/{scheduled_id}": _CHANGE,
    "POST /api/chat/scheduled/{scheduled_id}/now": _SAY,
    f"GET {_MESSAGE}/replies": _READ,
    f"POST {_MESSAGE}/report": _CHANGE,
    f"GET {_ROOM}/reports": _READ,
    "PATCH /api/chat/reports/{report_id}": _CHANGE,
    f"PUT {_ROOM}/read": Cost("signal"),
    # It goes through all rooms of somebody.
    "PUT /api/chat/read": Cost("change", 10),
    f"GET {_ROOM}/reads": _READ,
    f"GET {_ROOM}/notifications": _READ,
    f"PUT {_ROOM}/notifications": _CHANGE,
    "GET /api/chat/do-not-disturb": _READ,
    "PUT /api/chat/do-not-disturb": _CHANGE,
    "GET /api/chat/mentions": _READ,
    f"GET {_MESSAGE}/notification": _READ,
    "POST /api/chat/files": Cost("send"),
    "GET /api/chat/files/limits": _READ,
    f"GET {_FILE}": _FETCH,
    f"GET {_FILE}/thumbnail": _FETCH,
    f"PATCH {_FILE}": _CHANGE,
    f"DELETE {_FILE}": _CHANGE,
    # Of passwords and new accounts there are further counts (`attempts.py`).
    "POST /api/auth/guest": _ENTER,
    "POST /api/auth/register": _ENTER,
    "POST /api/auth/login": _ENTER,
    "POST /api/auth/refresh": _ENTER,
    "POST /api/auth/logout": _ENTER,
    "POST /api/auth/password": _ENTER,
    "GET /api/auth/sessions": _READ,
    "DELETE /api/auth/sessions": _CHANGE,
    "DELETE /api/auth/sessions/{session_id}": _CHANGE,
    "GET /.well-known/jwks.json": REQUEST,
    "POST /api/auth/ticket": _ENTER,
    "POST /api/auth/setup": _ENTER,
    "GET /api/users/me": _READ,
    "PATCH /api/users/me": _CHANGE,
    "GET /api/users": _READ,
    "GET /api/users/{username}": _READ,
    "GET /api/users/me/avatar": _FETCH,
    "PUT /api/users/me/avatar": Cost("send", 5),
    "DELETE /api/users/me/avatar": _CHANGE,
    "GET /api/users/avatars": _READ,
    "GET /api/users/{username}/avatar": _FETCH,
    f"GET {_ADMIN}/users": _READ,
    f"PATCH {_ADMIN}/users/{{username}}": _CHANGE,
    # Each is a process of its own for a while.
    "POST /api/users/me/export": Cost("make", 5),
    "GET /api/users/me/export": _READ,
    "GET /api/users/me/export/archive": _FETCH,
    "POST /api/users/me/removal": _ENTER,
    f"POST {_ADMIN}/users/{{username}}/export": _MAKE,
    f"POST {_ADMIN}/users/{{username}}/removal": _CHANGE,
    f"GET {_ADMIN}/bans": _READ,
    f"POST {_ADMIN}/bans": _CHANGE,
    f"DELETE {_ADMIN}/bans/{{ban_id}}": _CHANGE,
    f"GET {_ADMIN}/rooms": _READ,
    f"DELETE {_ADMIN}/rooms/{{room_id}}": _CHANGE,
    f"PUT {_ADMIN}/rooms/{{room_id}}/owner": _CHANGE,
    f"PUT {_ADMIN}/rooms/{{room_id}}/retention": _CHANGE,
    f"GET {_ADMIN}/retention": Cost("read", 5),
    f"GET {_ADMIN}/holds": _READ,
    f"POST {_ADMIN}/holds": _CHANGE,
    f"DELETE {_ADMIN}/holds/{{hold_id}}": _CHANGE,
    f"GET {_ADMIN}/policy": _READ,
    f"PATCH {_ADMIN}/policy": _CHANGE,
    f"GET {_ADMIN}/invites": _READ,
    f"POST {_ADMIN}/invites": _MAKE,
    f"DELETE {_ADMIN}/invites/{{invite_id}}": _CHANGE,
    f"GET {_ADMIN}/reports": _READ,
    f"GET {_ADMIN}/audit": _READ,
    f"GET {_ADMIN}/status": _READ,
    "GET /healthz": REQUEST,
    "GET /metrics": REQUEST,
    "GET /readyz": Cost("probe"),
}

# Connections that are open at once: tabs of one person, and people behind one address.
MOST_OF_PERSON: Final = 50
MOST_OF_ADDRESS: Final = 2000
# Whoever has as many asks again after this, in seconds.
CONNECT_AGAIN: Final = 30
