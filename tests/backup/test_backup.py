"""`parlour backup` beside a running server, and what comes of it in a new one."""

import asyncio
import json
import re
import shutil
import socket
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.accounts import register
from tests.support.archives import back_up, checked, contents, made, refused, restored, rows
from tests.support.commands import parlour
from tests.support.files import get, gone, lose, on_disk, said, sent, until
from tests.support.history import read_history
from tests.support.inside import inside
from tests.support.lived import FOUND, Lived, ask, do, found
from tests.support.people import Person, Room, async_http_client
from tests.support.places import make_room
from tests.support.server import NewServer, Server
from tests.support.storm import storm
from tests.support.terminal import shown

# PostgreSQL, nodes and stores are those of test_kinds.py, each by its own settings.
pytestmark = [pytest.mark.sqlite, pytest.mark.one_node(reason="see test_kinds.py")]


def test_everything_is_there_after_a_restore(
    lived: Lived, new_server: NewServer, place: Path
) -> None:
    """What everybody is told, logins, files, the audit log, the search; numbers go on behind."""
    archive = made(lived.server, place)
    assert archive.stat().st_mode & 0o777 == 0o600
    assert archive.parent.stat().st_mode & 0o777 == 0o700
    people = (lived.ada, lived.bob, lived.eve)
    before = [lived.told(account) for account in people]
    head = ask(lived.server, "audit", "verify").stdout.split("head ")[1].strip()
    target = new_server()
    said_of_it = restored(archive, target).splitlines()
    assert said_of_it[0] == f"{archive} was restored into {target.data_dir}."
    assert re.fullmatch(
        r"Made \S+ \S+ UTC by Parlour \S+ on SQLite \(schema \d{4}\): \d+ rows, 2 of 2 files,"
        r" [\d.]+ [kM]B unpacked\.", said_of_it[1]
    ), said_of_it[1]  # fmt: skip
    target.start()
    until(lambda: found(replace(lived.bob, server=target)) == FOUND)
    # The same people, with the logins that they had, at another address.
    after = [lived.told(replace(account, server=target)) for account in people]
    for old, new in zip(before, after, strict=True):
        assert old.keys() == new.keys()
        for path, answer in old.items():
            if "audit" not in path:
                assert _without_epoch(new[path]) == _without_epoch(answer), path
    # The log goes on, and says what was done.
    assert ask(target, "audit", "verify", "--head", head).returncode == 0
    newest = do(replace(lived.ada, server=target), "GET", "/api/admin/audit")[0]
    assert (newest["actor"], newest["action"]) == ("cli", "server.restore")
    again = replace(lived.ada, server=target)
    more = do(again, "POST", f"{lived.hall.path}/messages", json={"content": "and on"})
    assert more["id"] == lived.last_message + 1
    assert make_room(again, "public", name="New").id == lived.last_room + 1


def _without_epoch(answer: object) -> str:
    return re.sub(r'"epoch": "[0-9a-f]+"', "", json.dumps(answer, sort_keys=True))


@pytest.mark.thorough
async def test_what_was_acknowledged_before_is_there_once_while_people_write(
    own_server: Server, new_server: NewServer
) -> None:
    """Three times in the middle of a storm; nothing is there in part, and nothing twice."""
    kept: list[tuple[Path, set[int]]] = []
    async with storm(own_server, window=32) as busy:
        ledger = busy.scene.ledger
        for number in range(3):
            await busy.scene.acknowledged(200 * (number + 1))
            before = {record.id for send in ledger.sends.values() for record in send.acknowledged}
            kept.append(
                (
                    await asyncio.to_thread(
                        made, own_server, own_server.home / f"backups-{number}"
                    ),
                    before,
                )
            )
    room_id = busy.scene.room_id
    async with async_http_client(own_server) as http:
        _, whole = await read_history(http, room_id)
    for archive, before in kept:
        target = new_server()
        await asyncio.to_thread(restored, archive, target)
        await asyncio.to_thread(target.start)
        async with async_http_client(target) as http:
            version, messages = await read_history(http, room_id)
        ids = [message["id"] for message in messages]
        assert before <= set(ids)
        assert max(Counter(ids).values()) == 1
        # It is a beginning of what was said, as it was said.
        assert version == len(messages)
        assert messages == whole[: len(messages)]
        await target.astop()


