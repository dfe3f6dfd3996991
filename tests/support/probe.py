"""`parlour serve` with a probe in its event loop that measures how long the loop stands still.

Run as a program: `python probe.py serve ...`. On SIGUSR1 it writes a line `probe N: {...}` with the
longest stall since the last one, in milliseconds, and begins anew. SIGUSR2 makes a stall of
`STALL` seconds, to see whether it is noticed.
"""

import asyncio
import contextlib
import json
import signal
import socket
import sys
import threading
import time
from pathlib import Path

import parlour.server
from parlour.cli import main

TICK = 0.005
STALL = 0.3


def waited_for_a_core() -> dict[str, float]:
    """Return for how many seconds each thread was ready to run while others had the cores."""
    waited = {}
    for task in Path("/proc/self/task").glob("*/schedstat"):
        with contextlib.suppress(OSError):
            waited[task.parent.name] = int(task.read_text("ascii").split()[1]) / 1e9
    return waited


def stall() -> None:
    """Do what nothing in the loop may do: work on and on."""
    end = time.thread_time() + STALL
    while time.thread_time() < end:
        pass


class Probe:
    """Ticks in the loop; a tick that comes late says that something else held the loop.

    What the machine's other work did to it does not count: the time for which the loop's own
    thread waited for a core, and the longest wait of another one, which may have held the lock
    of the interpreter meanwhile.
    """

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.reports = 0
        self.stalls: list[float] = []
        self.due = self.loop.time() + TICK
        self.waited = waited_for_a_core()
        self.loop.add_signal_handler(signal.SIGUSR1, self.report)
        self.loop.add_signal_handler(signal.SIGUSR2, stall)
        self.loop.call_at(self.due, self.tick)

    def tick(self) -> None:
        """Note by how much this is late through the fault of this process."""
        late = self.loop.time() - self.due
        before, self.waited = self.waited, waited_for_a_core()
        waits = {task: at - before.get(task, 0.0) for task, at in self.waited.items()}
        own = waits.pop(str(threading.get_native_id()), 0.0)
        self.stalls.append(max(0.0, late - own - max(waits.values(), default=0.0)))
        self.due = self.loop.time() + TICK
        self.loop.call_at(self.due, self.tick)

    def report(self) -> None:
        """Write what was measured, and begin anew."""
        self.reports += 1
        stalls, self.stalls = sorted(self.stalls), []
        figures = {
            "longest": round(stalls[-1] * 1000, 1),
            "p99": round(stalls[len(stalls) * 99 // 100] * 1000, 1),
            "above_50": sum(stall > 0.05 for stall in stalls),
            "ticks": len(stalls),
        }
        print(f"probe {self.reports}: {json.dumps(figures)}", flush=True)  # noqa: T201


class ProbedServer(parlour.server.Server):
    """The server, whose loop is probed from the moment on at which it listens."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and begin to measure."""
        await super().startup(sockets)
        self.probe = Probe()


if __name__ == "__main__":
    setattr(parlour.server, "Server", ProbedServer)  # noqa: B010 - the command line takes it there
    sys.exit(main())
