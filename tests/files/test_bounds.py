"""What ends by itself: files that no message has, and what moves with too many pixels."""

from datetime import UTC, datetime, timedelta

import pytest

from parlour.fields import format_time
from parlour.support import imagework
from tests.support.accounts import Account
from tests.support.answers import assert_refused
from tests.support.files import FILES, File, get, gone, on_disk, said, sent
from tests.support.inside import inside
from tests.support.people import Room
from tests.support.pictures import animation, opened
from tests.support.server import Server


def age(server: Server, file: File, hours: float) -> None:
    """Let a file have come so long ago, if it is one that no message has."""
    at = format_time(datetime.now(UTC) - timedelta(hours=hours))
    with inside(server) as database:
        asked = "UPDATE files SET waits_since = ? WHERE id = ? AND waits_since IS NOT NULL"
        database.execute(asked, (at, file["id"]))


def test_a_file_that_no_message_has_goes_after_a_day(
    server: Server, ann: Account, room: Room
) -> None:
    """With what it takes of the quota; one that is younger stays, and one of a message for ever."""
    young, old, kept = (sent(ann, room, f"file {number}".encode()) for number in range(3))
    said(ann, room, kept)
    for file, hours in ((young, 23.9), (old, 24.1), (kept, 1000.0)):
        age(server, file, hours)
    # Whoever takes a file back wakes what looks after them.
    assert ann.call("DELETE", f"{FILES}/{sent(ann, room)['id']}").status_code == 204
    gone(server, old)
    assert_refused(get(ann, old), "not_found")
    assert get(ann, young).is_success
    assert get(ann, kept).is_success
    assert {young["id"], kept["id"]} <= {path.name for path in on_disk(server)}
    with inside(server) as database:
        [[used]] = database.execute("SELECT bytes FROM storage_use WHERE owner = ''").fetchall()
        [[sum_]] = database.execute("SELECT sum(CASE WHEN bytes < 4096 THEN 4096 ELSE bytes END)"
                                    " FROM files").fetchall()  # fmt: skip
    assert used == sum_


def test_what_moves_with_too_many_pixels_stands_still(
    ann: Account, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All frames are counted together, and up to the bound they are all there."""
    still = sent(ann, room, animation(imagework.MAX_ANIMATED // 10**6 + 1, 1_000))
    image = opened(get(ann, still).content)
    assert (getattr(image, "n_frames", 1), image.size) == (1, (1_000, 1_000))
    moving = opened(animation(5, 40))
    monkeypatch.setattr(imagework, "MAX_ANIMATED", 5 * 40 * 40)
    assert imagework.is_animated(moving, "GIF")
    monkeypatch.setattr(imagework, "MAX_ANIMATED", 5 * 40 * 40 - 1)
    assert not imagework.is_animated(moving, "GIF")
