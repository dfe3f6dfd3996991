"""A case: which servers it measures, and how one round of one server goes."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.loading import Bench, Figures
from benchmarks.servers import Server

Measure = Callable[[Bench, Server], Figures]
# A server by its name, not started, with a folder of its own.
Make = Callable[[Bench, str, Path], Server]


@dataclass(frozen=True)
class Case:
    """One line of the report. `measure` raises CheckFailed when its figures count for nothing."""

    name: str
    title: str
    servers: tuple[str, ...]
    measure: Measure
    # None: as many as the scale says.
    rounds: int | None = None
    # Joins are told to everybody by the seed's design, as they are in life.
    loud_seed: bool = False
    # The environment of the server; READS_FILE is given a path in its home.
    counts_reads: bool = False
    # Started anew for each round: for cases that look at memory.
    fresh: bool = False
    # How its servers are made, where they are not those of `servers.KINDS`.
    make: Make | None = None
