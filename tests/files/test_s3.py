"""The storage on an S3-compatible store: a real one."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Self

import pytest

from parlour.storage import Missing, s3
from tests.support.accounts import Account, register
from tests.support.answers import assert_refused
from tests.support.brief import thorough_but
from tests.support.doctor import seen, seen_at
from tests.support.files import FILES, get, on_disk, on_their_way, said, send, sent, until
from tests.support.people import NewRoom
from tests.support.pictures import opened, picture
from tests.support.ports import free_port
from tests.support.rawhttp import RawHTTP
from tests.support.s3 import BUCKET, SECRET, Store
from tests.support.server import NewServer, Server
from tests.support.sweeping import forget, sweep
from tests.support.timing import scaled


class Way:
    """What leads to a port, and can be cut and opened again."""

    def __init__(self, to: int) -> None:
        self.to = to
        self.port = free_port()
        self._ends: list[socket.socket] = []

    def __enter__(self) -> Self:
        """Open it."""
        self._listening = socket.create_server(("127.0.0.1", self.port))
        self._ends.append(self._listening)
        threading.Thread(target=self._accept, args=[self._listening], daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Cut it, with all that is under way."""
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._ends.clear()

    def _accept(self, listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, far = listening.accept()[0], socket.create_connection(("127.0.0.1", self.to))
                self._ends += near, far
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=pair, daemon=True).start()

    def _carry(self, near: socket.socket, far: socket.socket) -> None:
        with suppress(OSError):
            while data := near.recv(65536):
                far.sendall(data)
            far.shutdown(socket.SHUT_WR)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Yield a running store."""
    running = Store(tmp_path_factory.mktemp("store")).start()
    yield running
    running.stop()


@pytest.fixture
def at_store(store: Store, new_server: NewServer) -> Server:
    """Return a running server that keeps its files there."""
    return new_server(env=store.settings(), is_measured=True).start()


@pytest.fixture
def ann(at_store: Server) -> Account:
    """Return who sends files."""
    return register(at_store, "ann")


def test_files_lie_in_the_bucket_and_nowhere_else(
    store: Store, at_store: Server, ann: Account, new_room: NewRoom
) -> None:
    """Sent, given whole and in parts, and taken away again."""
    room = new_room(at_store)
    data = bytes(range(256)) * 50_000
    file, image = sent(ann, room, data), sent(ann, room, picture(1500, 900))
    assert store.listed() == {file["id"], image["id"], image["id"] + "t"}
    assert not (at_store.data_dir / "files").exists()
    assert on_their_way(at_store) == []
    message = said(ann, room, file, image)
    assert bool(get(ann, file).content == data)
    assert bool(get(ann, file, Range="bytes=300-999999").content == data[300:1_000_000])
    assert opened(get(ann, image, "/thumbnail").content).size == (720, 432)
    assert ann.call("HEAD", f"{FILES}/{file['id']}").headers["content-length"] == str(len(data))
    assert ann.call("DELETE", f"/api/chat/messages/{message['id']}").is_success
    until(lambda: store.listed() == set())
    assert_refused(get(ann, file), "not_found")


@pytest.mark.thorough
def test_a_store_that_does_not_answer_is_told_as_busy(
    store: Store, new_server: NewServer, new_room: NewRoom
) -> None:
    """The chat goes on; what was deleted meanwhile goes once it is back and one starts again."""
    way = Way(store.ports["s3"])
    server = new_server(env=store.settings(port=way.port)).start()
    ann, room = register(server, "ann"), new_room(server)
    with way:
        file, other = sent(ann, room), sent(ann, room)
    assert_refused(send(ann, room, b"more"), "busy")
    assert_refused(get(ann, file), "busy")
    assert ann.call("HEAD", f"{FILES}/{file['id']}").status_code == 503
    assert on_their_way(server) == []
    assert ann.call("DELETE", f"{FILES}/{other['id']}").status_code == 204
    assert said(ann, room, content="still here")
    server.process.wait_for_line("deleted files still take space")
    with way:
        assert get(ann, file).is_success
        server.restart()
        until(lambda: other["id"] not in store.listed(), seconds=20)
        assert file["id"] in store.listed()
        assert ann.call("DELETE", f"{FILES}/{file['id']}").status_code == 204
        until(lambda: file["id"] not in store.listed(), seconds=20)
    assert SECRET not in "\n".join(server.log)


@pytest.mark.thorough
async def test_a_file_is_given_however_slowly_it_is_taken(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request has to end in time: who is on a telephone gets the rest by another one."""
    settings = store.settings()
    for name in (s3.KEY_ID, s3.SECRET):
        monkeypatch.setenv(name, settings[name])
    storage = s3.S3Storage(settings["PARLOUR_S3_ENDPOINT"], BUCKET, "us-east-1")
    data = bytes(range(256)) * 60_000
    source = tmp_path / "source"
    source.write_bytes(data)
    key = "slow" * 8
    await storage.put(key, source)
    monkeypatch.setattr(s3, "TIMEOUT", timedelta(seconds=scaled(2)))
    storage = s3.S3Storage(settings["PARLOUR_S3_ENDPOINT"], BUCKET, "us-east-1")
    portions = await storage.open(key, 5, len(data) - 5)
    got = b""
    for _ in range(2):
        got += await anext(portions)
        await asyncio.sleep(scaled(3))
    async for portion in portions:
        got += portion
    assert got == data[5:-5]
    await storage.delete(key)
    with pytest.raises(Missing):
        await storage.open(key, 0, 1)
    await storage.close()


