"""Backups of PostgreSQL, of nodes and of files in a store; and from each kind into the other."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from parlour.backup.contents import name_of
from parlour.backup.places import Bucket, Gone
from parlour.settings import Settings
from tests.support.archives import (
    back_up,
    checked,
    contents,
    made,
    refused,
    restore,
    restored,
    rows,
)
from tests.support.cutting import When, cutting
from tests.support.files import get, said, sent, until
from tests.support.lived import FOUND, Lived, ask, do, found
from tests.support.places import make_room
from tests.support.postgres import postgres
from tests.support.s3 import BUCKET, Store
from tests.support.server import NewServer, Server
from tests.support.valkey import valkey

# Which database it is is said by each test.
pytestmark = [pytest.mark.sqlite, pytest.mark.one_node(reason="it says itself which nodes")]


@pytest.fixture
def url() -> str:
    """Return the address of an empty database."""
    return postgres().new_database(empty=True)


@pytest.fixture(scope="module")
def on_postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    """Yield a server that runs on PostgreSQL, on which people have lived."""
    home = tmp_path_factory.mktemp("postgresql")
    env = {"PARLOUR_DATABASE_URL": postgres().new_database(empty=True)}
    server = Server(home, env=env, is_measured=True)
    there = Lived(server)
    until(lambda: found(there.bob) == FOUND)
    yield there
    server.stop()


@pytest.fixture(scope="module")
def from_postgresql(on_postgresql: Lived, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a backup of it."""
    return made(on_postgresql.server, tmp_path_factory.mktemp("of-postgresql") / "kept")


def is_the_same(there: Lived, server: Server) -> None:
    """Assert that everybody is told there what they were told."""
    server.start()
    until(lambda: found(replace(there.bob, server=server)) == FOUND)
    for account in (there.ada, there.bob, there.eve):
        old, new = there.told(account), there.told(replace(account, server=server))
        for path, answer in old.items():
            if "audit" not in path:
                assert _told(new[path]) == _told(answer), path
    again = replace(there.ada, server=server)
    more = do(again, "POST", f"{there.hall.path}/messages", json={"content": "and on"})
    assert more["id"] == there.last_message + 1
    assert make_room(again, "public", name="New").id == there.last_room + 1


def _told(answer: object) -> str:
    return re.sub(r"'epoch': '[0-9a-f]+'", "", str(answer))


@pytest.mark.thorough
def test_a_backup_of_postgresql_is_restored_into_postgresql(
    on_postgresql: Lived, from_postgresql: Path, new_server: NewServer, url: str, tmp_path: Path
) -> None:
    """All rows of one moment, without a program of PostgreSQL."""
    assert "on PostgreSQL (schema" in checked(from_postgresql, tmp_path).stdout
    target = new_server(env={"PARLOUR_DATABASE_URL": url})
    # A node that is restored in its place has this in its folder.
    target.data_dir.mkdir(mode=0o700, parents=True)
    (target.data_dir / "database").write_text("postgresql://chat@db.example.org/chat\n")
    told = restored(from_postgresql, target).splitlines()
    assert told[0] == f"{from_postgresql} was restored into {url} and {target.data_dir}."
    is_the_same(on_postgresql, target)


@pytest.mark.thorough
def test_a_backup_of_postgresql_is_restored_into_sqlite(
    on_postgresql: Lived, from_postgresql: Path, new_server: NewServer
) -> None:
    """And from there into PostgreSQL once more: no number is given twice."""
    target = new_server()
    restored(from_postgresql, target)
    is_the_same(on_postgresql, target)


@pytest.mark.thorough
def test_a_backup_of_sqlite_is_restored_into_postgresql_and_back(
    lived: Lived, archive: Path, new_server: NewServer, url: str, tmp_path: Path
) -> None:
    """The last message's number is known although that is gone."""
    first = new_server(env={"PARLOUR_DATABASE_URL": url})
    restored(archive, first)
    first.start()
    until(lambda: found(replace(lived.bob, server=first)) == FOUND)
    second = new_server()
    restored(made(first, tmp_path / "of-postgresql"), second)
    is_the_same(lived, second)


