"""Files that lay beside one server go along to where several nodes look for them: the database."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from parlour.main import create_app
from parlour.settings import SettingsError
from tests.support.accounts import Account, register
from tests.support.brief import thorough_but
from tests.support.files import File, get, on_disk, sent
from tests.support.lived import ask
from tests.support.local import local_settings
from tests.support.places import make_room
from tests.support.postgres import postgres
from tests.support.server import NewServer, Server
from tests.support.valkey import valkey

# What is moved lies on the disk; where to is said by each test.
pytestmark = [pytest.mark.sqlite, pytest.mark.one_node]

# More than one part of it.
DATA = bytes(range(256)) * 3_000


@pytest.fixture
def url() -> str:
    """Return the address of an empty database."""
    return postgres().new_database(empty=True)


def lived(server: Server) -> tuple[Account, File]:
    """Let somebody send a file to a server, which is stopped then."""
    server.start()
    account = register(server, "ann")
    file = sent(account, make_room(account).room, DATA)
    server.stop()
    return account, file


def become_node(server: Server, url: str) -> None:
    """Do as the documentation says: bring everything along, and start it as a node."""
    nodes = {"PARLOUR_DATABASE_URL": url, "PARLOUR_REDIS_URL": valkey().url}
    moved = ask(server, "migrate-data", **nodes)
    assert (moved.returncode, moved.stderr) == (0, "")
    server.env.update(nodes)
    server.start()


def on_sqlite(server: Server, url: str) -> tuple[Account, File]:
    """Let it have worked on SQLite alone."""
    del url
    return lived(server)


def on_postgresql(server: Server, url: str) -> tuple[Account, File]:
    """Let it have worked on PostgreSQL alone."""
    server.env["PARLOUR_DATABASE_URL"] = url
    return lived(server)


def on_both(server: Server, url: str) -> tuple[Account, File]:
    """Let it have worked on SQLite, and on PostgreSQL since: what was moved is still there."""
    account, file = lived(server)
    assert ask(server, "migrate-data", PARLOUR_DATABASE_URL=url).returncode == 0
    return account, file


@pytest.mark.thorough
@pytest.mark.parametrize("before", thorough_but([on_both], [on_sqlite, on_postgresql, on_both]))
def test_a_server_becomes_the_first_node_on_its_own_data_directory(
    new_server: NewServer, url: str, before: Callable[[Server, str], tuple[Account, File]]
) -> None:
    """Nobody has to sign in again, and files are there, at every node."""
    server = new_server()
    account, file = before(server, url)
    become_node(server, url)
    other = new_server(env=server.env).start()
    for node in (server, other):
        there = replace(account, server=node)
        assert there.status() == 200
        answer = get(there, file)
        assert (answer.status_code, answer.content) == (200, DATA)
        assert get(there, file, Range="bytes=300000-300004").content == DATA[300_000:300_005]
    assert on_disk(server) == []
    kept = [path for path in (server.data_dir / "files.moved").rglob("*") if path.is_file()]
    assert [path.name for path in kept] == [file["id"]]


@pytest.mark.thorough
def test_files_that_were_brought_along_before_are_not_lost_by_doing_it_again(
    new_server: NewServer, url: str
) -> None:
    """There is nothing left to bring; it says so in one line, and changes nothing."""
    server = new_server()
    account, file = lived(server)
    become_node(server, url)
    server.stop()
    again = ask(server, "migrate-data", **server.env)
    assert again.returncode == 1
    [line] = again.stderr.splitlines()
    assert line.startswith("parlour: There ")
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT DISTINCT key FROM blobs").fetchall()
    assert found == [(file["id"],)]
    server.start()
    assert get(account, file).content == DATA


@pytest.mark.thorough
async def test_nor_does_another_server_of_applications_start_beside_files(
    tmp_path: Path, url: str
) -> None:
    """Whatever starts it, nobody would find them."""
    settings = local_settings(tmp_path, database_url=url, redis_url=valkey().url)
    lost = settings.data_dir / "files" / "ab" / "cd" / "abcd"
    lost.parent.mkdir(parents=True)
    lost.write_bytes(b"words")
    app = create_app(settings)
    with pytest.raises(SettingsError, match="parlour migrate-data"):
        async with app.router.lifespan_context(app):
            pass
