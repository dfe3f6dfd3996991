"""Whatever a server takes, and what it took once, its exports bring back."""

import unicodedata
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from parlour.editing import MAX_EARLIER
from parlour.fields import format_time
from tests.support.accounts import register
from tests.support.archives import parts, written
from tests.support.exports import bring_in, brought_in, content, export, exported, lines
from tests.support.files import said, sent
from tests.support.forged import There, with_database
from tests.support.inside import inside
from tests.support.lived import MESSAGES, do
from tests.support.pictures import picture
from tests.support.places import make_room
from tests.support.server import NewServer

pytestmark = [pytest.mark.one_node(reason="an archive is brought in while no server runs")]

WIDE = {"PARLOUR_MAX_USERNAME_LENGTH": "100", "PARLOUR_MAX_MESSAGE_LENGTH": "100000"}
LONG = 100_000


@pytest.mark.thorough
def test_the_largest_and_oddest_of_everything_comes_back(
    new_server: NewServer, tmp_path: Path
) -> None:
    """Names, texts about zeros, marks as they were taken once, and more wordings than a line has.

    What is passed on into a chosen room comes with whoever had sent it elsewhere.
    """
    there = There(new_server(env=WIDE))
    hall = make_room(there.ada, "public", name="Hall")
    others = [f"{'x' * 90}{number:02}" for number in range(7)]
    for name in others:
        register(there.server, name)
    talk = do(there.ada, "POST", "/api/chat/direct", json={"usernames": others})
    assert len(talk["name"]) > 600
    said(there.ada, talk, content=r"in JSON a zero is \u0000, and a backslash is \\u005c")
    file = sent(there.bob, there.board.room, name="n" * 251 + ".txt")
    row = sent(there.bob, there.board.room, picture(2_000_000, 1), name="row.png")
    said(there.bob, there.board.room, row)
    passed = said(there.bob, there.board.room, file, content="see")
    said(there.ada, hall.room, forward=passed["id"])
    marked, edited = (said(there.ada, hall.room, content=each) for each in ("a", "first"))
    do(there.ada, "PATCH", f"{MESSAGES}/{edited['id']}", json={"content": "now"})
    marks = unicodedata.normalize("NFC", "a" + 30 * "\u0344")
    now = format_time(datetime.now(UTC))
    with inside(there.server) as database:
        database.execute("UPDATE messages SET content = ? WHERE id = ?", (marks, marked["id"]))
        # Of what is held all is kept, and is in an export of its room.
        database.executemany(
            "INSERT INTO wordings (message_id, number, content, timestamp) VALUES (?, ?, ?, ?)",
            [(edited["id"], number, LONG * "b", now) for number in range(2, 161)],
        )
    chosen = ("--private", "--direct")
    archive = exported(there.server, tmp_path / "all", *chosen)
    found = {each["id"]: each for each in lines(archive)["messages"]}
    assert found[marked["id"]]["text"] == marks
    some = [each["number"] for each in found[edited["id"]]["earlier"]]
    assert some == [1, *range(162 - MAX_EARLIER, 161)]
    target = with_database(new_server())
    assert "10 people, 3 rooms" in brought_in(archive, target)
    assert content(exported(target, tmp_path / "again", *chosen)) == content(archive)
    one = exported(there.server, tmp_path / "one", "--room", str(hall.id))
    assert [each["username"] for each in lines(one)["people"]] == ["ada", "bob"]
    [whole] = [each for each in lines(one)["messages"] if each["id"] == edited["id"]]
    kept = [each["number"] for each in whole["earlier"]]
    assert (kept[0], kept[-1]) == (1, 160)
    assert kept[1:] == list(range(162 - len(kept), 161))
    assert 100 < len(kept) < 160
    told = brought_in(one, with_database(new_server()))
    assert "was brought in: 2 people, 1 room, 1 file, 3 messages." in told


@pytest.mark.thorough
def test_times_of_a_clock_that_was_ahead_are_taken_down(
    new_server: NewServer, tmp_path: Path
) -> None:
    """Both commands say so. What no import takes is said by the export, and is there to be read."""
    there = There(new_server())
    first = said(there.ada, there.board.room, content="to be edited")
    do(there.ada, "PATCH", f"{MESSAGES}/{first['id']}", json={"content": "edited"})
    said(there.bob, there.board.room, forward=first["id"])
    ahead = format_time(datetime.now(UTC) + timedelta(days=9))
    with inside(there.server) as database:
        for table in ("messages", "wordings"):
            database.execute(f"UPDATE {table} SET timestamp = ?", (ahead,))
        database.execute("UPDATE messages SET forwarded = replace(forwarded, ?, ?)",
                         (first["timestamp"], ahead))  # fmt: skip
        database.execute("UPDATE rooms SET created_at = ?", (ahead,))
    run = export(there.server, tmp_path / "kept", "--private")
    assert run.returncode == 0
    assert run.stderr.startswith("parlour: 5 lines of it have times that had not come when it was")
    [archive] = (tmp_path / "kept").iterdir()
    target = with_database(new_server())
    words = "Times that had not come when it was made are taken down to that: 5 lines."
    for flags in (["--check"], []):
        assert words in brought_in(archive, target, *flags)
    # A file that is not what was sent is left out, as one that the storage has no more.
    changed = {name: b"x" if name.startswith("files/") else data
               for name, data in parts(archive).items()}  # fmt: skip
    other = written(tmp_path / "other.tar", changed)
    words = "Left out, since it is not what was sent: 1 file."
    assert words in brought_in(other, with_database(new_server()))
    again = lines(exported(target, tmp_path / "again", "--private"))
    assert ahead not in str(again)
    moment = again["messages"][0]["at"]
    assert again["rooms"][0]["created_at"] == moment
    assert again["messages"][-1]["forwarded"]["at"] == moment
    with inside(there.server) as database:
        database.execute("UPDATE rooms SET name = ?", ("x" * 1_001,))
    run = export(there.server, tmp_path / "never", "--private")
    assert run.returncode == 0
    assert run.stderr.splitlines()[-1].startswith(
        "parlour: It is whole and can be read, but no import takes it: name in data/rooms-000001."
    )
    [never] = (tmp_path / "never").iterdir()
    assert "name in data/rooms" in bring_in(never, target, "--check").stderr
