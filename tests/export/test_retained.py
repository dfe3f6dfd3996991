"""Archives and rules of retention: what is over stays so, and what will be is said."""

from pathlib import Path

import pytest

from tests.support.accounts import Account
from tests.support.exports import brought_in, exported
from tests.support.files import on_disk, said, sent, until
from tests.support.forged import There, with_database
from tests.support.lived import do
from tests.support.places import Place, make_room
from tests.support.retention import age, keep_for
from tests.support.server import NewServer

pytestmark = [pytest.mark.one_node(reason="an archive is brought in while no server runs")]


def contents_of(by: Account, place: Place) -> list[str]:
    """Return what was said in a room."""
    return [each["content"] for each in do(by, "GET", f"{place.path}/messages")]


def test_what_a_rule_took_away_does_not_come_back(new_server: NewServer, tmp_path: Path) -> None:
    """Neither from an archive of the server itself, nor once more from one of elsewhere."""
    there = There(new_server())
    hall = make_room(there.ada, "public", name="Hall")
    old = said(there.ada, hall.room, sent(there.ada, hall.room, b"old\n"), content="old")
    said(there.ada, hall.room, content="young", reply_to=old["id"])
    age(there.server, hall, old, 40)
    archive = exported(there.server, tmp_path / "kept")
    keep_for(there.ada, 30)
    until(lambda: contents_of(there.eve, hall) == ["young"])
    until(lambda: len(on_disk(there.server)) == 1)
    left_out = (
        "The rest of it is there already: nothing was added.\n"
        "Left out, since a rule of retention has taken it here: 1 message.\n"
    )
    assert there.take(archive) == left_out
    assert contents_of(there.eve, hall) == ["young"]
    assert len(on_disk(there.server)) == 1

    other = There(new_server())
    told = other.take(archive)
    assert "3 people, 1 room, 1 file, 2 messages" in told
    keep_for(other.ada, 30)
    there_hall = other.room(other.eve, "Hall")
    until(lambda: contents_of(other.eve, there_hall) == ["young"])
    assert other.take(archive) == left_out
    assert contents_of(other.eve, there_hall) == ["young"]
    # What comes in to go at once is told of.
    warning = "Older than messages are kept here, so that they go at the next start: 1 message."
    assert brought_in(archive, other.server, "--check").splitlines()[-1] == warning
    strict = with_database(new_server(env={"PARLOUR_RETENTION_DAYS": "30"}))
    assert warning in brought_in(archive, strict).splitlines()
