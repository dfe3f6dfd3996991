"""`parlour restore`: into nothing, whole or not at all."""

import gzip
import json
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.migrations.test_older_data import database_at, put_room, put_user
from tests.support.accounts import PASSWORD, log_in
from tests.support.archives import (
    checked,
    made,
    parts,
    refused,
    restore,
    restored,
    with_database,
    written,
)
from tests.support.lived import Lived, ask, do
from tests.support.server import PARLOUR, NewServer, Server
from tests.support.timing import scaled

# PostgreSQL, nodes and stores are those of test_kinds.py, each by its own settings.
pytestmark = [pytest.mark.sqlite, pytest.mark.one_node(reason="see test_kinds.py")]


def is_untouched(server: Server) -> bool:
    """Whether nothing is in its data directory, but the lock of whoever was there."""
    there = server.data_dir
    return not there.exists() or {path.name for path in there.iterdir()} <= {"parlour.lock"}


@pytest.mark.thorough
def test_logins_are_those_of_then(lived: Lived, place: Path, new_server: NewServer) -> None:
    """Also one that was ended since; and who renewed theirs more than once signs in again."""
    ended, renewed = log_in(lived.server, "eve"), log_in(lived.server, "eve")
    archive = made(lived.server, place)
    assert ended.call("POST", "/api/auth/logout").is_success
    for _ in range(2):
        told = renewed.renewed().json()
        renewed = replace(renewed, access=told["access_token"], refresh=told["refresh_token"])
    assert ended.status() == 401
    target = new_server()
    assert restored(archive, target).splitlines()[-1] == (
        "Passwords and logins are those of then, also what was changed or ended since. To end all"
        " logins, restore with --sign-out-everybody."
    )
    target.start()
    assert replace(ended, server=target).status() == 200
    assert replace(renewed, server=target).renewed().status_code == 401
    assert log_in(target, "eve", PASSWORD).status() == 200


def test_everybody_can_be_signed_out(lived: Lived, archive: Path, new_server: NewServer) -> None:
    """By new keys, too: nothing that was signed before is believed."""
    target = new_server()
    words = restored(archive, target, "--sign-out-everybody").splitlines()[-1]
    assert words == "Everybody has to sign in again, with the password of then."
    target.start()
    bob = replace(lived.bob, server=target)
    assert (bob.status(), bob.renewed().status_code) == (401, 401)
    keys = (lived.server.data_dir / "keys.json").read_bytes()
    assert (target.data_dir / "keys.json").read_bytes() != keys
    assert log_in(target, "bob").status() == 200


def test_only_where_nothing_is(lived: Lived, archive: Path, new_server: NewServer) -> None:
    """A server that runs, one that ran, and anything else of somebody's stay as they are."""
    target = new_server().start()
    assert refused(restore(archive, target)).startswith("Another Parlour (process ")
    target.stop()
    assert refused(restore(archive, target)) == (
        f"{target.data_dir} is not empty (it has chat.db). Restore into a new data directory, or"
        " put what is in this one aside."
    )
    target.start()
    target.stop()
    other = new_server()
    other.data_dir.mkdir(parents=True)
    (other.data_dir / "notes.txt").write_text("mine")
    assert "is not empty (it has notes.txt)." in refused(restore(archive, other))
    assert (other.data_dir / "notes.txt").read_text() == "mine"
    # What belongs on PostgreSQL is not brought into a file beside it.
    (other.data_dir / "notes.txt").rename(other.data_dir / "database")
    assert "set PARLOUR_DATABASE_URL" in refused(restore(archive, other))
    assert not (other.data_dir / "restoring").exists()


