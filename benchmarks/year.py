"""What a year of talk takes, and what it costs to take it away: time, space, the writer's hold.

python -m benchmarks.year DATA_DIR [--messages N] [--stored N] [--keep DAYS]

A database is filled with so many messages, 100,000 to a day up to today. The first go through
Parlour's own store; the others, if not all are to, are those once more, days later: their rows are
copied in SQL, which is ten times as quick. All go into the index by Parlour's own hand. At each
doubling it is measured how large it is and what opening, paging and searching cost. Then a server
is started on it that keeps messages for so many days, and while it takes away the rest somebody
talks to it over HTTP, twenty times a second. What is printed is JSON, a line for each thing
measured. Costs are CPU seconds: they hold on a busy machine, too.
"""

import argparse
import http.client
import json
import os
import resource
import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import parlour.database
from benchmarks.machine import ROOT
from benchmarks.servers import KINDS, Server
from parlour import reacting, retaining, searching
from parlour.database import ChatDatabase, Database, get_db, init_db
from parlour.indexing import index_some
from parlour.models import Person
from parlour.oversight import Policy
from parlour.purging import FEWEST, MOST
from parlour.query import parse
from parlour.settings import Settings
from parlour.storing import MessageDraft, StoredMessage
from parlour.support.portions import LIMIT_SECONDS, Portion
from parlour.support.sqlite import take_small_steps

DAY: Final = 100_000
GROUP: Final = 5_000
ROOMS: Final = 40
PEOPLE: Final = [Person.by_name(f"person{number}") for number in range(400)]
# One in so many answers another, mentions everybody, is reacted to.
ANSWER, REACTED = 20, 25
TOPICS: Final = ("release", "lunch", "budget", "garden", "server", "review", "holiday", "invoice")
FILLER: Final = "we should look at this again before the end of the week because it is not done"
# As many at once of those that are copied.
COPIED: Final = 50_000
COPYING: Final = (
    """
    INSERT INTO messages (
        id, room_id, username, author, content, timestamp, version, client_id, number, reactions
    )
    SELECT
        m.id + :shift, m.room_id, m.username, m.author,
        replace(m.content, 'case' || (m.id - 1), 'case' || (m.id - 1 + :shift)),
        date(substr(m.timestamp, 1, 10), :days) || substr(m.timestamp, 11),
        m.version + :times * copied.version, 'year-' || (m.id - 1 + :shift),
        m.number + :times * copied.message_count, m.reactions
    FROM messages AS m JOIN copied ON copied.id = m.room_id
    WHERE m.id > :first AND m.id <= :last
    ORDER BY m.id
    """,
    """
    INSERT INTO reactions (id, message_id, emoji, author, username, created_at)
    SELECT
        r.id + :times * copied_reactions.id, r.message_id + :shift, r.emoji, r.author,
        r.username, r.created_at
    FROM reactions AS r, copied_reactions
    WHERE r.message_id > :first AND r.message_id <= :last
    """,
)
# Once all of them have been copied once more.
COUNTING: Final = (
    """
    UPDATE rooms SET version = (:times + 1) * copied.version,
        message_count = (:times + 1) * copied.message_count
    FROM copied WHERE copied.id = rooms.id
    """,
)
# Each is asked for so often.
ASKED: Final = 15
PROBES_EVERY: Final = 0.05
# Looks in a row after which nothing more goes.
IDLE: Final = 5
PURGED, CPU = "parlour_messages_purged_total", "process_cpu_seconds_total"


class _Clock(datetime):
    """What time it is while the database is filled."""

    at = datetime.now(UTC)

    @classmethod
    def now(cls, _tz: Any = None) -> Any:
        return cls.at


def tell(what: str, **figures: Any) -> None:
    """Print something that was measured."""
    print(json.dumps({"what": what, **figures}), flush=True)


