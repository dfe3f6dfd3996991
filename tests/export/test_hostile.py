"""Archives by somebody who means harm: nobody's words, rooms or files are reached by them."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.accounts import Account, log_in, register
from tests.support.archives import parts, written
from tests.support.exports import KINDS, brought_in, exported
from tests.support.files import get, said, sent
from tests.support.lived import MESSAGES, ask, do
from tests.support.places import Place, make_room
from tests.support.retention import hold
from tests.support.server import NewServer, Server

pytestmark = [pytest.mark.one_node(reason="an archive is brought in while no server runs")]

AT = "2026-01-31T12:00:00.000000Z"
FOREIGN = "00112233445566aa"


def person(number: int, name: str, **more: Any) -> dict[str, Any]:
    """Return the line of an account."""
    return {
        "id": f"user:{number}", "username": name, "display_name": name, "about": "",
        "status_text": "", "time_zone": None, "hue": None, "created_at": AT, "avatar": None,
    } | more  # fmt: skip


def room(number: int, name: str, kind: str = "public") -> dict[str, Any]:
    """Return the line of a room."""
    return {"id": number, "name": name, "kind": kind, "topic": "", "created_at": AT,
            "archived_at": None, "slow_seconds": 0}  # fmt: skip


def message(number: int, place: int, author: str, text: str, **more: Any) -> dict[str, Any]:
    """Return the line of a message."""
    return {
        "id": number, "room": place, "author": author, "username": "x", "at": AT, "text": text,
        "edited_at": None, "deleted_at": None, "earlier": [], "reply_to": None, "chain": None,
        "mentions": [], "files": [], "forwarded": None, "pinned_at": None, "pinned_by": None,
    } | more  # fmt: skip


def file(key: str, place: int, data: bytes, kind: str = "text/html") -> dict[str, Any]:
    """Return the line of a file."""
    return {
        "id": key, "author": "guest:0123456789abcdef", "room": place, "name": "x.html",
        "type": kind, "size": len(data), "sha256": hashlib.sha256(data).hexdigest(),
        "width": None, "height": None, "alt": "", "thumbnail": None, "created_at": AT,
    }  # fmt: skip


def forged(
    path: Path, history: str, stored: dict[str, bytes] | None = None, moment: str = AT, **lines: Any
) -> Path:
    """Write an archive that Parlour would take for one of its own."""
    head = {
        "format": "parlour-export", "version": 1, "parlour": "0.1.0", "history": history,
        "moment": moment, "scope": "server", "kinds": ["public", "private"], "person": None,
        "counts": {kind: len(lines.get(kind, ())) for kind in KINDS},
        "files_bytes": sum(map(len, (stored or {}).values())),
    }  # fmt: skip
    files = {"export.json": json.dumps(head).encode()}
    for kind in KINDS:
        if lines.get(kind):
            text = "".join(f"{json.dumps(line)}\n" for line in lines[kind])
            files[f"data/{kind}-000001.jsonl"] = text.encode()
    return written(path, files | {f"files/{key}.bin": data for key, data in (stored or {}).items()})


class There:
    """A server with a private room of ada and bob, and eve, who is not in it."""

    def __init__(self, server: Server) -> None:
        """`server` is one that does not run yet."""
        run = ask(server, "admin", "create", "ada", "--password-stdin", **server.env)
        assert run.returncode == 0, run.stderr
        self.server = server.start()
        self.ada = log_in(server, "ada")
        self.bob, self.eve = register(server, "bob"), register(server, "eve")
        self.board = make_room(self.ada, name="Board")
        self.board.add(self.bob)
        self.file = sent(self.ada, self.board.room, b"for us alone\n")
        self.first = said(self.ada, self.board.room, self.file, content="between us")
        self.reply = said(self.bob, self.board.room, content="only us", reply_to=self.first["id"])

    def take(self, archive: Path, *flags: str) -> str:
        """Bring an archive in, and start again; what was said of it."""
        self.server.stop()
        told = brought_in(archive, self.server, *flags)
        self.server.start()
        return told

    def room(self, by: Account, name: str) -> Place:
        """A room by its name."""
        [found] = [each for each in do(by, "GET", "/api/chat/rooms") if each["name"] == name]
        return Place(found, by)


def words(by: Account, place: Place) -> list[tuple[str, str]]:
    """Return who said what in a room."""
    page = do(by, "GET", f"{place.path}/messages")
    return [(each["username"], each["content"]) for each in page]


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
