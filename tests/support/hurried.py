"""`parlour serve` with deadlines at the HTTP door that are `HURRY` times shorter, for tests.

Run as a program: `python hurried.py serve ...`. On SIGUSR1 it writes a line `door N: {...}`: how
many tasks and connections there are, and what of the door's places is not empty. On SIGUSR2 it
writes a line `stall` and stands still for longer than any deadline.
"""

import asyncio
import gc
import json
import os
import signal
import socket
import sys
import time

import parlour.server
from parlour.cli import main
from parlour.support.door import Door

HURRY = 10
DEADLINES = (
    "TICK",
    "HEAD_SECONDS",
    "IDLE_SECONDS",
    "BODY_SECONDS",
    "UNSENT_SECONDS",
    "LINGER_SECONDS",
)
PLACES = ("waiting", "receiving", "answering", "idle", "lingering", "leaving", "unsent")


def hurry() -> None:
    """Divide every deadline of the door; what has to come in a second comes in less of it."""
    for name in DEADLINES:
        setattr(Door, name, getattr(Door, name) / HURRY)
    Door.BYTES_PER_SECOND *= HURRY


class HurriedServer(parlour.server.Server):
    """The server, which tells what it has to do."""

    reports = 0

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


if __name__ == "__main__":
    if os.environ.get("TEST_HURRY") != "no":
        hurry()
    setattr(parlour.server, "Server", HurriedServer)  # noqa: B010 - the command line takes it there
    sys.exit(main())
