"""What somebody takes along of rooms that they are in no longer: nothing that was done there since.

And what they have there of others is what they saw: names, pins and reactions of then.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.accounts import Account
from tests.support.archives import contents
from tests.support.brief import thorough_but
from tests.support.commands import parlour
from tests.support.databases import database_url
from tests.support.exports import lines
from tests.support.lived import do
from tests.support.moderation import ban
from tests.support.places import Place, make_room, name_of, new_account, remove
from tests.support.server import Server

FIRE, TEARS, EYES = "\N{FIRE}", "\N{LOUDLY CRYING FACE}", "\N{EYES}"

Reactions = dict[str, tuple[int, str]]


@dataclass(frozen=True)
class Den:
    """A room, whoever takes their data along, who owns it, and who was added later."""

    server: Server
    place: Place
    bob: Account
    carol: Account
    dave: Account

    def said(self, content: str) -> int:
        """Let Bob say something; its id."""
        path = f"{self.place.path}/messages"
        return int(do(self.bob, "POST", path, json={"content": content})["id"])

    def taken_along(self, place: Path) -> "Taken":
        """Return what Bob takes along, by a folder for archives."""
        run = parlour(
            "export", "--person", name_of(self.bob), "--to", place,
            "--data-dir", self.server.data_dir, cwd=self.server.home,
            env={"PARLOUR_DATABASE_URL": database_url(self.server.home), **self.server.env},
        )  # fmt: skip
        assert (run.returncode, run.stderr) == (0, "")
        [archive] = place.iterdir()
        return Taken(archive, self.place.id)


class Taken:
    """The archive of one person, and what it has of a room."""

    def __init__(self, archive: Path, room_id: int) -> None:
        self.pins = {
            each["id"]: (each["pinned_at"] is not None, each["pinned_by"])
            for each in lines(archive)["messages"]
        }
        self.files = contents(archive)
        self._page = self.files[f"read/r{room_id}-1.html"].decode()

    def article(self, message_id: int) -> str:
        """Return how a message is shown."""
        found = re.search(f'<article id="m{message_id}">(.*?)</article>', self._page, re.DOTALL)
        assert found is not None
        return found[1]

    def reactions(self, message_id: int) -> Reactions:
        """Return which reactions are shown: of how many, and of whom."""
        found = re.findall(r'<li title="([^"]*)">(\S+) (\d+)</li>', self.article(message_id))
        return {emoji: (int(count), names) for names, emoji, count in found}

    def has(self, words: str) -> bool:
        """Whether something stands anywhere in it."""
        return any(words.encode() in data for data in self.files.values())


def react(who: Account, message_id: int, emoji: str) -> None:
    """React to a message."""
    do(who, "PUT", f"/api/chat/messages/{message_id}/reactions/{emoji}")


def pin(who: Account, message_id: int) -> None:
    """Pin a message."""
    do(who, "PUT", f"/api/chat/messages/{message_id}/pin")


@pytest.fixture
def den(server: Server) -> Den:
    """Return a private room to which Bob belongs, as a moderator."""
    bob, carol, dave = (new_account(server, name) for name in ("bob", "carol", "dave"))
    place = make_room(carol, "private", name="Den")
    place.add(bob, role="moderator")
    return Den(server, place, bob, carol, dave)


def put_out(den: Den) -> Any:
    """Let the owner make Bob leave."""
    return remove(den.place, den.carol, den.bob)


def banned(den: Den) -> Any:
    """Let the owner ban Bob."""
    return ban(den.place, den.carol, den.bob)


@pytest.mark.parametrize("out", thorough_but([put_out], [put_out, banned]))
def test_who_was_put_out_takes_along_nothing_that_was_done_since(
    den: Den, tmp_path: Path, out: Callable[[Den], Any]
) -> None:
    """Neither a pin nor a reaction, however they came to leave; what they saw themselves stays."""
    carol = name_of(den.carol)
    seen, unseen, mine = (den.said(words) for words in ("seen", "unseen", "mine"))
    react(den.carol, seen, FIRE)
    react(den.bob, seen, FIRE)
    react(den.bob, unseen, FIRE)
    pin(den.carol, seen)
    pin(den.bob, mine)
    assert out(den).is_success
    den.place.add(den.dave)
    for message in (seen, unseen):
        react(den.dave, message, FIRE)
        react(den.dave, message, TEARS)
    react(den.carol, unseen, EYES)
    pin(den.carol, unseen)
    # It was so, there and for those who are there.
    now = do(den.carol, "GET", f"{den.place.path}/messages")
    assert [len(each["reactions"]) for each in now] == [2, 3, 0]
    assert [each["pinned_by"] for each in now] == [carol, carol, name_of(den.bob)]
    taken = den.taken_along(tmp_path / "own")
    assert taken.pins == {
        seen: (True, carol), unseen: (False, None), mine: (True, name_of(den.bob))
    }  # fmt: skip
    assert [" <small>pinned</small>" in taken.article(each) for each in taken.pins] == [
        True, False, True,
    ]  # fmt: skip
    assert taken.reactions(seen) == {FIRE: (2, f"{carol}, {name_of(den.bob)}")}
    assert taken.reactions(unseen) == {FIRE: (1, name_of(den.bob))}
    assert taken.reactions(mine) == {}
    assert not taken.has(name_of(den.dave))


def test_who_left_by_themselves_takes_along_only_what_is_theirs(den: Den, tmp_path: Path) -> None:
    """Nothing says when that was, so of others nothing is told; back again, they have all of it."""
    carol, bob = name_of(den.carol), name_of(den.bob)
    both, theirs = den.said("of both"), den.said("of others")
    react(den.carol, both, FIRE)
    react(den.bob, both, FIRE)
    react(den.carol, theirs, FIRE)
    pin(den.bob, both)
    pin(den.carol, theirs)
    assert remove(den.place, den.bob, den.bob).is_success
    taken = den.taken_along(tmp_path / "left")
    assert taken.pins == {both: (True, bob), theirs: (False, None)}
    assert taken.reactions(both) == {FIRE: (1, bob)}
    assert taken.reactions(theirs) == {}
    assert not taken.has(carol)
    den.place.add(den.bob)
    taken = den.taken_along(tmp_path / "back")
    assert taken.pins == {both: (True, bob), theirs: (True, carol)}
    assert taken.reactions(both) == {FIRE: (2, f"{carol}, {bob}")}
    assert taken.reactions(theirs) == {FIRE: (1, carol)}


def test_of_a_public_room_all_is_taken_along_that_anybody_can_see(
    server: Server, tmp_path: Path
) -> None:
    """Whoever was put out of it may look at it as before."""
    bob, carol, dave = (new_account(server, name) for name in ("bob", "carol", "dave"))
    place = make_room(carol, "public")
    place.add(bob)
    den = Den(server, place, bob, carol, dave)
    message = den.said("for everybody")
    assert put_out(den).is_success
    react(dave, message, FIRE)
    pin(carol, message)
    taken = den.taken_along(tmp_path / "own")
    assert taken.pins == {message: (True, name_of(carol))}
    assert taken.reactions(message) == {FIRE: (1, name_of(dave))}
