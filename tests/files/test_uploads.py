"""Files on their way in: refused before they are read, bounded, broken off, and two at once."""

from contextlib import ExitStack
from typing import Any

import pytest
from httpx2 import Client

from tests.support.accounts import Account, register
from tests.support.answers import assert_refused
from tests.support.files import (
    FILES,
    File,
    get,
    gone,
    on_disk,
    on_their_way,
    said,
    say,
    send,
    sent,
    until,
)
from tests.support.moderation import ban, mute
from tests.support.people import NewRoom, Room, checked, http_client
from tests.support.places import ROOMS, make_room
from tests.support.rawhttp import RawHTTP
from tests.support.server import NewServer, Server
from tests.support.timing import scaled

SERVER_ENV = {
    "PARLOUR_MAX_FILE_SIZE": "300000", "PARLOUR_FILE_QUOTA": "900000",
    "PARLOUR_SERVER_FILE_QUOTA": "1500000",
}  # fmt: skip
pytestmark = pytest.mark.usefixtures("partings")


def begin(server: Server, who: Account, room: Room, size: int, **query: str) -> RawHTTP:
    """Begin to send a file of so many bytes, of which none has come yet."""
    raw = RawHTTP(server)
    more = "".join(f"&{name}={value}" for name, value in query.items())
    head = (
        f"POST {FILES}?room_id={room['id']}&name=a.bin{more} HTTP/1.1\r\nHost: x\r\n"
        f"Authorization: Bearer {who.access}\r\nContent-Length: {size}\r\n\r\n"
    )
    raw.send(head.encode())
    return raw


