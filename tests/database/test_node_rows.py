"""Who counts as a node: not struck off for what befell all, nor beside one that has it alone."""

import json
from pathlib import Path

import psycopg
import pytest

from parlour.database import get_db, init_db
from parlour.realtime.broker import Hub, MemoryBroker
from parlour.store import lease, nodes
from parlour.store.nodes import LOST_SECONDS, STALE_SECONDS
from parlour.support.postgresql import WRITE_LOCK
from tests.support.files import until
from tests.support.local import local_settings
from tests.support.postgres import postgres
from tests.support.server import NewServer
from tests.support.told import Node, nodes_told
from tests.support.valkey import valkey


@pytest.fixture
def url() -> str:
    """Return the address of a new database."""
    return postgres().new_database()


def alone() -> MemoryBroker:
    """Return the broker of a node that hears nothing of others."""
    return MemoryBroker(Hub())


def go_by(url: str, seconds: float) -> None:
    """Let so much time pass in which nobody could say anything."""
    with psycopg.connect(url) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [WRITE_LOCK])
        connection.execute("UPDATE nodes SET seen_at = seen_at - %s", [round(seconds)])
        found = connection.execute("SELECT value FROM meta WHERE name = 'server'").fetchone()
        if found is not None and found[0]:
            held = json.loads(found[0])
            held["at"] -= seconds
            words = "UPDATE meta SET value = %s WHERE name = 'server'"
            connection.execute(words, [json.dumps(held)])


async def test_nobody_is_struck_off_because_the_database_was_away(tmp_path: Path, url: str) -> None:
    """Who comes back first has not heard of the others, nor could it have."""
    places = [(url, alone()) for _ in range(2)]
    async with nodes_told(tmp_path, *places) as (one, other):
        assert await one.database.renew()
        assert await other.database.renew()
        go_by(url, LOST_SECONDS + 10)
        for node in (one, one, other):
            assert await node.database.renew()
        # Nor by somebody who comes anew just then.
        go_by(url, LOST_SECONDS + 10)
        new = Node(tmp_path / "new", url, alone())
        for node in (new, new, one, other):
            assert await node.database.renew()
        await new.close()


async def test_who_is_silent_while_others_are_heard_is_struck_off(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The journal is not kept for it for ever."""
    monkeypatch.setattr(nodes, "STEADY_SECONDS", 0)
    async with nodes_told(tmp_path, (url, alone())) as [one]:
        with get_db(one.database) as connection:
            nodes.join(connection, "gone", "there")
        assert await one.database.renew()
        with psycopg.connect(url) as link:
            link.execute(
                "UPDATE nodes SET seen_at = seen_at - %s WHERE id = 'gone'", [LOST_SECONDS + 10]
            )
        assert await one.database.renew()
        with psycopg.connect(url) as link:
            assert link.execute("SELECT id FROM nodes").fetchall() == [(one.database.node,)]


@pytest.mark.thorough
async def test_a_node_that_stood_still_ends_where_a_server_has_the_database_alone(
    tmp_path: Path, url: str
) -> None:
    """Neither would tell what the other one does."""
    node = Node(tmp_path / "node", url, alone())
    go_by(url, STALE_SECONDS + 10)
    server = init_db(local_settings(tmp_path / "server", database_url=url))
    server.serve(cluster=False)
    assert not await node.database.renew()
    with get_db(server) as connection:
        assert lease.renew(connection, lease.owner_of(tmp_path / "server" / "data"))
    await node.close()
    server.release()


@pytest.mark.thorough
async def test_a_server_that_stood_still_ends_where_nodes_have_the_database(
    tmp_path: Path, url: str
) -> None:
    """The other way round."""
    server = init_db(local_settings(tmp_path / "server", database_url=url))
    server.serve(cluster=False)
    server.start()
    assert await server.renew()
    go_by(url, STALE_SECONDS + 10)
    node = Node(tmp_path / "node", url, alone())
    assert not await server.renew()
    assert await node.database.renew()
    await server.close()
    # Its end takes nothing from the nodes.
    assert await node.database.renew()
    await node.close()


@pytest.mark.thorough
def test_a_node_goes_on_renewing_after_what_nobody_expects(url: str, new_server: NewServer) -> None:
    """It is logged, and tried again: otherwise it would be struck off, and never know."""
    env = {"PARLOUR_DATABASE_URL": url, "PARLOUR_REDIS_URL": valkey().url}
    server = new_server(env=env).start()
    server.expect_fault("Traceback|could not be renewed")
    with psycopg.connect(url, autocommit=True, prepare_threshold=None) as connection:
        connection.execute(
            "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql"
            " AS $$BEGIN RAISE EXCEPTION 'a fault of the disk'; END$$"
        )
        words = "CREATE TRIGGER fail BEFORE UPDATE ON nodes EXECUTE FUNCTION fail()"
        connection.execute(words)
        server.process.wait_for_line("RaiseException")
        connection.execute("DROP FUNCTION fail CASCADE")

        def seen() -> int:
            found = connection.execute("SELECT seen_at FROM nodes").fetchone()
            assert found is not None
            return int(found[0])

        before = seen()
        until(lambda: seen() > before, seconds=15)