@pytest.mark.thorough
async def test_a_page_that_saw_more_reads_everything_again(
    own_server: Server,
    new_room: Callable[..., Room],
    person: Callable[[str, Server], Person],
    place: Path,
    new_server: NewServer,
) -> None:
    """By the name of the history: by versions alone nobody would notice."""
    room = new_room(own_server)
    alice = person("alice", own_server)
    await alice.post(room, "before")
    archive = await asyncio.to_thread(made, own_server, place)
    await alice.post(room, "after")
    target = new_server()
    await asyncio.to_thread(restored, archive, target)
    await asyncio.to_thread(target.start)
    again = person("alice", target)
    # Another message takes the version that "after" had.
    await again.post(room, "instead")
    resumed = await again.connect(room, after=2, epoch=room["epoch"])
    await resumed.expect("sync", reset=True, version=2, messages=[])
    await again.leave()
    await target.astop()


@pytest.mark.thorough
def test_what_is_deleted_while_a_backup_is_made_stays_in_the_storage_until_it_is(
    own_server: Server, place: Path
) -> None:
    """So it is in the backup, however long that takes."""
    server, ada = own_server, register(own_server, "ada")
    room = make_room(ada)
    file = sent(ada, room.room)
    message = said(ada, room.room, file)
    with inside(server) as database:
        database.execute(
            "INSERT INTO meta (name, value) VALUES ('backing up',"
            " json_object('run', 'a', 'host', 'elsewhere',"
            " 'at', CAST(strftime('%s') AS INTEGER) * 1000))"
        )
    # One at a time, on all nodes together.
    said_of_it = refused(back_up(server, place), 75)
    assert said_of_it == "Another backup is being made (on elsewhere)."
    do(ada, "DELETE", f"/api/chat/messages/{message['id']}")
    another = sent(ada, room.room)
    do(ada, "DELETE", f"/api/chat/files/{another['id']}")
    assert get(ada, file).status_code == 404
    names = {path.name for path in on_disk(server)}
    assert {file["id"], another["id"]} <= names
    with inside(server) as database:
        database.execute("DELETE FROM meta WHERE name = 'backing up'")
    # Something that is deleted now stirs what takes files away.
    do(ada, "DELETE", f"/api/chat/files/{sent(ada, room.room)['id']}")
    gone(server, file, another)


@pytest.mark.thorough
def test_one_that_was_killed_holds_nobody_up_for_long(lived: Lived, place: Path) -> None:
    """What it said is stale after a minute."""
    with inside(lived.server) as database:
        database.execute(
            "INSERT INTO meta (name, value) VALUES ('backing up',"
            " json_object('run', 'a', 'host', 'elsewhere',"
            " 'at', (CAST(strftime('%s') AS INTEGER) - 61) * 1000))"
        )
    left = place / f".parlour-backup-{socket.gethostname()}-abcd1234"
    left.mkdir(parents=True)
    (left / "chat.db").write_text("half")
    made(lived.server, place)
    assert [path.name for path in place.iterdir() if path.name.startswith(".")] == []


def test_a_file_that_is_missing_or_another_is_told_and_the_rest_is_kept(
    new_server: NewServer, place: Path, tmp_path: Path
) -> None:
    """After a restore it is missing there as well, and everything else is there."""
    there = Lived(new_server())
    server = there.server
    other = sent(there.ada, there.hall.room, b"some words\n")
    said(there.ada, there.hall.room, other)
    lose(server, there.file)
    [path] = [path for path in on_disk(server) if path.name == other["id"]]
    path.write_bytes(b"other words\n")
    run = back_up(server, place)
    assert run.returncode == 0
    assert run.stderr.splitlines() == [
        f"parlour: 1 file that the database names is not in the storage: {there.file['id']}",
        f"parlour: 1 file in the storage is not what was sent: {other['id']}",
    ]
    [archive] = place.iterdir()
    run = checked(archive, tmp_path)
    assert run.returncode == 0
    assert run.stdout.splitlines()[2] == f"Missing already when it was made: {there.file['id']}"
    target = new_server()
    restored(archive, target)
    target.start()
    bob = replace(there.bob, server=target)
    assert get(bob, there.file).status_code == 404
    assert get(bob, there.file, "/thumbnail").status_code == 200
    server.expect_fault(there.file["id"])
    target.expect_fault(there.file["id"])


def test_what_is_in_it_can_be_had_without_parlour(lived: Lived, archive: Path) -> None:
    """A database of SQLite, the keys, the files, and what it is of."""
    found_in_it = contents(archive)
    head = json.loads(found_in_it["parlour.json"])
    assert list(found_in_it) == [
        "parlour.json", "chat.db.gz", "keys.json",
        f"files/{lived.file['id']}", f"files/{lived.file['id']}t", "SHA256SUMS",
    ]  # fmt: skip
    assert found_in_it["keys.json"] == (lived.server.data_dir / "keys.json").read_bytes()
    assert (head["format"], head["database"], head["files"]) == (1, "sqlite", 2)
    [[count]] = rows(archive, archive.parent, "SELECT count(*) FROM messages")
    assert head["rows"]["messages"] == count > 60
    assert rows(archive, archive.parent, "PRAGMA journal_mode") == [("delete",)]


