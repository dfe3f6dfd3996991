"""An abuse beside fifty normal people: what it does to them, to the event loop and to memory."""

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tests.support.burden import MIB, most_memory
from tests.support.talkers import Talk, Talkers
from tests.support.timing import LONG, SLACK, scaled

if TYPE_CHECKING:
    from tests.faults.conftest import ProbedServer

# What is promised: the others' p99 is at most twice what it was when it was quiet. That can be told
# in a long run, in which the server has a core of its own (see `apart`). In any other, other tests
# and what measures the coverage take the same cores: so many milliseconds are no fault either.
PROMISE = 2
UNFELT = 0 if LONG else 50 * SLACK
# Milliseconds that nothing may hold the event loop.
STALL = 250
# Those of the machine that this may use, before any is given away.
CORES = sorted(os.sched_getaffinity(0))
# What else the machine does may be felt by the others too, but hardly each time.
ATTEMPTS = 3
# Seconds in which enough is said, and those in which it is found out what is usual.
AUDIBLE = 6.0 if LONG else 2.0
USUAL = 6.0 if LONG else 1.5
# Bytes that one bad client may cost.
COST = 2 * MIB

Record = Callable[[str, object], None]


class Tried(NamedTuple):
    """What came of an abuse: how often it was done, for how long, its cost in bytes, the talk."""

    times: int
    seconds: float
    growth: int
    talk: Talk


class Watch:
    """What an abuse did: to the others, to the loop, to memory."""

    def __init__(self, server: "ProbedServer", room_id: int, people: Talkers) -> None:
        self.server, self.room_id, self.people = server, room_id, people
        # Notes figures for whoever reads the results: that of the test that runs.
        self.record: Record = lambda name, value: None
        self.quiet = self._listen()

    def abuse(
        self,
        name: str,
        do: Callable[[], object],
        *,
        cost: int = COST,
        once: bool = False,
    ) -> None:
        """Do it again and again, or only `once`, and hold what it did to the promises."""
        self.server.stalls()
        tried = self._try(do, once=once)
        for _ in range(ATTEMPTS - 1):
            if self._unfelt(tried.talk):
                break
            tried = self._try(do, once=once)
        stalls = self.server.stalls()
        figures = {
            "times": tried.times,
            "seconds": round(tried.seconds, 2),
            "growth_kib": tried.growth // 1024,
            "stall_ms": stalls["longest"],
            "quiet_p99_ms": self.quiet.p99,
            "p99_ms": tried.talk.p99,
        }
        self.record(name, figures)
        print(f"{name}: {figures}")  # noqa: T201 - pytest shows it when the test fails
        assert tried.talk.cut == 0
        assert tried.talk.deliveries > 0
        assert self._unfelt(tried.talk)
        assert stalls["longest"] <= scaled(STALL)
        assert tried.growth <= cost

    def _unfelt(self, talk: Talk) -> bool:
        return talk.p99 <= max(PROMISE * self.quiet.p99, scaled(UNFELT))

    def _listen(self) -> Talk:
        """What is usual, while nobody does anything."""
        self.people.report()
        threading.Event().wait(USUAL)
        quiet = self.people.report()
        assert quiet.deliveries > 0
        return quiet

    def _try(self, do: Callable[[], object], *, once: bool) -> Tried:
        if LONG:
            self.quiet = self._listen()
        self.people.report()
        times, begin = 1, time.monotonic()
        with giving_way(), most_memory(self.server) as most:
            do()
        # As often as it takes for the others to be heard in it, one after the other.
        while (seconds := time.monotonic() - begin) < AUDIBLE:
            if once:
                threading.Event().wait(0.1)
                continue
            with giving_way():
                do()
            times += 1
        return Tried(times, seconds, most.growth, self.people.report())


@contextmanager
def apart(server: int, people: int) -> Iterator[None]:
    """In a long run, give a server a core of its own for the length of a block.

    Those who talk share the others with whoever abuses it. Both are numbers of processes. Otherwise
    it would be measured how the machine shares its cores between them.
    """
    first, *others = CORES
    if not LONG or not others:
        yield
        return
    _keep_to({first}, server)
    for process in (people, os.getpid()):
        _keep_to(set(others), process)
    try:
        yield
    finally:
        # What is started from here on takes it over.
        _keep_to(set(CORES), os.getpid())


def _keep_to(cores: set[int], process: int) -> None:
    for thread in Path(f"/proc/{process}/task").iterdir():
        # One that has ended meanwhile needs none.
        with contextlib.suppress(ProcessLookupError):
            os.sched_setaffinity(int(thread.name), cores)


@contextmanager
def giving_way() -> Iterator[None]:
    """In a long run, abuse with what those who talk leave of their core."""
    if LONG:
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    try:
        yield
    finally:
        if LONG:
            os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
