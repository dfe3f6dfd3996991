"""Exports as operators make them and bring them in, and what stands in them."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.archives import contents
from tests.support.commands import parlour
from tests.support.server import Server

if TYPE_CHECKING:
    import subprocess

Lines = dict[str, list[dict[str, Any]]]
KINDS = ("people", "rooms", "members", "files", "messages", "reactions")


def export(server: Server, place: Path | str, *flags: str) -> "subprocess.CompletedProcess[str]":
    """Run `parlour export` beside a server, or without it."""
    return parlour(
        "export", "--to", str(place), "--data-dir", server.data_dir, *flags, cwd=server.home,
        env=server.env,
    )  # fmt: skip


def exported(server: Server, place: Path, *flags: str) -> Path:
    """Make one, which is whole; the archive."""
    before = set(place.iterdir()) if place.exists() else set()
    run = export(server, place, *flags)
    assert (run.returncode, run.stderr) == (0, ""), run.stderr
    [archive] = set(place.iterdir()) - before
    assert run.stdout.startswith(f"Exported to {archive}.\n")
    return archive


def bring_in(
    archive: Path | str, server: Server, *flags: str
) -> "subprocess.CompletedProcess[str]":
    """Run `parlour import` for a server that does not run."""
    server.home.mkdir(parents=True, exist_ok=True)
    return parlour(
        "import", str(archive), "--data-dir", server.data_dir, *flags, cwd=server.home,
        env=server.env,
    )  # fmt: skip


def brought_in(archive: Path | str, server: Server, *flags: str) -> str:
    """Bring an archive in, which is taken; what is said of it."""
    run = bring_in(archive, server, *flags)
    assert (run.returncode, run.stderr) == (0, ""), run.stderr
    return str(run.stdout)


def lines(archive: Path) -> Lines:
    """Return the lines of each kind in an archive."""
    found: Lines = {kind: [] for kind in KINDS}
    for name, data in contents(archive).items():
        if part := re.fullmatch(r"data/([a-z]+)-[0-9]{6}\.jsonl", name):
            found[part[1]] += map(json.loads, data.splitlines())
    return found


def content(archive: Path) -> Any:
    """Return what an archive says, whatever numbers things have in it."""
    found = lines(archive)
    numbers: dict[str, dict[Any, int]] = {}

    def number(kind: str, value: Any) -> Any:
        if value is None:
            return None
        known = numbers.setdefault(kind, {})
        return known.setdefault(value, len(known))

    sums = {each["id"]: each["sha256"] for each in found["files"]}
    # Each by what refers to nothing but what stands before it.
    for person in found["people"]:
        person["id"] = number("author", person["id"])
        person["avatar"] = person["avatar"] is not None
    for room in found["rooms"]:
        room["id"] = number("room", room["id"])
    for message in found["messages"]:
        message["id"] = number("message", message["id"])
        message["room"] = number("room", message["room"])
        message["author"] = number("author", message["author"])
        message["files"] = [sums[each] for each in message["files"]]
        for name in ("reply_to", "chain"):
            message[name] = number("message", message[name])
        if passed := message["forwarded"]:
            passed["message"] = number("message", passed["message"])
            passed["room"] = number("room", passed["room"])
            passed["files"] = [sums[each] for each in passed["files"]]
    for reaction in found["reactions"]:
        reaction["message"] = number("message", reaction["message"])
        reaction["author"] = number("author", reaction["author"])
    for member in found["members"]:
        member["room"] = number("room", member["room"])
        member["person"] = number("author", member["person"])
    for file in found["files"]:
        del file["id"]
        file["room"] = number("room", file["room"])
        file["author"] = number("author", file["author"])
    found["files"].sort(key=str)
    found["members"].sort(key=str)
    stored = sorted(data for name, data in contents(archive).items() if name.startswith("files/"))
    return found, stored
