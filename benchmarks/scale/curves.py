"""Curves: what people do, while rooms, members or history grow a thousandfold.

All sizes are there at once, each with a server of its own, and take turns: a slow moment of the
machine falls on all of them. What is told is CPU, of the server and of PostgreSQL together; the
disk's time for a commit is the same whatever has grown, and would hide what is looked for.
"""

import os
import shutil
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from benchmarks.cases.case import Case
from benchmarks.loading import Bench, CheckFailed, Figures
from benchmarks.machine import ROOT
from benchmarks.scale import engines
from benchmarks.scale.clocks import cpu_us
from benchmarks.scale.growing import HISTORY
from benchmarks.scale.visitor import Visitor, make_accounts
from benchmarks.servers import KINDS, Server

# With these it begins, and grows by each of the factors.
SMALLEST = {"rooms": 10, "members": 9, "history": 1_000}
FACTORS = (1, 10, 100, 1_000)
# Each is done so many times before another size has its turn, so many times over.
BLOCK, TURNS = 10, 7
ACTS = ("enter", "join", "send", "resume", "unread")


class Store(Server):
    """A Parlour on SQLite, or alone on a PostgreSQL that stays while it is stopped."""

    def __init__(self, bench: Bench, name: str, home: Path) -> None:
        super().__init__(KINDS["parlour"], bench.server_core, home, bench.programs)
        self.parlour = bench.parlour
        self._on_postgresql = name == "postgresql"
        self.postgresql: engines.Database | None = None

    @property
    def url(self) -> str:
        """The address of its database; empty where it is a file."""
        return self.env.get("PARLOUR_DATABASE_URL", "")

    def start(self) -> None:
        """Start it; the first time with the PostgreSQL."""
        if self._on_postgresql and self.postgresql is None:
            self.postgresql = engines.Database(self.core)
            self.env["PARLOUR_DATABASE_URL"] = self.postgresql.make("base")
        super().start()

    def end(self) -> None:
        """Stop it, and its PostgreSQL."""
        self.stop()
        if self.postgresql is not None:
            self.postgresql.end()
            self.postgresql = None

    def copy(self, place: int) -> Server:
        """Return another server, not started, on a copy of what there is; this one is stopped."""
        home = self.home / f"size-{place}"
        home.mkdir()
        other = Server(self.kind, self.core, home, self.programs)
        other.parlour = self.parlour
        shutil.copytree(self.data, other.data)
        if self.postgresql is not None:
            engines.tidy(self.url)
            other.env["PARLOUR_DATABASE_URL"] = self.postgresql.make(f"size_{place}", "base")
        return other


def make(bench: Bench, name: str, home: Path) -> Server:
    """Make the server from which the others are copied."""
    return Store(bench, name, home)


def _grow(store: Store, what: str, count: int) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("PARLOUR_")}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.scale.growing", str(store.data), what, str(count)],
        cwd=ROOT, env=env | store.env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise CheckFailed(f"the database could not be filled: {done.stderr[-500:]}")


def _rss_kb(server: Server) -> float:
    pages = int(Path(f"/proc/{server.pid}/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / 1024


class _Size:
    """One size: its server, its people, and what their acts took."""

    def __init__(self, server: Server, base: int, beside: tuple[int, ...], what: str) -> None:
        begun = time.monotonic()
        server.start()
        self.started = time.monotonic() - begun
        server.settle()
        self.rss_kb = _rss_kb(server)
        self._pids = (server.pid, *beside)
        self.visitor = Visitor(server.port, base)
        self._acts = self.visitor.acts
        if what == "rooms":
            # Nobody expects that to be flat: it is as long as there are rooms.
            self._acts["list"] = self.visitor.list
        self.took: dict[str, list[tuple[float, float]]] = {name: [] for name in self._acts}

    def turn(self, act: str, times: int) -> None:
        """Do it so many times; the first turn fills caches."""
        self.visitor.come_back()
        cpu, begun = cpu_us(*self._pids), time.perf_counter_ns()
        for _ in range(times):
            self._acts[act]()
        lasted = (time.perf_counter_ns() - begun) / 1000
        self.took[act].append(((cpu_us(*self._pids) - cpu) / times, lasted / times))

    def figures(self) -> dict[str, float]:
        """Return the medians."""
        found = {"start_s": self.started, "rss_kb": self.rss_kb}
        for act, turns in self.took.items():
            found[f"{act}_cpu_us"] = statistics.median(cpu for cpu, _ in turns[1:])
            found[f"{act}_us"] = statistics.median(lasted for _, lasted in turns[1:])
        return found


def _curve(bench: Bench, server: Server, *, what: str) -> Figures:
    if not isinstance(server, Store):
        raise TypeError(f"{server.kind.name} cannot be copied")
    make_accounts(server.port)
    server.stop()
    factors = FACTORS[: 2 if bench.scale.quick else None]
    block, turns = bench.scale.size(BLOCK, 3), bench.scale.size(TURNS, 2)
    beside = () if server.postgresql is None else (server.postgresql.pid,)
    sizes: dict[int, _Size] = {}
    with ExitStack() as ends:
        copies = []
        for factor in factors:
            _grow(server, what, SMALLEST[what] * factor)
            copies.append(server.copy(factor))
        # What the filling left to write must not be written while it is measured.
        os.sync()
        for factor, copy in zip(factors, copies, strict=True):
            base = SMALLEST[what] * factor if what == "history" else HISTORY
            ends.callback(copy.stop)
            sizes[factor] = _Size(copy, base, beside, what)
            ends.callback(sizes[factor].visitor.close)
        for _ in range(turns + 1):
            for act in next(iter(sizes.values())).took:
                for size in sizes.values():
                    size.turn(act, 1 if act == "list" else block)
    return {
        str(factor): {"size": SMALLEST[what] * factor, **size.figures()}
        for factor, size in sizes.items()
    }


CURVES = tuple(
    Case(f"curve-{what}", title, ("sqlite", "postgresql"), partial(_curve, what=what), make=make,
         rounds=1, fresh=True)
    for what, title in (
        ("rooms", "More and more rooms"),
        ("members", "A room of more and more members"),
        ("history", "A room with a longer and longer history"),
    )
)  # fmt: skip
