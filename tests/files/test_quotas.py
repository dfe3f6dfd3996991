"""Quotas and files that tell no length: portions beyond them, and several files at once."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from tests.files.test_uploads import answered, chunked
from tests.support.accounts import Account, register
from tests.support.files import FILES, File, on_disk, on_their_way, sent, until
from tests.support.inside import inside
from tests.support.people import Room
from tests.support.rawhttp import RawHTTP
from tests.support.server import Server

EACH, ALL = 200_000, 300_000
SERVER_ENV = {"PARLOUR_FILE_QUOTA": str(EACH), "PARLOUR_SERVER_FILE_QUOTA": str(ALL)}


class Coming:
    """A file on its way that tells no length, a portion at a time."""

    def __init__(self, raw: RawHTTP) -> None:
        self.raw = raw

    def portion(self, size: int) -> None:
        """Let some more of it come."""
        self.raw.send(f"{size:x}\r\n".encode() + bytes(size) + b"\r\n")

    def answer(self) -> dict[str, Any]:
        """Wait for the answer."""
        answered(self.raw)
        return dict(json.loads(self.raw.got.partition(b"\r\n\r\n")[2]))

    def end(self) -> dict[str, Any]:
        """That was all of it; the answer."""
        self.raw.send(b"0\r\n\r\n")
        return self.answer()


@contextmanager
def coming(server: Server, room: Room, *people: Account) -> Iterator[list[Coming]]:
    """Yield files of these people, for each of which there was room when it began to come."""
    with ExitStack() as ending:
        raws = [ending.enter_context(chunked(server, who, room)) for who in people]
        until(lambda: len(on_their_way(server)) == len(raws))
        yield [Coming(raw) for raw in raws]


def used(server: Server, who: Account | None = None) -> int:
    """Return how many bytes are counted, of somebody or of all."""
    owner = f"user:{who.call('GET', '/api/users/me').json()['id']}" if who is not None else ""
    with inside(server) as database:
        query = "SELECT coalesce(sum(bytes), 0) FROM storage_use WHERE owner = ?"
        [[found]] = database.execute(query, (owner,)).fetchall()
    return int(found)


@pytest.fixture
def kept(server: Server) -> Iterator[list[tuple[Account, File]]]:
    """Yield a list of files; when they are taken back at the end nothing is counted any more."""
    files: list[tuple[Account, File]] = []
    yield files
    for who, file in files:
        assert who.call("DELETE", f"{FILES}/{file['id']}").status_code == 204
    assert [used(server, who) for who, _ in files] == [0] * len(files)
    assert used(server) == 0
    until(lambda: on_disk(server) == [])


def test_the_portion_that_is_beyond_a_quota_ends_a_file_that_tells_no_length(
    server: Server, room: Room, kept: list[tuple[Account, File]]
) -> None:
    """With words that say so; nothing of it is counted or kept, and what fits in is taken."""
    cat = register(server, "cat")
    kept.append((cat, sent(cat, room, bytes(180_000))))
    before = on_disk(server)
    with coming(server, room, cat) as [file]:
        file.portion(12_000)
        file.portion(8_000)
        assert not file.raw.look(0.1)
        assert file.raw.got == b""
        file.portion(1)
        told = file.answer()
    assert told["code"] == "quota_full"
    assert "180.0 kB of the 200.0 kB" in told["detail"]
    until(lambda: on_their_way(server) == [])
    with coming(server, room, cat) as [file]:
        # Whoever goes in the middle has used nothing up either.
        file.portion(20_000)
    until(lambda: on_their_way(server) == [])
    assert (used(server, cat), used(server), on_disk(server)) == (180_000, 180_000, before)
    with coming(server, room, cat) as [file]:
        file.portion(12_000)
        file.portion(8_000)
        kept.append((cat, file.end()))
    assert used(server, cat) == used(server) == EACH


@pytest.mark.parametrize("whose", ["person", "server"])
def test_files_that_come_at_once_do_not_go_beyond_a_quota_together(
    server: Server, room: Room, kept: list[tuple[Account, File]], whose: str
) -> None:
    """Each alone had room for it: who is there first is taken, and of the others nothing stays."""
    dan, eve = register(server, f"{whose}dan"), register(server, f"{whose}eve")
    kept.append((dan, sent(dan, room, bytes(EACH - 70_000))))
    senders = [dan, dan]
    if whose == "server":
        kept.append((eve, sent(eve, room, bytes(ALL - EACH))))
        senders = [dan, eve]
    with coming(server, room, *senders) as files:
        for _ in range(3):
            for file in files:
                file.portion(20_000)
        kept.append((dan, files[0].end()))
        told = files[1].end()
    assert told["code"] == "quota_full"
    words = "All files of this server" if whose == "server" else "190.0 kB of the 200.0 kB"
    assert words in told["detail"]
    assert used(server, dan) == EACH - 10_000
    assert used(server) == sum(file["size"] for _, file in kept)
    until(lambda: len(on_disk(server)) == len(kept))
    assert on_their_way(server) == []