@pytest.mark.thorough
def test_what_runs_on_postgresql_or_was_used_is_not_restored_into(
    archive: Path, new_server: NewServer, url: str
) -> None:
    """Neither by a server on another data directory nor by rows that are there."""
    target = new_server(env={"PARLOUR_DATABASE_URL": url})
    other = new_server(env={"PARLOUR_DATABASE_URL": url}).start()
    assert re.fullmatch(
        r"A Parlour \(on .+\) runs on \S+\. Stop it\.", refused(restore(archive, target))
    )
    other.stop()
    restored(archive, target)
    again = new_server(env={"PARLOUR_DATABASE_URL": url})
    said_of_it = refused(restore(archive, again))
    assert said_of_it == f"{url} is used already; make an empty one. Nothing was changed."
    assert not again.data_dir.exists()
    target.start()


@pytest.mark.thorough
def test_no_server_starts_on_a_postgresql_database_that_was_not_restored_whole(
    archive: Path, new_server: NewServer, url: str
) -> None:
    """Its mark goes with the commit of all rows."""
    target = new_server(env={"PARLOUR_DATABASE_URL": url})
    restored(archive, target)
    with psycopg.connect(url) as connection:
        connection.execute("INSERT INTO meta (name, value) VALUES ('restoring', '1')")
    process = target.launch()
    assert process.wait() == 1
    [line] = process.lines
    words = f"A restore into {url} was not finished, and nothing there counts."
    assert line == f"parlour: {words} Do it again, with parlour restore."
    assert refused(back_up(target, target.home / "x")).startswith(f"A restore into {url} was not")


@pytest.mark.thorough
@pytest.mark.parametrize("when", ["behind", "before"])
def test_a_connection_that_is_lost_at_the_very_end_leaves_all_or_nothing(
    archive: Path, new_server: NewServer, url: str, when: When, lived: Lived
) -> None:
    """What was committed is restored although nobody said so."""
    port = postgres().port
    target = new_server(env={"PARLOUR_DATABASE_URL": url})
    with cutting(port) as way:
        way.cut = when
        through = url.replace(f":{port}/", f":{way.port}/")
        run = restore(archive, target, PARLOUR_DATABASE_URL=through)
        assert way.done.is_set()
    if run.returncode:
        assert not target.data_dir.exists()
        restored(archive, target)
    target.start()
    assert replace(lived.bob, server=target).status() == 200


