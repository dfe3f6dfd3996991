"""Two releases on one database: side by side where the schema is the same, never where it is not.

The earlier one is run from the history. Where that is not there, its tests are left out loudly, and
fail in `make faults`.
"""

import contextlib
import os
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from parlour.migrations import revisions
from parlour.support.postgresql import WRITE_LOCK
from tests.ledger import Load, run_on_nodes, summary
from tests.support import releases
from tests.support.accounts import Account, log_in, register
from tests.support.faults import CannotRunError
from tests.support.files import until
from tests.support.healing import heal
from tests.support.ledger_nodes import Nodes
from tests.support.people import checked
from tests.support.places import follow, make_room, name_of
from tests.support.postgres import Postgres
from tests.support.server import Server
from tests.support.timing import LONG
from tests.support.valkey import Valkey

LOAD = Load(seconds=10, rate=200, still=20) if LONG else Load(2, 80, readers=16, still=2)

pytestmark = [
    pytest.mark.thorough,
    pytest.mark.timeout(200),
    pytest.mark.usefixtures("partings"),
    pytest.mark.one_node("it starts its nodes itself"),
]

MakeServer = Callable[[], Server]


@pytest.fixture(scope="module")
def beneath() -> Iterator[tuple[Postgres, Valkey]]:
    """Yield a PostgreSQL that keeps what is committed, and a Valkey."""
    postgres, redis = Postgres("fsync=on"), Valkey()
    yield postgres, redis
    redis.kill()
    postgres.end()


@pytest.fixture
def url(beneath: tuple[Postgres, Valkey]) -> str:
    """Return the address of a new database, which has this release's schema."""
    return beneath[0].new_database()


@pytest.fixture
def node(beneath: tuple[Postgres, Valkey], url: str, tmp_path: Path) -> Iterator[MakeServer]:
    """Yield a maker of nodes on it, not started."""
    made: list[Server] = []

    def make() -> Server:
        env = {"PARLOUR_DATABASE_URL": url, "PARLOUR_REDIS_URL": beneath[1].url}
        made.append(
            Server(tmp_path / f"node-{len(made)}", env=env, is_measured=False, is_anew=True)
        )
        return made[-1]

    yield make
    for each in made:
        if each.running:
            each.stop()


def earlier(find: Callable[[], str], folder: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """Return the folder of an earlier release."""
    try:
        return releases.taken_out(find(), folder)
    except CannotRunError as reason:
        if LONG or os.environ.get("CI") == "true":
            raise
        words = f"no earlier release is run beside this one: {reason}"
        with capsys.disabled():
            print(words, file=sys.stderr)  # noqa: T201 - past what pytest keeps to itself
        pytest.skip(words)


def schema_of(url: str) -> str:
    """Return the revision of a database."""
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    assert found is not None
    return str(found[0])


async def test_an_earlier_release_and_this_one_serve_one_chat(
    node: MakeServer,
    beneath: tuple[Postgres, Valkey],
    url: str,
    tmp_path: Path,
    chance: random.Random,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """People at both hear one another, and who signs out at one is signed out at the other.

    In the end the earlier one is restarted as this one.
    """
    folder = earlier(releases.with_this_schema, tmp_path / "earlier", capsys)
    old, new = releases.run_as(node(), folder).start(), node().start()
    nodes = Nodes([old, new], *beneath, url)
    storms = await run_on_nodes("none", LOAD, nodes, chance)
    print(f"side by side: {summary(storms)}")  # noqa: T201 - pytest shows it when the test fails
    assert sum(storm.scene.ledger.acknowledged for storm in storms) >= 100
    _sign_out_across(old, new)
    _sign_out_across(new, old)
    async with LOAD.storms(old, new) as upgraded:
        for storm in upgraded:
            await storm.scene.acknowledged(20)
        await old.astop()
        old.program, old.env["PYTHONPATH"] = list(new.program), ""
        await old.arestart()
        await heal(upgraded)
    print(f"upgraded: {summary(upgraded)}")  # noqa: T201 - the same
    for server in (old, new):
        assert not server.faults(), server.faults()


def _sign_out_across(one: Server, other: Server) -> None:
    name = f"ann-{one.port}"
    at_one = register(one, name)
    at_other = log_in(other, name)
    there = Account(other, at_one.user, at_one.access, at_one.refresh)
    assert (there.status(), at_other.status()) == (200, 200)
    assert there.call("DELETE", "/api/auth/sessions").is_success
    # Who is too slow to say that it has told it is not waited for.
    until(lambda: [each.status() for each in (at_one, at_other, there)] == [401, 401, 401])


async def test_what_a_later_release_does_is_passed_over(
    node: MakeServer, beneath: tuple[Postgres, Valkey], url: str, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """What this or an earlier one does not know costs nothing of what it knows beside it."""
    servers = [node()]
    with contextlib.suppress(pytest.skip.Exception):
        folder = earlier(releases.with_this_schema, tmp_path / "earlier", capsys)
        servers.append(releases.run_as(node(), folder))
    for server in servers:
        server.start()
    ann = register(servers[0], "ann")
    place = make_room(ann, "public")
    watching = [
        await follow(place, Account(server, ann.user, ann.access, ann.refresh))
        for server in servers
    ]
    checked(ann.call("PATCH", place.path, json={"topic": "as it is"}))
    for client in watching:
        await client.until("room_updated", room={"topic": "as it is"})
    with psycopg.connect(url) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [WRITE_LOCK])
        connection.execute(
            "INSERT INTO journal (node, at, effects)"
            " SELECT 'later', at, E'grown_in_a_test {\"by\": 1}\\n' || effects"
            " FROM journal ORDER BY id DESC LIMIT 1"
        )
    for client in watching:
        # It is said once more, behind what nobody knows.
        await client.until("room_updated", room={"topic": "as it is"})
    for server in servers:
        server.process.wait_for_line("what this release does not know: grown_in_a_test")
        assert not server.faults()
    checked(ann.call("PATCH", place.path, json={"topic": "as ever"}))
    for client in watching:
        await client.until("room_updated", room={"topic": "as ever"})
    assert name_of(ann) == "ann"


@pytest.mark.parametrize("which", ["next", "previous"])
def test_a_release_with_another_schema_is_kept_away(
    which: str, node: MakeServer, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    beneath: tuple[Postgres, Valkey],
) -> None:  # fmt: skip
    """The newer one while an older one runs, and from then on the older one: neither changes."""
    if which == "next":
        older, newer = node(), releases.run_as(node(), releases.next_one(tmp_path / "next"))
        schemas = revisions()[-1], "9999"
    else:
        older, newer = node(), node()
        releases.run_as(older, earlier(releases.previous, tmp_path / "earlier", capsys))
        schemas = releases.schemas(releases.previous())[-1], revisions()[-1]
        if schemas[0] == schemas[1]:
            # There is nothing to keep away; what both do is tested above.
            return
        empty = beneath[0].new_database(empty=True)
        for server in (older, newer):
            server.env["PARLOUR_DATABASE_URL"] = url = empty
    older.start()
    newer.launch()
    newer.process.wait_for_line(r"An older Parlour \(on .*\) runs on .*: stop all others first")
    assert newer.process.wait() == 1
    assert (schema_of(url), older.answers()) == (schemas[0], True)
    older.stop()
    newer.start()
    older.launch()
    older.process.wait_for_line("was written by a newer version")
    assert older.process.wait() == 1
    assert (schema_of(url), newer.answers()) == (schemas[1], True)
    for server in (older, newer):
        assert not server.faults(), server.faults()
