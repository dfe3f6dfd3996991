"""docs/operations.md: its commands work as they are written there, and say what it shows."""

import json
import re
import subprocess
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from parlour.store.backends import ELSEWHERE
from tests.deploy.reading import text_of
from tests.docs.markdown import ROOT, Page, names
from tests.support.administration import first_administrator
from tests.support.archives import made
from tests.support.bad_proxy import bad_proxy
from tests.support.commands import parlour
from tests.support.doctor import OF_THE_MACHINE, Seen
from tests.support.figures import kinds
from tests.support.nodes import nodes_of
from tests.support.people import Room, checked
from tests.support.places import make_room, new_account, say
from tests.support.retention import age, hold, set_aside
from tests.support.server import PARLOUR, Server
from tests.support.timing import scaled

PAGE = Page(ROOT / "docs" / "operations.md")


def shown(section: str, program: str) -> tuple[list[str], list[str]]:
    """What a section has somebody run, as arguments, and the lines that it shows of the answer."""
    blocks = PAGE.section(section).blocks
    for block, said in pairwise(blocks):
        if block.text.startswith(f"{program} ") and said.info == "text":
            return block.text.split()[1:], said.text.splitlines()
    raise AssertionError(f"there is no {program} in {section}")


def typed(section: str, program: str) -> tuple[list[str], list[str]]:
    """The same of a block that begins with what is typed there."""
    for block in PAGE.section(section).blocks:
        first, *said = block.text.splitlines()
        if first.startswith(f"$ {program}"):
            return first.split()[2:], said
    raise AssertionError(f"there is no {program} in {section}")


def shape(line: str) -> str:
    """A line without its numbers and places."""
    line = re.sub(r"\S*/\S+?(?=[. ]|$)(\.tar)?", "PLACE", line)
    # Archives have digits of their own in their names.
    line = re.sub(r"(?<=Z)-[0-9a-f]{8}(?=\.tar)", "", line)
    line = re.sub(r"\d[\d.,:-]*( ([kMG]B|bytes))?", "N", line)
    line = line.replace("less than an hour", "N hours")
    # One of something, or several; and as wide as they are.
    return re.sub(r"\bN (person|people|[a-z]+?s?)\b", _several, " ".join(line.split()))


def shapes(lines: list[str]) -> list[str]:
    """Those of several lines."""
    return [shape(line) for line in lines]


def _several(found: re.Match[str]) -> str:
    return "N person" if found[1] in ("person", "people") else f"N {found[1].rstrip('s')}"


def test_backup_and_restore_are_shown_as_they_are(
    own_server: Server, new_room: Callable[..., Room], tmp_path: Path
) -> None:
    """The commands of the page, with other places, say what the page shows."""
    new_room(own_server)
    places = {"/srv/backups": str(tmp_path / "backups"), "/var/lib/parlour": str(tmp_path / "new")}
    data = ["--data-dir", str(own_server.data_dir)]
    for section, program, more in (
        ("Backup", "parlour backup --to", data),
        ("Backup", "parlour backup --check", []),
        ("Restore", "parlour restore", []),
    ):
        arguments, told = shown(section, program)
        for there, here in places.items():
            arguments = [each.replace(there, here) for each in arguments]
        archives = sorted((tmp_path / "backups").glob("*.tar"))
        arguments = [str(archives[-1]) if each.endswith(".tar") else each for each in arguments]
        run = parlour(*arguments, *more, cwd=tmp_path)
        assert run.returncode == 0, run.stderr
        assert shapes(run.stdout.splitlines()) == shapes(told)