@pytest.mark.thorough
def test_nodes_are_backed_up_with_the_files_and_keys_in_their_database(
    new_server: NewServer, url: str, tmp_path: Path
) -> None:
    """And restored as nodes, or as one server on SQLite with its files in its folder."""
    env = {"PARLOUR_DATABASE_URL": url, "PARLOUR_REDIS_URL": valkey().url}
    there = Lived(new_server(env=env))
    big = sent(there.ada, there.hall.room, bytes(range(256)) * 40_000)
    said(there.ada, there.hall.room, big)
    new_server(env=env).start()
    archive = made(there.server, tmp_path / "backups")
    assert f"files/{big['id']}" in contents(archive)
    # A node's keys are in the database.
    assert "keys.json" not in contents(archive)
    assert rows(archive, tmp_path, "SELECT count(*) FROM blobs") == [(0,)]
    other = {**env, "PARLOUR_DATABASE_URL": postgres().new_database(empty=True)}
    nodes = [new_server(env=other), new_server(env=other)]
    restored(archive, nodes[0])
    alone = new_server()
    restored(archive, alone)
    for server in (*nodes, alone):
        server.start()
        ada = replace(there.ada, server=server)
        assert ada.status() == 200
        assert get(ada, big).content == bytes(range(256)) * 40_000
        assert get(ada, there.file, "/thumbnail").status_code == 200
    assert len(list((alone.data_dir / "files").glob("*/*/*"))) == 3


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Yield an S3-compatible store that runs."""
    running = Store(tmp_path_factory.mktemp("store")).start()
    yield running
    running.stop()


@pytest.mark.thorough
def test_files_of_a_store_and_archives_in_it(
    new_server: NewServer, store: Store, tmp_path: Path
) -> None:
    """Both ways: files of a bucket in an archive of the same store, with rotation."""
    there = Lived(new_server(env=store.settings()))
    until(lambda: store.listed() == {there.file["id"], there.file["id"] + "t"})
    place = f"s3://{BUCKET}/kept/here"
    run = back_up(there.server, place)
    assert (run.returncode, run.stderr) == (0, "")
    found_in_it = re.match(r"Backed up to (s3://\S+\.tar)\.\n", run.stdout)
    assert found_in_it is not None
    archive = found_in_it[1]
    assert archive.startswith(f"{place}/parlour-")
    assert ask(there.server, "backup", "--check", archive, **store.settings()).returncode == 0
    second = back_up(there.server, place, "--keep", "1")
    assert second.stdout.splitlines()[-1] == "1 older one was taken away."
    listed = ask(there.server, "backup", "--list", PARLOUR_BACKUP_TO=place, **store.settings())
    [name] = listed.stdout.splitlines()
    # Into the same bucket, in which some of the files are: those are compared.
    there.server.stop()
    target = new_server(env=store.settings())
    restored(f"{place}/{name}", target)
    target.start()
    ada = replace(there.ada, server=target)
    assert len(get(ada, there.file).content) == there.file["size"]
    target.stop()
    # And into a folder.
    alone = new_server()
    restored(f"{place}/{name}", alone, **{**store.settings(), "PARLOUR_S3_BUCKET": ""})
    alone.start()
    assert len(get(replace(ada, server=alone), there.file).content) == there.file["size"]


def test_two_of_one_moment_are_both_kept_in_a_store(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As two servers write them, of which neither sees the other's before it is whole."""
    for name, value in store.settings().items():
        monkeypatch.setenv(name, value)
    settings = Settings(data_dir=tmp_path)
    place = Bucket(settings, BUCKET, "shared")
    at = datetime(2026, 11, 30, 12, tzinfo=UTC)
    names = {who: name_of(at) for who in "ab"}
    with ExitStack() as held:
        sinks = {who: held.enter_context(place.create(names[who], 1)) for who in names}
        for who, sink in sinks.items():
            sink.write(who.encode())
        assert {who: sink.written().read() for who, sink in sinks.items()} == {
            "a": b"a", "b": b"b",
        }  # fmt: skip
        sinks["a"].keep()
    # What was not kept goes, and nobody else's.
    assert place.names() == [names["a"]]
    assert place.beginning(names["a"]) == b"a"
    with pytest.raises(Gone, match="there is no s3://"):
        place.beginning(names["b"])


@pytest.mark.thorough
def test_what_a_store_refuses_is_said_in_one_line(
    lived: Lived, archive: Path, store: Store, new_server: NewServer
) -> None:
    """Wrong keys, no bucket, no keys at all, and none that answers."""
    del archive
    place = f"s3://{BUCKET}/x"
    wrong = {**store.settings(secret="wrong"), "PARLOUR_S3_BUCKET": ""}
    said_of_it = refused(back_up(lived.server, place, **wrong))
    assert said_of_it.startswith(f"The storage does not do it: the S3 store refused {place}")
    assert "SignatureDoesNotMatch" in said_of_it or "AccessDenied" in said_of_it
    right = {**store.settings(), "PARLOUR_S3_BUCKET": ""}
    gone = refused(restore(f"{place}/parlour-20260101T000000Z.tar", new_server(), **right))
    words = f"there is no {place}/parlour-20260101T000000Z.tar"
    assert gone == f"The storage does not do it: {words}."
    none = {**right, "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
    assert refused(back_up(lived.server, place, **none)) == (
        f"s3://{BUCKET} needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment."
    )