def cpu() -> float:
    """CPU seconds of this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def size_of(settings: Settings) -> int:
    """Return the bytes of the database."""
    return sum(path.stat().st_size for path in settings.data_dir.glob("chat.db*"))


def fill(settings: Settings, count: int, stored: int) -> None:
    """Fill it, and measure at each doubling; go on where that was broken off."""
    database = init_db(settings)
    begins = datetime.now(UTC) - timedelta(days=count / DAY)
    with get_db(database) as connection:
        done = connection.exec_driver_sql("SELECT max(id) FROM messages").scalar() or 0
        rooms = list(connection.exec_driver_sql("SELECT id FROM rooms ORDER BY id").scalars())
        rooms.extend(
            ChatDatabase.create_room(connection, f"Room {number}").id
            for number in range(len(rooms), ROOMS)
        )
    step, was = min(count, 250_000), done
    while step <= done < count:
        step = min(count, step * 2)
    before, putting, indexing = cpu(), 0.0, 0.0
    while done < count:
        more = GROUP if done < stored else COPIED
        if done < stored:
            _store(database, rooms, begins, done)
        else:
            _copy(settings, done, stored)
        putting, before = putting + cpu() - before, cpu()
        with get_db(database) as connection:
            while index_some(connection):
                pass
        indexing, before = indexing + cpu() - before, cpu()
        done += more
        if done in {step, count}:
            opened, database = _open_anew(settings, database)
            bytes_now, added = size_of(settings), done - was
            tell(
                "filled", messages=done, days=done / DAY, bytes=bytes_now,
                bytes_a_message=round(bytes_now / done, 1), by_copies=done > stored,
                store_us=round(putting / added * 1e6, 1),
                index_us=round(indexing / added * 1e6, 1),
            )  # fmt: skip
            read(database, rooms, done, opened)
            putting, indexing, was, step, before = 0.0, 0.0, done, min(count, step * 2), cpu()
    database.release()


def _store(database: Database, rooms: list[int], begins: datetime, first: int) -> None:
    _Clock.at = begins + timedelta(days=first / DAY)
    parlour.database.datetime = _Clock  # type: ignore[attr-defined]
    with get_db(database) as connection:
        drafts = [_draft(rooms, number) for number in range(first, first + GROUP)]
        said = ChatDatabase.create_messages(connection, drafts)
        for one in said[::REACTED]:
            assert isinstance(one, StoredMessage)  # noqa: S101
            reacting.react(connection, PEOPLE[1], one.message.id, "👍", on=True)
    parlour.database.datetime = datetime  # type: ignore[attr-defined]


def _copy(settings: Settings, done: int, stored: int) -> None:
    """Say what was stored first once more, in the same order, so many days later."""
    # The database is this program's alone, and what it is when the power goes is no matter.
    with closing(sqlite3.connect(settings.database_path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN IMMEDIATE")
        if done == stored:
            connection.execute(
                "CREATE TABLE copied AS SELECT id, version, message_count FROM rooms"
            )
            connection.execute(
                "CREATE TABLE copied_reactions AS SELECT max(id) AS id FROM reactions"
            )
        times, first = done // stored, done % stored
        given = {
            "times": times, "shift": times * stored, "first": first, "last": first + COPIED,
            "days": f"+{times * stored // DAY} days",
        }  # fmt: skip
        for statement in COPYING:
            connection.execute(statement, given)
        if done + COPIED == (times + 1) * stored:
            for statement in COUNTING:
                connection.execute(statement, given)
        connection.execute("COMMIT")


def _draft(rooms: list[int], number: int) -> MessageDraft:
    # Half of all is said in a few rooms.
    room = rooms[number % 4] if number % 2 else rooms[number // 2 % ROOMS]
    topic = TOPICS[number // 7 % len(TOPICS)]
    rare = f" case{number}" if number % 1_000 == 0 else ""
    words = f"About the {topic} {number % 977}: {FILLER[: 20 + number * 31 % 60]}{rare}"
    return MessageDraft(room, PEOPLE[number * 17 % len(PEOPLE)], words, f"year-{number}")


def _open_anew(settings: Settings, database: Database) -> tuple[float, Database]:
    """Close it, bring all of it into its one file, and open it; how long that took."""
    database.release()
    with closing(sqlite3.connect(settings.database_path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = cpu()
    database = init_db(settings)
    return cpu() - before, database


def read(database: Database, rooms: list[int], count: int, opened: float) -> None:
    """Measure what it costs to page in it, and to find something."""

    def costs(ask: Callable[[Any], object]) -> float:
        took = []
        for _ in range(ASKED):
            with get_db(database) as connection:
                before = cpu()
                ask(connection)
                took.append(cpu() - before)
        return round(statistics.median(took) * 1e3, 2)

    def found(words: str) -> Callable[[Any], object]:
        asked = searching.Search(parse(words))
        return lambda connection: searching.find_messages(connection, None, asked)

    page = ChatDatabase.get_room_messages
    tell(
        "read", messages=count, open_ms=round(opened * 1e3, 1),
        rooms_ms=costs(ChatDatabase.get_rooms),
        newest_ms=costs(lambda c: page(c, rooms[1])),
        middle_ms=costs(lambda c: page(c, rooms[1], around=count // 2)),
        rare_ms=costs(found(f"case{count // 2 // 1000 * 1000}")),
        common_ms=costs(found("budget week")),
    )  # fmt: skip


# Taking away


def figures_of(port: int) -> dict[str, float]:
    """Return the server's figures for monitoring."""
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    asked.request("GET", "/metrics")
    text = asked.getresponse().read().decode()
    asked.close()
    lines = (line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, value in lines}


def talk(port: int, seconds: float) -> list[float]:
    """Say something twenty times a second; how many milliseconds each was waited for."""
    said, asked = [], http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    end = time.monotonic() + seconds
    headers = {"Content-Type": "application/json"}
    body = json.dumps({"content": "Somebody talks meanwhile."})
    while time.monotonic() < end:
        begun = time.perf_counter()
        asked.request("POST", "/api/chat/rooms/1/messages?username=probe", body, headers)
        asked.getresponse().read()
        said.append((time.perf_counter() - begun) * 1e3)
        time.sleep(PROBES_EVERY)
    asked.close()
    return said


