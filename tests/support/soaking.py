"""What a long run keeps of its messages and of its server: a few bytes each, for hours of both."""

import json
import math
import time
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import fmean, median, variance
from typing import Any, Final

from httpx2 import AsyncClient

from tests.support import burden
from tests.support.figures import read
from tests.support.people import checked
from tests.support.server import Server

MIB: Final = 1024 * 1024
# How much memory may grow in an hour, and how far the log of SQLite.
MOST_MB_AN_HOUR: Final = 2.0
MOST_WAL: Final = 32 * MIB
# By how many handles, and tasks, may become more in an hour, beyond what is sure of it.
MOST_AN_HOUR: Final = 2.0
# By how many threads the last part of a run may differ from the first: they belong to pools, each
# of which makes its next one the first time that all others are busy, and has a bound.
FLAT: Final = 8.0
# Without so many minutes there is no line through them that is known to be right.
FEWEST_MINUTES: Final = 3
PAGE: Final = 200


class Books:
    """What each writer asked for and was told: the version of its n-th message, 0 without one."""

    def __init__(self) -> None:
        self.told: dict[str, array[int]] = {}
        self.rooms: dict[str, int] = {}
        self.acknowledged = 0
        self.faults: list[str] = []
        # Milliseconds that some of them took to be acknowledged.
        self.waits: list[float] = []

    def write(self, writer: str, room: int) -> int:
        """One more message of a writer, who is in one room; its number."""
        self.rooms[writer] = room
        versions = self.told.setdefault(writer, array("q"))
        versions.append(0)
        return len(versions) - 1

    def acknowledge(self, writer: str, number: int, version: int, seconds: float = 0) -> None:
        """It was told that it is stored."""
        before = self.told[writer][number]
        if before not in (0, version):
            self.faults.append(f"{writer}-{number} was told as {before}, then as {version}")
        self.acknowledged += not before
        self.told[writer][number] = version
        if len(self.waits) < 200_000:
            self.waits.append(1000 * seconds)

    def blame(self, words: str) -> None:
        """Something was told that may not be."""
        if len(self.faults) < 100:
            self.faults.append(words)

    async def check(self, http: AsyncClient, room: int) -> int:
        """Read a room's whole history and hold it against what was told; how much there is."""
        found: dict[str, dict[int, int]] = {}
        last = count = 0
        async for message in _history(http, room):
            count += 1
            if last and message["version"] != last - 1:
                self.blame(f"room {room}: version {message['version']} stands before {last}")
            last = message["version"]
            writer, _, number = (message["client_id"] or "").rpartition("-")
            if message["content"] != content_of(writer, int(number or -1)):
                self.blame(f"room {room}: {message['client_id']} says something else")
            if int(number or -1) in found.setdefault(writer, {}):
                self.blame(f"{message['client_id']} is there twice")
            found[writer][int(number or -1)] = last
        if last > 1:
            self.blame(f"room {room} begins with version {last}")
        for writer in [each for each, its in self.rooms.items() if its == room]:
            there = found.pop(writer, {})
            for number, version in enumerate(self.told[writer]):
                if version and there.get(number) != version:
                    self.blame(f"{writer}-{number}, told as {version}, is {there.get(number)}")
            versions = [there[number] for number in sorted(there)]
            if versions != sorted(versions):
                self.blame(f"what {writer} said is there in another order")
        self.faults += [f"nobody here is {writer!r}" for writer in found]
        return count


def content_of(writer: str, number: int) -> str:
    """What a writer says as its n-th."""
    return f"{writer} says number {number}, and some more words so that it is as long as most"


async def _history(http: AsyncClient, room: int) -> Any:
    """The messages of a room from the newest down."""
    before = ""
    while True:
        path = f"/api/chat/rooms/{room}/messages?limit={PAGE}{before}"
        page = checked(await http.get(path))
        for message in reversed(page):
            yield message
        if len(page) < PAGE:
            return
        before = f"&before={page[0]['id']}"


@dataclass(frozen=True, slots=True)
class Sample:
    """A server at one moment."""

    at: float
    memory: int
    # Beside those of connections, which come and go.
    handles: float
    tasks: float
    threads: int
    wal: int
    connections: float


