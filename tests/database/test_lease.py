"""One server at a time on a PostgreSQL database, from whatever machine or data directory."""

import json
import socket
from pathlib import Path

import psycopg
import pytest

from parlour import cli, migrations
from parlour.database import DatabaseUnusable, init_db
from parlour.migrations import revisions
from parlour.store.nodes import STALE_SECONDS
from parlour.support.postgresql import WRITE_LOCK
from tests.support.local import local_settings
from tests.support.people import http_client
from tests.support.postgres import postgres
from tests.support.server import NewServer


@pytest.fixture
def url() -> str:
    """Return the address of a new database."""
    return postgres().new_database()


def refused(capsys: pytest.CaptureFixture[str], command: list[str]) -> str:
    """Run Parlour's program, which fails with one line; the line."""
    assert cli.main(command) == 1
    [line] = capsys.readouterr().err.splitlines()
    return line


def test_a_second_server_is_refused_while_the_first_one_runs(
    tmp_path: Path,
    url: str,
    new_server: NewServer,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So is what is done by hand; after a clean stop the database is free, after a crash soon."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PARLOUR_DATABASE_URL", url)
    monkeypatch.setenv("PARLOUR_PORT", "0")
    first = new_server(env={"PARLOUR_DATABASE_URL": url}).start()
    other = ["--data-dir", str(tmp_path / "other")]
    for command in (["serve"], ["admin", "invite"]):
        line = refused(capsys, [*command, *other])
        assert line.startswith("parlour: Another Parlour (on ")
        assert "Stop it" in line
    with http_client(first) as http:
        assert http.get("/readyz").is_success
    # Its own data directory holds it still after a crash, and nobody waits for that.
    first.kill()
    first.start()
    first.kill()
    assert "Another Parlour" in refused(capsys, ["admin", "invite", *other])
    with psycopg.connect(url) as connection:
        held = connection.execute("SELECT value FROM meta WHERE name = 'server'").fetchone()
        assert held is not None
        stale = {**json.loads(held[0])}
        stale["at"] -= STALE_SECONDS
        connection.execute("UPDATE meta SET value = %s WHERE name = 'server'", [json.dumps(stale)])
    assert cli.main(["admin", "invite", *other]) == 0
    # By now it is nobody's.
    assert first.start().stop() == 0
    second = new_server(env={"PARLOUR_DATABASE_URL": url}).start()
    assert second.stop() == 0


@pytest.mark.thorough
def test_a_server_whose_database_was_taken_over_ends(url: str, new_server: NewServer) -> None:
    """It stood still for so long that another one found it gone."""
    server = new_server(env={"PARLOUR_DATABASE_URL": url}).start()
    with psycopg.connect(url) as connection:
        held = json.dumps({"owner": "another", "host": "elsewhere", "at": 0})
        # As servers do: the first one, which has just started, may be renewing it.
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [WRITE_LOCK])
        connection.execute("UPDATE meta SET value = %s WHERE name = 'server'", [held])
    server.expect_fault("another server has taken the database over")
    server.process.wait_for_line("another server has taken the database over")
    assert server.process.wait() == 0
    with psycopg.connect(url) as connection:
        kept = connection.execute("SELECT value FROM meta WHERE name = 'server'").fetchone()
    assert kept == (held,)


def test_several_may_still_open_it_who_do_not_serve(tmp_path: Path, url: str) -> None:
    """Scripts, and tests of what several nodes would do: only who serves or is told to holds it."""
    nodes = [init_db(local_settings(tmp_path / name, database_url=url)) for name in ("a", "b")]
    nodes[0].hold()
    nodes[0].hold()
    for node in nodes:
        node.release()
    again = init_db(local_settings(tmp_path / "b", database_url=url))
    again.hold()
    again.release()


def test_a_release_that_would_change_the_schema_does_not_do_so_below_others(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nodes or a server that have the database keep what they know of it; once they end it may."""
    known = revisions()
    settings = local_settings(tmp_path / "one", database_url=url)
    for cluster in (True, False):
        running = init_db(settings)
        running.serve(cluster=cluster)
        newer = [*known, "9999"]
        monkeypatch.setattr(migrations, "revisions", lambda newer=newer: newer)
        with pytest.raises(DatabaseUnusable, match=r"An older Parlour \(on .*\) runs on .*first"):
            init_db(local_settings(tmp_path / "two", database_url=url))
        running.release()
        # Alone it goes on to bring the schema up to date, to which there is nothing here.
        init_db(local_settings(tmp_path / "two", database_url=url)).release()
        monkeypatch.undo()


def test_commands_on_accounts_are_refused_while_a_node_runs_and_name_it(
    tmp_path: Path,
    url: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also from a node's own data directory; the audit log is read beside it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PARLOUR_DATABASE_URL", url)
    node = init_db(local_settings(tmp_path / "node", database_url=url))
    node.serve(cluster=True)
    other = ["--data-dir", str(tmp_path / "other")]
    assert f"Another Parlour (on {socket.gethostname()}) runs" in refused(
        capsys, ["admin", "invite", *other]
    )
    assert cli.main(["audit", "verify", *other]) == 0
    node.release()
    assert cli.main(["admin", "invite", *other]) == 0
    assert "/#/invite/" in capsys.readouterr().out
