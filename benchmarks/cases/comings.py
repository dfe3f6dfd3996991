"""Comings and goings: handshakes, idle connections, a storm of joins, a storm of resumes."""

from benchmarks.cases.case import Case
from benchmarks.loading import Bench, CheckFailed, Figures, phases
from benchmarks.machine import SPARE_HANDLES
from benchmarks.servers import Server

SERVERS = ("parlour", "seed", "socketio", "ws")
IDLE = 10_000
# Each connection has a name of its own.
EVERYBODY = 1_000_000
# The rooms of the storm of resumes, and who is cut off in each.
ROOMS, EACH = 20, 100


def _handshakes(bench: Bench, server: Server) -> Figures:
    count = bench.scale.size(10_000, 400)
    rooms = 100
    answer = bench.load(
        server,
        mode="handshakes",
        first_room=server.rooms(rooms, again=True),
        rooms=rooms,
        members=count // rooms,
        senders=0,
        people=EVERYBODY,
        concurrency=32,
    )
    return phases(answer)


def _idle(bench: Bench, server: Server) -> Figures:
    possible = min(IDLE, bench.handles - SPARE_HANDLES)
    rooms = bench.scale.size(possible, 500) // 10
    answer = bench.load(
        server,
        mode="idle",
        first_room=server.rooms(rooms),
        rooms=rooms,
        members=10,
        senders=0,
        people=EVERYBODY,
        seconds=2,
    )
    return phases(answer)


def _joins(bench: Bench, server: Server) -> Figures:
    answer = bench.load(
        server,
        mode="joins",
        first_room=server.rooms(),
        members=bench.scale.size(5_000, 200),
        count=bench.scale.size(1_000, 100),
        senders=0,
        # More people than those rooms have in which every change is told at once.
        people=50,
        concurrency=256,
        limit=240,
    )
    return phases(answer)


def _resumes(bench: Bench, server: Server) -> Figures:
    rooms = bench.scale.size(ROOMS, 5)
    each = bench.scale.size(EACH, 20)
    answer = bench.load(
        server,
        mode="resume",
        first_room=server.rooms(rooms),
        rooms=rooms,
        # The sender of each room stays, and tells of what the others miss.
        members=each + 1,
        senders=1,
        people=EVERYBODY,
        missed=50,
        path=server.env["READS_FILE"],
        concurrency=256,
    )
    if not answer["reads"]:
        raise CheckFailed("no reading statement was counted: the counter does not work here")
    return phases(answer)


COMINGS = (
    Case(
        "handshakes",
        "Coming into a room and going again, 32 at a time",
        SERVERS,
        _handshakes,
        loud_seed=True,
    ),
    Case("idle", "Idle connections, 10 in a room", SERVERS, _idle, rounds=1, fresh=True),
    Case("joins", "1,000 join a room of 5,000", ("parlour",), _joins, rounds=1),
    Case(
        "resumes",
        "2,000 connections in 20 rooms are cut at once, and come back",
        ("parlour",),
        _resumes,
        counts_reads=True,
    ),
)
