"""Two nodes on this machine, to try them: PostgreSQL, Valkey, and nginx where it is installed.

PostgreSQL and Valkey come in packages of the lock file, and believe whoever is on this machine.
What is said lies in a folder, in which the next start finds it. A node that ends is started again.
"""

import argparse
import contextlib
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType

import psycopg

from tests.support.postgres import Postgres, may_reach
from tests.support.valkey import Valkey

ROOT = Path(__file__).parents[1]
PARLOUR = Path(sys.executable).with_name("parlour")
CONFIG = ROOT / "deploy" / "nginx.scale.conf"
# As the file of a data directory that is written through to the disk.
SETTINGS = ("fsync=on", "synchronous_commit=on")
# Seconds for which a node may take to be ready, and to stop: it promises 10 for that.
READY_SECONDS = 60
STOP_SECONDS = 15
_READY = re.compile(r"^Parlour is ready: (\S+)")
_LINK = re.compile(r"^First administrator: \S+(/#/setup/\S+)")


class Unable(Exception):
    """It cannot be started; the text says why."""


class Child:
    """A program whose lines go on to the terminal, behind its name."""

    def __init__(self, name: str, command: Sequence[str | Path], env: Mapping[str, str]) -> None:
        self.name = name
        self.address: str | None = None
        self.link: str | None = None
        self._news = threading.Event()
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            # Ctrl-C is for this program, which ends them in their order.
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._relay, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        """Whether it runs no longer."""
        return self._process.poll() is not None

    def until_ready(self) -> None:
        """Wait for the lines of a node that is ready. Raises Unable."""
        if not self._news.wait(READY_SECONDS) or self.address is None:
            raise Unable(f"{self.name} does not start.")

    def tell(self, number: int) -> None:
        """Send it a signal; none if it has ended."""
        self._process.send_signal(number)

    def end(self) -> None:
        """Wait for its end, not for long."""
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._process.wait()
        self._reader.join(STOP_SECONDS)

    def _relay(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - it was asked for
        for line in self._process.stdout:
            if found := _READY.match(line):
                self.address = found[1]
            elif found := _LINK.match(line):
                self.link = found[1]
            elif line.startswith("Data: "):
                # The end of what a start says; of all nodes it is told together.
                self._news.set()
            else:
                print(f"{self.name}: {line}", end="", flush=True)
        self._news.set()


def nginx_changes(front: int, nodes: Sequence[int], home: Path) -> dict[str, str]:
    """What cannot be in nginx.scale.conf as it stands there, and what stands there instead."""
    first, second = "172.30.81.11:8000", "172.30.81.12:8000"
    # Of the second there are as many as further nodes.
    line = f"server {second} max_fails=1 fail_timeout=1s;\n"
    further = "".join(line.replace(second, f"127.0.0.1:{port}") for port in nodes[1:])
    changes = {
        "/tmp/": f"{home}/",  # noqa: S108 - what stands in the file
        "/dev/stdout": f"{home}/access.log",
        first: f"127.0.0.1:{nodes[0]}",
        line: further,
        "listen 8000;": f"listen 127.0.0.1:{front};",
    }
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if most < 196608:
        changes["worker_rlimit_nofile 196608;"] = f"worker_rlimit_nofile {most};"
        changes["worker_connections 90000;"] = f"worker_connections {most // 2 - 100};"
    return changes


class Cluster:
    """All of it, over one run."""

    def __init__(self, home: Path, front: int, nodes: Sequence[int]) -> None:
        self.home = home.resolve()
        self.front = front
        self.ports = list(nodes)
        self.is_stopping = False
        self.nodes: list[Child] = []
        self.nginx: Child | None = None
        self._ends = contextlib.ExitStack()

    def start(self) -> None:
        """Start everything, one after the other. Raises Unable."""
        self.home.mkdir(parents=True, exist_ok=True)
        folder = self.home / "postgresql"
        folder.mkdir(exist_ok=True)
        if not may_reach(folder):
            raise Unable(
                f"PostgreSQL refuses to be root, so it runs as nobody, who cannot come to {folder}:"
                ' name a folder that everybody can reach (make cluster ARGS="--data-dir FOLDER").'
            )
        try:
            postgres = Postgres(*SETTINGS, home=folder)
        except AssertionError as error:
            raise Unable(f"PostgreSQL does not start:\n{str(error)[-2000:]}") from None
        self._ends.callback(postgres.end)
        valkey = Valkey(is_apart=True)
        self._ends.callback(valkey.stop)
        with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
            known = connection.execute("SELECT FROM pg_database WHERE datname = 'parlour'")
            if known.fetchone() is None:
                connection.execute("CREATE DATABASE parlour TEMPLATE template0")
        self._addresses = {
            "PARLOUR_DATABASE_URL": postgres.url("parlour"),
            "PARLOUR_REDIS_URL": valkey.url,
        }
        for number in range(len(self.ports)):
            # One after the other: the first one makes the tables, and the keys for all.
            self.nodes.append(self._node(number))
            self.nodes[-1].until_ready()
        self._start_nginx()

    def _node(self, number: int) -> Child:
        env = {
            **os.environ,
            **self._addresses,
            "PARLOUR_HOST": "127.0.0.1",
            "PARLOUR_PORT": str(self.ports[number]),
            "PARLOUR_DATA_DIR": str(self.home / f"node{number + 1}"),
        }
        return Child(f"node {number + 1}", [PARLOUR, "serve"], env)

    def _start_nginx(self) -> None:
        program = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
        if program is None:
            return
        home = self.home / "nginx"
        home.mkdir(exist_ok=True)
        text = CONFIG.read_text("utf-8")
        for old, new in nginx_changes(self.front, self.ports, home).items():
            text = text.replace(old, new)
        path = home / "nginx.conf"
        path.write_text(text, "utf-8")
        command = [program, "-e", "stderr", "-p", str(home), "-c", str(path), "-g", "daemon off;"]
        self.nginx = Child("nginx", command, os.environ)

    def tell(self) -> None:
        """Say where everything is."""
        lines = [
            f"{node.name.capitalize()}: {node.address} (process {node.pid})" for node in self.nodes
        ]
        address = self.nodes[0].address
        if self.nginx is None:
            lines.append("nginx: not installed, so open either node")
        else:
            address = f"http://localhost:{self.front}"
            lines.append(f"Before them: {address} (nginx, process {self.nginx.pid})")
        lines += [f"{name}: {value}" for name, value in self._addresses.items()]
        lines.append(f"Data: {self.home}")
        link = next((node.link for node in self.nodes if node.link), None)
        if link is not None:
            lines.append(f"First administrator: {address}{link}")
        lines.append("Ctrl-C ends all. A node whose process you end is started again.")
        print("\n".join(lines), flush=True)

    def watch(self) -> None:
        """Start again what ends, until it is to stop. Raises Unable where that does not help."""
        while not self.is_stopping:
            time.sleep(0.1)
            for number, node in enumerate(self.nodes):
                if node.has_ended and not self.is_stopping:
                    node.end()
                    self.nodes[number] = again = self._node(number)
                    again.until_ready()
                    words = f"{again.name.capitalize()} is back: {again.address}"
                    print(f"{words} (process {again.pid})", flush=True)
            if self.nginx is not None and self.nginx.has_ended and not self.is_stopping:
                raise Unable("nginx has ended.")

    def stop(self) -> None:
        """End everything: what is used by others last."""
        children = [*([] if self.nginx is None else [self.nginx]), *self.nodes]
        for child in children:
            child.tell(signal.SIGTERM)
        for child in children:
            child.end()
        self._ends.close()


def _port(text: str) -> int:
    if text.isdecimal() and 0 < int(text) < 65536:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text} is no port")


def _ports(text: str) -> list[int]:
    return [_port(part) for part in text.split(",")]


@contextlib.contextmanager
def _signals(cluster: Cluster) -> Iterator[None]:
    def stop(_number: int, _frame: FrameType | None) -> None:
        cluster.is_stopping = True

    former = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def main() -> int:
    """Run it until somebody ends it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, default=ROOT / "data-cluster")
    parser.add_argument("--front", type=_port, default=8000, help="nginx's port. Default: 8000.")
    parser.add_argument(
        "--nodes", type=_ports, default=[8001, 8002], help="The nodes' ports. Default: 8001,8002."
    )
    options = parser.parse_args()
    cluster = Cluster(options.data_dir, options.front, options.nodes)
    with _signals(cluster):
        try:
            cluster.start()
            cluster.tell()
            cluster.watch()
        except Unable as reason:
            print(f"cluster: {reason}", file=sys.stderr)
            return 1
        finally:
            cluster.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
