"""A history that grows: what reading it costs, at a thousand messages and at a million."""

import http.client
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from websockets.sync.client import ClientConnection, connect

from benchmarks import reader
from benchmarks.cases.case import Case
from benchmarks.fill import MENTIONED
from benchmarks.loading import Bench, CheckFailed, Figures
from benchmarks.machine import ROOT
from benchmarks.servers import Server

SIZES = (1_000, 10_000, 100_000, 1_000_000)
# A resume is over so many messages, a page has so many.
BEHIND = 100
PAGE = 50


def _fill(server: Server, count: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.fill", str(server.data), str(count)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CheckFailed(f"the database could not be filled: {done.stderr[-500:]}")


def _medians_us(actions: dict[str, Callable[[], None]], times: int) -> dict[str, float]:
    """Do each in turn, so that a slow moment of the machine falls on all of them."""
    took: dict[str, list[float]] = {name: [] for name in actions}
    for number in range(times + 5):
        for name, action in actions.items():
            begun = time.perf_counter_ns()
            action()
            # The first few open files and fill caches.
            if number >= 5:
                took[name].append((time.perf_counter_ns() - begun) / 1000)
    return {name: statistics.median(each) for name, each in took.items()}


class _Reader:
    """Somebody with an account, who has read nothing, over a connection that is kept alive."""

    def __init__(self, port: int) -> None:
        self._http = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._port = port
        self.headers = reader.sign_in(port)
        self.version = 0
        self.last_id = 0

    def page(self, query: str) -> None:
        """Read one page. Raises CheckFailed when it is not whole."""
        self._http.request(
            "GET", f"/api/chat/rooms/1/messages?limit={PAGE}{query}", headers=self.headers
        )
        answer = self._http.getresponse()
        found = json.loads(answer.read())
        if answer.status != 200 or len(found) != PAGE:
            raise CheckFailed(f"a page of history has {len(found)} messages ({answer.status})")
        self.version = int(answer.headers["Parlour-Version"])
        self.last_id = found[-1]["id"]

    def unread(self, expected: int) -> None:
        """Ask for the room with its counts. Raises CheckFailed when they are wrong."""
        self._http.request("GET", "/api/chat/rooms/1", headers=self.headers)
        room = json.loads(self._http.getresponse().read())
        if (room["unread"], room["mentions"]) != (expected, expected // MENTIONED):
            raise CheckFailed(f"of {expected} messages {room['unread']} are said to be unread")

    def open(self) -> None:
        """Come into the room as the page does: connected, the newest page, the room's counts."""
        url = f"ws://127.0.0.1:{self._port}/ws/chat/1"
        with connect(
            url, compression=None, max_size=None, proxy=None, additional_headers=self.headers
        ) as websocket:
            while json.loads(websocket.recv(30))["type"] != "user_list":
                pass
            self.page("")
            self.unread(self.version)


def _resume(websocket: ClientConnection, after: int) -> None:
    websocket.send(json.dumps({"type": "subscribe", "room_id": 1, "after": after}))
    while (event := json.loads(websocket.recv(30)))["type"] != "sync":
        pass
    if event["reset"] or len(event["messages"]) != BEHIND:
        raise CheckFailed(f"a resume brought {len(event['messages'])} messages, not {BEHIND}")


def _read(server: Server, size: int, times: int) -> dict[str, float]:
    one = _Reader(server.port)
    one.page("")
    if one.version != size:
        raise CheckFailed(f"{size} messages were stored, the room is at {one.version}")
    middle = f"&before={one.last_id // 2 + PAGE}"
    url = f"ws://127.0.0.1:{server.port}/ws/chat"
    with connect(
        url, compression=None, max_size=None, proxy=None, additional_headers=one.headers
    ) as websocket:
        return _medians_us(
            {
                "newest_page_us": lambda: one.page(""),
                "old_page_us": lambda: one.page(middle),
                "resume_us": lambda: _resume(websocket, size - BEHIND),
                "unread_us": lambda: one.unread(size),
                "open_us": one.open,
            },
            times,
        )


def _grow(bench: Bench, server: Server) -> Figures:
    figures: Figures = {}
    reader.sign_in(server.port, new=True)
    for size in SIZES[: 2 if bench.scale.quick else None]:
        server.stop()
        _fill(server, size)
        # What the filling left to write must not be written while others read.
        os.sync()
        begun = time.monotonic()
        server.start()
        figures[str(size)] = {
            "messages": size,
            "start_s": time.monotonic() - begun,
            "database_mb": server.database.stat().st_size / 1e6,
            **_read(server, size, bench.scale.size(200, 20)),
        }
    return figures


GROWTH = (
    Case(
        "growth",
        "Reading a room whose history grows",
        ("parlour",),
        _grow,
        rounds=1,
        fresh=True,
    ),
)