def _spread(waits: list[float]) -> dict[str, float]:
    ordered = sorted(waits)
    parts = {"p50": 0.5, "p99": 0.99, "max": 1.0}
    return {
        f"{name}_ms": round(ordered[min(len(ordered) - 1, int(part * len(ordered)))], 1)
        for name, part in parts.items()
    }


def _within(figures: dict[str, float], name: str) -> dict[str, float]:
    begins = f'{name}_bucket{{le="'
    return {
        key[len(begins) : -2]: value for key, value in figures.items() if key.startswith(begins)
    }


def hold(settings: Settings, keep: int, batches: int) -> None:
    """Take away so many batches by themselves: what each costs from its begin to its commit.

    As large as a server makes them, which goes by the clock, and does so from the begin to behind
    the commit as well.
    """
    database, portion, gone = init_db(settings), Portion(FEWEST, MOST), 0
    given = Policy(registration="open", guests="on", retention_days=keep, fixed=("retention_days",))
    cpus, walls, sizes = list[float](), list[float](), list[int]()
    limit = LIMIT_SECONDS * 1e3
    for number in range(batches):
        cpu_then, then = time.thread_time(), time.perf_counter()
        with get_db(database) as connection:
            room = 1 + number // 10 % ROOMS
            take_small_steps(connection)
            purged = retaining.purge_some(connection, room, given, portion.size)
        cpus.append((time.thread_time() - cpu_then) * 1e3)
        walls.append((time.perf_counter() - then) * 1e3)
        gone += purged.count
        sizes.append(purged.count)
        portion.note(walls[-1] / 1e3, whole=purged.count == portion.size)
    database.release()
    tell(
        "held by batches", messages=gone, batches=batches,
        cpu_us_a_message=round(sum(cpus) / max(gone, 1) * 1e3, 1),
        cpu=_spread(cpus), wall=_spread(walls), size=statistics.median(sizes),
        cpu_beyond=sum(took > limit for took in cpus),
        wall_beyond=sum(took > limit for took in walls),
    )  # fmt: skip


def purge(settings: Settings, keep: int, seconds: float) -> None:
    """Let a server take away what is older, while somebody talks to it."""
    with _running(settings, 0) as server:
        alone = talk(server.port, 10)
        tell("nothing is taken away", **_spread(alone), said=len(alone))
    with _running(settings, keep) as server:
        begun, before, waits = time.monotonic(), figures_of(server.port), list[float]()
        last, gone, idle, now = begun, 0.0, 0, before
        while idle < IDLE and time.monotonic() - begun < seconds:
            waits += talk(server.port, 5)
            now = figures_of(server.port)
            more = now[PURGED]
            idle = 0 if more > gone else idle + 1
            last, gone = (time.monotonic(), more) if more > gone else (last, gone)
        used = now[CPU] - before[CPU]
        batches = now["parlour_purge_seconds_count"]
        tell(
            "taken away", messages=gone, seconds=round(last - begun, 1),
            cpu_us_a_message=round(used / max(gone, 1) * 1e6, 1), batches=batches,
            batch_ms=round(now["parlour_purge_seconds_sum"] / max(batches, 1) * 1e3, 2),
            batches_within=_within(now, "parlour_purge_seconds"),
            commits_within=_within(now, "parlour_commit_seconds"),
            **_spread(waits), said=len(waits), bytes=size_of(settings),
        )  # fmt: skip


@contextmanager
def _running(settings: Settings, keep: int) -> Iterator[Server]:
    server = Server(KINDS["parlour"], max(os.sched_getaffinity(0)), settings.data_dir.parent, ROOT)
    server.env = {"PARLOUR_RETENTION_DAYS": str(keep)}
    server.start()
    try:
        yield server
    finally:
        server.stop()


def main() -> None:
    """Fill it where it is not there, and take away what is old."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.year", description=__doc__)
    parser.add_argument("data_dir", type=Path, help="A folder for it, with nothing in it.")
    parser.add_argument("--messages", type=int, default=2_000_000)
    parser.add_argument(
        "--stored", type=int, default=0, help="Messages that are stored as the server does it."
    )
    parser.add_argument("--keep", type=int, default=5, help="Days that are kept in the end.")
    parser.add_argument("--seconds", type=float, default=900, help="How long it is taken away.")
    options = parser.parse_args()
    settings = Settings(data_dir=options.data_dir / "data")
    stored = options.stored or options.messages
    if options.messages % stored or stored % (COPIED if options.stored else GROUP):
        parser.error(f"--stored divides --messages, and is a multiple of {COPIED}")
    fill(settings, options.messages, stored)
    hold(settings, options.keep, 400)
    purge(settings, options.keep, options.seconds)


if __name__ == "__main__":
    main()
