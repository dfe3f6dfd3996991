"""An abuse beside fifty normal people: what it does to them, to the event loop and to memory."""

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from tests.support.burden import MIB, most_memory
from tests.support.talkers import Talk, Talkers
from tests.support.timing import LONG, SLACK, scaled

if TYPE_CHECKING:
    from tests.faults.conftest import ProbedServer

# Milliseconds: below this, or below twice what it was when it was quiet, the others feel nothing.
# Other tests and what measures the coverage take the same cores, unless it is a long run.
UNFELT = 50 if LONG else 50 * SLACK
# Milliseconds that nothing may hold the event loop.
STALL = 250
# What else the machine does may be felt by the others too, but hardly each time.
ATTEMPTS = 3
# Seconds in which enough is said.
AUDIBLE = 2.0
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
        # Long enough to say what is usual.
        threading.Event().wait(1.5)
        self.quiet = people.report()
        assert self.quiet.deliveries > 0

    def abuse(
        self,
        name: str,
        do: Callable[[], object],
        *,
        cost: int = COST,
        felt: bool = False,
        once: bool = False,
    ) -> None:
        """Do it again and again, or only `once`, and hold what it did to the promises.

        What may be `felt` takes the server's time, in which the others wait their turn.
        """
        self.server.stalls()
        tried = self._try(do, once=once)
        for _ in range(0 if once else ATTEMPTS - 1):
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
        assert felt or self._unfelt(tried.talk)
        assert stalls["longest"] <= scaled(STALL)
        assert tried.growth <= cost

    def _unfelt(self, talk: Talk) -> bool:
        return talk.p99 <= max(2 * self.quiet.p99, scaled(UNFELT))

    def _try(self, do: Callable[[], object], *, once: bool) -> Tried:
        self.people.report()
        times, begin = 1, time.monotonic()
        with most_memory(self.server) as most:
            do()
        # As often as it takes for the others to be heard in it, one after the other.
        while (seconds := time.monotonic() - begin) < AUDIBLE and not once:
            threading.Event().wait(0.1)
            do()
            times += 1
        return Tried(times, seconds, most.growth, self.people.report())
