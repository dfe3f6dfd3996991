"""`parlour serve` with shorter deadlines, for tests; see `HurriedServer` in `hurried_server.py`.

Run as a program, `python hurried.py serve ...`, or by one that has loaded already. TEST_HURRY
names what hurries: `door`, whose deadlines are `HURRY` times shorter, `websockets`, `database`,
`redis`, `start`, or more. Every limit is one of the production server's with another number; the
numbers themselves are held against the documentation in `tests/docs/`. On SIGUSR1 it writes a line
`door N: {...}`: how many tasks and connections there are, and what of the door's places is not
empty. On SIGUSR2 it writes a line `stall` and stands still for longer than any deadline.
"""

import asyncio
import gc
import json
import os
import signal
import socket
import sys
import time
from typing import Any, Final

import parlour.server
from parlour.cli import main
from parlour.realtime.websocket import WebSocketProtocol
from parlour.store import backends
from parlour.support import postgresql
from parlour.support.door import Door

HURRY: Final = 10
# Seconds. How often WebSockets are pinged, how long an answer may take, and a message.
PING_INTERVAL: Final = 1.0
PING_TIMEOUT: Final = 1.0
MESSAGE_SECONDS: Final = 1.0
# And how long a PostgreSQL server may say nothing: longer than who writes waits for the lock, as
# in life, since whoever holds it in silence is put out only then; psycopg connects in no less than
# two. And how long a Redis server may.
SILENT_SECONDS: Final = postgresql.LOCK_TIMEOUT_MS / 1000 + 1
CONNECT_SECONDS: Final = 2
REDIS_SECONDS: Final = 2.0
HURRIED: Final = os.environ.get("TEST_HURRY", "").split()
DEADLINES = (
    "TICK",
    "HEAD_SECONDS",
    "IDLE_SECONDS",
    "BODY_SECONDS",
    "UNSENT_SECONDS",
    "LINGER_SECONDS",
)
PLACES = ("waiting", "receiving", "answering", "idle", "lingering", "leaving", "unsent")


def hurry_door() -> None:
    """Divide every deadline of the door; what has to come in a second comes in less of it."""
    for name in DEADLINES:
        setattr(Door, name, getattr(Door, name) / HURRY)
    Door.BYTES_PER_SECOND *= HURRY


def hurry_websockets() -> None:
    """Give peers a tenth of the time to end their messages, and to read what was written."""
    setattr(WebSocketProtocol, "message_seconds", MESSAGE_SECONDS)  # noqa: B010
    setattr(WebSocketProtocol, "flush_seconds", MESSAGE_SECONDS)  # noqa: B010


def hurry_database() -> None:
    """Give a PostgreSQL server up soon that says nothing."""
    setattr(postgresql, "SILENT_SECONDS", SILENT_SECONDS)  # noqa: B010
    setattr(postgresql, "IDLE_SECONDS", CONNECT_SECONDS / 2)  # noqa: B010
    setattr(postgresql, "UNKNOWN_SECONDS", SILENT_SECONDS)  # noqa: B010
    setattr(postgresql, "CONNECT_SECONDS", CONNECT_SECONDS)  # noqa: B010


def hurry_redis() -> None:
    """Give a Redis server up soon that says nothing."""
    # An extra that most tests do without.
    from parlour.realtime import broker_redis  # noqa: PLC0415

    setattr(broker_redis, "PING_SECONDS", REDIS_SECONDS / 4)  # noqa: B010
    setattr(broker_redis, "SILENT_SECONDS", REDIS_SECONDS)  # noqa: B010
    setattr(broker_redis, "CONNECT_SECONDS", REDIS_SECONDS)  # noqa: B010


def hurry_start() -> None:
    """Begin before any of a SQLite file is looked at, as where it is very large."""
    setattr(backends, "CHECK_SECONDS", 0.0)  # noqa: B010


class HurriedServer(parlour.server.Server):
    """The server, which tells what it has to do."""

    reports = 0

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "websockets" in HURRIED:
            self.config.ws_ping_interval = PING_INTERVAL
            self.config.ws_ping_timeout = PING_TIMEOUT

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and listen for the signals."""
        await super().startup(sockets)
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, self.report)
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR2, self.stall)

    def stall(self) -> None:
        """Do what nothing in the loop may do: hold it."""
        print("stall", flush=True)  # noqa: T201
        time.sleep(1.2 * Door.BODY_SECONDS)

    def report(self) -> None:
        """Write what there is."""
        self.reports += 1
        gc.collect()
        places = {name: len(getattr(self.door, name)) for name in PLACES}
        figures = {
            "tasks": len(asyncio.all_tasks()),
            "connections": len(self.server_state.connections),
            "door": {name: size for name, size in places.items() if size},
        }
        print(f"door {self.reports}: {json.dumps(figures)}", flush=True)  # noqa: T201


def run() -> int:
    """Be the program, to its end; what it ends with."""
    if "door" in HURRIED:
        hurry_door()
    if "websockets" in HURRIED:
        hurry_websockets()
    if "database" in HURRIED:
        hurry_database()
    if "redis" in HURRIED:
        hurry_redis()
    if "start" in HURRIED:
        hurry_start()
    setattr(parlour.server, "Server", HurriedServer)  # noqa: B010 - the command line takes it there
    return main()


if __name__ == "__main__":
    sys.exit(run())
