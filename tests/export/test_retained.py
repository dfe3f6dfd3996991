"""Archives and what went for good: that stays so, and what will go is said."""

from pathlib import Path

import pytest

from tests.support.accounts import Account
from tests.support.brief import thorough_but
from tests.support.exports import brought_in, exported
from tests.support.files import on_disk, said, sent, until
from tests.support.forged import There, with_database
from tests.support.inside import inside
from tests.support.leaving import leave
from tests.support.lived import do
from tests.support.places import Place, make_room, name_of, roles_of
from tests.support.retention import age, keep_for
from tests.support.server import NewServer, Server

pytestmark = [pytest.mark.one_node(reason="an archive is brought in while no server runs")]


def contents_of(by: Account, place: Place) -> list[str]:
    """Return what was said in a room."""
    return [each["content"] for each in do(by, "GET", f"{place.path}/messages")]


# What is said of what stays out, and of what comes in to go at once.
LEFT_OUT = (
    "The rest of it is there already: nothing was added.\n"
    "Left out, since a rule of retention has taken it here: 1 message.\n"
)
WARNING = "Older than messages are kept here, so that they go at the next start: 1 message."


def aged(there: There, tmp_path: Path) -> tuple[Place, Path]:
    """Return a room with something old and something young, and an archive of both."""
    hall = make_room(there.ada, "public", name="Hall")
    old = said(there.ada, hall.room, sent(there.ada, hall.room, b"old\n"), content="old")
    said(there.ada, hall.room, content="young", reply_to=old["id"])
    age(there.server, hall, old, 40)
    return hall, exported(there.server, tmp_path / "kept")


def test_what_a_rule_took_away_does_not_come_back(new_server: NewServer, tmp_path: Path) -> None:
    """From an archive of the server itself; of what comes in to go at once is told."""
    there = There(new_server())
    hall, archive = aged(there, tmp_path)
    keep_for(there.ada, 30)
    until(lambda: contents_of(there.eve, hall) == ["young"])
    until(lambda: len(on_disk(there.server)) == 1)
    assert there.take(archive) == LEFT_OUT
    assert contents_of(there.eve, hall) == ["young"]
    assert len(on_disk(there.server)) == 1
    strict = with_database(new_server(env={"PARLOUR_RETENTION_DAYS": "30"}))
    assert WARNING in brought_in(archive, strict).splitlines()


@pytest.mark.thorough
def test_what_a_rule_took_away_does_not_come_back_from_elsewhere(
    new_server: NewServer, tmp_path: Path
) -> None:
    """It came in once, and does not a second time."""
    _, archive = aged(There(new_server()), tmp_path)
    other = There(new_server())
    told = other.take(archive)
    assert "3 people, 1 room, 1 file, 2 messages" in told
    keep_for(other.ada, 30)
    there_hall = other.room(other.eve, "Hall")
    until(lambda: contents_of(other.eve, there_hall) == ["young"])
    assert other.take(archive) == LEFT_OUT
    assert contents_of(other.eve, there_hall) == ["young"]
    assert brought_in(archive, other.server, "--check").splitlines()[-1] == WARNING


@pytest.mark.parametrize("mode", thorough_but(["anonymise"], ["remove", "anonymise"]))
def test_who_has_left_does_not_come_back(new_server: NewServer, tmp_path: Path, mode: str) -> None:
    """Not by the server's own archive, which brings back rooms: nothing is theirs in these."""
    there = There(new_server())
    server, ada, bob, eve = there.server, there.ada, there.bob, there.eve
    hall, den = make_room(eve, "public", name="Hall"), make_room(eve, name="Den")
    alone = make_room(eve, name="Cell")
    for each in (hall, den):
        each.add(bob)
    file = sent(eve, hall.room, b"bytes of Eve\n")
    said(eve, alone.room, sent(eve, alone.room, b"in her cell\n"), content="alone")
    first = said(eve, hall.room, file, content="words of Eve")
    do(eve, "PATCH", f"/api/chat/messages/{first['id']}", json={"content": "more of Eve"})
    said(eve, den.room, content="for Bob")
    answer = said(bob, hall.room, content="I heard @eve", reply_to=first["id"])
    do(eve, "PUT", f"/api/chat/messages/{answer['id']}/reactions/\N{FIRE}")
    do(eve, "PUT", f"/api/chat/messages/{answer['id']}/pin")
    said(bob, den.room, content="look", forward=first["id"])
    archive = exported(server, tmp_path / "kept", "--private", "--direct")
    leave(server, eve, mode)
    do(ada, "DELETE", hall.path)
    do(bob, "DELETE", den.path)
    until(lambda: len(on_disk(server)) == 1)

    told = there.take(archive).splitlines()
    assert "was brought in: 2 rooms" in told[0]
    assert told[-1] == "Left out, since all who were in them have left: 1 private room."
    places = {name: there.room(bob, name) for name in ("Hall", "Den")}
    # As when she left: the one who is in them has them.
    for place in places.values():
        assert roles_of(Place(place.room, bob)) == {"bob": "owner"}
        assert place.room["owner"] == "bob"
    gone = mode == "remove"
    hers, his = do(bob, "GET", f"{places['Hall'].path}/messages")
    assert (hers["username"], hers["content"]) == (
        "Former member", "" if gone else "more of Eve"
    )  # fmt: skip
    assert (hers["deleted_at"] is not None, hers["files"] == []) == (gone, gone)
    assert (his["mentions"], his["pinned_by"]) == ([], "Former member")
    shown = [each["usernames"] for each in his["reactions"]]
    assert shown == ([] if gone else [["Former member"]])
    assert his["reply_to"] == hers["id"]
    own, passed = do(bob, "GET", f"{places['Den'].path}/messages")
    assert own["username"] == "Former member"
    assert passed["forwarded"]["username"] == "Former member"
    assert (passed["forwarded"]["content"] == "", passed["forwarded"]["files"] == []) == (
        gone, gone
    )  # fmt: skip
    assert len(on_disk(server)) == (1 if gone else 2)
    assert_nothing_of(server, eve, ["alone", *(["Eve", "for Bob"] if gone else [])])
    assert there.take(archive).startswith("The rest of it is there already: nothing was added.\n")


def assert_nothing_of(server: Server, who: Account, texts: list[str]) -> None:
    """Assert that nobody who left is in a room, and that nothing says these words."""
    with inside(server) as database:
        asked = "SELECT count(*) FROM members JOIN users ON users.id = members.user_id"
        [[count]] = database.execute(f"{asked} WHERE users.password_hash = ''")
        assert count == 0
        said_now = str([*database.execute("SELECT content, forwarded, username FROM messages")])
        said_now += str([*database.execute("SELECT content FROM wordings")])
    for text in (*texts, f"'{name_of(who)}'"):
        assert text not in said_now
