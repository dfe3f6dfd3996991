"""`parlour serve` with a probe in its event loop that measures how long the loop stands still.

Run as a program: `python probe.py serve ...`. On SIGUSR1 it writes a line `probe N: {...}` with the
longest stall since the last one, in milliseconds, and begins anew. SIGUSR2 makes a stall of
`STALL` seconds, to see whether it is noticed. PROBE_SEND_BUFFER bounds what the kernel takes for
a connection that does not read, in bytes.
"""

import asyncio
import contextlib
import gc
import json
import os
import signal
import socket
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import parlour.server
from parlour.cli import main
from parlour.realtime.websocket import WebSocketProtocol

TICK = 0.005
STALL = 0.3


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds that a thread has run so far, and was ready to run while others had the cores."""

    running: float = 0.0
    waiting: float = 0.0

    def since(self, before: "Times") -> "Times":
        """What has come to them since `before`."""
        return Times(self.running - before.running, self.waiting - before.waiting)


def thread_times() -> dict[int, Times]:
    """Return the times of all threads of this process, as Linux counts them."""
    times = {}
    for file in Path("/proc/self/task").glob("*/schedstat"):
        with contextlib.suppress(OSError):
            running, waiting, _ = file.read_text("ascii").split()
            times[int(file.parent.name)] = Times(int(running) / 1e9, int(waiting) / 1e9)
    return times


def stall() -> None:
    """Do what nothing in the loop may do: work on and on."""
    end = time.thread_time() + STALL
    while time.thread_time() < end:
        pass


def connections() -> int:
    """Return how many WebSockets are in memory, whether open, closed or forgotten."""
    return sum(type(each) is WebSocketProtocol for each in gc.get_objects())


class Probe:
    """Ticks in the loop; a tick that comes late says that something else held the loop.

    What the machine's other work does to the loop does not count: the time for which its thread
    waited for a core; and, while it was asleep, the longest such wait of another thread, for which
    that one may have kept the lock of the interpreter. What the thread itself ran always counts.
    """

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.reports = 0
        self.stalls: list[float] = []
        self.ticked = time.monotonic()
        self.times = thread_times()
        self.loop.add_signal_handler(signal.SIGUSR1, self.report)
        self.loop.add_signal_handler(signal.SIGUSR2, stall)
        self.loop.call_later(TICK, self.tick)

    def tick(self) -> None:
        """Measure, and do it again a little later."""
        self.measure()
        self.loop.call_later(TICK, self.tick)

    def measure(self) -> None:
        """Note for how long the loop stood still through the fault of this process."""
        passed = time.monotonic() - self.ticked
        before, self.times = self.times, thread_times()
        spent = {thread: t.since(before.get(thread, Times())) for thread, t in self.times.items()}
        own = spent.pop(threading.get_native_id(), Times())
        asleep = passed - own.running - own.waiting
        others = max((each.waiting for each in spent.values()), default=0.0)
        self.stalls.append(max(0.0, passed - TICK - own.waiting - max(0.0, min(others, asleep))))
        self.ticked = time.monotonic()

    def report(self) -> None:
        """Write what was measured, and begin anew."""
        self.measure()
        self.reports += 1
        stalls, self.stalls = sorted(self.stalls), []
        figures = {
            "longest": round(stalls[-1] * 1000, 1),
            "p99": round(stalls[len(stalls) * 99 // 100] * 1000, 1),
            "above_50": sum(stall > 0.05 for stall in stalls),
            "ticks": len(stalls),
            "tasks": len(asyncio.all_tasks()),
            # What only a collection could free, of what was made since the last one.
            "garbage": gc.collect(),
            "connections": connections(),
        }
        print(f"probe {self.reports}: {json.dumps(figures)}", flush=True)  # noqa: T201
        # What the report itself took is nobody's fault.
        self.ticked, self.times = time.monotonic(), thread_times()


class ProbedServer(parlour.server.Server):
    """The server, whose loop is probed from the moment on at which it listens."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and begin to measure."""
        for listening in sockets or []:
            if size := os.environ.get("PROBE_SEND_BUFFER"):
                # What is accepted on it inherits that, and does not grow.
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, int(size))
        await super().startup(sockets)
        self.probe = Probe()


if __name__ == "__main__":
    setattr(parlour.server, "Server", ProbedServer)  # noqa: B010 - the command line takes it there
    sys.exit(main())
