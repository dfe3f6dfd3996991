"""Files in folders: also on a disk of their own, and deleted while somebody reads them."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from parlour.storage import Missing, disk
from parlour.storage.disk import DiskStorage
from tests.support.accounts import register
from tests.support.files import FILES, get, on_disk, said, sent
from tests.support.people import NewRoom
from tests.support.rawhttp import RawHTTP
from tests.support.server import Server


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Path]:
    """Yield a folder on another file system."""
    memory = Path("/dev/shm")
    if not memory.is_dir() or memory.stat().st_dev == tmp_path.stat().st_dev:
        reason = "there is no other file system here: moving files between two is not tested"
        assert os.environ.get("CI") != "true", reason
        pytest.skip(reason)
    folder = Path(tempfile.mkdtemp(dir=memory))
    yield folder
    shutil.rmtree(folder)


@pytest.mark.one_node("nodes have files in their database")
def test_the_storage_may_be_on_another_file_system(
    own_server: Server, new_room: NewRoom, elsewhere: Path
) -> None:
    """By a link or a mount: files are copied there, and nothing is left where they came."""
    own_server.stop()
    folder = own_server.data_dir / "files"
    shutil.rmtree(folder)
    folder.symlink_to(elsewhere)
    own_server.start()
    ann = register(own_server, "ann")
    file = sent(ann, new_room(own_server), b"words" * 1000)
    assert get(ann, file).content == b"words" * 1000
    [path] = [each for each in elsewhere.rglob("*") if each.is_file()]
    assert path.name == file["id"]
    assert path.stat().st_mode & 0o777 == 0o600
    assert not list((own_server.data_dir / "uploads").iterdir())


async def test_what_is_deleted_while_it_is_read_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Past the files that stay open each portion is looked for anew."""
    monkeypatch.setattr(disk, "MOST_OPEN", 0)
    storage = DiskStorage(tmp_path / "files")
    await storage.begin()
    source = tmp_path / "source"
    source.write_bytes(bytes(3 * disk.PORTION))
    await storage.put("k" * 32, source)
    portions = await storage.open("k" * 32, 0, 3 * disk.PORTION)
    assert len(await anext(portions)) == disk.PORTION
    await storage.delete("k" * 32)
    with pytest.raises(Missing):
        await anext(portions)
    await storage.close()


async def test_what_the_file_system_has_there_is_no_file_of_anybody(tmp_path: Path) -> None:
    """A disk that is mounted there has a folder of its own."""
    folder = tmp_path / "files"
    (folder / "lost+found" / "#12").mkdir(parents=True)
    (folder / "lost+found" / "#12" / "part").touch()
    storage = DiskStorage(folder)
    await storage.begin()
    source = tmp_path / "source"
    source.write_bytes(b"words")
    await storage.put("a" * 32, source)
    pages = [page async for page in storage.keys()]  # noqa: SIM118 - it is no dict
    assert pages == [["a" * 32]]
    await storage.close()


@pytest.mark.one_node("nodes have files in their database")
def test_who_reads_what_goes_meanwhile_is_cut_off_and_nothing_is_logged(
    own_server: Server, new_room: NewRoom
) -> None:
    """The length that was told says that something is missing; it is no fault of the server."""
    ann = register(own_server, "ann")
    room = new_room(own_server)
    file = sent(ann, room, bytes(20_000_000))
    said(ann, room, file)
    with RawHTTP(own_server) as raw:
        head = f"GET {FILES}/{file['id']} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ann.access}"
        raw.send(f"{head}\r\n\r\n".encode())
        [path] = on_disk(own_server)
        assert not raw.look(0.5)
        os.truncate(path, 1_000_000)
        while not raw.look(10):
            pass
    assert b"200 OK" in raw.got[:20]
    assert len(raw.got) < 20_000_000
    assert not [line for line in own_server.process.lines if "Traceback" in line]
