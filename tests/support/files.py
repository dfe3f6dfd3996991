"""Files as people send and get them."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from httpx2 import Client, Response

from tests.support.accounts import Account
from tests.support.databases import NODES
from tests.support.inside import inside
from tests.support.people import Room, checked
from tests.support.server import Server
from tests.support.timing import scaled

FILES = "/api/chat/files"
File = dict[str, Any]


def send(who: Account, room: Room, data: bytes, name: str = "notes.txt", **query: str) -> Response:
    """Send a file for a room; the answer."""
    params = {"room_id": str(room["id"]), "name": name, **query}
    return who.call("POST", FILES, params=params, content=data)


def sent(who: Account, room: Room, data: bytes = b"words\n", **query: str) -> File:
    """Send a file that is taken; what is told of it."""
    return dict(checked(send(who, room, data, **query)))


def say(who: Account, room: Room, *files: File, content: str = "", **fields: Any) -> Response:
    """Say something with files; the answer."""
    body = {"content": content, "files": [file["id"] for file in files], **fields}
    return who.call("POST", f"/api/chat/rooms/{room['id']}/messages", json=body)


def said(who: Account, room: Room, *files: File, **fields: Any) -> dict[str, Any]:
    """Say something with files that is stored; the message."""
    return dict(checked(say(who, room, *files, **fields)))


def get(http: Client | Account, file: File | str, rest: str = "", **headers: str) -> Response:
    """Ask for a file, or for what is said behind its id."""
    path = f"{FILES}/{file if isinstance(file, str) else file['id']}{rest}"
    if isinstance(http, Account):
        return http.call("GET", path, headers=headers)
    return http.get(path, headers=headers)


def on_disk(server: Server) -> list[Path]:
    """Return what lies in the storage of a server; that of nodes has names alone."""
    if NODES > 1:
        with inside(server) as database:
            return sorted(Path(key) for [key] in database.execute("SELECT DISTINCT key FROM blobs"))
    return sorted(path for path in (server.data_dir / "files").rglob("*") if path.is_file())


def lose(server: Server, file: File) -> None:
    """Let a file that the database knows be missing in the storage."""
    if NODES > 1:
        with inside(server) as database:
            database.execute("DELETE FROM blobs WHERE key = ?", (file["id"],))
        return
    [path] = [each for each in on_disk(server) if each.name == file["id"]]
    path.unlink()


def on_their_way(server: Server) -> list[Path]:
    """Return what lies where files come in."""
    folders: list[Path] = getattr(server, "folders", [server.data_dir])
    return sorted(path for folder in folders for path in (folder / "uploads").iterdir())


def gone(server: Server, *files: File) -> None:
    """Assert that soon nothing of these files is on the disk."""
    ids = {file["id"] for file in files}
    until(lambda: not [path for path in on_disk(server) if path.name[:32] in ids])


def until(reached: Callable[[], bool], *, seconds: float = 30) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + scaled(seconds)
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.02)