def test_export_and_import_are_shown_as_they_are(
    own_server: Server, new_server: Callable[..., Server], tmp_path: Path
) -> None:
    """Into another data directory, looked at before."""
    ann = new_account(own_server, "ann")
    checked(say(make_room(ann, "public"), ann, "hello"))
    [_, *arguments], told = shown("Export and import", "parlour export --to")
    arguments = [str(tmp_path / "exports") if "/" in each else each for each in arguments]
    run = parlour("export", *arguments, "--data-dir", own_server.data_dir, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert shapes(run.stdout.splitlines()) == shapes(told)
    [archive] = (tmp_path / "exports").iterdir()
    commands, answers = next(
        (block.text.splitlines(), said.text.splitlines())
        for block, said in pairwise(PAGE.section("Export and import").blocks)
        if block.text.startswith("parlour import")
    )
    said: list[str] = []
    target = tmp_path / "new"
    for line in commands:
        words = [str(archive) if each.endswith(".tar") else each for each in line.split()[1:]]
        run = parlour(*words, "--data-dir", target, cwd=tmp_path)
        assert run.returncode == 0, run.stderr
        said += run.stdout.splitlines()
    assert shapes(said) == shapes(answers)


def test_retention_is_shown_as_it_is(own_server: Server) -> None:
    """What would go, and what holds have set aside: the fields of a line."""
    chief = first_administrator(own_server)
    places = [make_room(chief), make_room(chief)]
    for place in places:
        age(own_server, place, checked(say(place, chief, "words")), days=400)
    [_, *arguments], told = typed("Retention", "parlour retention preview")
    run = parlour("retention", *arguments[:-1], own_server.data_dir, cwd=own_server.home)
    names = dict(zip(("General", "Projects"), (each.room["name"] for each in places), strict=True))
    for there, here in names.items():
        told = [each.replace(there, here) for each in told]
    assert shapes(run.stdout.splitlines()) == shapes(told)
    hold(chief, "room", room_id=places[0].id)
    gone = checked(say(places[0], chief, "more words"))
    assert chief.call("DELETE", f"/api/chat/messages/{gone['id']}").is_success
    [held] = set_aside(own_server)
    assert list(held) == list(json.loads(typed("Retention", "parlour retention held")[1][0]))


def test_the_doctor_says_what_is_shown(own_server: Server, tmp_path: Path) -> None:
    """Of this machine's clock and handles something else, and by HTTP nothing of a certificate."""
    _, told = typed("What is wrong? Ask the doctor", "parlour doctor --url")
    place = tmp_path / "backups"
    env = {"PARLOUR_PORT": str(own_server.port), "PARLOUR_BACKUP_TO": str(place), **own_server.env}
    made(own_server, place)
    with bad_proxy(own_server, "no upgrade") as address:
        run = parlour(
            "doctor", "--url", address, "--data-dir", own_server.data_dir, cwd=tmp_path, env=env
        )
    told = [each.replace("https://chat.example.org", address) for each in told]
    # What a busy machine may lack.
    others = (*OF_THE_MACHINE, "Disk", "Certificate as seen")
    real, page = (
        [
            (each.kind, each.what, shape(re.sub(r"\S+'s,", "USER's,", each.seen)), each.mend)
            for each in seen.said
            if each.what not in others
        ]
        for seen in (Seen(run.returncode, run.stdout), Seen(1, "\n".join(told)))
    )
    assert real == page


@pytest.mark.thorough
def test_a_bench_says_what_is_shown(tmp_path: Path) -> None:
    """A short one."""
    _, told = typed("How fast is this machine?", "parlour bench")
    run = subprocess.run(
        [PARLOUR, "bench", "--people", "10", "--seconds", "1"],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=scaled(100),
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert shapes(run.stdout.splitlines()) == shapes(told)


async def test_the_data_directory_holds_what_the_page_lists(
    own_server: Server, new_room: Callable[..., Room]
) -> None:
    """While the server runs all of it is there, and nothing else."""
    new_room(own_server)
    rows = PAGE.section("The data directory").table("file", "what")
    told = {name for row in rows for name in names(row["file"])}
    # On PostgreSQL alone.
    told.remove(ELSEWHERE)
    assert {path.name for path in own_server.data_dir.iterdir()} == told
    assert own_server.data_dir.stat().st_mode & 0o777 == 0o700


def test_every_figure_is_told_and_every_figure_told_is_one(tmp_path: Path) -> None:
    """With its kind; as a node has it, which has all of them."""
    rows = PAGE.section("Monitoring").table("figure", "kind", "what")
    told = {names(row["figure"])[0]: row["kind"] for row in rows}
    with nodes_of(Server)(tmp_path) as running:
        real = kinds(running.apart()[0])
    own = {name: kind for name, kind in real.items() if name.startswith("parlour_")}
    assert told == own
    # What is asked of them is made of them: of the page, of Kubernetes, Prometheus and Grafana.
    asked = " ".join(row["ask"] for row in PAGE.section("Monitoring").table("ask", "worry"))
    [rule] = yaml.safe_load(text_of("prometheus/adapter.yaml"))["rules"]["custom"]
    [group] = yaml.safe_load(text_of("prometheus/alerts.yml"))["groups"]
    alerts = " ".join(each["expr"] for each in group["rules"])
    board = " ".join(re.findall(r'"(?:expr|query)": "(.*)"', text_of("grafana/parlour.json")))
    for text in (asked, rule["seriesQuery"], alerts, board):
        found = re.findall(r"\b(?:parlour|process)_\w+", text)
        assert found
        assert {name.removesuffix("_bucket") for name in found} <= set(real)
