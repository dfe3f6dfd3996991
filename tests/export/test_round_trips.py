"""Whatever an archive may say comes back as it was."""

import itertools
import json
import unicodedata
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from parlour.fields import format_time
from tests.support.archives import written
from tests.support.exports import KINDS, brought_in, content, exported
from tests.support.server import Server

pytestmark = [pytest.mark.sqlite, pytest.mark.one_node(reason="no server runs")]

BEGIN = datetime(2020, 1, 1, tzinfo=UTC)
EMOJI = ("\N{PARTY POPPER}", "\N{FIRE}", "\N{EYES}")
NUMBER = itertools.count()
texts = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=40
).map(lambda text: " ".join(unicodedata.normalize("NFC", f"a{text}z").split()))
seconds = st.integers(0, 10**8)


def at(moment: int) -> str:
    """Return a time as it is told."""
    return format_time(BEGIN + timedelta(seconds=moment, microseconds=moment % 7))


@st.composite
def archives(draw: st.DrawFn) -> dict[str, list[dict[str, Any]]]:
    """Return the lines of an archive: people, rooms and what was said there."""
    people = [
        {"id": f"user:{3 * n}", "username": f"person{n}", "display_name": draw(texts),
         "about": draw(st.just("") | texts), "status_text": "", "time_zone": None,
         "hue": draw(st.none() | st.integers(0, 359)), "created_at": at(draw(seconds)),
         "avatar": None}
        for n in range(1, draw(st.integers(1, 4)) + 1)
    ]  # fmt: skip
    rooms = [
        {"id": 5 * n, "name": f"room {n}", "kind": draw(st.sampled_from(["public", "private"])),
         "topic": draw(st.just("") | texts), "created_at": at(draw(seconds)),
         "archived_at": draw(st.none() | seconds.map(at)), "slow_seconds": draw(st.integers(0, 9))}
        for n in range(1, draw(st.integers(1, 3)) + 1)
    ]  # fmt: skip
    members = [
        {"room": room["id"], "person": person["id"], "joined_at": at(draw(seconds)),
         "role": "owner" if place == 0 else draw(st.sampled_from(["member", "moderator"]))}
        for room in rooms
        for place, person in enumerate(people)
        if draw(st.booleans())
    ]  # fmt: skip
    guests = [f"guest:{n:016x}" for n in range(2)]
    names = {person["id"]: person["username"] for person in people}
    authors = [*names, *guests]
    messages: list[dict[str, Any]] = []
    for n in range(draw(st.integers(0, 12))):
        author = draw(st.sampled_from(authors))
        room = draw(st.sampled_from(rooms))["id"]
        gone = draw(st.integers(0, 5)) == 0
        parents = [each for each in messages if each["room"] == room]
        parent = draw(st.none() | st.sampled_from(parents)) if parents else None
        passed = draw(st.none() | st.sampled_from(messages)) if messages and not gone else None
        edited = None if gone else draw(st.none() | seconds.map(at))
        messages.append({
            "id": 7 * n + 1, "room": room, "author": author,
            "username": names.get(author, "Gus"), "at": at(n),
            "text": "" if gone else draw(texts), "edited_at": edited,
            "deleted_at": at(draw(seconds)) if gone else None,
            "earlier": [{"number": 1, "text": draw(texts), "at": at(n)}] if edited else [],
            "reply_to": parent and parent["id"],
            "chain": parent and (parent["chain"] or parent["id"]),
            "mentions": [] if gone else draw(st.lists(st.sampled_from(list(names.values())),
                                                     unique=True, max_size=2)),
            "files": [],
            "forwarded": passed and {
                "message": passed["id"], "room": passed["room"], "username": passed["username"],
                "guest": passed["author"] in guests, "at": passed["at"], "text": draw(texts),
                "files": [],
            },
            "pinned_at": None if gone or n % 3 else at(n), "pinned_by": None,
        })  # fmt: skip
        if messages[-1]["pinned_at"]:
            messages[-1]["pinned_by"] = "person1"
    reactions = [
        {"message": message["id"], "emoji": emoji, "author": author,
         "username": names.get(author, "Gus"), "at": at(draw(seconds))}
        for message in messages
        if message["deleted_at"] is None
        for author in authors
        for emoji in draw(st.lists(st.sampled_from(EMOJI), unique=True, max_size=2))
    ]  # fmt: skip
    return {"people": people, "rooms": rooms, "members": members, "files": [],
            "messages": messages, "reactions": reactions}  # fmt: skip


def write(lines: dict[str, list[dict[str, Any]]], path: Path) -> Path:
    """Write an archive."""
    head = {
        "format": "parlour-export", "version": 1, "parlour": "0.1.0", "history": "0" * 16,
        "moment": at(2 * 10**8), "scope": "server", "kinds": ["public", "private"], "person": None,
        "counts": {kind: len(lines[kind]) for kind in KINDS}, "files_bytes": 0,
    }  # fmt: skip
    files = {"export.json": json.dumps(head).encode()}
    for kind in KINDS:
        if lines[kind]:
            text = "".join(f"{json.dumps(line)}\n" for line in lines[kind])
            files[f"data/{kind}-000001.jsonl"] = text.encode()
    return written(path, files)


@pytest.mark.thorough
@settings(
    max_examples=4, deadline=None, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(archives())
def test_what_is_brought_in_is_what_is_exported(
    tmp_path: Path, lines: dict[str, list[dict[str, Any]]]
) -> None:
    """Once, and the same when it is brought in twice."""
    home = tmp_path / str(next(NUMBER))
    home.mkdir()
    server = Server(home / "server")
    archive = write(lines, home / "first.tar")
    brought_in(archive, server)
    second = exported(server, home / "exports", "--private")
    (ours, _), (theirs, _) = content(second), content(archive)
    for kind in KINDS:
        assert ours[kind] == theirs[kind]
    assert "nothing was added" in brought_in(archive, server)
