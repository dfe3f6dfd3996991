"""docs/operations.md: its backup and its restore work as they are written there."""

import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import yaml

from parlour.store.backends import ELSEWHERE
from tests.deploy.reading import text_of
from tests.docs.markdown import ROOT, Page, names
from tests.support.commands import parlour
from tests.support.figures import kinds
from tests.support.nodes import nodes_of
from tests.support.people import Room
from tests.support.server import Server

PAGE = Page(ROOT / "docs" / "operations.md")


def shown(section: str, program: str) -> tuple[list[str], list[str]]:
    """What a section has somebody run, as arguments, and the lines that it shows of the answer."""
    blocks = PAGE.section(section).blocks
    for block, said in pairwise(blocks):
        if block.text.startswith(f"{program} ") and said.info == "text":
            return block.text.split()[1:], said.text.splitlines()
    raise AssertionError(f"there is no {program} in {section}")


def shape(line: str) -> str:
    """A line without its numbers and places."""
    line = re.sub(r"\S*/\S+?(?=[. ]|$)(\.tar)?", "PLACE", line)
    return re.sub(r"\d[\d.:-]*( ([kMG]B|bytes))?", "N", line)


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
        assert [shape(line) for line in run.stdout.splitlines()] == [shape(line) for line in told]


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
