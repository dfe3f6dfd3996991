"""Messages that are acknowledged: how many a second, and every one of them in the database."""

from benchmarks.cases.case import Case
from benchmarks.commits import commit_time, verify
from benchmarks.loading import Bench, Figures, phases
from benchmarks.servers import Server

# Rooms of one: each message has one reader, who is its sender.
ROOMS = 10
POSTERS = 64


def _over_websocket(bench: Bench, server: Server) -> Figures:
    first = server.rooms(ROOMS)
    answer = bench.load(
        server,
        first_room=first,
        rooms=ROOMS,
        members=1,
        senders=1,
        phases="saturated",
        tail="must",
        drain=60,
    )
    figures = phases(answer)
    verify(server.database, first, ROOMS, int(answer["sent"]))
    figures["commit"] = {"p50_us": commit_time(server.data)}
    return figures


def _over_http(bench: Bench, server: Server) -> Figures:
    first = server.rooms()
    answer = bench.load(
        server,
        mode="posts",
        first_room=first,
        members=1,
        senders=0,
        posters=POSTERS,
        tail="must",
    )
    verify(server.database, first, 1, int(answer["answered"]))
    return phases(answer)


STORING = (
    Case(
        "posts-websocket",
        "Durable messages over WebSocket: 10 senders, each read by one",
        ("parlour", "seed"),
        _over_websocket,
    ),
    Case(
        "posts-http",
        "Durable messages over HTTP: 64 connections kept alive, one reader",
        ("parlour",),
        _over_http,
    ),
)
