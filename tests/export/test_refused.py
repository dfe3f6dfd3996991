"""Archives that are damaged, hostile or of another version: refused in words, without a trace."""

import gzip
import io
import json
import os
import signal
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.backup.test_interrupted import end_when, some
from tests.support.archives import parts, refused, written
from tests.support.brief import thorough_but
from tests.support.exports import bring_in, brought_in, content, exported
from tests.support.files import on_disk, said, sent
from tests.support.inside import inside
from tests.support.lived import ENVIRONMENT
from tests.support.places import make_room, new_account
from tests.support.server import PARLOUR, NewServer, Server

pytestmark = [
    pytest.mark.sqlite,
    pytest.mark.one_node(reason="an archive is brought in while no server runs"),
]

Files = dict[str, bytes]


def changed(name: str, **values: object) -> Callable[[Files], Files]:
    """Return what changes the first line of a file of an archive."""

    def change(files: Files) -> Files:
        first, _, rest = files[name].partition(b"\n")
        line = json.dumps(json.loads(first) | values).encode()
        return files | {name: line + b"\n" + rest}

    return change


def head(**values: object) -> Callable[[Files], Files]:
    """Return what changes what an archive says of itself."""

    def change(files: Files) -> Files:
        text = json.dumps(json.loads(files["export.json"]) | values).encode()
        return files | {"export.json": text}

    return change


MEMBERS = "data/members-000001.jsonl"
MESSAGES = "data/messages-000001.jsonl"
WRONG: dict[str, tuple[Callable[[Files], Files], str]] = {
    "newer": (head(version=2), "has version 2, and this Parlour"),
    "of no version": (head(version="1"), "is damaged: it does not say what it is."),
    "of one person": (head(scope="person"), "cannot be brought in: it is what one person took"),
    "counts": (head(counts={"people": 1, "rooms": 1, "members": 1, "files": 1, "messages": 1,
                            "reactions": 1}), "it tells of 1 people and has 3"),
    "a room that is not there": (changed(MESSAGES, room=77), "there is no room 77 in it"),
    "an author who is not there": (changed(MESSAGES, author="user:99"), "nothing is said of user"),
    "an author who is nobody": (changed(MESSAGES, author="name:ada"), "author in data/messages"),
    "a line too many": (
        lambda files: files | {MESSAGES: files[MESSAGES] + b'{"id": 1}\n'},
        "room in data/messages-000001.jsonl: Field required",
    ),
    "no end of a line": (
        lambda files: files | {MESSAGES: files[MESSAGES][:-1]}, "the last line of data/messages",
    ),
    "out of order": (changed(MESSAGES, id=50), "its messages are not in their order"),
    "a time of no place": (changed(MESSAGES, at="2026-01-31T12:00:00"), "timezone"),
    "no time": (changed(MESSAGES, at="0001-01-01T00:00:00+14:00"), "It is no time"),
    "too many marks": (changed(MESSAGES, text="a" + "\u0301" * 65), "what none can have: It has"),
    "too long": (changed(MESSAGES, text="a" * 100_001), "at most 100000 characters"),
    "two owners": (
        lambda files: files | {MEMBERS: files[MEMBERS].replace(b'"member"', b'"owner"')},
        "has two owners",
    ),
    "no rooms": (
        lambda files: {name: files[name] for name in ("export.json", "data/people-000001.jsonl",
                                                      "data/files-000001.jsonl")},
        "it has files and no rooms",
    ),
    "a zero": (changed(MESSAGES, text="a\x00b"), "there is a zero in data/messages"),
    "a zero behind a backslash": (changed(MESSAGES, text="a\\\x00b"), "there is a zero in data"),
    "not in its place": (
        lambda files: {"export.json": files["export.json"], MESSAGES: files[MESSAGES],
                       "data/people-000001.jsonl": files["data/people-000001.jsonl"]},
        "there is no room",
    ),
    "something else": (lambda files: files | {"evil.sh": b"x"}, "something else in it: evil.sh"),
    "a file of nobody": (
        lambda files: files | {f"files/{'0' * 32}.txt": b"x"}, "of which nothing is said",
    ),
    "a backup": (lambda files: {"parlour.json": b"{}"}, "is no export of Parlour."),
}  # fmt: skip


# One of each way: what it says of itself, what is missing, what is wrong in a line, what is more.
WRONG_IN_BRIEF = (
    *("newer", "of one person", "counts", "an author who is not there", "no end of a line"),
    *("a time of no place", "too long", "two owners", "a zero", "something else", "a backup"),
)


def is_empty(server: Server) -> bool:
    """Whether nothing of an archive is in a server's database, nor files that would stay."""
    if not (server.data_dir / "chat.db").exists() and not server.env.get("PARLOUR_DATABASE_URL"):
        return True
    with inside(server) as database:
        tables = ("users", "rooms", "messages", "files", "members")
        counts = [database.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables]
    return not any(counts)


