"""`parlour doctor`: what it sees of an installation, sound or not, and that it changes nothing."""

import os
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import pytest

from parlour.doctor import examine
from parlour.doctor.finding import Finding, Given, size_of
from parlour.migrations import revisions
from parlour.settings import load_settings
from tests.support.accounts import register
from tests.support.archives import made
from tests.support.bad_proxy import Fault, bad_proxy
from tests.support.commands import parlour
from tests.support.doctor import Said, seen, seen_at
from tests.support.places import make_room
from tests.support.postgres import postgres
from tests.support.server import Server
from tests.support.tls import SecureServer, write_pair
from tests.support.valkey import Valkey

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.people import Person, Room

pytestmark = [pytest.mark.sqlite, pytest.mark.one_node("it is told of one installation")]


def marks_of(path: Path) -> dict[str, tuple[int, int]]:
    """What would change if somebody wrote there."""
    found = path.rglob("*")
    return {str(each): (each.stat().st_size, each.stat().st_mtime_ns) for each in found}


def test_before_the_first_start_nothing_is_wrong(tmp_path: Path) -> None:
    """And nothing is made."""
    told = seen_at(tmp_path / "home")
    assert told.status == 0, told.output
    assert told.of("FAULT") == []
    words = f"{tmp_path}/home/data is not there yet; the first start makes it."
    assert Said("ok", "Data directory", words) in told.of("ok")
    assert list((tmp_path / "home").iterdir()) == []


async def test_a_sound_server_is_well_and_left_as_it_is(
    own_server: Server, new_room: "Callable[..., Room]", person: "Callable[..., Person]"
) -> None:
    """Beside the server, which goes on meanwhile; `--deep` reads all of it."""
    room = new_room(own_server)
    alice = person("alice", own_server)
    await alice.post(room, "a message")
    own_server.stop()
    before = marks_of(own_server.data_dir)
    told = seen(own_server, "--deep")
    after = marks_of(own_server.data_dir)
    changed = {name for name in before if after.get(name) != before[name]}
    assert not {name for name in changed if not name.endswith(("-shm", "-wal"))}
    assert told.of("FAULT") == []
    assert told.status == 0
    assert told.of("warning") == []
    assert told.last.startswith("no faults and ")
    expected = {"Program", "Data directory", "Disk", "Database", "Every page", "Audit log", "Keys"}
    assert expected <= set(told.about("ok"))
    own_server.start()
    beside = seen(own_server)
    words = f"It takes work at http://127.0.0.1:{own_server.port}."
    assert Said("ok", "Server", words) in beside.of("ok")


@pytest.mark.parametrize("name", ["chat.db", "keys.json", "."])
def test_what_others_can_read_is_a_fault(own_server: Server, name: str) -> None:
    """With the command that ends it."""
    path = own_server.data_dir / name
    path.chmod(path.stat().st_mode | 0o044)
    told = seen(own_server).only_fault()
    assert told.what == "Data directory"
    assert told.seen.startswith("Others on this machine can read ")
    assert told.mend == f"chmod go= {path}"


def test_a_damaged_database_is_a_fault(own_server: Server) -> None:
    """It names the backup, and breaks nothing more."""
    own_server.stop()
    path = own_server.data_dir / "chat.db"
    path.write_bytes(b"not a database" * 1000)
    told = seen(own_server).only_fault()
    assert told.what == "Database"
    assert "file is not a database" in told.seen
    assert "restore a backup" in told.mend


