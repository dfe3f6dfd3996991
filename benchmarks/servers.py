"""The servers that are measured: how each is started, and what one has to know of it."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.machine import PEERS, node, on_core

PARLOUR = Path(sys.executable).with_name("parlour")


@dataclass(frozen=True)
class Kind:
    """One sort of server; `stores` says whether rooms have to be made and messages are kept."""

    name: str
    title: str
    dialect: str
    stores: bool = False
    # Whether everybody in a room gets the messages of all senders in one order.
    ordered: bool = True


KINDS = {
    kind.name: kind
    for kind in (
        Kind("parlour", "Parlour", "parlour", stores=True),
        Kind("parlour-memory", "Parlour, its data in memory", "parlour", stores=True),
        Kind("seed", "the seed's design", "seed", stores=True, ordered=False),
        Kind("socketio", "Socket.IO 4", "socketio"),
        Kind("ws", "ws 8", "ws"),
        Kind("epoll", "C, one send() a delivery", "raw"),
        Kind("epoll-coalesce", "C, one send() a turn", "raw"),
    )
}


def free_port() -> int:
    """Return a port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@cache
def _has_limits(parlour: Path) -> bool:
    """Whether a `parlour` has limits that can be set: another checkout's may be of before."""
    told = subprocess.run([parlour, "serve", "--help"], capture_output=True, text=True, check=True)
    return "--rate-limits" in told.stdout


class Server:
    """One running server, pinned to one core."""

    def __init__(self, kind: Kind, core: int, home: Path, programs: Path) -> None:
        """`home` is a folder of its own, `programs` that of what was compiled."""
        self.kind = kind
        self.core = core
        self.home = home
        self.programs = programs
        self.port = free_port()
        # What its environment has besides that of the run.
        self.env: dict[str, str] = {}
        # Everybody comes from one address, and as few people: they are counted, and let through.
        self.rate_limits = "1000000"
        # Whether the seed's design tells only newcomers who is there (peers/seed.py).
        self.quiet = True
        self.parlour = PARLOUR
        self._process: subprocess.Popen[bytes] | None = None
        self._rooms: dict[int, int] = {}

    @property
    def pid(self) -> int:
        """The id of its process."""
        assert self._process is not None  # noqa: S101 - start() comes first
        return self._process.pid

    @property
    def data(self) -> Path:
        """The folder of its database."""
        return self.home / "data"

    @property
    def database(self) -> Path:
        """The file of its database."""
        return self.data / "chat.db"

    def _command(self) -> list[str | Path]:
        port = str(self.port)
        match self.kind.name:
            case "parlour" | "parlour-memory":
                flags = ["--port", port, "--data-dir", str(self.data), "--log-level", "warning"]
                return [self.parlour, "serve", *flags]
            case "seed":
                quiet = ["--quiet"] if self.quiet else []
                return [sys.executable, PEERS / "seed.py", port, self.database, *quiet]
            case "epoll":
                return [self.programs / "epoll", port]
            case "epoll-coalesce":
                return [self.programs / "epoll", port, "--coalesce"]
        return [node(), PEERS / f"{self.kind.name}.mjs", port]

    @property
    def load_options(self) -> dict[str, Any]:
        """What the load has to know besides its port."""
        return {}

    def start(self) -> None:
        """Start it and return when it takes connections."""
        self.home.mkdir(parents=True, exist_ok=True)
        self.data.mkdir(mode=0o700, exist_ok=True)
        env = {name: value for name, value in os.environ.items() if not name.startswith("PARLOUR_")}
        if self.kind.name.startswith("parlour") and _has_limits(self.parlour):
            env["PARLOUR_RATE_LIMITS"] = self.rate_limits
        with (self.home / "log").open("ab") as log, on_core(self.core):
            self._process = subprocess.Popen(
                self._command(),
                cwd=self.home,
                env={**env, "NODE_ENV": "production", **self.env},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + 30
        while not self._listens():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self.kind.name} did not start:\n{self.log()}")
            time.sleep(0.02)

    def log(self) -> str:
        """Return the end of what it has written."""
        return (self.home / "log").read_text("utf-8", "replace")[-2000:]

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 5).close()
        except OSError:
            return False
        return True

    def stop(self) -> None:
        """Stop it, by force when it does not go."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(12)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None
        self._rooms.clear()

    def end(self) -> None:
        """Stop it for good."""
        self.stop()

    def cpu(self) -> float:
        """Return the CPU seconds that its process has had."""
        fields = Path(f"/proc/{self.pid}/stat").read_text("ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def settle(self, *, seconds: float = 20) -> bool:
        """Wait until it has nothing to do; whether that was so in time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            before = self.cpu()
            time.sleep(0.15)
            if self.cpu() - before <= 0.03:
                return True
        return False

    def rooms(self, count: int = 1, *, again: bool = False) -> int:
        """Make `count` new rooms with ids in a row and return the first; `again` takes old ones."""
        if not self.kind.stores:
            return 1
        if again and count in self._rooms:
            return self._rooms[count]
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        ids: list[int] = []
        stamp = time.monotonic_ns()
        for number in range(count):
            body = json.dumps({"name": f"room {stamp} {number}"})
            headers = {"Content-Type": "application/json"}
            connection.request("POST", "/api/chat/rooms", body, headers)
            ids.append(json.load(connection.getresponse())["id"])
        connection.close()
        if ids != list(range(ids[0], ids[0] + count)):
            raise RuntimeError(f"{self.kind.name} gave rooms whose ids are not in a row")
        self._rooms[count] = ids[0]
        return ids[0]