def test_nothing_is_taken_behind_a_signature(
    archive: Path, new_server: NewServer, tmp_path: Path
) -> None:
    """It would be nobody's."""
    files = parts(archive) | {"evil.sh": b"x"}
    words = refused(bring_in(written(tmp_path / "bad.tar", files), new_server()))
    assert "behind its signature" in words


@pytest.mark.parametrize("name", thorough_but(WRONG_IN_BRIEF, WRONG))
def test_what_parlour_does_not_write_is_refused(
    archive: Path, new_server: NewServer, tmp_path: Path, name: str
) -> None:
    """Each in one line that says what is wrong, before anything of it is brought in."""
    target, files = new_server(), parts(archive)
    change, words = WRONG[name]
    del files["SIGNATURE"]
    assert words in refused(bring_in(written(tmp_path / "bad.tar", change(files)), target))
    assert is_empty(target)
    assert not list((target.data_dir / "uploads").glob("*"))


def _linked(path: Path, name: str, kind: bytes) -> None:
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as tar:
        made = tarfile.TarInfo(name)
        made.type, made.linkname = kind, "/etc/passwd"
        tar.addfile(made)


def test_no_name_leads_anywhere_and_nothing_unpacks_without_end(
    archive: Path, new_server: NewServer, tmp_path: Path
) -> None:
    """Links, ways up, packed archives, sizes that are not so, bytes flipped or missing."""
    target, bad = new_server(), tmp_path / "bad.tar"
    whole = archive.read_bytes()

    def told(data: bytes) -> str:
        bad.write_bytes(data)
        words = refused(bring_in(bad, target))
        assert is_empty(target)
        return words

    for name, kind in (("../up", tarfile.REGTYPE), ("/etc/x", tarfile.REGTYPE),
                       ("export.json", tarfile.SYMTYPE), ("export.json", tarfile.LNKTYPE),
                       ("export.json", tarfile.CHRTYPE)):  # fmt: skip
        _linked(bad, name, kind)
        assert "something in it that Parlour does not write" in refused(bring_in(bad, target))
    assert "it is no archive of Parlour" in told(gzip.compress(whole))
    assert "it ends too early" in told(whole[: len(whole) // 2])
    assert "there is something behind its end" in told(whole + b"x")
    assert told(b"")
    assert told(bytes(10_240))
    flipped = bytearray(whole)
    flipped[len(whole) // 3] ^= 1
    assert "damaged" in told(bytes(flipped))
    # A line that says it has no end is not read into memory.
    large = io.BytesIO()
    with tarfile.open(fileobj=large, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name, data in (("export.json", parts(archive)["export.json"]),
                           ("data/people-000001.jsonl", b"x" * 40_000_000)):  # fmt: skip
            made = tarfile.TarInfo(name)
            made.size, made.mtime, made.mode = len(data), 1, 0o600
            tar.addfile(made, io.BytesIO(data))
    assert "a line of data/people-000001.jsonl is too long" in told(large.getvalue())
    missing = refused(bring_in(tmp_path / "missing.tar", target))
    assert "No such file" in missing
    assert brought_in(archive, target)


@pytest.mark.thorough
def test_one_that_is_killed_is_done_once_more(new_server: NewServer, tmp_path: Path) -> None:
    """Whenever it was: then all of it is there once, and no file too many."""
    with Server(tmp_path / "filled") as server:
        ann = new_account(server, "ann")
        room = make_room(ann).room
        for number in range(8):
            said(ann, room, sent(ann, room, os.urandom(1_500_000)), content=f"number {number}")
    archive = exported(server, tmp_path / "kept", "--private")
    target = new_server()
    target.home.mkdir(parents=True, exist_ok=True)
    moments = (
        some(target.data_dir, "uploads/*"),
        some(target.data_dir, "files/*/*/*"),
        lambda: len(list(target.data_dir.glob("files/*/*/*"))) >= 5,
        lambda: len(list(target.data_dir.glob("files/*/*/*"))) >= 8,
    )
    for reached in moments:
        run = subprocess.Popen(
            [PARLOUR, "import", archive, "--data-dir", target.data_dir], cwd=target.home,
            env=ENVIRONMENT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        if end_when(run, reached, signal.SIGKILL) != 0:
            assert is_empty(target)
    assert "8 messages" in brought_in(archive, target) or not is_empty(target)
    assert content(exported(target, tmp_path / "again", "--private")) == content(archive)
    target.start()
    assert len(on_disk(target)) == 8


def test_an_archive_is_looked_at_without_a_server(archive: Path, new_server: NewServer) -> None:
    """It says what is in it, and touches nothing."""
    target = new_server()
    told = brought_in(archive, target, "--check").splitlines()
    assert told[0] == f"{archive} is whole."
    assert told[1].endswith(": 3 people, 3 rooms, 66 messages, 2 files.")
    assert not (target.data_dir / "chat.db").exists()
