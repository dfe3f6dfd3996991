"""What is done over and over while something grows: come in, join, say, resume, ask."""

import http.client
import json
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from itertools import count
from typing import Any

from websockets.sync.client import ClientConnection, connect

from benchmarks import reader
from benchmarks.loading import CheckFailed

# Whoever talks, whoever becomes a member and ends being one; the reader is a third.
TALKER, JOINER = "talker", "joiner"
# Messages that a resume brings.
BEHIND = 100
ROOM = 1


def make_accounts(port: int) -> None:
    """Make all three."""
    for name in (reader.NAME, TALKER, JOINER):
        reader.sign_in(port, name, new=True)


class Visitor:
    """One server's people, over connections that stay open; each act is answered, and looked at."""

    def __init__(self, port: int, base: int) -> None:
        """`base` is how many messages the room has that the reader has not read."""
        self._reader = reader.sign_in(port)
        self._joiner = reader.sign_in(port, JOINER)
        self._http = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._base, self._said = base, 0
        self._numbers = count()
        self._ends = ExitStack()
        self._listener = self._ends.enter_context(_listen(port, self._reader))
        self._talker = self._ends.enter_context(_listen(port, reader.sign_in(port, TALKER)))
        _subscribe(self._talker)
        # Those of the newest messages, and of the one before them: who joins makes one as well.
        self._versions = deque(range(base - BEHIND, base + 1), BEHIND + 1)
        if _until(self._talker, "sync")["version"] != base:
            raise CheckFailed("the room has other versions than those of its messages")
        _until(self._talker, "user_list")

    def come_back(self) -> None:
        """Have a connection on which the server still listens: it ends those that are idle."""
        self._http.close()
        self._ask("GET", "/healthz", {})

    def close(self) -> None:
        """Go."""
        self._ends.close()
        self._http.close()

    @property
    def acts(self) -> dict[str, Callable[[], None]]:
        """What is measured, by its name."""
        return {
            "enter": self.enter,
            "join": self.join,
            "send": self.send,
            "resume": self.resume,
            "unread": self.unread,
        }

    def enter(self) -> None:
        """Come into the room over a connection that is there, and go."""
        _subscribe(self._listener)
        _until(self._listener, "user_list")
        _leave(self._listener)

    def join(self) -> None:
        """Become a member, and end being one."""
        path = f"/api/chat/rooms/{ROOM}/members/{JOINER}"
        self._ask("PUT", path, self._joiner, "{}")
        self._ask("DELETE", path, self._joiner)

    def send(self) -> None:
        """Say something, and hear it."""
        word = f"one-{next(self._numbers)}"
        said = {"type": "message", "content": "Neither short nor long, as people say it, and gone."}
        self._talker.send(json.dumps({**said, "room_id": ROOM, "client_id": word}))
        heard = _until(self._talker, "message")
        if heard["message"]["client_id"] != word:
            raise CheckFailed(f"{word} was said, and {heard['message']['client_id']} heard")
        if heard["version"] <= self._versions[-1]:
            raise CheckFailed(f"version {heard['version']} came after {self._versions[-1]}")
        self._versions.append(int(heard["version"]))
        self._said += 1

    def resume(self) -> None:
        """Come back to the room, and get what was missed."""
        _subscribe(self._listener, after=self._versions[0])
        found = _until(self._listener, "sync")
        if found["reset"] or len(found["messages"]) != BEHIND:
            raise CheckFailed(f"a resume brought {len(found['messages'])} messages")
        _until(self._listener, "user_list")
        _leave(self._listener)

    def unread(self) -> None:
        """Ask for the room with its counts."""
        room = self._ask("GET", f"/api/chat/rooms/{ROOM}", self._reader)
        if room["unread"] != self._base + self._said:
            raise CheckFailed(f"{room['unread']} are said to be unread of {self._base}")

    def list(self) -> None:
        """Ask for all rooms."""
        self._ask("GET", "/api/chat/rooms", self._reader)

    def _ask(self, method: str, path: str, headers: dict[str, str], body: str | None = None) -> Any:
        sort = {} if body is None else {"Content-Type": "application/json"}
        self._http.request(method, path, body, headers | sort)
        answer = self._http.getresponse()
        words = answer.read()
        if answer.status not in (200, 204):
            raise CheckFailed(f"{method} {path} was answered with {words[:200]!r}")
        return json.loads(words) if words else None


def _listen(port: int, headers: dict[str, str]) -> ClientConnection:
    return connect(
        f"ws://127.0.0.1:{port}/ws/chat", compression=None, max_size=None, max_queue=None,
        proxy=None, additional_headers=headers,
    )  # fmt: skip


def _subscribe(websocket: ClientConnection, **more: Any) -> None:
    websocket.send(json.dumps({"type": "subscribe", "room_id": ROOM, **more}))


def _leave(websocket: ClientConnection) -> None:
    websocket.send(json.dumps({"type": "unsubscribe", "room_id": ROOM}))


def _until(websocket: ClientConnection, kind: str) -> dict[str, Any]:
    while True:
        event: dict[str, Any] = json.loads(websocket.recv(60))
        if event["type"] == "error":
            raise CheckFailed(f"refused: {event}")
        if event["type"] == kind:
            return event
