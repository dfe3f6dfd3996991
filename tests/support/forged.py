"""Archives by whoever writes them, and a server that has something to keep from them."""

import hashlib
import json
from pathlib import Path
from typing import Any

from tests.support.accounts import Account, log_in, register
from tests.support.archives import written
from tests.support.exports import KINDS, brought_in
from tests.support.files import said, sent
from tests.support.lived import ask, do
from tests.support.places import Place, make_room
from tests.support.server import Server

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
