"""The database seen from outside: what a commit costs here, and whether all that was said is in."""

import re
import sqlite3
import statistics
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.loading import CheckFailed

# benchmarks/load/content.h writes it.
CONTENT = re.compile(r"%%(\d{6})\.(\d{9})\.\d{19}\.[a-z]*\.[0-9a-f]{8}%%")


def commit_time(folder: Path, *, count: int = 200) -> float:
    """Return the median microseconds of an INSERT with its COMMIT in a database of its own."""
    path = folder / "commits.db"
    took: list[float] = []
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE IF NOT EXISTS said (id INTEGER PRIMARY KEY, content TEXT)")
        for number in range(count):
            begun = time.perf_counter_ns()
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT INTO said (content) VALUES (?)", (f"{number:064}",))
            connection.execute("COMMIT")
            took.append((time.perf_counter_ns() - begun) / 1000)
    return statistics.median(took)


def verify(database: Path, first_room: int, rooms: int, sent: int) -> None:
    """Hold the messages of these rooms against what was sent. Raises CheckFailed.

    Each sender's messages are all there, once, in their order; `sent` is how many they are in all,
    every one of which was acknowledged. Versions, where there are any, have no holes.
    """
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        columns = {row[1] for row in connection.execute("PRAGMA table_info(messages)")}
        version = "version" if "version" in columns else "NULL"
        rows = connection.execute(
            f"SELECT room_id, content, {version} FROM messages"  # noqa: S608 - a constant
            " WHERE room_id >= ? AND room_id < ? ORDER BY room_id, id",
            (first_room, first_room + rooms),
        ).fetchall()
    verify_rows(rows, sent)


def verify_rows(rows: Sequence[Sequence[Any]], sent: int) -> None:
    """Hold rows of a room, a content and a version, in the order of their ids, against the same."""
    if len(rows) != sent:
        raise CheckFailed(f"{sent} messages were acknowledged and {len(rows)} are stored")
    counters: dict[int, int] = {}
    versions: dict[int, int] = {}
    for room, content, at in rows:
        found = CONTENT.fullmatch(content)
        if found is None:
            raise CheckFailed(f"a stored message is not what was sent: {content!r}")
        sender, counter = int(found[1]), int(found[2])
        if counter != counters.get(sender, 0):
            raise CheckFailed(f"sender {sender}'s message {counter} is stored out of its order")
        counters[sender] = counter + 1
        if at is not None:
            if at != versions.get(room, 0) + 1:
                raise CheckFailed(f"room {room} has version {at} after {versions.get(room, 0)}")
            versions[room] = at
