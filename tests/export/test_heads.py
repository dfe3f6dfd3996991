"""Exports of whoever writes them: what they say reaches no terminal but as plain lines."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.archives import parts, refused, written
from tests.support.exports import bring_in, brought_in
from tests.support.forged import FOREIGN, forged, person, room, with_database
from tests.support.lived import ask
from tests.support.server import NewServer

pytestmark = [pytest.mark.one_node(reason="an archive is brought in while no server runs")]

# What empties a terminal, names its window and goes on as another line of the program.
ESCAPES = "1\x1b[2J\x1b]0;owned\x07\nparlour: all fine"
HEADS: dict[str, bytes | dict[str, Any]] = {
    "lists without end": b"[" * 60_000,
    "objects without end": b'{"version":' * 5_000,
    "a program with an odd name": {"parlour": ESCAPES},
    "a program without a name": {"parlour": ""},
    "a newer program with an odd name": {"version": 99, "parlour": ESCAPES},
    "a version of many digits": {"version": int("9" * 4_000)},
    "a moment before all time": {"moment": "0001-01-01T00:00:00+23:59"},
}


def test_what_no_export_says_of_itself_is_refused_in_one_line(
    new_server: NewServer, tmp_path: Path
) -> None:
    """By an import and by a look at it; nothing of what it says is told."""
    target = with_database(new_server())
    files = parts(forged(tmp_path / "good.tar", FOREIGN, people=[person(1, "ada")]))
    bad = tmp_path / "bad.tar"
    for what, other in HEADS.items():
        text = (
            other
            if isinstance(other, bytes)
            else json.dumps(json.loads(files["export.json"]) | other).encode()
        )
        written(bad, files | {"export.json": text})
        for flags in ((), ("--check",)):
            said = refused(bring_in(bad, target, *flags))
            assert said == f"{bad} is damaged: it does not say what it is.", what


def test_what_a_newer_parlour_made_says_which_one_it_takes(
    new_server: NewServer, tmp_path: Path
) -> None:
    """By its version, whatever else stands there by then."""
    target = with_database(new_server())
    newer = {"export.json": json.dumps({"version": 2, "parlour": "7.1.0.dev1+g12-a"}).encode()}
    bad = written(tmp_path / "newer.tar", newer)
    said = refused(bring_in(bad, target, "--check"))
    assert said.startswith(f"{bad} has version 2, and this Parlour (")
    assert said.endswith(") knows 1: install Parlour 7.1.0.dev1+g12-a or a later one.")
    # Nor is one refused that does not say so.
    written(bad, {"export.json": b'{"version": 2}'})
    assert refused(bring_in(bad, target)).endswith(": install a newer Parlour.")


def test_names_that_an_archive_tells_are_told_as_a_terminal_takes_them(
    new_server: NewServer, tmp_path: Path
) -> None:
    """Each character that is not to be seen by its number: no line is begun by it."""
    target = with_database(new_server())
    run = ask(target, "admin", "create", "ada", "--password-stdin", **target.env)
    assert run.returncode == 0, run.stderr
    odd = person(7, "evil\x1b[31m\u202e\nname", display_name=ESCAPES, about=ESCAPES)
    archive = forged(
        tmp_path / "evil.tar", FOREIGN, people=[odd, person(8, "Zoë")], rooms=[room(1, ESCAPES)]
    )
    told = brought_in(archive, target).splitlines()
    odd_name = r"evil\x1b[31m\u202e\nname"
    assert f"Names that were taken here: {odd_name} is somebody, Zoë is zoë." in told
    assert all(line.isprintable() for line in told)
