"""The journal of what nodes have committed: each tells all of it, once, in one order."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Connection

from parlour import cluster
from parlour.database import DatabaseUnusable, get_db, init_db
from parlour.errors import Refusal
from parlour.realtime.broker import Hub, MemoryBroker
from parlour.store import journal, nodes
from parlour.support import postgresql
from tests.support.brief import thorough_but
from tests.support.cutting import Cutting, cutting
from tests.support.local import at_last, local_settings
from tests.support.postgres import postgres
from tests.support.server import NewServer
from tests.support.told import Node, nodes_told
from tests.support.valkey import valkey


@pytest.fixture
def url() -> str:
    """Return the address of a new database."""
    return postgres().new_database()


@pytest.fixture
def way() -> Iterator[Cutting]:
    """Yield a way to the server that can be cut."""
    with cutting(postgres().port) as opened:
        yield opened


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody look by themselves at what others have committed."""
    monkeypatch.setattr(cluster, "LOOK_SECONDS", 1_000.0)


def alone() -> MemoryBroker:
    """Return the broker of a node that hears nothing of others."""
    return MemoryBroker(Hub())


async def settle(*nodes: Node) -> None:
    """Wait until what they look for when they begin is over."""
    for _ in range(3):
        for node in nodes:
            await node.cluster.catch_up()


async def test_what_two_nodes_say_at_once_both_tell_in_one_order(tmp_path: Path, url: str) -> None:
    """That of the commits, each of them once."""
    hub = Hub()
    places = [(url, MemoryBroker(hub)) for _ in range(2)]
    async with nodes_told(tmp_path, *places) as (one, other):
        said = [node.say() for _ in range(50) for node in (one, other)]
        assert sorted(await asyncio.gather(*said)) == list(range(1, 101))
        for node in (one, other):
            await node.database.told()
            assert node.told == list(range(1, 101))


@pytest.mark.usefixtures("unhurried")
async def test_who_writes_tells_before_it_what_others_wrote(tmp_path: Path, url: str) -> None:
    """It reads that under the lock of all who write, whatever it has heard."""
    async with nodes_told(tmp_path, (url, alone()), (url, alone())) as (one, other):
        await settle(one, other)
        assert [await other.say(), await other.say()] == [1, 2]
        assert one.told == []
        assert await one.say() == 3
        assert one.told == [1, 2, 3]
        assert other.told == [1, 2]
        assert [await other.say(), await one.say()] == [4, 5]
        assert other.told == [1, 2, 3, 4]
        assert one.told == [1, 2, 3, 4, 5]


