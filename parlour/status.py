"""How this server fares, for those who run it: figures as they are just now, and their shapes.

What counts up (`messages`, `cpu_seconds`, the counts of a `Timing`) does so from the start of the
process: two readings of one node make a rate. Nothing here looks through tables.
"""

import asyncio
import contextlib
import resource
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NamedTuple

from pydantic import ConfigDict, Field
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from parlour import __version__
from parlour.context import Context
from parlour.errors import Refusal
from parlour.fields import Shape, Time
from parlour.store import files as file_rows
from parlour.store import nodes
from parlour.store.backends import Sizes
from parlour.support.counts import COUNTS, Histogram
from parlour.support.patience import Patience

# What of the database is asked is given up after so long: just then the rest is wanted.
PATIENCE_SECONDS: Final = 2.0

Broker = Literal["ok", "away", "none"]
ByName = dict[Annotated[str, Field(min_length=1)], int]


class NodeName(Shape):
    """One of those that work on a database together."""

    id: str
    host: str


class Timing(Shape):
    """How long something took, in seconds: how often up to each bound, and beyond the last."""

    p50: float | None
    p99: float | None
    bounds: list[float]
    counts: list[int]


class Waiting(Shape):
    """What has no answer yet."""

    writes: int
    reads: int
    passwords: int
    searches: int
    uploads: int
    jobs: int


class DatabaseStatus(Shape):
    """How large it is, and what files people have sent take."""

    kind: Literal["sqlite", "postgresql"]
    bytes: int
    log_bytes: int | None
    files_bytes: int


class DiskStatus(Shape):
    """The disk of the data directory."""

    bytes: int
    free_bytes: int


_EXAMPLE: Final[dict[str, Any]] = {
    "version": "0.1.0",
    "service": "all",
    "started_at": "2026-01-31T12:00:00.000000Z",
    "uptime": 86400.5,
    "node": None,
    "nodes": [],
    "connections": 412,
    "connections_limit": 20000,
    "people": 230,
    "rooms": 57,
    "connections_opened": 9120,
    "messages": 104233,
    "deliveries": 3120334,
    "commits": {"p50": 0.002, "p99": 0.011, "bounds": [0.005, 0.05], "counts": [97000, 7100, 3]},
    "telling": {"p50": 0.003, "p99": 0.02, "bounds": [0.005, 0.05], "counts": [95000, 3100, 4]},
    "lag": {"p50": 0.0004, "p99": 0.003, "bounds": [0.001, 0.01], "counts": [340000, 5600, 2]},
    "waiting": {
        "writes": 0, "reads": 0, "passwords": 0, "searches": 0, "uploads": 1, "jobs": 0,
    },
    "refusals": {"not_found": 12, "rate_limited": 3},
    "cut": {"slow": 1},
    "faults": {},
    "jobs": {"done": 812},
    "memory_bytes": 143654912,
    "cpu_seconds": 801.3,
    "database": {
        "kind": "sqlite", "bytes": 81940480, "log_bytes": 4152992, "files_bytes": 1200345,
    },
    "disk": {"bytes": 252000000000, "free_bytes": 72000000000},
    "broker": "none",
}  # fmt: skip


