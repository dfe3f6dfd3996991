"""Archives that say of themselves what none can say: refused in one line that a terminal takes."""

import json
from pathlib import Path
from typing import Any

import pytest

from parlour.migrations import revisions
from tests.backup.test_restore import is_untouched, with_other
from tests.support.archives import (
    back_up,
    checked,
    made,
    parts,
    refused,
    restore,
    restored,
    written,
)
from tests.support.brief import thorough_but
from tests.support.lived import Lived
from tests.support.server import NewServer

# PostgreSQL, nodes and stores are those of test_kinds.py, each by its own settings.
pytestmark = [pytest.mark.sqlite, pytest.mark.one_node(reason="see test_kinds.py")]

# What empties a terminal, names its window and goes on as another line of the program.
ESCAPES = "1\x1b[2J\x1b]0;owned\x07\nparlour: all fine"
NEWEST = revisions()[-1]


def head(**other: Any) -> bytes:
    """Return what an archive may say of itself, with something else in it."""
    return json.dumps(
        {
            "format": 1, "parlour": "0.1.0", "database": "sqlite", "schema": NEWEST, "epoch": "e",
            "moment": "2026-01-01T00:00:00.000000Z", "database_bytes": 0,
            "database_sha256": "0" * 64, "rows": {}, "files": 0, "files_bytes": 0,
        } | other
    ).encode()  # fmt: skip


NOTHING_SAID = "is damaged: it does not say what it is."
HEADS: dict[str, bytes] = {
    "lists without end": b"[" * 60_000,
    "objects without end": b'{"format":' * 6_000,
    "a moment before all time": head(moment="0001-01-01T00:00:00+23:59"),
    "a moment behind all time": head(moment="9999-12-31T23:59:59-23:59"),
    "a newer form, by a program with an odd name": head(format=99, parlour=ESCAPES),
    "a newer schema, by a program with an odd name": head(schema="9999", parlour=ESCAPES),
    "a newer form, by a program without a name": head(format=99, parlour=7),
    "a form of many digits": head(format=int("9" * 4_000)),
    "more rows of files than there are numbers": head(files=10**400),
    "more bytes than there are numbers": head(database_bytes=10**400),
    "more bytes of files than there are numbers": head(files_bytes=10**400),
}


@pytest.mark.parametrize("what", thorough_but(["lists without end"], HEADS))
def test_what_no_archive_says_of_itself_is_refused_in_one_line(
    what: str, new_server: NewServer, tmp_path: Path
) -> None:
    """By a restore and by a look at it; nothing of what it says is told."""
    bad, target = written(tmp_path / "bad.tar", {"parlour.json": HEADS[what]}), new_server()
    for run in (checked(bad, tmp_path), restore(bad, target)):
        assert refused(run) == f"{bad} {NOTHING_SAID}"
    assert is_untouched(target)


def test_keys_without_end_are_refused_in_one_line(
    archive: Path, new_server: NewServer, tmp_path: Path
) -> None:
    """They are of whoever made the archive, as all of it is."""
    deep = parts(archive) | {"keys.json": b"[" * 60_000}
    bad, target = written(tmp_path / "bad.tar", deep), new_server()
    for run in (checked(bad, tmp_path), restore(bad, target)):
        assert refused(run).startswith(f"What {bad} has as keys is no file of keys.")
    assert is_untouched(target)


def test_older_ones_are_taken_away_beside_what_nobody_can_read(lived: Lived, place: Path) -> None:
    """It is kept, and told as what is of no database of theirs."""
    first = made(lived.server, place)
    odd = ("lists without end", "a moment before all time", "a form of many digits")
    kept = {
        written(place / f"parlour-2025010{day}T000000Z.tar", {"parlour.json": HEADS[what]})
        for day, what in enumerate(odd, start=1)
    }
    run = back_up(lived.server, place, "--keep", "1")
    assert (run.returncode, run.stderr) == (0, "")
    assert "1 older one was taken away." in run.stdout
    assert run.stdout.splitlines()[-1].startswith("3 archives there are")
    assert kept < set(place.iterdir())
    assert not first.exists()


def test_names_that_an_archive_tells_are_told_as_a_terminal_takes_them(
    archive: Path, new_server: NewServer, tmp_path: Path
) -> None:
    """Each character that is not to be seen by its number: no line is begun by it."""
    files = {name: data for name, data in parts(archive).items() if not name.startswith("files/")}
    odd = "UPDATE files SET id = 'a' || char(27, 10, 8238) || '[2J', thumbnail_width = NULL"
    bad = written(tmp_path / "od\nd.tar", with_other(files, tmp_path, odd))
    shown = f"{tmp_path}/od\\nd.tar"
    told = restored(bad, new_server()).splitlines()
    assert told[0].startswith(f"{shown} was restored into ")
    assert r"Missing already when it was made: a\x1b\n\u202e[2J" in told
    bad.write_bytes(b"x" * 5_000)
    assert refused(checked(bad, tmp_path)).startswith(f"{shown} is damaged: ")
