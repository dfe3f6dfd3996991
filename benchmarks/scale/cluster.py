"""Several nodes that are one server, with the PostgreSQL and the Valkey that they share."""

from pathlib import Path
from typing import Any

from benchmarks.commits import verify_rows
from benchmarks.loading import Bench, Figures, phases
from benchmarks.scale import engines
from benchmarks.servers import KINDS, Kind, Server

NODES = {
    kind.name: kind
    for kind in (
        Kind("nodes-1", "one node", "parlour", stores=True),
        Kind("nodes-2", "two nodes", "parlour", stores=True),
    )
}


class Cluster(Server):
    """All of it on one core: what each part had of the core is told by the part."""

    def __init__(self, kind: Kind, core: int, home: Path, programs: Path) -> None:
        super().__init__(kind, core, home, programs)
        self._count = int(kind.name.rpartition("-")[2])
        self.nodes: list[Server] = []
        self._database: engines.Database | None = None
        self._valkey: Any = None
        self.url = ""

    @property
    def pid(self) -> int:
        """The first node's."""
        return self.nodes[0].pid

    @property
    def parts(self) -> dict[str, int]:
        """The processes by what they are."""
        assert self._database is not None  # noqa: S101 - start() comes first
        nodes = {f"node{place + 1}": node.pid for place, node in enumerate(self.nodes)}
        valkey: int = self._valkey.pid
        return {**nodes, "postgresql": self._database.pid, "valkey": valkey}

    @property
    def load_options(self) -> dict[str, Any]:
        """Where its nodes listen, and whose CPU is to be told."""
        return {
            "ports": ",".join(str(node.port) for node in self.nodes),
            "parts": ",".join(map(str, self.parts.values())),
        }

    def start(self) -> None:
        """Start all of it; a node after the other, since the first makes the tables."""
        self._database = engines.Database(self.core)
        self._valkey = engines.start_valkey(self.core)
        self.url = self._database.make("parlour")
        for place in range(self._count):
            node = Server(KINDS["parlour"], self.core, self.home / f"node{place}", self.programs)
            node.parlour = self.parlour
            node.env = {"PARLOUR_DATABASE_URL": self.url, "PARLOUR_REDIS_URL": self._valkey.url}
            node.start()
            self.nodes.append(node)
        self.port = self.nodes[0].port

    def stop(self) -> None:
        """End it, and what it has kept."""
        for node in self.nodes:
            node.stop()
        self.nodes.clear()
        self._rooms.clear()
        if self._valkey is not None:
            self._valkey.stop()
        if self._database is not None:
            self._database.end()
        self._valkey = self._database = None

    def log(self) -> str:
        """Return the ends of what its nodes have written."""
        return "\n".join(node.log() for node in self.nodes)

    def cpu(self) -> float:
        """Return the CPU seconds that its nodes have had."""
        return sum(node.cpu() for node in self.nodes)

    def counts(self) -> dict[str, float]:
        """Return what has been written and told so far: groups, log and news, in bytes."""
        [(groups, wal)] = engines.ask(
            self.url,
            "SELECT (SELECT coalesce(max(id), 0) FROM journal),"
            " pg_current_wal_lsn() - '0/0'::pg_lsn",
        )
        told = engines.told_by(self._valkey)
        return {
            "groups": float(groups), "wal_bytes": float(wal),
            "valkey_in_bytes": float(told["in"]), "valkey_out_bytes": float(told["out"]),
        }  # fmt: skip

    def verify(self, first_room: int, rooms: int, sent: int) -> None:
        """Hold what is stored of these rooms against what was sent. Raises CheckFailed."""
        rows = engines.ask(
            self.url,
            "SELECT room_id, content, version FROM messages WHERE room_id >= %s AND room_id < %s"
            " ORDER BY room_id, id",
            first_room,
            first_room + rooms,
        )
        verify_rows(rows, sent)


def make(bench: Bench, name: str, home: Path) -> Server:
    """Make the server of one of NODES."""
    cluster = Cluster(NODES[name], bench.server_core, home, bench.programs)
    cluster.parlour = bench.parlour
    return cluster


def by_part(cluster: Cluster, figures: Figures) -> Figures:
    """Call what is told of `part_0` and on by what these are."""
    names = {f"part_{place}_": f"{part}_" for place, part in enumerate(cluster.parts)}
    return {
        phase: {
            next(
                (
                    new + name.removeprefix(old)
                    for old, new in names.items()
                    if name.startswith(old)
                ),
                name,
            ): value
            for name, value in told.items()
        }
        for phase, told in figures.items()
    }


def talk(
    bench: Bench, cluster: Cluster, phase: str, rooms: int, **options: Any
) -> dict[str, float]:
    """Let people talk in new rooms for one phase; every frame checked, every message looked up.

    Return the phase's figures with what each part took for a message, in microseconds of CPU, and
    what was written and told for one, in bytes. Raises CheckFailed.
    """
    first = cluster.rooms(rooms)
    before = cluster.counts()
    answer = bench.load(
        cluster, first_room=first, rooms=rooms, phases=phase, tail="must", drain=90, **options
    )
    after = cluster.counts()
    cluster.verify(first, rooms, int(answer["sent"]))
    found = by_part(cluster, phases(answer))[phase]
    sent, said = float(answer["sent"]), found["messages"]
    for part in cluster.parts:
        found[f"{part}_us"] = found.pop(f"{part}_cpu_s") * 1e6 / max(said, 1)
    found["nodes_us"] = sum(found[f"node{n + 1}_us"] for n in range(len(cluster.nodes)))
    found["node_us_per_delivery"] = found["nodes_us"] * said / max(found["deliveries"], 1)
    for name in ("wal_bytes", "valkey_in_bytes", "valkey_out_bytes"):
        found[name] = (after[name] - before[name]) / max(sent, 1)
    found["group"] = sent / max(after["groups"] - before["groups"], 1)
    return found
