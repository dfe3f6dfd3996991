"""Files whose readers go, or whose storage does, while they are given."""

import asyncio
import errno
import os
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from parlour.delivering import Part, deliver
from parlour.storage import disk
from parlour.storage.disk import DiskStorage
from parlour.support.logs import CutShort
from tests.support import burden
from tests.support.accounts import Account, register
from tests.support.files import FILES, File, get, said, sent, until
from tests.support.people import NewRoom
from tests.support.rawhttp import RawHTTP
from tests.support.server import Server

SIZE = 20_000_000
KEY = "k" * 32


def read_so_far(server: Server) -> int:
    """Return how many bytes the server has read so far, of files and all else."""
    lines = (burden.of(server) / "io").read_text("ascii").splitlines()
    return int(lines[0].removeprefix("rchar: "))


def read_at_last(server: Server) -> int:
    """The same, once the server reads no more."""
    before = -1
    while (now := read_so_far(server)) != before:
        before = now
        threading.Event().wait(0.3)
    return now


def leave(server: Server, who: Account, file: File) -> None:
    """Ask for a file, and be gone as soon as something of it comes."""
    with RawHTTP(server, receive_buffer=4096) as raw:
        head = f"GET {FILES}/{file['id']} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {who.access}"
        raw.send(f"{head}\r\n\r\n".encode())
        assert not raw.look(10)
        raw.reset()


def test_a_file_is_not_read_for_who_has_gone(own_server: Server, new_room: NewRoom) -> None:
    """Asked for again and again, each time without waiting for it: others get theirs."""
    ann = register(own_server, "ann")
    room = new_room(own_server)
    file = sent(ann, room, bytes(SIZE))
    said(ann, room, file)
    before, handles = read_at_last(own_server), burden.handles(own_server)
    with burden.most_memory(own_server) as held:
        for _ in range(10):
            leave(own_server, ann, file)
        assert get(ann, file, Range="bytes=0-9").content == bytes(10)
        assert read_at_last(own_server) - before < 5 * SIZE
    assert held.growth < SIZE // 2
    burden.back(own_server, held.before)
    burden.closed_handles(own_server, handles)
    assert len(get(ann, file).content) == SIZE


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[DiskStorage]:
    """Yield a storage with a file of three portions."""
    made = DiskStorage(tmp_path / "files")
    await made.begin()
    source = tmp_path / "source"
    source.write_bytes(bytes(3 * disk.PORTION))
    await made.put(KEY, source)
    yield made
    await made.close()


async def give(storage: DiskStorage, send: Any) -> None:
    """Give the file by the ASGI's `send`."""
    part = Part(KEY, 3 * disk.PORTION, "text/plain", '"x"', "inline")

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    await deliver(storage, part, {})({"type": "http", "method": "GET"}, receive, send)


def open_in(folder: Path) -> list[str]:
    """Return which files of a folder this process has open."""
    found = []
    for each in Path("/proc/self/fd").iterdir():
        try:
            found.append(str(each.readlink()))
        except FileNotFoundError:
            continue  # of this look itself
    return [path for path in found if path.startswith(str(folder))]


async def test_nothing_stays_open_where_not_even_the_head_is_taken(
    storage: DiskStorage, tmp_path: Path
) -> None:
    """Some servers say by an error of `send` that whoever asked has gone."""

    async def send(_: object) -> None:
        raise OSError(errno.EPIPE, "gone")

    for _ in range(2):
        with pytest.raises(OSError, match="gone"):
            await give(storage, send)
    assert open_in(tmp_path) == []


async def test_a_disk_that_fails_in_the_middle_is_told_in_a_line(
    storage: DiskStorage,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whoever reads is cut off; it is no fault of the program, which has no traceback for it."""
    whole = os.pread

    def pread(handle: int, count: int, begin: int) -> bytes:
        if begin:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return whole(handle, count, begin)

    monkeypatch.setattr(os, "pread", pread)
    got: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        got.append(message)

    with pytest.raises(CutShort):
        await give(storage, send)
    assert [len(each.get("body", b"")) for each in got] == [0, disk.PORTION]
    [line] = caplog.messages
    assert line == f"the rest of the file {KEY} is not given: [Errno 5] Input/output error"
    assert open_in(tmp_path) == []


def test_a_file_that_cannot_be_opened_is_refused(own_server: Server, new_room: NewRoom) -> None:
    """With a line in the log that says why, and no traceback."""
    ann = register(own_server, "ann")
    file = sent(ann, new_room(own_server))
    [path] = (each for each in (own_server.data_dir / "files").rglob("*") if each.is_file())
    # Whoever runs the tests may be root, whom no permission stops.
    path.unlink()
    path.symlink_to(path)
    answer = get(ann, file)
    assert (answer.status_code, answer.json()["code"]) == (503, "busy")
    own_server.process.wait_for_line("a file is not given: .*symbolic links")
    path.unlink()
    until(lambda: get(ann, file).status_code == 404)
