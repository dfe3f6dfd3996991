"""Files when something goes wrong: a crash, a full disk, or much at once."""

import asyncio
import functools
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import burden
from tests.support.accounts import Account, register
from tests.support.answers import assert_refused
from tests.support.faults import CannotRunError, small_disk
from tests.support.files import FILES, get, lose, on_disk, on_their_way, said, send, sent, until
from tests.support.hurried_server import HurriedServer
from tests.support.people import NewRoom, Room, checked
from tests.support.rawhttp import RawHTTP
from tests.support.server import Server
from tests.support.timing import scaled

MEGABYTE = 1_000_000


def is_longer(told: list[dict[str, object]], count: int) -> bool:
    """Whether there are more than so many."""
    return len(told) > count


def begin(server: Server, who: Account, room: Room, size: int) -> RawHTTP:
    """Begin to send a file of so many bytes."""
    raw = RawHTTP(server)
    raw.send(
        f"POST {FILES}?room_id={room['id']}&name=a.bin HTTP/1.1\r\nHost: x\r\n"
        f"Authorization: Bearer {who.access}\r\nContent-Length: {size}\r\n\r\n".encode()
    )
    return raw


def test_a_crash_leaves_no_half_of_a_file(own_server: Server, new_room: NewRoom) -> None:
    """What was on its way is gone at the next start; what was taken is all there."""
    ann = register(own_server, "ann")
    room = new_room(own_server)
    kept = sent(ann, room, b"kept" * 1000)
    said(ann, room, kept)
    with begin(own_server, ann, room, 10 * MEGABYTE) as raw:
        raw.send(bytes(2 * MEGABYTE))
        until(lambda: any(path.stat().st_size > MEGABYTE for path in on_their_way(own_server)))
        own_server.kill()
    assert on_their_way(own_server)
    own_server.start()
    assert on_their_way(own_server) == []
    assert [path.name for path in on_disk(own_server)] == [kept["id"]]
    assert get(ann, kept).content == b"kept" * 1000


@pytest.mark.thorough
@pytest.mark.one_node("what was on its way to a node that crashed goes after a day")
def test_a_crash_between_file_and_row_leaves_no_file(own_server: Server, new_room: NewRoom) -> None:
    """Killed at random moments of many uploads: each file has its row, and each row its file."""
    ann = register(own_server, "ann")
    room = new_room(own_server)
    told: list[dict[str, object]] = []
    for _ in range(4):
        stop = threading.Event()

        def go_on(stop: threading.Event = stop) -> None:
            number = 0
            while not stop.is_set():
                try:
                    answer = send(ann, room, b"%d" % number * 500)
                except Exception:  # noqa: BLE001 - the server is being killed
                    return
                if answer.is_success:
                    told.append(answer.json())
                number += 1

        threads = [threading.Thread(target=go_on) for _ in range(3)]
        for thread in threads:
            thread.start()
        until(functools.partial(is_longer, told, len(told) + 5))
        own_server.kill()
        stop.set()
        for thread in threads:
            thread.join()
        own_server.start()
    for file in told:
        assert get(ann, file).is_success

    # A file whose answer was lost may be there as well, as a row that is its uploader's.
    def all_have_rows() -> bool:
        return all(get(ann, path.name).is_success for path in on_disk(own_server))

    until(all_have_rows)
    assert {str(file["id"]) for file in told} <= {path.name for path in on_disk(own_server)}


def test_a_file_that_is_not_in_the_storage_is_said_to_be_gone(
    own_server: Server, new_room: NewRoom
) -> None:
    """As after a backup of the database alone: a refusal, and a line in the log."""
    ann = register(own_server, "ann")
    file = sent(ann, new_room(own_server))
    lose(own_server, file)
    assert_refused(get(ann, file), "not_found")
    assert ann.call("HEAD", f"{FILES}/{file['id']}").status_code == 404
    own_server.process.wait_for_line(f"the file {file['id']} is not in the storage")
    assert ann.call("DELETE", f"{FILES}/{file['id']}").status_code == 204


@pytest.mark.thorough
@pytest.mark.one_node("it is one of them that takes the file, and another that gives it")
def test_large_files_take_little_memory(own_server: Server, new_room: NewRoom) -> None:
    """200 MB in and out at the speed of the disk; the server keeps a few of them at a time."""
    own_server.env["PARLOUR_MAX_FILE_SIZE"] = "300000000"
    own_server.restart()
    ann = register(own_server, "ann")
    room = new_room(own_server)
    portion, count = bytes(range(256)) * 4096, 200
    get(ann, sent(ann, room))

    def portions() -> Iterator[bytes]:
        for _ in range(count):
            yield portion

    with ann.http() as http, burden.most_memory(own_server) as most:
        query = {"room_id": str(room["id"]), "name": "big.bin"}
        file = checked(http.post(FILES, params=query, content=portions(), timeout=scaled(60)))
        assert file["size"] == len(portion) * count
        read = 0
        with http.stream("GET", f"{FILES}/{file['id']}") as answer:
            for data in answer.iter_bytes():
                read += len(data)
        assert read == file["size"]
    assert most.growth < 30 * burden.MIB, f"{most.growth / burden.MIB:.1f} MiB"


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """Yield a disk of six megabytes."""
    try:
        with small_disk() as disk:
            yield disk
    except CannotRunError as reason:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(reason))


def test_a_full_disk_is_told_and_nothing_is_left(small: Path, new_room: NewRoom) -> None:
    """What does not fit is refused, what fits is still taken, and the chat goes on."""
    with Server(small, is_measured=False) as server:
        ann = register(server, "ann")
        room = new_room(server)
        before = on_disk(server)
        assert_refused(send(ann, room, bytes(8 * MEGABYTE)), "storage_full")
        assert on_disk(server) == before
        assert on_their_way(server) == []
        file = sent(ann, room, bytes(100_000))
        assert said(ann, room, file)["files"] == [file]


@pytest.mark.thorough
def test_who_sends_too_slowly_is_sent_away(tmp_path: Path, new_room: NewRoom) -> None:
    """A byte now and then: a place that others could have."""
    with HurriedServer(tmp_path / "hurried", is_measured=False) as server:
        ann = register(server, "ann")
        with begin(server, ann, new_room(server), 100_000) as raw:
            raw.send(bytes(1000))
            answers = raw.drip((b"x" for _ in range(100_000)), 0.1, seconds=20)
        assert b'"code":"timeout"' in answers[0].body
        until(lambda: on_their_way(server) == [])


@pytest.mark.thorough
async def test_the_loop_of_a_stop_waits_for_no_upload(
    own_server: Server, new_room: NewRoom
) -> None:
    """A server that is stopped in the middle of one ends in time, and leaves nothing."""
    ann = register(own_server, "ann")
    room = new_room(own_server)
    with begin(own_server, ann, room, 10 * MEGABYTE) as raw:
        raw.send(bytes(MEGABYTE))
        await asyncio.to_thread(until, lambda: bool(on_their_way(own_server)))
        assert await own_server.astop() == 0
    assert on_their_way(own_server) == []
