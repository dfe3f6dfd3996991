"""`parlour export`: what is in it, what is not, and how it comes back."""

import copy
import json
import shutil
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.export.conftest import SCRIPT
from tests.support.accounts import PASSWORD, log_in
from tests.support.archives import back_up, contents, refused
from tests.support.commands import parlour
from tests.support.exports import (
    bring_in,
    brought_in,
    content,
    export,
    exported,
    lines,
)
from tests.support.files import get
from tests.support.inside import inside
from tests.support.lived import Lived, ask, do, found
from tests.support.people import checked
from tests.support.places import make_room, new_account, say
from tests.support.server import NewServer, Server

pytestmark = [
    pytest.mark.sqlite,
    pytest.mark.one_node(reason="an archive is brought in while no server runs"),
]


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    """Return another server on which people have lived, with a history of its own; it is off."""
    there = Lived(Server(tmp_path_factory.mktemp("others"), is_measured=True))
    there.server.stop()
    return there


@pytest.fixture
def there(others: Lived, new_server: NewServer) -> Lived:
    """Return it as it is, at a server of the test's own, which is off, too."""
    there, target = copy.copy(others), new_server()
    shutil.copytree(others.server.data_dir, target.data_dir)
    there.server = target
    there.ada, there.bob, there.eve = (
        replace(account, server=target) for account in (others.ada, others.bob, others.eve)
    )
    return there


def test_an_export_has_public_rooms_and_no_secrets(lived: Lived, place: Path) -> None:
    """Private rooms and conversations are in it only where they are asked for."""
    archive = exported(lived.server, place)
    data = b"\n".join(contents(archive).values())
    for word in (b"Den", b"between us", b"naive later"):
        assert word not in data
    with inside(lived.server) as database:
        secrets = [row[0] for row in database.execute("SELECT password_hash FROM users")]
        secrets += [row[0] for row in database.execute("SELECT id FROM sessions")]
    assert len(secrets) > 3
    for secret in secrets:
        assert secret.encode() not in data
    assert b"argon2" not in data
    head = json.loads(contents(archive)["export.json"])
    assert (head["scope"], head["kinds"]) == ("server", ["public"])
    both = lines(exported(lived.server, place, "--private", "--direct"))
    assert [room["kind"] for room in both["rooms"]] == ["public", "private", "direct"]
    den = lines(exported(lived.server, place, "--room", str(lived.den.id)))
    assert [room["name"] for room in den["rooms"]] == ["Den"]
    # Of a room those who belong to it or have spoken there.
    assert [person["username"] for person in den["people"]] == ["ada", "bob"]


def test_what_is_asked_for_wrongly_costs_one_line(lived: Lived, place: Path) -> None:
    """And leaves nothing behind."""
    asked = {
        ("--room", "999"): "There is no room 999.",
        ("--person", "nobody"): "There is nobody called nobody.",
    }
    for flags, words in asked.items():
        assert refused(export(lived.server, place, *flags)) == words
    apart = {
        ("--room", "1", "--private"): "--room names each room: it goes with no other choice of"
        " them.",
        ("--person", "bob", "--direct"): "--person is all that is theirs: it goes with no choice of"
        " rooms.",
    }
    for together, words in apart.items():
        assert refused(export(lived.server, place, *together), status=2) == words
    assert not list(place.iterdir())
    inner = lived.server.data_dir / "exports"
    assert "is in the data directory" in refused(export(lived.server, inner))


def test_what_a_backup_refuses_as_damaged_can_come_through_an_export(
    new_server: NewServer, place: Path
) -> None:
    """It reads only what it needs: not what people send again, nor what is searched."""
    server = new_server().start()
    ann = new_account(server, "ann")
    said = make_room(ann, "public")
    for number in range(30):
        checked(say(said, ann, f"message {number}"))
    server.stop()
    path = server.data_dir / "chat.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        [size] = database.execute("PRAGMA page_size").fetchone()
        [page] = database.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'sqlite_autoindex_messages_1'"
        ).fetchone()
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xa5" * size)
    assert f"{path} is damaged (" in refused(back_up(server, place))
    told = export(server, place)
    assert (told.returncode, told.stderr) == (0, "")
    assert " 30 messages, " in told.stdout


def test_tar_and_sha256sum_take_it_apart(archive: Path, tmp_path: Path) -> None:
    """Nothing of Parlour is needed to read it, and nothing in it is opened as a page of others."""
    subprocess.run(["tar", "xf", archive, "-C", tmp_path], check=True)
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=tmp_path, check=True)
    page = (tmp_path / "read" / "r1-1.html").read_text()
    assert SCRIPT not in page
    assert "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt; &amp; &quot;more&quot;" in page
    assert 'href="https://example.org/?a=1&amp;b=2" rel="noreferrer noopener"' in page
    assert "<script>" not in (tmp_path / "read" / "s1.js").read_text()
    assert {path.suffix for path in (tmp_path / "files").iterdir()} == {".png", ".webp", ".txt"}


