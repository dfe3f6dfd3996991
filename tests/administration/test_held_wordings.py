"""What is held is kept with all that it ever said, and by what is told nobody can notice that."""

import contextlib
import io
import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from parlour.editing import MAX_EARLIER
from tests.support.accounts import PASSWORD, Account
from tests.support.answers import assert_deleted
from tests.support.exports import exported, lines
from tests.support.files import until
from tests.support.people import checked
from tests.support.places import Place, make_room, name_of, say, somebody
from tests.support.retention import hold, lift, set_aside
from tests.support.server import Server

pytestmark = pytest.mark.usefixtures("partings")

MESSAGES = "/api/chat/messages"
ME = "/api/users/me"
# More than are kept of what nobody holds.
EDITS = MAX_EARLIER + 6
# How-manieth wordings are told: the first, and the newest, and last what it says now.
TOLD = [1, *range(EDITS - MAX_EARLIER + 2, EDITS + 1), EDITS + 1]


@dataclass(frozen=True)
class Pair:
    """Two people who said and changed the same in a room; the first of them is held."""

    place: Place
    people: tuple[Account, Account]
    messages: tuple[dict[str, Any], dict[str, Any]]
    hold: dict[str, Any]

    def change(self, *words: str) -> None:
        """Let both change what they said, again and again."""
        for who, message in zip(self.people, self.messages, strict=True):
            path = f"{MESSAGES}/{message['id']}"
            for each in words:
                checked(who.call("PATCH", path, json={"content": each}))


@pytest.fixture
def pair(server: Server, chief: Account) -> Iterator[Pair]:
    """Yield two people of whom one is held, who have said in many words what they meant."""
    held, free = somebody(server), somebody(server)
    place = make_room(chief, "public")
    made = [checked(say(place, who, "wording 1")) for who in (held, free)]
    kept = hold(chief, "person", username=name_of(held))
    found = Pair(place, (held, free), (made[0], made[1]), kept)
    found.change(*(f"wording {number}" for number in range(2, EDITS + 2)))
    yield found
    with contextlib.suppress(AssertionError):
        lift(chief, kept)


def edits(who: Account, message: dict[str, Any]) -> list[int]:
    """Return how-manieth wordings somebody is told of a message."""
    told = checked(who.call("GET", f"{MESSAGES}/{message['id']}/edits"))
    assert [each["content"] for each in told] == [f"wording {each['number']}" for each in told]
    return [each["number"] for each in told]


def numbers(messages: list[dict[str, Any]], message: dict[str, Any]) -> list[int]:
    """Return how-manieth earlier wordings of a message stand in an export."""
    [found] = [each for each in messages if each["id"] == message["id"]]
    return [each["number"] for each in found["earlier"]]


def own_export(who: Account) -> list[dict[str, Any]]:
    """Return the messages that somebody's own archive has."""
    asked = who.call("POST", f"{ME}/export", json={"password": PASSWORD})
    assert asked.status_code == 202, asked.text
    until(lambda: checked(who.call("GET", f"{ME}/export"))["state"] == "ready", seconds=60)
    archive = who.call("GET", f"{ME}/export/archive")
    with tarfile.open(fileobj=io.BytesIO(archive.content)) as tar:
        file = tar.extractfile("data/messages-000001.jsonl")
        assert file is not None
        return [json.loads(line) for line in file]


def test_nobody_notices_by_earlier_wordings_that_somebody_is_held(
    server: Server, chief: Account, pair: Pair
) -> None:
    """Neither themselves nor others, nor once it is held no more; what was deleted has them all."""
    for who in (*pair.people, somebody(server)):
        assert [edits(who, message) for message in pair.messages] == [TOLD, TOLD]
    for who, message in zip(pair.people, pair.messages, strict=True):
        assert_deleted(who.call("DELETE", f"{MESSAGES}/{message['id']}"))
    [kept] = set_aside(server, "--person", name_of(pair.people[0]))
    said = [each["content"] for each in kept["wordings"]]
    assert said == [f"wording {number}" for number in range(1, EDITS + 1)]


def test_of_what_is_held_no_longer_as_much_is_told_as_before(chief: Account, pair: Pair) -> None:
    """And from the next change on no more than that is kept."""
    lift(chief, pair.hold)
    assert [edits(chief, message) for message in pair.messages] == [TOLD, TOLD]
    pair.change(f"wording {EDITS + 2}")
    after = [1, *(number + 1 for number in TOLD[1:])]
    assert [edits(chief, message) for message in pair.messages] == [after, after]


def test_ones_own_archive_tells_of_what_is_held_what_it_tells_of_anything(pair: Pair) -> None:
    """By whichever way one has it made."""
    told = [
        numbers(own_export(who), message)
        for who, message in zip(pair.people, pair.messages, strict=True)
    ]
    assert told == [TOLD[:-1], TOLD[:-1]]


@pytest.mark.sqlite
def test_an_export_of_chosen_rooms_alone_has_all_that_is_kept_of_what_is_held(
    server: Server, pair: Pair, tmp_path: Path
) -> None:
    """Whoever runs the server reads a hold by it; the others are for whoever gets them."""
    held, free = pair.messages
    chosen = lines(exported(server, tmp_path / "chosen", "--room", str(pair.place.id)))["messages"]
    assert numbers(chosen, held) == list(range(1, EDITS + 1))
    assert numbers(chosen, free) == TOLD[:-1]
    whole = lines(exported(server, tmp_path / "whole"))["messages"]
    assert [numbers(whole, message) for message in (held, free)] == [TOLD[:-1], TOLD[:-1]]
    alone = ("--person", name_of(pair.people[0]))
    theirs = lines(exported(server, tmp_path / "theirs", *alone))["messages"]
    assert numbers(theirs, held) == TOLD[:-1]
