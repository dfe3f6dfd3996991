"""Messages in rooms: sizes, one room and a thousand, the echo at half load, a page beside it."""

from functools import partial

from benchmarks.cases.case import Case
from benchmarks.commits import commit_time
from benchmarks.loading import Bench, Figures, finish, phases
from benchmarks.servers import Server

RELAYS = ("socketio", "ws", "epoll", "epoll-coalesce")
ALL = ("parlour", "seed", *RELAYS)
SIZES = (1, 10, 100, 1_000, 5_000)
# In these, the time to the receiver is compared with and without a database.
BESIDE_DATABASE = (10, 100)

SENDERS = 10
WINDOW = 64


def _one_room(bench: Bench, server: Server, *, size: int) -> Figures:
    members = bench.scale.size(size, 200)
    figures = phases(
        bench.load(
            server,
            first_room=server.rooms(),
            members=members,
            senders=min(SENDERS, members),
            window=WINDOW,
            phases="one,saturated",
        )
    )
    figures["run"]["members"] = members
    if server.kind.name == "parlour" and size in BESIDE_DATABASE:
        figures["commit"] = {"p50_us": commit_time(server.data)}
    return figures


def _many_rooms(bench: Bench, server: Server, *, rooms: int) -> Figures:
    rooms = bench.scale.size(rooms, 100)
    answer = bench.load(
        server,
        first_room=server.rooms(rooms, again=True),
        rooms=rooms,
        members=5,
        senders=1,
        # In the one room as much is on its way as a sender may have, in many one message in each.
        window=WINDOW if rooms == 1 else 1,
        phases="saturated",
    )
    return phases(answer)


def _echo(bench: Bench, server: Server) -> Figures:
    members = bench.scale.size(100, 100)
    return phases(
        bench.load(
            server,
            first_room=server.rooms(),
            members=members,
            senders=SENDERS,
            window=WINDOW,
            phases="saturated,paced",
            drain=60,
            tail="must",
        )
    )


def _page(bench: Bench, server: Server) -> Figures:
    seconds = max(1.0, 2 * bench.scale.seconds)
    beside = bench.launch(
        server,
        first_room=server.rooms(),
        members=bench.scale.size(1_000, 200),
        senders=SENDERS,
        window=WINDOW,
        phases="saturated",
        seconds=seconds,
        warmup=0.5,
    )
    with beside:
        try:
            # The load's word that everybody is in: the page is asked beside messages alone.
            assert beside.stderr is not None  # noqa: S101 - launch() made it a pipe
            beside.stderr.readline()
            page = bench.load(server, mode="probe", path="/healthz", seconds=seconds, pause=0.01)
        except BaseException:
            beside.kill()
            raise
        answer = finish(beside)
    figures = phases(answer)
    figures["page"] = phases(page)["run"]
    return figures


ROOMS = (
    *(
        Case(
            f"room-{size}",
            f"A room of {size:,}",
            ("parlour", "parlour-memory", *ALL[1:]) if size in BESIDE_DATABASE else ALL,
            partial(_one_room, size=size),
        )
        for size in SIZES
    ),
    *(
        Case(
            f"rooms-{rooms}",
            f"{rooms:,} room{'s' if rooms > 1 else ''} of 5, one sender in each",
            ALL,
            partial(_many_rooms, rooms=rooms),
        )
        for rooms in (1, 1_000)
    ),
    Case(
        "echo-100",
        "A room of 100 at half of its maximum rate",
        ("parlour", "seed", "socketio", "ws", "epoll"),
        _echo,
    ),
    Case(
        "page-1000",
        "GET /healthz beside a saturated room of 1,000",
        ("parlour", "seed", "socketio", "ws"),
        _page,
    ),
)
