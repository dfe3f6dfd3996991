"""What `/metrics` tells of what goes on behind: it moves while that is done."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.administration import first_administrator
from tests.support.figures import figures
from tests.support.files import until
from tests.support.inside import inside
from tests.support.people import checked
from tests.support.places import make_room, say
from tests.support.retention import age, keep_for
from tests.support.server import NewServer, Server
from tests.support.timing import scaled

pytestmark = pytest.mark.one_node("of two, one does it")

# Messages whose time is over: many batches.
OLD = 3_000


def say_much(server: Server, room_id: int, first: int) -> int:
    """Let so many more have been said, without any words; the id of the last."""
    with inside(server) as database:
        database.executemany(
            "INSERT INTO messages (id, room_id, username, author, content, timestamp, version,"
            " number) SELECT id + ?1, room_id, username, author, '', timestamp, version + ?1,"
            " number + ?1 FROM messages WHERE id = ?2",
            [(one, first) for one in range(1, OLD)],
        )
        raised = "version = version + ?1, message_count = message_count + ?1"
        database.execute(f"UPDATE rooms SET {raised} WHERE id = ?2", (OLD - 1, room_id))
    return first + OLD - 1


@pytest.mark.sqlite
def test_a_purge_is_told_while_it_waits_and_once_it_is_done(own_server: Server) -> None:
    """Somebody else's lock holds it up: its job is in work, and what it writes waits."""
    server = own_server
    chief = first_administrator(server)
    place = make_room(chief)
    first = checked(say(place, chief, "the first"))
    last = say_much(server, place.id, first["id"])
    age(server, place, {"id": last}, days=2)
    path = server.data_dir / "chat.db"
    with closing(sqlite3.connect(path, timeout=scaled(10), isolation_level=None)) as lock:
        keep_for(chief, 1)
        begins = f"SELECT purged_number FROM rooms WHERE id = {place.id}"
        until(lambda: lock.execute(begins).fetchone() > (0,))
        lock.execute("BEGIN IMMEDIATE")
        told: dict[str, float] = {}

        def waits() -> bool:
            nonlocal told
            told = figures(server)
            return told["parlour_jobs_running"] >= 1 and told["parlour_writes_waiting"] >= 1

        until(waits)
        assert 0 < told["parlour_messages_purged_total"] < OLD
        lock.execute("ROLLBACK")

    def is_done() -> bool:
        nonlocal told
        told = figures(server)
        still = told["parlour_jobs_running"] or told["parlour_writes_waiting"]
        return told["parlour_messages_purged_total"] == OLD and not still

    until(is_done)
    # A hundred is the most of one batch.
    assert told["parlour_purge_seconds_count"] >= OLD // 100
    assert told["parlour_purge_seconds_sum"] > 0
    assert told['parlour_jobs_total{kind="purge_old",outcome="done"}'] >= 1


@pytest.mark.thorough
def test_a_backup_is_told_while_it_is_made_and_how_long_it_took(
    new_server: NewServer, tmp_path: Path
) -> None:
    """Each that the server makes by itself."""
    begun = time.monotonic()
    server = new_server(env={"PARLOUR_BACKUP_TO": str(tmp_path / "backups")}).start()
    told: dict[str, float] = {}

    def is_told(name: str) -> bool:
        nonlocal told
        told = figures(server)
        return told[name] > 0

    took = "parlour_backup_last_duration_seconds"
    until(lambda: is_told("parlour_backup_running"), seconds=60)
    assert told[took] == 0
    until(lambda: is_told(took), seconds=60)
    assert told[took] < time.monotonic() - begun
    assert told["parlour_backup_running"] == 0
    assert told["parlour_backup_last_size_bytes"] > 0