@dataclass
class Watch:
    """A server over hours."""

    server: Server
    samples: list[Sample] = field(default_factory=list)
    begun: float = field(default_factory=time.monotonic)

    async def look(self, http: AsyncClient) -> None:
        """Look at it once more."""
        figures = read(checked_text(await http.get("/metrics")))
        http_connections = sum(
            value for name, value in figures.items() if name.startswith("parlour_http_connections{")
        )
        websockets = figures["parlour_connections"]
        status = (burden.of(self.server) / "status").read_text("ascii")
        wal = self.server.data_dir / "chat.db-wal"
        self.samples.append(
            Sample(
                time.monotonic() - self.begun,
                burden.memory(self.server),
                burden.handles(self.server) - websockets - http_connections,
                # Of each connection there is one.
                figures["parlour_tasks"] - websockets,
                int(status.partition("Threads:")[2].split()[0]),
                wal.stat().st_size if wal.exists() else 0,
                websockets,
            )
        )

    def minutes(self, name: str, since: float) -> list[tuple[float, float]]:
        """What was in the middle of each minute from `since` seconds on; of memory in MB."""
        minutes: dict[int, list[float]] = {}
        unit = 1e6 if name == "memory" else 1
        for each in self.samples:
            if each.at >= since:
                minutes.setdefault(int(each.at // 60), []).append(getattr(each, name) / unit)
        return [(60.0 * minute, median(each)) for minute, each in minutes.items()]

    def slope(self, name: str, since: float) -> tuple[float, float]:
        """How much more of something there is in an hour from `since` on, and how sure that is.

        A line through the middle of each minute, and its standard error.
        """
        return line_of(self.minutes(name, since))

    def grows_still(self, name: str, since: float) -> bool:
        """Whether there is more of it in the last third of that than in the middle one."""
        values = [each for _, each in self.minutes(name, since)]
        third = len(values) // 3
        if third < 2:
            return True
        middle, last = values[-2 * third : -third], values[-third:]
        error = math.sqrt((variance(middle) + variance(last)) / third)
        return fmean(last) - fmean(middle) > 2 * error

    def drift(self, name: str, since: float) -> float:
        """How much more of something there is in the last third of that than in its first."""
        late = [getattr(each, name) for each in self.samples if each.at >= since]
        third = max(1, len(late) // 3)
        return fmean(late[-third:]) - fmean(late[:third])

    def verdict(self, since: float) -> Iterator[str]:
        """What is not as it should be."""
        slope, error = self.slope("memory", since)
        if slope - 2 * error > MOST_MB_AN_HOUR:
            yield f"memory grows by {slope:.1f} MB an hour"
        for name in ("handles", "tasks"):
            slope, error = self.slope(name, since)
            if slope - 2 * error > MOST_AN_HOUR and self.grows_still(name, since):
                yield f"{name} grow by {slope:.1f} an hour"
        drift = self.drift("threads", since)
        if abs(drift) > FLAT:
            yield f"threads: {drift:+.1f} from the first to the last third"
        largest = max(each.wal for each in self.samples)
        if largest > MOST_WAL:
            yield f"the log of SQLite had {largest / MIB:.0f} MiB"

    def unjudged(self, since: float) -> Iterator[str]:
        """What no verdict can be had of, and why."""
        count = len(self.minutes("memory", since))
        if count < FEWEST_MINUTES:
            words = f"there are {count} minutes of it from {since:.0f} s on, and it takes"
            yield f"growth of memory, handles and tasks: {words} {FEWEST_MINUTES}"


def line_of(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The slope of the best line through points (seconds, so much), an hour; its standard error.

    Of too few points it is not known at all.
    """
    if len(points) < FEWEST_MINUTES:
        return 0.0, float("inf")
    xs, ys = [x / 3600 for x, _ in points], [y for _, y in points]
    x, y = fmean(xs), fmean(ys)
    spread = sum((each - x) ** 2 for each in xs)
    slope = sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True)) / spread
    left = sum((b - y - slope * (a - x)) ** 2 for a, b in zip(xs, ys, strict=True))
    return slope, (left / (len(points) - 2) / spread) ** 0.5


def checked_text(answer: Any) -> str:
    """The text of an answer that is a 200."""
    assert answer.status_code == 200, answer.text
    return str(answer.text)


def frame_of(text: str | bytes) -> dict[str, Any]:
    """What a frame says."""
    frame: dict[str, Any] = json.loads(text)
    return frame
