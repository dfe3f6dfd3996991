"""Who is charged for files, and until when they may be described anew."""

from datetime import UTC, datetime, timedelta

import pytest
from httpx2 import Client

from parlour.fields import format_time
from tests.support.accounts import Account, register
from tests.support.answers import assert_refused
from tests.support.files import FILES, File, get, said, say, send, sent
from tests.support.inside import inside
from tests.support.people import Message, Room, checked
from tests.support.places import make_room
from tests.support.server import Server

SERVER_ENV = {
    "PARLOUR_FILE_QUOTA": "20000", "PARLOUR_GUEST_FILES": "on", "PARLOUR_EDIT_WINDOW": "900",
}  # fmt: skip
pytestmark = pytest.mark.usefixtures("partings")


def describe(who: Account, file: File, alt: str) -> str:
    """Ask to describe a file: `ok`, or the code of the refusal."""
    answer = who.call("PATCH", f"{FILES}/{file['id']}", json={"alt": alt})
    return "ok" if answer.is_success else str(answer.json()["code"])


def delete(who: Account, message: Message) -> None:
    """Delete a message."""
    assert who.call("DELETE", f"/api/chat/messages/{message['id']}").status_code == 204


def test_what_is_said_is_described_anew_only_as_long_as_it_may_be_edited(
    server: Server, ann: Account
) -> None:
    """Other words for a file are an edit of its message; of no message that passes it on."""
    room = make_room(ann).room
    file = sent(ann, room, alt="one")
    message = said(ann, room, file)
    passed = checked(say(ann, room, forward=message["id"]))
    assert describe(ann, file, "two") == "ok"
    told = checked(ann.call("GET", f"/api/chat/rooms/{room['id']}/messages"))
    assert told[0]["files"][0]["alt"] == "two"
    assert told[1] == passed
    at = format_time(datetime.now(UTC) - timedelta(seconds=901))
    with inside(server) as db:
        db.execute("UPDATE messages SET timestamp = ? WHERE id = ?", (at, message["id"]))
    assert describe(ann, file, "three") == "edit_window_over"
    assert describe(ann, file, "two") == "ok"
    delete_past = ann.call("DELETE", f"/api/chat/messages/{message['id']}")
    assert delete_past.is_success  # the owner of the room may
    # Nothing of one's own has it any more: it is what was passed on that stays as it was told.
    assert describe(ann, file, "four") == "ok"
    assert checked(ann.call("GET", f"/api/chat/rooms/{room['id']}/messages"))[1] == passed


def test_in_slow_mode_a_file_is_described_anew_once_at_once(server: Server, ann: Account) -> None:
    """As a message is corrected."""
    ben = register(server, "slowben")
    room = make_room(ann, kind="public").room
    checked(ann.call("PATCH", f"/api/chat/rooms/{room['id']}", json={"slow_seconds": 60}))
    file = sent(ben, room, alt="one")
    said(ben, room, file)
    assert describe(ben, file, "two") == "ok"
    assert describe(ben, file, "three") == "slow_mode"


def test_a_file_that_is_passed_on_is_charged_to_who_keeps_it(server: Server, room: Room) -> None:
    """Its sender has the bytes back with the message deleted; the last to pass it on pays."""
    cat, dan = register(server, "cat"), register(server, "dan")
    file = sent(cat, room, bytes(19_000))
    message = said(cat, room, file)
    passed = checked(say(dan, room, forward=message["id"]))
    assert_refused(send(cat, room, bytes(4_000)), "quota_full")
    delete(cat, message)
    assert get(cat, file).is_success
    more = sent(cat, room, bytes(4_000))
    assert_refused(send(dan, room, bytes(4_000)), "quota_full")
    delete(dan, passed)
    assert sent(dan, room, bytes(4_000))
    assert cat.call("DELETE", f"{FILES}/{more['id']}").status_code == 204


def test_a_file_takes_at_least_a_block(server: Server, room: Room) -> None:
    """Many of one byte fill a disk as well."""
    eve = register(server, "eve")
    for _ in range(4):
        sent(eve, room, b"1")
    assert "16.4 kB of the 20.0 kB" in assert_refused(send(eve, room, b"1"), "quota_full")["detail"]


def test_all_guests_have_the_quota_of_one_person(room: Room, http: Client) -> None:
    """A guest is quickly somebody else."""
    codes = [
        http.post(
            FILES,
            params={"room_id": room["id"], "name": "a", "username": f"gus{number}"},
            content=bytes(9_000),
        ).status_code
        for number in range(3)
    ]
    assert codes == [201, 201, 409]
