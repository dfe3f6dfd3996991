"""Files that are passed on: seen where they were passed on, kept as long as a message has them."""

import pytest

from tests.support.accounts import Account
from tests.support.answers import assert_refused
from tests.support.files import File, get, gone, on_disk, said, say, sent, until
from tests.support.inside import inside
from tests.support.people import Room, checked
from tests.support.pictures import picture
from tests.support.places import make_room
from tests.support.server import Server

pytestmark = pytest.mark.usefixtures("partings")


def rows_of(server: Server, room: Room) -> int:
    """Return how many rows of a room are in the database, itself included."""
    with inside(server) as database:
        query = "SELECT count(*) FROM rooms WHERE id = ?"
        return int(database.execute(query, [room["id"]]).fetchone()[0])


def keys(server: Server, file: File) -> list[str]:
    """Return what lies on the disk of a file."""
    return [path.name for path in on_disk(server) if path.name.startswith(file["id"])]


def test_a_file_that_was_passed_on_outlives_its_message_and_its_room(
    server: Server, ann: Account, ben: Account
) -> None:
    """Whoever may read what it was passed on in may have it, also where it was private before."""
    source, target = make_room(ann, "private").room, make_room(ann, "public").room
    image = sent(ann, source, picture(1500, 900), name="plan.png")
    message = said(ann, source, image, content="Secret")
    assert_refused(get(ben, image), "not_found")
    passed = checked(say(ann, target, forward=message["id"]))
    assert passed["forwarded"]["files"] == message["files"]
    assert passed["forwarded"]["room_id"] is None
    assert passed["files"] == []
    assert get(ben, image, "/thumbnail").is_success
    again = checked(say(ben, target, forward=passed["id"], content="Look"))
    assert again["forwarded"]["files"] == message["files"]
    assert ann.call("DELETE", f"/api/chat/messages/{message['id']}").is_success
    assert get(ben, image).is_success
    assert ann.call("DELETE", f"/api/chat/rooms/{source['id']}").is_success
    until(lambda: rows_of(server, source) == 0)
    assert get(ben, image).is_success
    assert len(keys(server, image)) == 2
    assert ann.call("DELETE", f"/api/chat/messages/{passed['id']}").is_success
    assert get(ben, image).is_success
    assert ben.call("DELETE", f"/api/chat/messages/{again['id']}").is_success
    assert_refused(get(ben, image), "not_found")
    gone(server, image)