def test_a_newer_database_is_a_fault(own_server: Server) -> None:
    """It takes the program that wrote it."""
    own_server.stop()
    with sqlite3.connect(own_server.data_dir / "chat.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    told = seen(own_server).only_fault()
    assert told.what == "Database"
    assert f"up to {revisions()[-1]}" in told.seen
    assert told.mend == "install the version that wrote it, or a later one"


@pytest.mark.thorough
def test_a_changed_audit_log_is_found_by_a_deep_look(own_server: Server) -> None:
    """And by no other, which would take too long."""
    parlour(
        "admin", "create", "ada", "--password-stdin", cwd=own_server.home,
        env={"PARLOUR_DATA_DIR": str(own_server.home / "other")}, given="a long and rare one\n",
    )  # fmt: skip
    other = own_server.home / "other"
    with sqlite3.connect(other / "chat.db") as connection:
        # Whoever may write to the file may take away what keeps the log as it is.
        kept = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit'"
        for (name,) in connection.execute(kept).fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("UPDATE audit SET detail = 'eve'")
    connection.close()
    env = {"PARLOUR_DATA_DIR": str(other)}
    assert seen_at(own_server.home, env=env).of("FAULT") == []
    told = seen_at(own_server.home, "--deep", env=env).only_fault()
    assert told.what == "Audit log"
    assert "changed" in told.seen


def test_lost_keys_are_a_warning_and_wrong_ones_a_fault(own_server: Server) -> None:
    """Without them everybody has to sign in again."""
    own_server.stop()
    path = own_server.data_dir / "keys.json"
    kept = path.read_bytes()
    path.unlink()
    told = seen(own_server)
    assert told.status == 0
    assert told.about("warning") == ["Keys"]
    assert not path.exists()
    path.touch(mode=0o600)
    path.write_bytes(kept[:20])
    assert seen(own_server).only_fault().what == "Keys"


def test_another_program_at_its_port_is_a_fault(server: Server, tmp_path: Path) -> None:
    """It would not start."""
    with bad_proxy(server, "another site") as address:
        env = {"PARLOUR_PORT": address.rpartition(":")[2]}
        told = seen_at(tmp_path / "home", env=env).only_fault()
    assert (told.what, told.seen) == ("Server", f"What answers at {address} is no Parlour.")
    assert "PARLOUR_PORT" in told.mend


def test_through_a_right_address_all_is_well(server: Server) -> None:
    """The upgrade, what is said on it, and cookies."""
    told = seen(server, "--url", server.url)
    # It was asked on its own machine, where that is meant to be so.
    assert told.about("FAULT") == []
    assert {"Address", "WebSocket"} <= set(told.about("ok"))
    # Without a scheme it is HTTPS that is asked for.
    named = seen(server, "--url", f"localhost:{server.port}/").only_fault()
    assert (named.what, named.seen) == (
        "Address",
        f"localhost:{server.port} speaks HTTP, and not HTTPS.",
    )
    assert f"http://localhost:{server.port}" in named.mend


EXPECTED: dict[Fault, tuple[str, str, str]] = {
    "no host": ("FAULT", "Host", "proxy_set_header Host"),
    "no upgrade": ("FAULT", "WebSocket", "deploy/nginx.conf"),
    "small bodies": ("warning", "Large files", "client_max_body_size 101m"),
    "another site": ("FAULT", "Address", "see where the proxy leads"),
}


@pytest.mark.parametrize("wrong", get_args(Fault))
def test_a_proxy_that_is_set_up_wrongly_is_found_out(server: Server, wrong: Fault) -> None:
    """With what to write into its settings."""
    kind, what, mend = EXPECTED[wrong]
    with bad_proxy(server, wrong) as address:
        told = seen(server, "--url", address)
    found = {each.what: each.mend for each in told.of(kind)}
    assert mend in found.get(what, ""), told.output


def test_an_untrusted_certificate_is_a_fault(tmp_path: Path) -> None:
    """As it is for browsers; on this machine the server is well, and its certificate soon over."""
    with SecureServer(tmp_path / "server") as secure:
        (secure.home / "server.key").chmod(0o600)
        told = seen(secure, "--url", secure.url)
        in_the_clear = seen(secure, "--url", secure.url.replace("https", "http"))
    assert in_the_clear.only_fault().seen.endswith(" speaks HTTPS, and not HTTP.")
    assert told.only_fault().seen.startswith("Browsers do not trust it: ")
    assert Said("ok", "Server", f"It takes work at {secure.url}.") in told.of("ok")
    assert told.about("warning") == ["Certificate"]


def test_a_pair_that_does_not_fit_is_a_fault(tmp_path: Path) -> None:
    """Before the server is asked to start with it."""
    write_pair(tmp_path)
    kept = (tmp_path / "server.key").read_bytes()
    write_pair(tmp_path)
    (tmp_path / "server.key").write_bytes(kept)
    env = {
        "PARLOUR_TLS_CERTIFICATE": str(tmp_path / "server.crt"),
        "PARLOUR_TLS_KEY": str(tmp_path / "server.key"),
    }
    assert seen_at(tmp_path / "home", env=env).only_fault().what == "Certificate"


@pytest.mark.thorough
def test_postgresql_and_redis_are_looked_at_too(tmp_path: Path) -> None:
    """That of the tests forgets at a power cut, which is seen; and one that is away, too."""
    database, broker = postgres().new_database(), Valkey()
    env = {"PARLOUR_DATABASE_URL": database, "PARLOUR_REDIS_URL": broker.url}
    home = tmp_path / "home"
    told = seen_at(home, env=env)
    assert {"Database", "PostgreSQL", "Redis"} <= set(told.about("ok"))
    made = parlour(
        "admin", "create", "ada", "--password-stdin", cwd=home, given="a long and rare one\n",
        env={"PARLOUR_DATABASE_URL": database},
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    broker.stop()
    told = seen_at(home, "--deep", env=env)
    first, second, third = told.of("FAULT")
    assert first.seen.startswith("fsync is off")
    assert second.seen.startswith("synchronous_commit is off")
    assert (third.what, "PARLOUR_REDIS_URL" in third.mend) == ("Redis", True)
    assert Said("ok", "Audit log", "1 entry, none changed.") in told.of("ok")


def test_a_database_that_does_not_answer_is_a_fault(tmp_path: Path) -> None:
    """And its password is not said."""
    env = {"PARLOUR_DATABASE_URL": "postgresql://parlour:hidden@127.0.0.1:1/parlour"}
    told = seen_at(tmp_path / "home", env=env)
    assert told.only_fault().what == "Database"
    assert "hidden" not in told.output


def test_a_check_that_fails_itself_does_not_end_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told as a fault of the program."""
    monkeypatch.setattr(os, "statvfs", lambda _: 1 / 0)
    (tmp_path / "data").mkdir()
    settings = load_settings(data_dir=tmp_path / "data")
    found = list(examine(Given(settings, "", deep=False)))
    [broken] = [each for each in found if "ZeroDivisionError" in each.seen]
    assert broken.kind == "fault"
    assert {"Clock", "Data directory", "Database", "Keys", "Server"} <= {
        each.what for each in found
    }
    assert all(isinstance(each, Finding) for each in found)


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0 bytes"), (999, "999 bytes"), (1_500, "1.5 kB"), (2e9, "2 GB"), (5e15, "5e+03 TB")],
)
def test_sizes_are_told_for_people(count: float, shown: str) -> None:
    """Three figures of them."""
    assert size_of(count) == shown


@pytest.mark.thorough
def test_a_backup_that_is_old_is_told(own_server: Server, tmp_path: Path) -> None:
    """Where the server makes none by itself; when that is stands in test_doctor_backups.py."""
    make_room(register(own_server, "ann"))
    own_server.stop()
    assert Said("ok", "Backup", "None was made yet.") in seen(own_server).of("ok")
    with closing(sqlite3.connect(own_server.data_dir / "chat.db")) as database, database:
        database.execute("UPDATE rooms SET created_at = '2026-01-02T00:00:00.000000Z'")
    [told] = [each for each in seen(own_server).of("warning") if each.what == "Backup"]
    assert told.seen == "None was ever made, and there are rooms of 2026-01-02."
    made(own_server, tmp_path / "backups")
    [told] = [each for each in seen(own_server).of("ok") if each.what == "Backup"]
    assert re.fullmatch(
        r"The last one, parlour-\S+\.tar, is less than an hour old, and has .+ kB; it is not"
        r" looked for, since PARLOUR_BACKUP_TO is not set\.",
        told.seen,
    )
    with sqlite3.connect(own_server.data_dir / "chat.db") as database:
        database.execute(
            "UPDATE meta SET value = json_set(value, '$.at', json_extract(value, '$.at')"
            " - 9 * 86400000) WHERE name = 'backup'"
        )
    database.close()
    [told] = [each for each in seen(own_server).of("warning") if each.what == "Backup"]
    assert told.seen.endswith("is 216 hours old.")
    assert "PARLOUR_BACKUP_TO" in told.mend