def chunked(server: Server, who: Account, room: Room) -> RawHTTP:
    """Begin to send a file without saying how large it is."""
    raw = RawHTTP(server)
    head = (
        f"POST {FILES}?room_id={room['id']}&name=a.bin HTTP/1.1\r\nHost: x\r\n"
        f"Authorization: Bearer {who.access}\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    raw.send(head.encode())
    return raw


def answered(raw: RawHTTP) -> None:
    """Read until an answer is there."""
    while b"}" not in raw.got:
        assert not raw.look(scaled(10)), "it was closed without an answer"


def nothing_left(server: Server) -> None:
    """Assert that soon nothing is on its way any more."""
    until(lambda: on_their_way(server) == [])


@pytest.mark.parametrize("what", ["not_found", "banned", "muted", "archived", "too_large"])
def test_a_file_is_refused_before_it_is_read(
    server: Server, ann: Account, ben: Account, what: str
) -> None:
    """The answer comes although nothing of the body has: nobody sends 100 MB in vain."""
    place = make_room(ann, kind="private" if what == "not_found" else "public")
    if what == "banned":
        checked(ban(place, ann, ben))
    elif what == "muted":
        checked(mute(place, ann, ben))
    elif what == "archived":
        checked(ann.call("PATCH", place.path, json={"archived": True}))
    size = 300_001 if what == "too_large" else 1_000
    with begin(server, ben, place.room, size) as raw:
        answered(raw)
    assert f'"code":"{what}"'.encode() in raw.got
    nothing_left(server)


def test_a_file_that_grows_too_large_is_cut_off(server: Server, ann: Account, room: Room) -> None:
    """Without a length it is counted; what was written of it is gone."""
    with chunked(server, ann, room) as raw:
        chunk = b"10000\r\n" + bytes(0x10000) + b"\r\n"
        answers = raw.drip((chunk for _ in range(1000)), 0.001, seconds=20)
    assert b'"code":"too_large"' in answers[0].body
    nothing_left(server)


def test_the_largest_file_is_taken(ann: Account, ben: Account, room: Room) -> None:
    """The bound is the last that is let through."""
    file = sent(ben, room, bytes(300_000))
    assert file["size"] == 300_000
    assert_refused(send(ben, room, bytes(300_001)), "too_large")
    assert_refused(send(ben, room, b""), "empty")
    assert ben.call("DELETE", f"{FILES}/{file['id']}").status_code == 204


def test_files_take_as_much_as_they_may(server: Server, room: Room) -> None:
    """Of one person, and of all; what is deleted makes room.

    What tells no length is refused as soon as there is more of it than room.
    """
    cat, dan = register(server, "cat"), register(server, "dan")
    files = [sent(cat, room, bytes(290_000)) for _ in range(3)]
    told = assert_refused(send(cat, room, bytes(100_000)), "quota_full")
    assert "870.0 kB of the 900.0 kB" in told["detail"]
    with chunked(server, cat, room) as raw:
        raw.send(b"10000\r\n" + bytes(0x10000) + b"\r\n")
        answered(raw)
    assert b'"code":"quota_full"' in raw.got
    more = [sent(dan, room, bytes(290_000)) for _ in range(2)]
    told = assert_refused(send(dan, room, bytes(290_000)), "quota_full")
    assert "All files of this server" in told["detail"]
    message = said(cat, room, files[0])
    assert cat.call("DELETE", f"/api/chat/messages/{message['id']}").is_success
    assert sent(dan, room, bytes(280_000))
    for who, each in ((cat, files[1]), (cat, files[2]), (dan, more[0]), (dan, more[1])):
        assert who.call("DELETE", f"{FILES}/{each['id']}").status_code == 204
    gone(server, *files, *more)


def test_a_broken_off_upload_leaves_nothing(server: Server, ann: Account, room: Room) -> None:
    """Closed or reset in the middle."""
    before = on_disk(server)
    for end in ("close", "reset"):
        raw = begin(server, ann, room, 200_000)
        raw.send(bytes(100_000))
        until(lambda: bool(on_their_way(server)))
        getattr(raw, end)()
        nothing_left(server)
    assert on_disk(server) == before


@pytest.mark.one_node("each counts for itself how many come at once")
def test_people_send_at_once_and_none_too_many(server: Server, ben: Account, room: Room) -> None:
    """Each their own; of one person four at a time."""
    # Of somebody who has sent nothing yet: a file that was broken off holds its place for a moment
    # longer than it can be seen.
    eli = register(server, "eli")
    with ExitStack() as sending:
        raws = [sending.enter_context(begin(server, eli, room, 50_000)) for _ in range(4)]
        for raw in raws:
            raw.send(bytes(10_000))
        until(lambda: len(on_their_way(server)) == 4)
        assert_refused(send(eli, room, b"a fifth"), "busy")
        assert sent(ben, room, b"another's")
        for raw in raws:
            raw.send(bytes(40_000))
            answered(raw)
            assert raw.got.startswith(b"HTTP/1.1 201")
    assert sent(eli, room, b"a fifth")


def test_who_was_muted_meanwhile_has_sent_nothing(
    server: Server, ann: Account, ben: Account
) -> None:
    """The gate is asked once more when the file is there."""
    place = make_room(ann, kind="public")
    with begin(server, ben, place.room, 1_000) as raw:
        raw.send(bytes(500))
        until(lambda: bool(on_their_way(server)))
        checked(mute(place, ann, ben))
        before = on_disk(server)
        raw.send(bytes(500))
        answered(raw)
    assert b'"code":"muted"' in raw.got
    until(lambda: on_disk(server) == before)


def test_guests_send_no_files_unless_the_server_lets_them(
    server: Server, room: Room, http: Client, new_server: NewServer, new_room: NewRoom
) -> None:
    """By default not; where they do, by their name."""
    query: dict[str, Any] = {"room_id": room["id"], "name": "a.txt", "username": "gus"}
    told = assert_refused(http.post(FILES, params=query, content=b"x"), "not_allowed")
    assert "Sign in" in told["detail"]
    free = new_server(env={"PARLOUR_GUEST_FILES": "on"}).start()
    query["room_id"] = new_room(free)["id"]
    with http_client(free) as guest:
        file = checked(guest.post(FILES, params=query, content=b"x"))
        path = f"{ROOMS}/{query['room_id']}/messages"
        body = {"content": "", "files": [file["id"]]}
        assert_refused(
            guest.post(path, params={"username": "eve"}, json=body), "not_found", "files"
        )
        message = checked(guest.post(path, params={"username": "GUS"}, json=body))
        assert message["files"] == [file]
        assert get(guest, file).content == b"x"
        limits = checked(guest.get(f"{FILES}/limits"))
    assert limits == {
        "max_file_size": 100_000_000, "max_image_pixels": 50_000_000,
        "file_quota": 5_000_000_000, "guest_files": True,
    }  # fmt: skip


def test_a_file_is_described_anew(ann: Account, ben: Account, room: Room) -> None:
    """By its author, before and after it is said; then the room is told by a new version."""
    file = sent(ann, room, alt="one")
    path = f"{FILES}/{file['id']}"
    now = checked(ann.call("PATCH", path, json={"alt": "two"}))
    assert now == file | {"alt": "two"}
    assert_refused(ben.call("PATCH", path, json={"alt": "x"}), "not_found")
    message = said(ann, room, file)
    assert message["files"] == [now]
    assert_refused(ben.call("PATCH", path, json={"alt": "x"}), "not_allowed")
    checked(ann.call("PATCH", path, json={"alt": ""}))
    [kept] = checked(ann.call("GET", f"{ROOMS}/{room['id']}/messages"))
    assert kept == message | {"files": [file | {"alt": ""}], "version": 2}
    assert checked(ann.call("PATCH", path, json={"alt": ""}))["alt"] == ""
    assert checked(ann.call("GET", f"{ROOMS}/{room['id']}"))["version"] == 2
    assert_refused(ann.call("PATCH", path, json={"alt": "x" * 1001}), "too_long", "alt")


def test_a_file_is_taken_back(server: Server, ann: Account, ben: Account, room: Room) -> None:
    """By its uploader alone, and only while no message has it."""
    file = sent(ann, room)
    path = f"{FILES}/{file['id']}"
    assert_refused(ben.call("DELETE", path), "not_found")
    assert ann.call("DELETE", path).status_code == 204
    gone(server, file)
    assert_refused(ann.call("DELETE", path), "not_found")
    assert_refused(say(ann, room, file), "not_found", "files")
    kept: File = sent(ann, room)
    said(ann, room, kept)
    assert_refused(ann.call("DELETE", f"{FILES}/{kept['id']}"), "not_allowed")