class ServerStatus(Shape):
    """How the node that answers fares."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    version: str
    service: str
    started_at: Time
    uptime: float
    node: str | None
    nodes: list[NodeName]
    connections: int
    connections_limit: int | None
    people: int
    rooms: int
    connections_opened: int
    messages: int
    deliveries: int
    commits: Timing
    telling: Timing
    lag: Timing
    waiting: Waiting
    refusals: ByName
    cut: ByName
    faults: ByName
    jobs: ByName
    memory_bytes: int
    cpu_seconds: float
    database: DatabaseStatus | None
    disk: DiskStatus | None
    broker: Broker


class Stored(NamedTuple):
    """What one look into the database tells."""

    sizes: Sizes
    files: int
    nodes: dict[str, str]


class Look:
    """Looks how a server fares, and holds no more than one reader and one thread by it."""

    def __init__(self, context: Context) -> None:
        self._context = context
        database = context.database

        def stored(connection: Connection) -> Stored:
            others = nodes.alive(connection) if database.node else {}
            return Stored(database.sizes(connection), file_rows.used(connection, ""), others)

        self._stored = Patience(lambda: database.read(stored), PATIENCE_SECONDS)

    async def status(self) -> ServerStatus:
        """How it fares just now; what does not answer is left out."""
        context = self._context
        stored, disk, memory = await asyncio.gather(
            self._read(), self._disk(), asyncio.to_thread(memory_of_process)
        )
        database = None
        if stored is not None:
            sizes = stored.sizes
            database = DatabaseStatus.model_construct(
                kind=sizes.kind, bytes=sizes.bytes, log_bytes=sizes.log_bytes,
                files_bytes=stored.files,
            )  # fmt: skip
        connections, people, rooms = context.manager.sizes
        load = context.database.load
        refusals = Counter[str]()
        for (_, code), count in COUNTS.refusals.items():
            refusals[code] += count
        jobs = Counter[str]()
        for (_, outcome), count in COUNTS.jobs.items():
            jobs[outcome] += count
        return ServerStatus.model_construct(
            version=__version__,
            service=context.settings.only or "all",
            started_at=COUNTS.begun_at,
            uptime=time.monotonic() - COUNTS.begun,
            node=context.database.node or None,
            nodes=_names(stored),
            connections=connections,
            connections_limit=None if context.door is None else context.door.most_websockets,
            people=people,
            rooms=rooms,
            connections_opened=COUNTS.connections,
            messages=COUNTS.messages,
            deliveries=COUNTS.deliveries,
            commits=_timing(COUNTS.group_seconds),
            telling=_timing(COUNTS.fan_out_lag),
            lag=_timing(COUNTS.lag),
            waiting=Waiting.model_construct(
                writes=load.writes,
                reads=load.waiting,
                passwords=context.passwords.waiting,
                searches=context.searches.waiting,
                uploads=context.receiving.coming,
                jobs=COUNTS.jobs_running,
            ),
            refusals=dict(refusals),
            cut=dict(COUNTS.cut),
            faults=dict(COUNTS.database_faults),
            jobs=dict(jobs),
            memory_bytes=memory,
            cpu_seconds=time.process_time(),
            database=database,
            disk=disk,
            broker=broker_of(context),
        )

    async def _read(self) -> Stored | None:
        # Whatever is wrong with it, it is told by what is missing, and by `faults`.
        with contextlib.suppress(Refusal, DBAPIError, OSError, TimeoutError):
            return await self._stored.answer()
        return None

    async def _disk(self) -> DiskStatus | None:
        with contextlib.suppress(OSError, TimeoutError):
            space = await self._context.volume.space()
            return DiskStatus.model_construct(bytes=space.total, free_bytes=space.free)
        return None


def broker_of(context: Context) -> Broker:
    """How it stands with Redis: a server alone has none, and a node without it goes on."""
    if context.peers is None:
        return "none"
    return "ok" if context.peers.among().connected else "away"


def memory_of_process() -> int:
    """How many bytes of memory this process holds; where the system does not say, at most."""
    try:
        pages = int(Path("/proc/self/statm").read_bytes().split()[1])
    except OSError:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024
    return pages * resource.getpagesize()


def _names(stored: Stored | None) -> list[NodeName]:
    found = {} if stored is None else stored.nodes
    return [NodeName.model_construct(id=node, host=host) for node, host in sorted(found.items())]


def _timing(found: Histogram) -> Timing:
    return Timing.model_construct(
        p50=found.quantile(0.5),
        p99=found.quantile(0.99),
        bounds=[float(bound) for bound in found.bounds],
        counts=list(found.counts),
    )
