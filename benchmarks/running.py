"""Runs cases: all servers in turn, several rounds, medians; a failed check leaves no figure."""

import shutil
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.cases.case import Case
from benchmarks.loading import Bench, CheckFailed, Figures
from benchmarks.machine import ROOT
from benchmarks.servers import KINDS, Server

# A file system in memory, where a commit costs no disk.
MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it


def median_figures(rounds: Sequence[Figures]) -> Figures:
    """Return the median of every figure that all rounds have."""
    first = rounds[0]
    return {
        part: {
            name: statistics.median(each[part][name] for each in rounds)
            for name in figures
            if all(name in each.get(part, {}) for each in rounds)
        }
        for part, figures in first.items()
    }


class Runner:
    """Runs one case after the other and keeps what came of it."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self.results: dict[str, Any] = {}

    def run(self, case: Case) -> None:
        """Measure all servers of one case; what failed stands in the results in words."""
        begun = time.monotonic()
        rounds: dict[str, list[Figures]] = {name: [] for name in case.servers}
        faults: dict[str, str] = {}
        running: dict[str, Server] = {}
        print(f"{case.name}: {case.title}", flush=True)
        try:
            for _ in range(case.rounds or self._bench.scale.rounds):
                for name in case.servers:
                    if name not in faults and self._possible(name):
                        self._round(case, name, running, rounds, faults)
        finally:
            for server in running.values():
                self._end(server)
        # An interrupted case does not come here, and is not told.
        self.results[case.name] = {
            "title": case.title,
            "seconds": round(time.monotonic() - begun, 1),
            "servers": {
                name: {"fault": faults[name]}
                if name in faults
                else {"figures": median_figures(rounds[name]), "rounds": rounds[name]}
                for name in case.servers
                if name in faults or rounds[name]
            },
        }

    def _possible(self, name: str) -> bool:
        return name != "parlour-memory" or MEMORY.is_dir()

    def _round(
        self,
        case: Case,
        name: str,
        running: dict[str, Server],
        rounds: dict[str, list[Figures]],
        faults: dict[str, str],
    ) -> None:
        try:
            if name not in running:
                running[name] = self._start(case, name)
            figures = case.measure(self._bench, running[name])
        except (CheckFailed, RuntimeError, OSError) as fault:
            faults[name] = " ".join(str(fault).split()) or type(fault).__name__
            print(f"  {name}: FAILED: {faults[name]}", flush=True)
        else:
            rounds[name].append(figures)
        # What is left to do must not fall into another's measure.
        server = running.get(name)
        if server is not None and (case.fresh or name in faults or not server.settle()):
            self._end(running.pop(name))

    def _start(self, case: Case, name: str) -> Server:
        above = MEMORY if name == "parlour-memory" else self._bench.home
        home = Path(tempfile.mkdtemp(prefix=f".bench-{name}-", dir=above))
        if case.make is not None:
            server = case.make(self._bench, name, home)
        else:
            server = Server(KINDS[name], self._bench.server_core, home, self._bench.programs)
            server.parlour = self._bench.parlour
        server.quiet = not case.loud_seed
        if case.counts_reads:
            server.env["READS_FILE"] = str(home / "reads")
            server.env["PYTHONPATH"] = str(ROOT / "benchmarks" / "reads")
        try:
            server.start()
        except BaseException:
            self._end(server)
            raise
        # Whatever it does behind its first answer, such as compressing its pages.
        server.settle()
        return server

    def _end(self, server: Server) -> None:
        server.end()
        shutil.rmtree(server.home, ignore_errors=True)

    @property
    def failed(self) -> list[str]:
        """Say for every server and case without a figure what went wrong."""
        return [
            f"{case}, {name}: {outcome['fault']}"
            for case, result in self.results.items()
            for name, outcome in result["servers"].items()
            if "fault" in outcome
        ]