@pytest.mark.usefixtures("unhurried")
async def test_what_is_too_long_for_a_hint_is_told_soon(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hint without what it is about has it read."""
    monkeypatch.setattr(cluster, "MOST_HINTED", 0)
    hub = Hub()
    places = [(url, MemoryBroker(hub)) for _ in range(2)]
    async with nodes_told(tmp_path, *places) as (one, other):
        await one.say()
        async with asyncio.timeout(5):
            for _ in iter(lambda: other.told, [1]):
                await asyncio.sleep(0.01)


@pytest.mark.usefixtures("unhurried")
@pytest.mark.parametrize("then", thorough_but(["looks"], ["looks", "writes", "hears"]))
async def test_what_was_committed_without_its_nodes_knowing_is_told_once(
    tmp_path: Path, url: str, way: Cutting, then: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever said it was told that it may be stored; it is, and the node tells it in its place."""
    monkeypatch.setattr(postgresql, "SILENT_SECONDS", 1.0)
    monkeypatch.setattr(postgresql, "UNKNOWN_SECONDS", 1.0)
    monkeypatch.setattr(postgresql, "CONNECT_SECONDS", 2)
    hub = Hub()
    through = url.replace(f":{postgres().port}/", f":{way.port}/")
    places = ((through, MemoryBroker(hub)), (url, MemoryBroker(hub)))
    async with nodes_told(tmp_path, *places) as (one, other):
        assert await one.say() == 1
        # Looking ends with a commit, too.
        await settle(one)
        way.cut = "unknown"
        with pytest.raises(Refusal) as refused:
            await one.say()
        assert (refused.value.code, way.done.is_set(), one.told) == ("busy", True, [1])
        way.go_on()
        if then == "looks":
            await at_last(one.cluster.catch_up)
            assert one.told == [1, 2]
        elif then == "hears":
            assert await other.say() == 3
            await at_last(one.cluster.catch_up)
            assert one.told == [1, 2, 3]
        already = len(one.told)
        last = await at_last(one.say)
        assert one.told == list(range(1, last + 1))
        assert already < last
        for node in (one, other):
            await at_last(node.cluster.catch_up)
            assert node.told == list(range(1, last + 1))


@pytest.mark.thorough
async def test_what_a_node_has_not_told_is_kept(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also long after it was committed; of what all have told, only the newest."""
    monkeypatch.setattr(journal, "KEPT_SECONDS", -10)
    database = init_db(local_settings(tmp_path, database_url=url))
    with get_db(database) as connection:
        assert nodes.join(connection, "quick", "here") == 0
        nodes.join(connection, "slow", "there")
        ids = [_add(connection, "quick") for _ in range(5)]
        assert nodes.renew(connection, "quick", ids[-1])
        assert _kept(connection, "slow") == ids
        # It has told the first two.
        assert nodes.renew(connection, "slow", ids[1])
        assert _kept(connection, "slow") == ids[2:]
        nodes.end(connection, "slow")
        assert nodes.renew(connection, "quick", ids[-1])
        assert _kept(connection, "quick") == ids[-1:]
        assert nodes.join(connection, "new", "here") == ids[-1]
    monkeypatch.undo()
    with get_db(database) as connection:
        ids.append(_add(connection, "quick"))
        assert nodes.renew(connection, "new", ids[-1])
        assert nodes.renew(connection, "quick", ids[-1])
        # Known to all, but young.
        assert _kept(connection, "quick") == ids[-2:]
    database.release()


def _add(connection: Connection, node: str) -> int:
    words = "INSERT INTO journal (node, at, effects) VALUES (%s, %s, 'x') RETURNING id"
    now = "SELECT extract(epoch FROM clock_timestamp())::bigint"
    at = connection.exec_driver_sql(now).scalar_one()
    return int(connection.exec_driver_sql(words, (node, at)).scalar_one())


def _kept(connection: Connection, node: str) -> list[int]:
    return [entry.id for entry in journal.entries_after(connection, node, 0, 100)]


@pytest.mark.usefixtures("unhurried")
async def test_a_node_that_was_struck_off_says_and_tells_nothing_more(
    tmp_path: Path, url: str
) -> None:
    """What it would find of others may have holes; so it ends, and begins anew."""
    async with nodes_told(tmp_path, (url, alone()), (url, alone())) as (one, other):
        await settle(one, other)
        assert await other.say() == 1
        with get_db(other.database) as connection:
            nodes.end(connection, one.database.node)
        for refused in (one.say, one.cluster.catch_up, one.database.told):
            with pytest.raises(Refusal) as refusal:
                await refused()
            assert refusal.value.code == "busy"
        assert one.told == []
        assert not await one.database.renew()
        # What it tried to say was not stored.
        assert await other.say() == 2


@pytest.mark.thorough
def test_a_server_ends_that_was_struck_off(tmp_path: Path, url: str, new_server: NewServer) -> None:
    """Whoever looks after it starts it again."""
    env = {"PARLOUR_DATABASE_URL": url, "PARLOUR_REDIS_URL": valkey().url}
    server = new_server(env=env).start()
    with psycopg.connect(url) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [postgresql.WRITE_LOCK])
        connection.execute("DELETE FROM nodes")
    server.expect_fault("this one ends")
    server.process.wait_for_line("this one ends")
    assert server.process.wait() == 0


def test_a_node_and_a_server_by_itself_do_not_share_a_database(tmp_path: Path, url: str) -> None:
    """Whoever comes second is refused; nodes are not refused for one another."""
    one, other, third = (
        init_db(local_settings(tmp_path / name, database_url=url)) for name in ("a", "b", "c")
    )
    one.serve(cluster=False)
    with pytest.raises(DatabaseUnusable, match="Another Parlour"):
        other.serve(cluster=True)
    one.release()
    other.serve(cluster=True)
    third.serve(cluster=True)
    one = init_db(local_settings(tmp_path / "a", database_url=url))
    for node in (other, third):
        with pytest.raises(DatabaseUnusable, match="Another Parlour"):
            one.serve(cluster=False)
        node.release()
    one.serve(cluster=False)
    one.release()


@pytest.mark.thorough
async def test_nothing_of_nodes_that_have_ended_stays(tmp_path: Path, url: str) -> None:
    """However often one is started: neither where it ended in order nor where it was killed."""
    for _ in range(3):
        async with nodes_told(tmp_path, (url, alone())) as [node]:
            await node.say()
    node = Node(tmp_path / "last", url, alone())
    await node.say()
    with psycopg.connect(url) as connection:
        words = connection.execute("SELECT count(*) FROM meta WHERE name LIKE 'commit %'")
        assert words.fetchone() == (1,)
        assert connection.execute("SELECT count(*) FROM nodes").fetchone() == (1,)
    await node.close()
