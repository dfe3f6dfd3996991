"""Backups that the server makes by itself: at their time, by one node, told in log and figures."""

import json
import shutil
import time
from pathlib import Path

import pytest

from tests.support.archives import checked
from tests.support.figures import figures
from tests.support.files import until
from tests.support.inside import inside
from tests.support.people import http_client
from tests.support.postgres import postgres
from tests.support.server import NewServer
from tests.support.valkey import valkey

# PostgreSQL and nodes are said by each test.
pytestmark = [pytest.mark.sqlite, pytest.mark.one_node(reason="it says itself which nodes")]


def in_it(place: Path) -> list[Path]:
    """Return the archives in a folder."""
    return sorted(place.glob("parlour-*.tar"))


@pytest.mark.thorough
def test_a_server_makes_one_at_its_time_and_takes_older_ones_away(
    new_server: NewServer, place: Path, tmp_path: Path
) -> None:
    """The first at once; then when the last is old enough, also over a restart."""
    place.mkdir()
    server = new_server(
        env={"PARLOUR_BACKUP_KEEP": "2"},
        flags=["--backup-to", str(place), "--backup-every", "3600"],
    ).start()
    server.process.wait_for_line(
        r"INFO parlour.backing: Backed up to \S+\.tar\. It was read back", seconds=60
    )
    [first] = in_it(place)
    shutil.copy(first, place / "parlour-20250101T000000Z.tar")
    assert checked(first, tmp_path).returncode == 0
    until(lambda: figures(server)["parlour_backup_last_size_bytes"] == first.stat().st_size)
    told = figures(server)
    assert abs(told["parlour_backup_last_timestamp_seconds"] - time.time()) < 120
    assert told["parlour_backup_failures_total"] == 0
    # None is due after a restart.
    server.restart()
    until(lambda: figures(server)["parlour_backup_last_size_bytes"] == first.stat().st_size)
    assert len(in_it(place)) == 2
    server.stop()
    with inside(server) as database:
        [[made]] = database.execute("SELECT value FROM meta WHERE name = 'backup'").fetchall()
        older = json.dumps({**json.loads(made), "at": json.loads(made)["at"] - 3_600_000})
        database.execute("UPDATE meta SET value = ? WHERE name = 'backup'", (older,))
    server.start()
    until(lambda: in_it(place)[0] == first and len(in_it(place)) == 2, seconds=60)


@pytest.mark.thorough
def test_one_that_fails_is_told_and_the_server_goes_on(new_server: NewServer, place: Path) -> None:
    """In the log with its reason, and in the figures."""
    server = new_server(env={"PARLOUR_BACKUP_TO": str(place / "not" / "there")})
    server.expect_fault("the backup failed: It cannot be done: No such file or directory")
    server.start()
    words = "ERROR parlour.backing: the backup failed: It cannot be done: No such"
    server.process.wait_for_line(words, seconds=60)
    until(lambda: figures(server)["parlour_backup_failures_total"] == 1)
    assert figures(server)["parlour_backup_last_timestamp_seconds"] == 0
    with http_client(server) as http:
        assert http.post("/api/chat/rooms", json={"name": "Hall"}).is_success


@pytest.mark.thorough
def test_one_of_several_nodes_makes_it(new_server: NewServer, place: Path) -> None:
    """Whoever comes first; all of them know of it."""
    env = {
        "PARLOUR_DATABASE_URL": postgres().new_database(),
        "PARLOUR_REDIS_URL": valkey().url,
        "PARLOUR_BACKUP_TO": str(place),
    }
    nodes = [new_server(env=env).start() for _ in range(2)]
    until(lambda: len(in_it(place)) == 1, seconds=60)
    archive = in_it(place)[0].stat().st_size

    def knows(node: int) -> bool:
        return figures(nodes[node])["parlour_backup_last_size_bytes"] == archive

    until(lambda: knows(0) or knows(1), seconds=60)
    until(lambda: not any(figures(node)["parlour_backup_running"] for node in nodes), seconds=60)
    assert len(in_it(place)) == 1
    for node in nodes:
        assert figures(node)["parlour_backup_failures_total"] == 0


@pytest.mark.thorough
def test_a_server_that_is_stopped_ends_the_backup_that_it_makes(
    new_server: NewServer, place: Path
) -> None:
    """In time, and nothing half-made is left."""
    server = new_server(env={"PARLOUR_BACKUP_TO": str(place)}).start()
    until(place.exists, seconds=60)
    assert server.stop() == 0
    assert [path.name for path in place.iterdir() if path.name.startswith(".")] == []
