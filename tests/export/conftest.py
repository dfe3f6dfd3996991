"""Fixtures of the exports' tests: a server on which people have lived, and its archive."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.exports import exported
from tests.support.files import said, sent
from tests.support.lived import Lived, do
from tests.support.people import checked, http_client
from tests.support.pictures import picture
from tests.support.server import Server

SCRIPT = "<script>alert('x')</script> & \"more\" https://example.org/?a=1&b=2."


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    """Yield a server that runs, with guests, conversations and an avatar, too."""
    there = Lived(Server(tmp_path_factory.mktemp("exported"), is_measured=True))
    direct = do(there.ada, "POST", "/api/chat/direct", json={"usernames": ["bob"]})
    do(
        there.bob,
        "POST",
        f"/api/chat/rooms/{direct['id']}/messages",
        json={"content": "between us"},
    )
    checked(there.bob.call("PUT", "/api/users/me/avatar", content=picture(300, 300)))
    path = f"{there.hall.path}/messages"
    with http_client(there.server) as guest:
        checked(guest.post(path, params={"username": "Gus"}, json={"content": SCRIPT}))
    page = sent(there.bob, there.hall.room, b"<html><script>alert('y')</script>", name="a.html")
    said(there.bob, there.hall.room, page, content="a page")
    yield there
    there.server.stop()


@pytest.fixture(scope="session")
def archive(lived: Lived, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an export of all of it."""
    place = tmp_path_factory.mktemp("archives") / "kept"
    return exported(lived.server, place, "--private", "--direct")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return a folder for archives, which is not there yet."""
    return tmp_path / "exports"