@pytest.mark.thorough
def test_who_gets_a_file_while_the_store_goes_is_cut_off(
    store: Store, new_server: NewServer, new_room: NewRoom
) -> None:
    """The length that was told says that something is missing; the log says why, in a line."""
    way = Way(store.ports["s3"])
    server = new_server(env=store.settings(port=way.port)).start()
    ann = register(server, "ann")
    with RawHTTP(server, receive_buffer=4096) as raw:
        with way:
            file = sent(ann, new_room(server), bytes(20_000_000))
            head = f"GET {FILES}/{file['id']} HTTP/1.1\r\nHost: x"
            raw.send(f"{head}\r\nAuthorization: Bearer {ann.access}\r\n\r\n".encode())
            assert not raw.look(10)
        while not raw.look(scaled(20)):
            pass
    assert b"200 OK" in raw.got[:20]
    assert len(raw.got) < 20_000_000
    until(lambda: any("is not given" in line for line in server.log))
    told = [line for line in server.log if "is not given" in line]
    assert len(told) == 1
    assert f"the rest of the file {file['id']} is not given: the S3 store gives no file" in told[0]
    assert ann.call("DELETE", f"{FILES}/{file['id']}").status_code == 204


def test_what_the_database_does_not_know_is_taken_from_the_bucket_when_asked(
    store: Store, new_server: NewServer, new_room: NewRoom
) -> None:
    """And nothing else is; a store that does not answer is told of in one line."""
    server = new_server(env=store.settings()).start()
    ann, room = register(server, "ann"), new_room(server)
    before = store.listed()
    file, lost = sent(ann, room), sent(ann, room, picture(1500, 900))
    server.stop()
    forget(server, lost)
    count = len(before) + 3
    assert sweep(server, **store.settings())[1].startswith("The database does not know")
    assert store.listed() == before | {file["id"], lost["id"], f"{lost['id']}t"}
    status, line = sweep(server, "--delete", **store.settings())
    assert (status, line.partition(" files")[0]) == (0, f"{count - 1} of {count}")
    assert store.listed() == {file["id"]}
    status, line = sweep(server, **(store.settings(port=free_port())))
    assert (status, line.startswith("The storage does not answer: ")) == (1, True)


def test_keys_are_needed_and_have_to_be_right(
    store: Store, new_server: NewServer, new_room: NewRoom
) -> None:
    """Without them it does not start, and says what to do; with wrong ones nothing is stored."""
    lacking = new_server(env={**store.settings(), "AWS_SECRET_ACCESS_KEY": ""})
    process = lacking.launch()
    assert process.wait() == 1
    assert "AWS_SECRET_ACCESS_KEY in the environment" in process.output
    wrong = new_server(env=store.settings("another")).start()
    assert_refused(send(register(wrong, "ann"), new_room(wrong), b"x"), "busy")
    assert on_disk(wrong) == []
    assert "another" not in "\n".join(wrong.log)


def test_the_doctor_puts_a_file_there_and_takes_it_away_again(store: Store, tmp_path: Path) -> None:
    """And with wrong keys says which settings are to be looked at, for files and for backups."""
    before = store.listed()
    backups = {"PARLOUR_BACKUP_TO": f"s3://{BUCKET}/backups"}
    told = seen_at(tmp_path / "right", env={**store.settings(), **backups})
    well = {each.what: each.seen for each in told.of("ok")}
    assert well["Files"].startswith(f"The bucket {BUCKET} took a file and gave it back in ")
    assert well["Backups"] == f"s3://{BUCKET}/backups answers."
    assert store.listed() == before
    told = seen_at(tmp_path / "wrong", env={**store.settings("of-no-use"), **backups})
    faults = {each.what: each for each in told.of("FAULT")}
    assert faults.keys() == {"Files", "Backups"}
    assert "AWS_ACCESS_KEY_ID and its secret" in faults["Files"].mend
    assert "the keys of the bucket" in faults["Backups"].mend
    assert all(
        each.seen.endswith(": 403 Forbidden (SignatureDoesNotMatch).") for each in faults.values()
    )
    assert "of-no-use" not in told.output
    assert store.listed() == before


@pytest.mark.sqlite
@pytest.mark.parametrize("deep", thorough_but([()], [(), ("--deep",)]), ids=["some", "all"])
def test_the_doctor_misses_what_is_gone_from_the_bucket(
    store: Store, new_server: NewServer, new_room: NewRoom, deep: tuple[str, ...]
) -> None:
    """Or cut off, by what the database names; where nothing is missing it says so."""
    server = new_server(env=store.settings()).start()
    room, ann = new_room(server), register(server, "ann")
    kept, lost = sent(ann, room), sent(ann, room)
    said(ann, room, kept, lost)
    assert "All 2 that were looked for are there." in [
        each.seen for each in seen(server, *deep).of("ok")
    ]
    for spoil in (store.cut, store.lose):
        spoil(lost["id"])
        [warned] = [each for each in seen(server, *deep).of("warning") if each.what == "Files"]
        assert warned.seen == (
            f"Of 2 files that were looked for 1 is not in the bucket {BUCKET}, or not whole:"
            f" {lost['id']}."
        )
        assert "files/abcd of the archive is parlour/abcd there" in warned.mend
    store.lose(kept["id"])
    assert "not in the bucket" in seen(server, *deep).only_fault().seen
