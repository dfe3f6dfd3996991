"""`parlour admin sweep-files`: what lies in the storage and is unknown to the database."""

from pathlib import Path

import pytest

from tests.files.test_uploads import answered, begin
from tests.support.accounts import register
from tests.support.files import get, on_disk, on_their_way, said, sent, until
from tests.support.people import NewRoom, checked
from tests.support.pictures import picture
from tests.support.server import Server
from tests.support.sweeping import forget, sweep


def put_beside(server: Server, like: Path, name: str) -> Path:
    """Put a file into the storage that the server has not put there."""
    path = server.data_dir / "files" / name[:2] / name[2:4] / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(like.read_bytes())
    return path


@pytest.mark.one_node("it puts files beside those of a folder")
def test_what_the_database_does_not_know_is_counted_and_taken_away_when_asked(
    own_server: Server, new_room: NewRoom
) -> None:
    """With its thumbnail; files, thumbnails, images of people and what is no file of ours stay."""
    ann, room = register(own_server, "ann"), new_room(own_server)
    image, lost = (sent(ann, room, picture(1500, 900 + n)) for n in range(2))
    text, waiting = sent(ann, room, b"words"), sent(ann, room, b"others")
    said(ann, room, image, text)
    checked(ann.call("PUT", "/api/users/me/avatar", content=picture(40, 40)))
    own_server.stop()
    assert sweep(own_server) == (0, "The database knows all 7 files in the storage.")
    forget(own_server, lost)
    [some] = [path for path in on_disk(own_server) if path.name == text["id"]]
    put_beside(own_server, some, f"{text['id']}t")
    stranger = put_beside(own_server, some, "notes.txt")
    before = on_disk(own_server)
    assert sweep(own_server) == (
        0, "The database does not know 3 of 8 files in the storage. Take them away with --delete."
    )  # fmt: skip
    assert on_disk(own_server) == before
    assert sweep(own_server, "--delete") == (
        0, "3 of 8 files, which the database did not know, were taken from the storage."
    )  # fmt: skip
    left = on_disk(own_server)
    gone = {path.name for path in before} - {path.name for path in left}
    assert gone == {lost["id"], f"{lost['id']}t", f"{text['id']}t"}
    assert stranger in left
    assert sweep(own_server, "--delete") == (0, "The database knows all 5 files in the storage.")
    own_server.start()
    for file in (image, text, waiting):
        assert get(ann, file).is_success
    assert get(ann, image, "/thumbnail").is_success
    assert ann.call("GET", "/api/users/me/avatar").is_success


@pytest.mark.one_node("it puts files beside those of a folder")
def test_nothing_is_counted_or_taken_while_a_server_runs_on_the_data(
    own_server: Server, new_room: NewRoom
) -> None:
    """What is on its way comes, and what is not known waits until the server has ended."""
    ann, room = register(own_server, "ann"), new_room(own_server)
    sent(ann, room)
    [some] = on_disk(own_server)
    lost = put_beside(own_server, some, "f" * 32)
    with begin(own_server, ann, room, 50_000) as raw:
        raw.send(bytes(20_000))
        until(lambda: len(on_their_way(own_server)) == 1)
        for flags in ((), ("--delete",)):
            status, line = sweep(own_server, *flags)
            assert (status, "runs on" in line) == (1, True), line
        assert (len(on_their_way(own_server)), on_disk(own_server)) == (1, sorted([some, lost]))
        raw.send(bytes(30_000))
        answered(raw)
        assert raw.got.startswith(b"HTTP/1.1 201")
    own_server.stop()
    assert sweep(own_server, "--delete")[1].startswith("1 of 3 files")
    assert not lost.exists()


def test_a_database_that_knows_none_of_them_takes_none_away(
    own_server: Server, new_room: NewRoom
) -> None:
    """It is perhaps the wrong one: an empty one beside the files of another."""
    ann, room = register(own_server, "ann"), new_room(own_server)
    files = [sent(ann, room, data) for data in (b"one", b"two")]
    own_server.stop()
    forget(own_server, *files)
    before = on_disk(own_server)
    status, line = sweep(own_server, "--delete")
    assert (status, on_disk(own_server)) == (1, before)
    assert line.startswith("The database knows none of the 2 files in the storage")


def test_a_storage_that_cannot_be_opened_is_told_in_one_line(own_server: Server) -> None:
    """As by the server itself."""
    own_server.stop()
    env = {"PARLOUR_S3_BUCKET": "parlour", "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
    status, line = sweep(own_server, **env)
    assert status == 1
    assert line.startswith("PARLOUR_S3_BUCKET needs AWS_ACCESS_KEY_ID")