@pytest.mark.thorough
def test_what_is_no_whole_archive_is_refused_and_leaves_nothing(
    archive: Path, new_server: NewServer, tmp_path: Path
) -> None:
    """Cut off, with a bit changed anywhere, with something behind it, or another file at all."""
    target, data = new_server(), archive.read_bytes()
    bad = tmp_path / "bad.tar"
    flipped = []
    for place in range(100, len(data), len(data) // 12):
        one = bytearray(data)
        one[place] ^= 4
        flipped.append(bytes(one))
    cut = [data[:end] for end in (0, 600, 4096, len(data) // 2, len(data) - 1)]
    for wrong in (*flipped, *cut, data + b"x", b"x" * 5000):
        bad.write_bytes(wrong)
        said = refused(checked(bad, tmp_path))
        assert said.startswith((f"{bad} is damaged: ", f"{bad} is no backup")), said
        assert refused(restore(bad, target)) == said
        assert is_untouched(target)
    restored(archive, target)


def test_what_fails_makes_no_data_directory(
    archive: Path, new_server: NewServer, tmp_path: Path
) -> None:
    """Of a file that is not there, is another one, or is found to be damaged at its end."""
    target, bad = new_server(), tmp_path / "bad.tar"
    said = refused(restore(bad, target))
    assert said == f"It cannot be done: No such file or directory ({bad})."
    for wrong in (b"x" * 5_000, archive.read_bytes()[:-600]):
        assert not target.data_dir.exists()
        bad.write_bytes(wrong)
        assert refused(restore(bad, target)).startswith(f"{bad} is damaged: ")
    assert not target.data_dir.exists()
    # What comes through a pipe comes once.
    done = subprocess.run(
        ["/bin/sh", "-c", f"cat {archive} | {PARLOUR} restore /dev/stdin --data-dir data"],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=scaled(60),
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "data" / "chat.db").exists()


@pytest.mark.thorough
def test_what_a_newer_parlour_made_says_which_one_it_takes(
    archive: Path, new_server: NewServer, tmp_path: Path
) -> None:
    """By its form, and by its schema."""
    files = parts(archive)
    head = json.loads(files["parlour.json"])
    for change, known in (({"format": 2}, "format 2"), ({"schema": "9999"}, "schema 9999")):
        newer = json.dumps({**head, **change, "parlour": "7.1.0"}).encode()
        made_up = written(tmp_path / "newer.tar", {**files, "parlour.json": newer})
        said = refused(restore(made_up, new_server()))
        assert said.startswith(f"{made_up} has {known}, and this Parlour (")
        assert said.endswith(": install Parlour 7.1.0 or a later one.")


@pytest.mark.thorough
def test_an_older_schema_is_kept_and_brought_up_to_date(
    new_server: NewServer, place: Path, tmp_path: Path
) -> None:
    """So the new version may back up before it is started, and a backup of years ago is good."""
    for revision in ("0008", "0014", "0019"):
        server = new_server()
        server.data_dir.mkdir(parents=True)
        with database_at(server.data_dir, revision) as connection:
            put_room(connection, 1, kind="public")
            put_user(connection, 7)
            connection.exec_driver_sql("INSERT INTO meta (name, value) VALUES ('epoch', 'old')")
        archive = made_without_keys(server, place / revision)
        assert checked(archive, tmp_path).returncode == 0
        target = new_server()
        restored(archive, target)
        target.start()
        with sqlite3.connect(target.data_dir / "chat.db") as database:
            assert database.execute("SELECT username FROM users").fetchall() == [("user7",)]
        database.close()


def made_without_keys(server: Server, place: Path) -> Path:
    """Make a backup of a server that has never started."""
    from tests.support.archives import back_up  # noqa: PLC0415

    place.parent.mkdir(exist_ok=True)
    run = back_up(server, place)
    assert run.returncode == 0, run.stderr
    assert run.stderr == (
        f"parlour: {server.data_dir}/keys.json is not there: after a restore everybody has to sign"
        " in again.\n"
    )
    [archive] = place.iterdir()
    return archive


HOSTILE: dict[str, tuple[Callable[[dict[str, bytes]], dict[str, bytes]], str]] = {
    "a file that nobody knows": (
        lambda files: {**files, "files/" + "f" * 32: b"x"},
        "there is a file in it that its database does not know: " + "f" * 32,
    ),
    "a file of another name": (
        lambda files: {**files, "files/authorized_keys": b"x"},
        "there is something else in it: files/authorized_keys",
    ),
    "another file": (lambda files: {**files, "x": b"x"}, "there is something else in it: x"),
    "no database": (
        lambda files: {name: files[name] for name in files if name != "chat.db.gz"},
        "there is no database in it",
    ),
    "a database that is none": (
        lambda files: {**files, "chat.db.gz": b"x" * 1000},
        "its database cannot be unpacked",
    ),
    "a database that becomes more than it says": (
        lambda files: {**files, "chat.db.gz": gzip.compress(bytes(200_000_000), 9)},
        "its database is not what was packed",
    ),
    "a database behind which there is more": (
        lambda files: {
            **files,
            "chat.db.gz": files["chat.db.gz"] + gzip.compress(bytes(200_000_000), 9),
        },
        "its database is not what was packed",
    ),
    "files in another order": (
        lambda files: dict(sorted(files.items(), key=lambda each: each[0] == "keys.json")),
        "there is something else in it: keys.json",
    ),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_somebody_else_has_put_together_is_refused(
    what: str, archive: Path, new_server: NewServer, tmp_path: Path
) -> None:
    """With hashes that are right: nothing comes to a place that it names, and nothing stays."""
    make, reason = HOSTILE[what]
    bad, target = written(tmp_path / "bad.tar", make(parts(archive))), new_server()
    assert refused(checked(bad, tmp_path)) == f"{bad} is damaged: {reason}."
    assert refused(restore(bad, target)) == f"{bad} is damaged: {reason}."
    assert is_untouched(target)


def with_other(files: dict[str, bytes], folder: Path, statement: str) -> dict[str, bytes]:
    """Return the files of an archive whose database was changed, and which says so rightly."""
    import hashlib  # noqa: PLC0415

    data = with_database(files, folder, lambda database: database.executescript(statement))
    head = json.loads(files["parlour.json"])
    head |= {"database_bytes": len(data), "database_sha256": hashlib.sha256(data).hexdigest()}
    return {
        **files, "parlour.json": json.dumps(head).encode(), "chat.db.gz": gzip.compress(data)
    }  # fmt: skip


def test_a_database_of_somebody_elses_making_is_refused(
    archive: Path, new_server: NewServer, tmp_path: Path
) -> None:
    """One that is damaged, or not the one of which the archive tells."""
    files = parts(archive)
    wrongs = {
        "DELETE FROM reports": "its database is not the one of which it tells",
        "UPDATE meta SET value = 'x' WHERE name = 'epoch'": "not the one of which it tells",
        "UPDATE alembic_version SET version_num = '0001'": "not the one of which it tells",
        "PRAGMA writable_schema = ON; UPDATE sqlite_master SET rootpage = 2 WHERE name = 'reads'":
            "is damaged (",
    }  # fmt: skip
    for statement, reason in wrongs.items():
        bad = written(tmp_path / "bad.tar", with_other(files, tmp_path, statement))
        target = new_server()
        assert reason in refused(restore(bad, target)), statement
        assert is_untouched(target)


def test_a_size_that_no_disk_has_is_refused_before_it_is_tried(
    archive: Path, new_server: NewServer, tmp_path: Path
) -> None:
    """By what the archive says of itself."""
    files = parts(archive)
    head = {**json.loads(files["parlour.json"]), "database_bytes": 1 << 60}
    huge = {**files, "parlour.json": json.dumps(head).encode()}
    bad, target = written(tmp_path / "huge.tar", huge), new_server()
    said = refused(restore(bad, target))
    assert said.startswith("There is not enough room in ")
    assert is_untouched(target)


@pytest.mark.thorough
def test_no_server_starts_on_what_was_not_restored_whole(
    archive: Path, new_server: NewServer
) -> None:
    """The next restore takes away what a killed one left, and does all of it again."""
    target = new_server()
    (target.data_dir / "restoring" / "files").mkdir(parents=True)
    (target.data_dir / "restoring" / "chat.db").write_text("half")
    process = target.launch()
    assert process.wait() == 1
    words = (
        f"A restore into {target.data_dir} was not finished, and nothing there counts. Do it"
        " again, with parlour restore."
    )
    assert process.lines == [f"parlour: {words}"]
    assert refused(ask(target, "admin", "enable", "bob")) == words
    told = restored(archive, target).splitlines()
    assert told[0] == (f"What an interrupted restore had left in {target.data_dir} was taken away.")
    target.start()


@pytest.mark.thorough
def test_a_restore_that_was_killed_among_its_last_steps_says_what_to_do(
    lived: Lived, archive: Path, new_server: NewServer
) -> None:
    """Before the very last one nothing counts; after it everything does."""
    target = new_server()
    restored(archive, target)
    stage = target.data_dir / "restoring"
    stage.mkdir()
    (target.data_dir / "chat.db").rename(stage / "chat.db")
    process = target.launch()
    assert process.wait() == 1
    assert process.lines[0].endswith("Do it again, with parlour restore.")
    assert refused(restore(archive, target)) == (
        f"A restore into {target.data_dir} was interrupted at its very end. Take all that is in it"
        " away, and do it again."
    )
    (stage / "chat.db").rename(target.data_dir / "chat.db")
    target.start()
    assert not stage.exists()
    do(replace(lived.bob, server=target), "GET", "/api/users/me")
    target.stop()
    shutil.rmtree(target.data_dir)
    restored(archive, target)
