"""Archives by somebody who means harm: nobody's words, rooms or files are reached by them."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.archives import parts, written
from tests.support.exports import brought_in, exported
from tests.support.files import get, said, sent
from tests.support.forged import AT, FOREIGN, There, file, forged, message, person, room, words
from tests.support.lived import MESSAGES, do
from tests.support.places import make_room
from tests.support.retention import hold
from tests.support.server import NewServer

pytestmark = [pytest.mark.one_node(reason="an archive is brought in while no server runs")]


def test_no_file_that_is_here_is_reached_by_its_id(new_server: NewServer, tmp_path: Path) -> None:
    """An archive of elsewhere brings its own bytes; what they are is found out from them."""
    there = There(new_server())
    gone = sent(there.ada, there.board.room, b"deleted and held\n")
    hold(there.ada, "person", username="ada")
    last = said(there.ada, there.board.room, gone, content="soon gone")
    do(there.ada, "DELETE", f"{MESSAGES}/{last['id']}")
    assert get(there.eve, there.file).status_code == get(there.eve, gone).status_code == 404
    ids = [there.file["id"], gone["id"]]
    archive = forged(
        tmp_path / "evil.tar", FOREIGN, dict.fromkeys(ids, b"abc"), people=[person(1, "x")],
        rooms=[room(1, "open")], files=[file(each, 1, b"abc") for each in ids],
        messages=[message(1, 1, "user:1", "take", files=ids)],
    )  # fmt: skip
    assert "2 files" in there.take(archive)
    for each in ids:
        assert get(there.eve, each).status_code == 404
    assert get(there.ada, there.file).content == b"for us alone\n"
    [told] = do(there.eve, "GET", f"{there.room(there.eve, 'open').path}/messages")
    assert [(each["type"], each["size"]) for each in told["files"]] == [("text/plain", 3)] * 2
    for each in told["files"]:
        assert each["id"] not in ids
        assert get(there.eve, each).content == b"abc"
    # Nor one that an earlier archive brought into a room that is not everybody's.
    private = forged(
        tmp_path / "private.tar", FOREIGN, {"a" * 32: b"secret"}, rooms=[room(2, "y", "private")],
        files=[file("a" * 32, 2, b"secret")],
        messages=[message(2, 2, "guest:0123456789abcdef", "z", files=["a" * 32])],
    )  # fmt: skip
    there.take(private)
    later = forged(
        tmp_path / "later.tar", FOREIGN, {"a" * 32: b"other"}, rooms=[room(1, "open")],
        files=[file("a" * 32, 1, b"other")],
        messages=[message(3, 1, "guest:0123456789abcdef", "z", files=["a" * 32])],
    )  # fmt: skip
    there.take(later)
    newest = do(there.eve, "GET", f"{there.room(there.eve, 'open').path}/messages")[-1]
    assert get(there.eve, newest["files"][0]).content == b"other"
    there.server.stop()
    assert "nothing was added" in brought_in(later, there.server)


def test_only_this_server_can_say_that_an_archive_is_of_it(
    new_server: NewServer, tmp_path: Path
) -> None:
    """Its history is told to every reader: whoever names it speaks as nobody, and opens nothing."""
    there = There(new_server())
    said(there.bob, make_room(there.ada, "public", name="Town").room, content="hello")
    true = exported(there.server, tmp_path / "kept", "--private")
    town = there.room(there.eve, "Town")
    history = there.eve.call("GET", f"{town.path}/messages").headers["parlour-epoch"]
    board, first, reply = there.board.id, there.first["id"], there.reply["id"]
    lines: dict[str, Any] = {
        "people": [person(1, "ada"), person(3, "eve")],
        "rooms": [room(board, "x", "private"), room(900, "open")],
        "members": [{"room": board, "person": "user:3", "role": "owner", "joined_at": AT}],
        "messages": [
            message(first, board, "user:1", "known"),
            message(10**9, board, "user:1", "never said"),
            message(10**9 + 1, 900, "user:3", "peek", reply_to=first, chain=first),
            message(10**9 + 2, 900, "user:3", "look", forwarded={
                "message": reply, "room": board, "username": "bob", "guest": False, "at": AT,
                "text": "never said", "files": [],
            }),
        ],
    }  # fmt: skip
    evil = forged(tmp_path / "evil.tar", history, **lines)
    warning = "It says that it was made by this server, and bears no signature of it: it is taken"
    assert warning in brought_in(evil, there.server, "--check")
    assert there.take(evil).startswith(warning)
    before = [("ada", "between us"), ("bob", "only us")]
    assert words(there.bob, there.board) == before
    peek, look = do(there.eve, "GET", f"{there.room(there.eve, 'open').path}/messages")
    assert (peek["username"], peek["reply_to"], peek["chain"]) == ("eve-2", None, None)
    assert do(there.eve, "GET", f"{MESSAGES}/{peek['id']}/replies") == [peek]
    # Nobody with an account is said to have said it.
    assert (look["forwarded"]["guest"], look["forwarded"]["message_id"]) == (True, None)
    assert there.eve.call("GET", f"{there.board.path}/messages").status_code == 404
    # Nor is anything exchanged beneath a true signature; as it is, it is known again.
    files = parts(true)
    text = files["data/messages-000001.jsonl"].replace(b"hello", b"howdy")
    assert warning in there.take(
        written(tmp_path / "changed.tar", files | {"data/messages-000001.jsonl": text})
    )
    assert words(there.bob, there.board) == before
    assert there.take(true) == "All of it is there already: nothing was added.\n"


@pytest.mark.thorough
def test_an_archive_does_not_speak_as_who_was_given_an_account(
    new_server: NewServer, tmp_path: Path
) -> None:
    """What an import made is somebody's from then on; all that was said is known again."""
    there = There(new_server())
    lines: dict[str, Any] = {
        "people": [person(7, "mia")], "rooms": [room(1, "Far"), room(2, "Near", "private")],
        "members": [{"room": 1, "person": "user:7", "role": "owner", "joined_at": AT}],
        "messages": [message(1, 1, "user:7", "one", username="mia")],
    }  # fmt: skip
    there.take(forged(tmp_path / "first.tar", FOREIGN, **lines))
    lines["messages"].append(message(2, 1, "user:7", "two", username="mia"))
    there.take(forged(tmp_path / "second.tar", FOREIGN, **lines))
    far = there.room(there.eve, "Far")
    assert words(there.eve, far) == [("mia", "one"), ("mia", "two")]
    do(there.ada, "PATCH", "/api/admin/users/mia", json={"disabled": False})
    again = tmp_path / "second.tar"
    assert there.take(again) == "All of it is there already: nothing was added.\n"
    lines["people"].append(person(8, "eve"))
    lines["members"] += [
        {"room": 2, "person": f"user:{each}", "role": "member", "joined_at": AT} for each in (7, 8)
    ]
    lines["messages"].append(message(3, 1, "user:7", "three", username="mia"))
    third = forged(tmp_path / "third.tar", FOREIGN, **lines)
    there.take(third)
    assert words(there.eve, far)[-1] == ("mia-2", "three")
    with_people = forged(
        tmp_path / "fourth.tar", FOREIGN,
        **lines | {"people": [person(8, "eve")], "members": [],
                   "messages": [message(4, 1, "user:8", "four")]},
    )  # fmt: skip
    there.take(with_people, "--match-people")
    assert words(there.eve, far)[-1] == ("eve-2", "four")
    # What was not for everybody there does not come into the room that is for everybody here.
    lines = {"rooms": [room(1, "Far", "private")],
             "messages": [message(5, 1, "guest:0123456789abcdef", "five")]}  # fmt: skip
    assert "1 room, 1 message" in there.take(forged(tmp_path / "fifth.tar", FOREIGN, **lines))
    assert words(there.eve, far)[-1] == ("eve-2", "four")
