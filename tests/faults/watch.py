"""An abuse beside fifty normal people: what it does to them, to the event loop and to memory."""

import os
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.support.burden import MIB, most_memory
from tests.support.talkers import Talkers
from tests.support.timing import scaled

if TYPE_CHECKING:
    from tests.faults.conftest import ProbedServer

LONG = os.environ.get("TEST_LONG") == "1"
SLACK = 5
# Milliseconds: below this, or below twice what it was when it was quiet, the others feel nothing.
# Other tests and what measures the coverage take the same cores, unless it is a long run.
UNFELT = 50 if LONG else 50 * SLACK
# Milliseconds that nothing may hold the event loop.
STALL = 250
# Seconds in which enough is said.
AUDIBLE = 2.0
# Bytes that one bad client may cost.
COST = 2 * MIB

Record = Callable[[str, object], None]


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
        self.people.report()
        times, begin = 1, time.monotonic()
        with most_memory(self.server) as most:
            do()
        # As often as it takes for the others to be heard in it, one after the other.
        while (seconds := time.monotonic() - begin) < AUDIBLE and not once:
            threading.Event().wait(0.1)
            do()
            times += 1
        stalls, talk = self.server.stalls(), self.people.report()
        figures = {
            "times": times,
            "seconds": round(seconds, 2),
            "growth_kib": most.growth // 1024,
            "stall_ms": stalls["longest"],
            "quiet_p99_ms": self.quiet.p99,
            "p99_ms": talk.p99,
        }
        self.record(name, figures)
        print(f"{name}: {figures}")  # noqa: T201 - pytest shows it when the test fails
        assert talk.cut == 0
        assert talk.deliveries > 0
        assert felt or talk.p99 <= max(2 * self.quiet.p99, scaled(UNFELT))
        assert stalls["longest"] <= scaled(STALL)
        assert most.growth <= cost
