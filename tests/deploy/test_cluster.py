"""`make cluster`: two nodes with all they need, restarted, stopped, and started again."""

import asyncio
import os
import re
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from parlour.gateway import RETRY_AFTER_MS
from tests.deploy.reading import ROOT
from tests.support.accounts import PASSWORD
from tests.support.people import Person, Room, checked, http_client
from tests.support.ports import free_port
from tests.support.process import Process
from tests.support.server import Server

pytestmark = pytest.mark.thorough

READY = "^Ctrl-C ends all"


@pytest.fixture
def folder() -> Iterator[Path]:
    """Yield a folder that PostgreSQL comes to also where it may not be root."""
    made = Path(tempfile.mkdtemp(prefix="parlour-cluster-", dir="/tmp"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


class Running(Server):
    """The program, and one of its addresses as a server for those who talk."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.nodes = [free_port(), free_port()]
        self.front = free_port()
        command = [
            *(sys.executable, "-m", "scripts.cluster"),
            *("--data-dir", str(folder / "data")),
            *("--front", str(self.front), "--nodes", ",".join(map(str, self.nodes))),
        ]
        env = {key: value for key, value in os.environ.items() if not key.startswith("PARLOUR_")}
        self.processes.append(Process(command, cwd=ROOT, env=env))

    def at(self, port: int) -> Server:
        """One of its addresses."""
        server = Server(self.home)
        server.port = port
        return server

    def end(self) -> None:
        """As Ctrl-C does."""
        self.process.signal(signal.SIGINT)
        assert self.process.wait(seconds=60) == 0, self.process.output


@pytest.mark.timeout(300)
async def test_two_nodes_are_started_talk_restart_and_find_their_data_again(folder: Path) -> None:
    """Over both of them, and through nginx where it is installed."""
    running = Running(folder)
    try:
        await asyncio.to_thread(running.process.wait_for_line, READY, seconds=90)
        room, said = await talk_and_restart(running)
    finally:
        await asyncio.to_thread(running.end)
    assert not re.search("Traceback|ERROR|CRITICAL", running.process.output)
    again = Running(folder)
    try:
        await asyncio.to_thread(again.process.wait_for_line, READY, seconds=90)
        assert "First administrator" not in again.process.output
        assert history(again.at(again.nodes[1]), room) == said
    finally:
        await asyncio.to_thread(again.end)


async def talk_and_restart(running: Running) -> tuple[Room, list[str]]:
    """Do what it is for; the room, and what was said there in the end."""
    one, two = [running.at(port) for port in running.nodes]
    first = running.process.wait_for_line(r"^Node 1: http://localhost:(\d+) \(process (\d+)\)")
    assert int(first[1]) == one.port
    link = running.process.wait_for_line(r"^First administrator: (http\S+)/#/setup/(\S+)")
    has_nginx = "not installed" not in running.process.output
    assert link[1] == f"http://localhost:{running.front if has_nginx else one.port}"
    with http_client(one) as http:
        room: Room = checked(http.post("/api/chat/rooms", json={"name": "Hall"}))
    alice, bob = Person("alice", one), Person("bob", two)
    at_one, at_two = await alice.enter(room), await bob.enter(room)
    await at_one.until("join", username="bob")
    await at_one.send("message", content="from one")
    await at_two.until("message", message={"content": "from one"})
    await at_two.send("message", content="from two")
    await at_one.until("message", message={"content": "from two"})
    if has_nginx:
        await Person("eve", running.at(running.front)).post(room, "through nginx")
        await at_two.until("message", message={"content": "through nginx"})

    # Whoever ends a node sees what a restart is like: it comes back by itself.
    os.kill(int(first[2]), signal.SIGTERM)
    closing = await at_one.until("closing")
    assert 0 < closing["retry_after_ms"] <= RETRY_AFTER_MS
    await at_two.send("message", content="meanwhile")
    await at_two.until("message", message={"content": "meanwhile"})
    await asyncio.to_thread(
        running.process.wait_for_line, r"^Node 1 is back: \S+ \(process \d+\)", seconds=60
    )
    said = history(one, room)
    assert said[:2] + said[-1:] == ["from one", "from two", "meanwhile"]
    # The link is that of all nodes, whichever printed it.
    with http_client(two) as http:
        body = {"token": link[2], "username": "carol", "password": PASSWORD}
        assert checked(http.post("/api/auth/setup", json=body))["user"]["role"] == "administrator"
    with http_client(one) as http:
        answer = http.post("/api/auth/setup", json={**body, "username": "dave"})
        assert answer.json()["code"] == "invite_invalid"
    await alice.leave()
    await bob.leave()
    return room, said


def history(server: Server, room: Room) -> list[str]:
    """What was said, as a node tells it."""
    with http_client(server) as http:
        messages = checked(http.get(f"/api/chat/rooms/{room['id']}/messages"))
    return [message["content"] for message in messages]


@pytest.mark.timeout(300)
async def test_what_cannot_be_started_is_said_in_a_line_and_everything_ends(folder: Path) -> None:
    """Such as a node whose port somebody else has."""
    running = Running(folder)
    with http_server_on(running.nodes[1]):
        assert await asyncio.to_thread(running.process.wait, seconds=90) == 1
    assert "cluster: node 2 does not start." in running.process.output
    assert "Cannot listen" in running.process.output
    assert not (folder / "data" / "postgresql" / "data" / "postmaster.pid").exists()


def http_server_on(port: int) -> socket.socket:
    """Somebody else who listens there."""
    return socket.create_server(("127.0.0.1", port))
