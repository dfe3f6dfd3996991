"""Words of `parlour doctor` and `sweep-files`: one thing is told as one, a folder as a folder."""

import pytest

from tests.support.accounts import register
from tests.support.doctor import Said, seen
from tests.support.files import on_disk, said, sent
from tests.support.people import NewRoom
from tests.support.server import Server
from tests.support.sweeping import forget, sweep

pytestmark = [pytest.mark.sqlite, pytest.mark.one_node("it looks into the folder of files")]


def test_one_file_is_told_as_one(own_server: Server, new_room: NewRoom) -> None:
    """Where it is all that there is, whether it is known, missing or of nobody."""
    ann, room = register(own_server, "ann"), new_room(own_server)
    file = sent(ann, room)
    said(ann, room, file)
    own_server.stop()
    assert sweep(own_server) == (0, "The database knows the one file in the storage.")
    assert Said("ok", "Files", "The one that was looked for is there.") in seen(own_server).of("ok")
    [path] = on_disk(own_server)
    kept = path.read_bytes()
    path.unlink()
    assert seen(own_server).only_fault().seen == (
        f"The one file that was looked for is not in {own_server.data_dir}/files, or not whole:"
        f" {file['id']}."
    )
    path.write_bytes(kept)
    forget(own_server, file)
    words = "The database does not know the one file in the storage"
    assert sweep(own_server) == (0, f"{words}. Take it away with --delete.")
    assert sweep(own_server, "--delete") == (
        1, f"{words}, so it is perhaps another one's: nothing was taken away."
    )  # fmt: skip
    assert on_disk(own_server) == [path]


@pytest.mark.thorough
def test_one_file_of_two_is_told_as_one(own_server: Server, new_room: NewRoom) -> None:
    """Whether it is missing, or the database does not know it."""
    ann, room = register(own_server, "ann"), new_room(own_server)
    kept, lost = sent(ann, room), sent(ann, room)
    said(ann, room, kept, lost)
    own_server.stop()
    [path] = [path for path in on_disk(own_server) if path.name == lost["id"]]
    data = path.read_bytes()
    path.unlink()
    [warned] = [each for each in seen(own_server).of("warning") if each.what == "Files"]
    assert warned.seen.startswith("Of 2 files that were looked for 1 is not in ")
    path.write_bytes(data)
    forget(own_server, lost)
    assert sweep(own_server)[1] == (
        "The database does not know 1 of 2 files in the storage. Take it away with --delete."
    )
    assert sweep(own_server, "--delete")[1] == (
        "1 of 2 files, which the database did not know, was taken from the storage."
    )


def test_a_directory_that_is_open_can_be_entered(own_server: Server) -> None:
    """What is in it is told beside that, where it is open, too; with the command that ends both."""
    data = own_server.data_dir
    data.chmod(0o711)
    told = seen(own_server).only_fault()
    assert told.seen == f"Others on this machine can enter {data}."
    (data / "keys.json").chmod(0o644)
    told = seen(own_server).only_fault()
    assert told.seen == f"Others on this machine can enter {data}, and read keys.json in it."
    assert told.mend == f"chmod go= {data} {data}/keys.json"