@pytest.mark.thorough
def test_a_server_that_does_not_run_is_backed_up_too(
    new_server: NewServer, place: Path, tmp_path: Path
) -> None:
    """What was not written back into its file yet is in it."""
    server = new_server().start()
    make_room(register(server, "ann"), "public", name="Hall")
    server.kill()
    assert (server.data_dir / "chat.db-wal").stat().st_size > 0
    archive = made(server, place)
    assert rows(archive, tmp_path, "SELECT name FROM rooms") == [("Hall",)]


def test_older_ones_are_taken_away_when_the_new_one_is_whole(
    lived: Lived, archive: Path, place: Path
) -> None:
    """By the rules that are given, and nothing that is called otherwise."""
    place.mkdir()
    old = ["parlour-20250101T000000Z.tar", "parlour-20250101T120000Z.tar",
           "parlour-20250102T000000Z.tar"]  # fmt: skip
    others = ["notes.txt", "parlour-20250101T000000Z.tar.gpg", "parlour-20259901T000000Z.tar"]
    for name in (*old, *others):
        shutil.copy(archive, place / name)
    assert back_up(lived.server, place).returncode == 0
    assert len(list(place.iterdir())) == 7
    run = back_up(lived.server, place, "--keep", "daily=3")
    assert run.stdout.splitlines()[-1] == "2 older ones were taken away."
    listed = back_up(lived.server, place, "--list").stdout.splitlines()
    assert listed[:2] == old[1:]
    assert len(listed) == 3
    assert {path.name for path in place.iterdir()} == {*listed, *others}


def test_none_of_another_database_is_taken_away(
    lived: Lived, archive: Path, new_server: NewServer, place: Path
) -> None:
    """Two servers may put theirs in one place; nor what nobody can tell whose it is."""
    place.mkdir()
    theirs = ["parlour-20250101T000000Z.tar", "parlour-20250102T000000Z.tar"]
    for name in theirs:
        shutil.copy(archive, place / name)
    broken = place / "parlour-20250103T000000Z.tar"
    broken.write_bytes(archive.read_bytes()[:700])
    server = new_server().start()
    first = made(server, place)
    told = back_up(server, place, "--keep", "1").stdout.splitlines()
    assert told[-2:] == [
        "1 older one was taken away.",
        "3 archives there are of another database, or from before a restore, and kept.",
    ]
    assert not first.exists()
    assert {*theirs, broken.name} < {path.name for path in place.iterdir()}
    back_up(lived.server, place, "--keep", "1")
    assert not {*theirs} & {path.name for path in place.iterdir()}
    assert len(list(place.iterdir())) == 3


def test_none_is_made_before_its_time(lived: Lived, place: Path) -> None:
    """With --if-older, whoever made the last one; it ends with a status of its own."""
    made(lived.server, place)
    words = "The last backup is not as old as that yet."
    assert refused(back_up(lived.server, place, "--if-older", "3600"), 75) == words
    with inside(lived.server) as database:
        database.execute(
            "UPDATE meta SET value = json_set(value, '$.at', json_extract(value, '$.at') - 3600000)"
            " WHERE name = 'backup'"
        )
    assert back_up(lived.server, place, "--if-older", "3600").returncode == 0


def test_what_cannot_be_done_is_said_in_one_line(
    lived: Lived, place: Path, new_server: NewServer, tmp_path: Path
) -> None:
    """And leaves nothing."""
    server, empty = lived.server, new_server()
    assert refused(back_up(server, server.data_dir / "backups")).endswith(
        "is in the data directory, of which it is to be a copy: choose another place."
    )
    empty.home.mkdir()
    assert refused(back_up(empty, place)) == f"There is no database in {empty.data_dir}."
    assert refused(back_up(server, place / "a" / "b")) == (
        f"It cannot be done: No such file or directory ({place / 'a' / 'b'})."
    )
    file = tmp_path / "file"
    file.touch()
    assert refused(back_up(server, file)) == f"It cannot be done: File exists ({file})."
    nowhere = parlour("backup", "--data-dir", server.data_dir, cwd=server.home)
    assert refused(nowhere).startswith("Say where to: --to FOLDER")
    assert not place.exists()


def test_a_terminal_is_shown_how_far_it_is(lived: Lived, place: Path) -> None:
    """A bar for each step, up to the end."""
    server = lived.server
    told = shown("backup", "--to", place, "--data-dir", server.data_dir, cwd=server.home)
    for step in (b"Database", b"Packing", b"Files", b"Reading back"):
        assert re.search(step + rb": 100%", told), told
