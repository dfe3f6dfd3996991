"""Cases over one node and over two: what is said, what is heard of it, and who comes.

Everything runs on one core, so two nodes are not quicker than one here: what counts is what each
part takes of it for a message, a delivery and a person. Every frame is checked on both nodes.
"""

from benchmarks.cases.case import Case
from benchmarks.cases.comings import EVERYBODY, IDLE
from benchmarks.loading import Bench, CheckFailed, Figures, phases
from benchmarks.machine import SPARE_HANDLES
from benchmarks.scale.cluster import Cluster, by_part, make, talk
from benchmarks.servers import Server

BOTH = ("nodes-1", "nodes-2")
# Seconds that are measured, and in a smoke.
SECONDS, QUICK_SECONDS = 2.5, 0.4
# Messages a second in which a core has time left: groups are then what they are in daily life.
PACE = 300


def _cluster(server: Server) -> Cluster:
    if not isinstance(server, Cluster):
        raise TypeError(f"{server.kind.name} is no cluster")
    return server


def _seconds(bench: Bench) -> float:
    return QUICK_SECONDS if bench.scale.quick else SECONDS


def _posts(bench: Bench, server: Server) -> Figures:
    """10 rooms of one, as the case `posts-websocket` has them."""
    return {
        "saturated": talk(
            bench, _cluster(server), "saturated", 10, members=1, senders=1, seconds=_seconds(bench)
        )
    }


def _hear(bench: Bench, server: Server) -> Figures:
    """The same with everybody at the first node: the second hears what nobody there wants."""
    cluster, seconds = _cluster(server), _seconds(bench)
    alone = {"members": 1, "senders": 1, "place": "apart", "seconds": seconds}
    return {
        "saturated": talk(bench, cluster, "saturated", 10, **alone),
        "paced": talk(bench, cluster, "paced", 100, rate=PACE, **alone),
    }


def _room(bench: Bench, server: Server) -> Figures:
    """One room, whose people and speakers are at both nodes alike."""
    cluster, seconds = _cluster(server), _seconds(bench)
    options = {"members": bench.scale.size(1_000, 100), "senders": 10, "seconds": seconds}
    return {phase: talk(bench, cluster, phase, 1, **options) for phase in ("one", "saturated")}


def _rooms(bench: Bench, server: Server) -> Figures:
    """Many rooms of ten, five at each node, in each of which somebody says something at times."""
    cluster, seconds = _cluster(server), _seconds(bench)
    rooms = bench.scale.size(200, 20)
    options = {"members": 10, "senders": 1, "seconds": seconds}
    return {
        "paced": talk(bench, cluster, "paced", rooms, rate=PACE, **options),
        "saturated": talk(bench, cluster, "saturated", rooms, window=1, **options),
    }


def _people(bench: Bench, server: Server) -> Figures:
    """So many connect to the last node, ten to a room, each somebody else."""
    cluster = _cluster(server)
    possible = min(IDLE, bench.handles - SPARE_HANDLES)
    rooms = bench.scale.size(possible, 300) // 10
    # Long enough for a sign of life to and from each.
    idle = 1.0 if bench.scale.quick else 16.0
    before = cluster.counts()
    answer = bench.load(
        cluster, mode="idle", first_room=cluster.rooms(rooms), rooms=rooms, members=10, senders=0,
        people=EVERYBODY, place="apart", seconds=idle,
    )  # fmt: skip
    after = cluster.counts()
    run = by_part(cluster, phases(answer))["run"]
    count, there = run["connections"], f"node{len(cluster.nodes)}"
    if not count:
        raise CheckFailed("nobody came")
    found = {
        "connections": count,
        "kb_each": run[f"{there}_rss_kb"] / count,
        "per_gib": 1024**2 / (run[f"{there}_rss_kb"] / count),
        "node_us": run[f"{there}_cpu_s"] * 1e6 / count,
        # For each second in which somebody is there and does nothing.
        "idle_us": run[f"{there}_idle_cpu_s"] * 1e6 / count / idle,
        "valkey_us": run["valkey_cpu_s"] * 1e6 / count,
        "valkey_in_bytes": (after["valkey_in_bytes"] - before["valkey_in_bytes"]) / count,
    }
    if len(cluster.nodes) > 1:
        found["elsewhere_kb"] = run["node1_rss_kb"] / count
        found["elsewhere_us"] = run["node1_cpu_s"] * 1e6 / count
    return {"run": found}


NODES_CASES = (
    Case("nodes-posts", "Durable messages of 10 senders, each read by one", BOTH, _posts,
         make=make),
    Case("nodes-hear", "The same said at one node, where nobody at the other wants it",
         ("nodes-2",), _hear, make=make),
    Case("nodes-room", "A room of 1,000, half of it at each node", BOTH, _room, make=make),
    Case("nodes-rooms", "200 rooms of 10, half of each at each node", BOTH, _rooms, make=make),
    Case("nodes-people", "10,000 people come to one node", BOTH, _people, make=make, rounds=1,
         fresh=True),
)  # fmt: skip
