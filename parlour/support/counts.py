"""What this process has done since it began, as plain numbers: to keep them costs next to nothing.

Whoever wants to know reads them (`parlour/metrics.py`). Nothing that the program does goes by them.
"""

import time
from bisect import bisect_left
from collections import Counter
from datetime import UTC, datetime
from typing import Final, Protocol


class Histogram:
    """How often something was how much: a number for each bound, and one for what is beyond."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, *bounds: float) -> None:
        self.bounds: Final = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def add(self, value: float) -> None:
        """One more; by one thread alone."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def quantile(self, part: float) -> float | None:
        """What such a part of all were at most, as nearly as the bounds tell; None of nothing.

        Between two bounds all are taken to be equally far apart, as Prometheus does.
        """
        counts = list(self.counts)
        wanted, below, lower = part * sum(counts), 0, 0.0
        if not any(counts):
            return None
        for bound, count in zip(self.bounds, counts, strict=False):
            if count and below + count >= wanted:
                return lower + (bound - lower) * (wanted - below) / count
            below, lower = below + count, bound
        return lower


class Backup(Protocol):
    """A backup that was made."""

    @property
    def at(self) -> int:
        """When, in milliseconds since 1970."""

    @property
    def bytes(self) -> int:
        """How large it is."""

    @property
    def seconds(self) -> float:
        """How long it took."""


class Counts:
    """The numbers of one process. Those of the writer are its thread's, all others the loop's."""

    __slots__ = (
        "answers", "backup", "backup_failures", "backup_running", "begun", "begun_at",
        "committed_at", "connections", "cut", "database_faults", "deliveries",
        "entries_looked_up", "entries_told", "fan_out_lag", "gaps", "group_seconds", "group_sizes",
        "held", "jobs", "jobs_running", "lag", "limited", "messages", "purge_seconds", "purged",
        "refusals", "resumes",
    )  # fmt: skip

    def __init__(self) -> None:
        # Since when it counts: by the clock on the wall, and by one that nobody sets.
        self.begun_at = datetime.now(UTC)
        self.begun = time.monotonic()
        # Messages that were stored here, and frames written to who follows something.
        self.messages = 0
        self.deliveries = 0
        # Messages that were taken away because their time was over, how long each batch of them
        # kept the writer, and how many were set aside for holds when that was counted last.
        self.purged = 0
        self.purge_seconds = Histogram(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5)
        self.held = 0
        # WebSockets that came in, and those that were let go, by why.
        self.connections = 0
        self.cut: Counter[str] = Counter()
        # What was refused, by door and code; and answers of HTTP, by the first digit of the status.
        self.refusals: Counter[tuple[str, str]] = Counter()
        self.answers = [0] * 6
        # What was too much, by budget and by whose it was: a person's, an address' or a room's.
        self.limited: Counter[tuple[str, str]] = Counter()
        # Groups that the writer committed: how many jobs, and how long.
        self.group_sizes = Histogram(1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
        self.group_seconds = Histogram(
            0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5
        )
        # When that was committed which is told just now, or came here from another node, by
        # `time.perf_counter`; 0 while nothing is. And how long after that the last of those who
        # follow a room, or the list of rooms, was written to.
        self.committed_at = 0.0
        self.fan_out_lag = Histogram(
            0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5
        )
        # Who said up to where they had a room: what they had missed, and whether their connection
        # came to it just then, or followed it and they had noticed a gap.
        self.resumes: Counter[tuple[str, str]] = Counter()
        # What the database could not do, by why.
        self.database_faults: Counter[str] = Counter()
        # Jobs that are run just now, and what became of each try, by the job's kind and that.
        self.jobs_running = 0
        self.jobs: Counter[tuple[str, str]] = Counter()
        # The last backup, as far as is known; whether one is made just now; and how many that were
        # due failed.
        self.backup: Backup | None = None
        self.backup_running = False
        self.backup_failures = 0
        # How much later than it was due a timer ran.
        self.lag = Histogram(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
        # Entries of the journal that other nodes added: all that were told here, and those of them
        # that had to be looked for; and how often something that a node said got lost.
        self.entries_told = 0
        self.entries_looked_up = 0
        self.gaps = 0


COUNTS: Final = Counts()
