"""docs/operations.md: its backup and its restore work as they are written there."""

import re
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import yaml

from tests.deploy.reading import text_of
from tests.docs.markdown import ROOT, Page, names
from tests.support.figures import kinds
from tests.support.nodes import nodes_of
from tests.support.people import Person, Room, async_http_client, checked
from tests.support.server import Server

PAGE = Page(ROOT / "docs" / "operations.md")


def statement(section: str) -> str:
    """What a section's one line of shell hands to `sqlite3 data/chat.db`."""
    [block] = PAGE.section(section).blocks
    program, database, text = block.text.strip().split(" ", 2)
    assert (program, database) == ("sqlite3", "data/chat.db")
    return text.strip('"')


async def test_a_backup_of_a_running_server_is_restored_and_nobody_goes_on_from_the_wrong_place(
    own_server: Server, new_room: Callable[..., Room], person: Callable[[str, Server], Person]
) -> None:
    """What was said after the backup is gone, and who saw it is told to read again."""
    room = new_room(own_server)
    alice = person("alice", own_server)
    await alice.post(room, "before")
    data, copy = own_server.data_dir, own_server.home / "chat-backup.db"

    # The program's `.backup 'FILE'` is this function of SQLite.
    assert statement("Backup") == f".backup '{copy.name}'"
    with sqlite3.connect(data / "chat.db") as source, sqlite3.connect(copy) as target:
        source.backup(target)
    source.close()
    target.close()

    await alice.post(room, "after")
    await own_server.astop()
    shutil.copy(copy, data / "chat.db")
    for name in ("chat.db-wal", "chat.db-shm"):
        assert f"`{name}`" in " ".join(PAGE.section("Restore").prose)
        (data / name).unlink(missing_ok=True)
    with sqlite3.connect(data / "chat.db") as database:
        database.execute(statement("Restore"))
    database.close()
    await own_server.arestart()

    async with async_http_client(own_server) as http:
        answer = await http.get(f"/api/chat/rooms/{room['id']}/messages")
        assert [message["content"] for message in checked(answer)] == ["before"]
        assert answer.headers["parlour-epoch"] != room["epoch"]
    # Another message takes the version that "after" had: by versions alone nobody would notice.
    await alice.post(room, "instead")
    resumed = await alice.connect(room, after=2, epoch=room["epoch"])
    await resumed.expect("sync", reset=True, version=2, messages=[])


async def test_the_data_directory_holds_what_the_page_lists(
    own_server: Server, new_room: Callable[..., Room]
) -> None:
    """While the server runs all of it is there, and nothing else."""
    new_room(own_server)
    rows = PAGE.section("The data directory").table("file", "what")
    told = {name for row in rows for name in names(row["file"])}
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
