"""Jobs of a cluster: each is done by one node, and by another where that one is gone."""

import signal
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from parlour.jobs import LEASE_SECONDS
from tests.support.accounts import Account, log_in
from tests.support.clock import wrong_clock
from tests.support.files import until
from tests.support.nodes import Apart
from tests.support.people import checked
from tests.support.places import Place, make_room, name_of, new_account
from tests.support.postgres import postgres
from tests.support.scheduling import at, due, later, path_of, said_in, scheduled
from tests.support.server import NewServer, Server
from tests.support.timing import scaled
from tests.support.valkey import valkey

pytestmark = pytest.mark.usefixtures("partings")


def there(place: Place, node: Server) -> Account:
    """Return the owner of a room as they ask at another node."""
    return replace(place.owner, server=node)


@pytest.mark.thorough
async def test_of_two_nodes_one_says_it_and_both_tell(both: list[Apart], ann: Account) -> None:
    """However many come at once; wherever its author is, they are told what became of it."""
    place = make_room(ann)
    clients = [await there(place, node).connect() for node in both]
    made = [later(place, ann, f"number {number}") for number in range(20)]
    due(ann, *made, seconds=2)
    removed: list[set[Any]] = []
    for client in clients:
        frames = [await client.until("scheduled_removed") for _ in made]
        assert {frame["id"] for frame in frames} == {one["id"] for one in made}
        removed.append({frame["message_id"] for frame in frames})
    said = said_in(place, ann)
    assert sorted(each["content"] for each in said) == sorted(one["content"] for one in made)
    assert removed[0] == removed[1] == {each["id"] for each in said}


@pytest.mark.thorough
async def test_what_was_put_at_one_node_is_changed_and_said_at_the_other(
    both: list[Apart], ann: Account
) -> None:
    """Both know of the same."""
    place = make_room(ann)
    one = later(place, ann)
    other = there(place, both[1])
    assert scheduled(other)[-1] == one
    checked(other.call("PATCH", path_of(one), json={"content": "changed there"}))
    assert checked(other.call("POST", path_of(one, "/now")))["content"] == "changed there"
    assert [each["content"] for each in said_in(place, ann)] == ["changed there"]


@pytest.fixture
def shared() -> dict[str, str]:
    """Return what nodes of a cluster of their own have in common."""
    return {
        "PARLOUR_DATABASE_URL": postgres().new_database(),
        "PARLOUR_REDIS_URL": valkey().url,
    }


@contextmanager
def held_up(url: str) -> Iterator[None]:
    """Let no message be stored: the job that has one waits in the middle of it."""
    with closing(psycopg.connect(url)) as connection:
        connection.execute("LOCK TABLE rooms IN ACCESS EXCLUSIVE MODE")
        yield
        connection.rollback()


def holders(url: str) -> list[str]:
    """Return the nodes that have a message to say just now."""
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        asked = "SELECT taken_by FROM jobs WHERE kind = 'send' AND taken_by IS NOT NULL"
        return [row[0] for row in connection.execute(asked)]


def newest_node(url: str, known: set[str]) -> str:
    """Return the node that has come to those that were known."""
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        [node] = {str(row[0]) for row in connection.execute("SELECT id FROM nodes")} - known
    return node


@pytest.mark.thorough
@pytest.mark.one_node("it makes nodes of its own, one by one")
@pytest.mark.timeout(180)
@pytest.mark.parametrize("sudden", [True, False])
def test_what_a_node_had_when_it_ended_another_says(
    new_server: NewServer, shared: dict[str, str], sudden: bool
) -> None:
    """Killed in the middle: when its time is over; stopped: at once. Once in either case."""
    url = shared["PARLOUR_DATABASE_URL"]
    nodes: dict[str, Server] = {}
    for _ in range(2):
        server = new_server(env=shared).start()
        nodes[newest_node(url, set(nodes))] = server
    servers = list(nodes.values())
    place = make_room(new_account(servers[0], "ann"))
    [one] = due(place.owner, later(place, place.owner), seconds=2)
    with held_up(url):
        until(lambda: bool(holders(url)))
        [holder] = holders(url)
        taken = time.monotonic()
        # It hangs in the middle of storing it.
        nodes[holder].process.signal(signal.SIGKILL if sudden else signal.SIGTERM)
        if sudden:
            nodes[holder].process.wait()
    [left] = [server for node, server in nodes.items() if node != holder]
    author = there(place, left)
    until(lambda: bool(said_in(place, author)), seconds=LEASE_SECONDS * 2)
    if sudden:
        assert time.monotonic() - taken < scaled(LEASE_SECONDS + 5)
    [message] = said_in(place, author)
    assert message["client_id"] == one["client_id"]
    assert scheduled(author) == []
    if not sudden:
        assert nodes[holder].process.wait() == 0


@pytest.mark.thorough
def test_clocks_an_hour_apart_change_nothing(
    new_server: NewServer, shared: dict[str, str], tmp_path: Path
) -> None:
    """A time to come is one by the database's clock, at whatever node; then it is said, once."""
    ahead = wrong_clock(tmp_path, 3600)
    right = new_server(env=shared, is_anew=True).start()
    wrong = new_server(env={**shared, **ahead}, is_anew=True).start()
    place = make_room(new_account(right, "ann"))
    # Each believes what it has signed itself: to the other it is too old, or not yet good.
    author = log_in(wrong, name_of(place.owner))
    room = make_room(author, "public").room
    is_ahead = datetime.fromisoformat(room["created_at"]) - datetime.now(UTC)
    assert is_ahead > timedelta(minutes=50)
    [one] = due(author, later(place, author, "by the wrong one"), seconds=2)
    [two] = due(place.owner, later(place, place.owner, "by the right one"), seconds=2)
    until(lambda: len(said_in(place, author)) == 2)
    assert datetime.now(UTC) >= datetime.fromisoformat(two["send_at"])
    assert {each["client_id"] for each in said_in(place, author)} == {
        one["client_id"], two["client_id"],
    }  # fmt: skip
    assert scheduled(author) == []
    # Both go on, and nothing comes a second time.
    [last] = due(author, later(place, author, "the last"))
    until(lambda: len(said_in(place, author)) == 3)
    assert [each["client_id"] for each in said_in(place, author)][-1] == last["client_id"]


def test_only_workers_run_jobs(new_server: NewServer, shared: dict[str, str]) -> None:
    """Without one what is said later waits; with the first it is said."""
    auth, api = (
        new_server(env={**shared, "PARLOUR_ONLY": name}).start() for name in ("auth", "api")
    )
    signed_in = new_account(auth, "ann")
    place = make_room(replace(signed_in, server=api))
    [one] = due(place.owner, later(place, place.owner))
    until(lambda: at() > one["send_at"])
    assert scheduled(place.owner) == [one]
    new_server(env={**shared, "PARLOUR_ONLY": "worker"}).start()
    until(lambda: bool(said_in(place, place.owner)))
    assert scheduled(place.owner) == []