def test_what_comes_back_is_the_same(
    lived: Lived, archive: Path, new_server: NewServer, place: Path
) -> None:
    """All of it, also in the form in which it is told; and twice is as good as once."""
    target = new_server()
    told = brought_in(archive, target).splitlines()
    assert told[0].startswith(f"{archive} was brought in: 3 people, 3 rooms, 2 files, 66 messages")
    assert "are disabled" in told[-1]
    once = exported(target, place, "--private", "--direct")
    assert content(once) == content(archive)
    assert brought_in(archive, target) == "All of it is there already: nothing was added.\n"
    assert content(exported(target, place, "--private", "--direct")) == content(archive)
    for act in ("reset-password", "enable"):
        flags = ("--password-stdin",) if act == "reset-password" else ()
        run = ask(target, "admin", act, "bob", *flags, **target.env)
        assert run.returncode == 0, run.stderr
    target.start()
    bob = log_in(target, "bob", PASSWORD)
    assert found(bob) == found(lived.bob)
    path = f"{lived.hall.path}/messages?limit=200"
    ours, theirs = do(bob, "GET", path), do(lived.bob, "GET", path)
    changing = ("id", "client_id", "version", "files", "reply_to", "chain", "replies")
    for one, other in zip(ours, theirs, strict=True):
        assert {k: v for k, v in one.items() if k not in changing} == {
            k: v for k, v in other.items() if k not in changing
        }
        for mine, before in zip(one["files"], other["files"], strict=True):
            assert {**mine, "id": ""} == {**before, "id": ""}
            assert get(bob, mine).content == get(lived.bob, before).content
    rooms = {room["name"]: room for room in do(bob, "GET", "/api/chat/rooms")}
    assert rooms["Den"]["role"] == "member"
    assert rooms["Den"]["unread"] == rooms["Hall"]["deleted_count"] - 1 == 0
    assert bob.call("GET", "/api/users/bob/avatar").content[:4] == b"RIFF"
    # What nobody wrote here, nobody has the rights of.
    guest = next(each for each in ours if each["username"] == "Gus")
    refusal = bob.call("PATCH", f"/api/chat/messages/{guest['id']}", json={"content": "mine"})
    assert refusal.json()["code"] == "not_allowed"
    ended = parlour("doctor", "--deep", "--data-dir", target.data_dir, cwd=target.home,
                    env=target.env)  # fmt: skip
    assert "audit" not in ended.stderr


def test_it_comes_beside_what_is_there(archive: Path, there: Lived) -> None:
    """Names that are taken get another one; nobody is taken for somebody else unless asked for."""
    target = there.server.start()
    before = do(there.ada, "GET", f"{there.hall.path}/messages?limit=200")
    target.stop()
    told = brought_in(archive, target)
    assert "Names that were taken here: ada is ada-2, bob is bob-2, eve is eve-2," in told
    assert "#Hall is #Hall (2)" in told
    target.start()
    after = do(there.ada, "GET", f"{there.hall.path}/messages?limit=200")
    assert after == before
    assert do(there.ada, "GET", "/api/users/me")["username"] == "ada"
    rooms = {room["name"]: room for room in do(there.ada, "GET", "/api/chat/rooms")}
    copy = do(there.ada, "GET", f"/api/chat/rooms/{rooms['Hall (2)']['id']}/messages?limit=200")
    assert {each["username"] for each in copy} == {"ada-2", "bob-2", "eve-2", "Gus"}
    assert any("@bob" in each["content"] and each["mentions"] == ["bob-2"]
               for each in copy)  # fmt: skip
    # An administrator is made by nobody's archive.
    people = do(there.ada, "GET", "/api/admin/users")
    assert [each["role"] for each in people if each["username"] == "ada-2"] == ["member"]
    assert all(each["disabled_at"] for each in people if each["username"].endswith("-2"))
    assert do(there.ada, "GET", "/api/admin/audit")[0]["action"] == "server.import"
    target.stop()
    # What was deleted here in the meantime does not come back.
    assert brought_in(archive, target) == "All of it is there already: nothing was added.\n"


def test_people_are_matched_by_name_where_that_is_asked_for(archive: Path, there: Lived) -> None:
    """They keep their rights to what they wrote, and a conversation goes on where there is none."""
    target = there.server
    told = brought_in(archive, target, "--match-people")
    assert "3 rooms" in told
    assert "people" not in told.splitlines()[0].partition(": ")[2]
    target.start()
    rooms = {room["name"]: room for room in do(there.bob, "GET", "/api/chat/rooms")}
    talk = rooms["ada, bob"]
    assert talk["kind"] == "direct"
    said = do(there.bob, "GET", f"/api/chat/rooms/{talk['id']}/messages")[-1]
    assert (said["username"], said["content"]) == ("bob", "between us")
    do(there.bob, "PATCH", f"/api/chat/messages/{said['id']}", json={"content": "still mine"})
    again = do(there.ada, "POST", "/api/chat/direct", json={"usernames": ["bob"]})
    assert again["id"] == talk["id"]


def test_a_deleted_room_comes_back_into_the_server_it_is_of(there: Lived, place: Path) -> None:
    """Of its own history all else is itself: nothing is doubled."""
    target = there.server.start()
    archive = exported(target, place, "--private")
    before = do(there.bob, "GET", f"{there.den.path}/messages")
    do(there.ada, "DELETE", there.den.path)
    target.stop()
    # What it passes on comes as a file of its own: by its id alone nothing is reached.
    assert "was brought in: 1 room, 1 file, 1 message." in brought_in(archive, target)
    assert brought_in(archive, target) == "All of it is there already: nothing was added.\n"
    target.start()
    rooms = [room for room in do(there.bob, "GET", "/api/chat/rooms") if room["name"] == "Den"]
    [room] = rooms
    after = do(there.bob, "GET", f"/api/chat/rooms/{room['id']}/messages")
    assert after[0]["forwarded"]["content"] == before[0]["forwarded"]["content"]
    assert (
        replace(there.bob, server=target)
        .call("GET", f"/api/chat/files/{after[0]['forwarded']['files'][0]['id']}")
        .is_success
    )


def test_nothing_is_brought_in_beside_a_running_server(lived: Lived, archive: Path) -> None:
    """It is told so."""
    words = refused(bring_in(archive, lived.server))
    assert "is used by another" in words or "runs on" in words
