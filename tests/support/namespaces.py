"""Links in network namespaces, where a router loses packets: see `partitions.py`.

Each node has a namespace of its own; what is beneath them and people are where the tests are, each
under an address of its own. Between them is the router, in a namespace, too. Nothing is changed but
one device and one route where the tests are, and both are gone with the router's namespace; all
namespaces go when this process ends, even if it is killed (`held.py`).
"""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Sequence
from itertools import count
from typing import Final, Literal

from tests.support import held
from tests.support.faults import CannotRunError
from tests.support.postgres import Postgres
from tests.support.server import Server
from tests.support.timing import scaled
from tests.support.valkey import Valkey

PROGRAMS: Final = ("ip", "unshare", "nsenter", "sh")
# Of a range for tests of networks (RFC 2544), which nobody routes: a part for this machine's side,
# and one for the nodes.
HERE: Final = "198.18"
THERE: Final = "198.19"
# The last numbers of the addresses on this side. Who goes to a node comes from the first.
LAST: Final = {"people": 1, "postgresql": 2, "redis": 3}
ROUTER: Final = 254
_NUMBERS = count(os.getpid())


class Held:
    """A namespace of its own, until it is closed."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            ["unshare", "--net", sys.executable, "-I", held.__file__],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            # Ctrl-C is for whoever started it, who ends it when it is time.
            start_new_session=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        if not self._process.stdout.readline():
            _, error = self._process.communicate()
            raise CannotRunError(error.decode().strip())

    @property
    def pid(self) -> int:
        """Of the process that holds it."""
        return self._process.pid

    @property
    def enter(self) -> list[str]:
        """What stands before a command that is to run in it."""
        return ["nsenter", f"--net=/proc/{self.pid}/ns/net"]

    def run(self, *commands: str) -> None:
        """Run commands of the shell in it. Raises CannotRunError."""
        _run(*self.enter, "sh", "-ec", "\n".join(commands))

    def close(self) -> None:
        """End it, and all that runs in it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(scaled(10))
        for stream in (self._process.stdout, self._process.stderr):
            assert stream is not None
            stream.close()


class Namespaces:
    """A namespace for each node, and a router between them and all else. Raises CannotRunError."""

    kind: Literal["namespaces"] = "namespaces"

    def __init__(self, count: int) -> None:
        if os.geteuid() != 0:
            raise CannotRunError("only root makes devices in the network of this machine")
        for program in PROGRAMS:
            if shutil.which(program) is None:
                raise CannotRunError(f"{program} is not installed")
        self._part = _free_part()
        self._cut: list[str] = []
        with contextlib.ExitStack() as stack:
            self._router = Held()
            stack.callback(self._router.close)
            self._nodes: list[Held] = []
            for _ in range(count):
                self._nodes.append(Held())
                stack.callback(self._nodes[-1].close)
            self._connect()
            self._try()
            self._stack = stack.pop_all()

    def _connect(self) -> None:
        near, far, part = f"pl{os.getpid()}-{self._part}", "here", self._part
        router, addresses = self._router, LAST.values()
        _ip(f"link add {near} type veth peer name {far} netns {router.pid}")
        for last in addresses:
            _ip(f"address add {HERE}.{part}.{last}/24 dev {near}")
        _ip(f"link set {near} up")
        router.run(
            "ip link set lo up",
            f"ip address add {HERE}.{part}.{ROUTER}/24 dev {far}",
            f"ip link set {far} up",
            "echo 1 >/proc/sys/net/ipv4/ip_forward",
        )
        for number, node in enumerate(self._nodes):
            ours, its = f"node{number}", "out"
            gate = f"{THERE}.{part}.{8 * number + 1}"
            router.run(
                f"ip link add {ours} type veth peer name {its} netns {node.pid}",
                f"ip address add {gate}/29 dev {ours}",
                f"ip link set {ours} up",
            )
            node.run(
                "ip link set lo up",
                f"ip address add {self._node(number)}/29 dev {its}",
                f"ip link set {its} up",
                f"ip route add default via {gate}",
            )
        _ip(f"route add {THERE}.{part}.0/24 via {HERE}.{part}.{ROUTER} dev {near}")

    def _try(self) -> None:
        """See that a node reaches what is here; a firewall may be in its way."""
        with socket.create_server((self._end("postgresql"), 0)) as listening:
            words = f"import socket; socket.create_connection({listening.getsockname()}, 5)"
            for node in self._nodes:
                _run(*node.enter, sys.executable, "-I", "-c", words)

    def _node(self, number: int) -> str:
        return f"{THERE}.{self._part}.{8 * number + 2}"

    def _end(self, end: str) -> str:
        return f"{HERE}.{self._part}.{LAST[end]}"

    @property
    def settings(self) -> Sequence[str]:
        """As the interface says."""
        return (f"listen_addresses=127.0.0.1,{self._end('postgresql')}",)

    def join(self, postgres: Postgres, redis: Valkey) -> None:
        """The same."""
        postgres.let_in(f"{THERE}.{self._part}.0/24")
        for name, value in (
            ("protected-mode", "no"),
            ("bind", f"127.0.0.1 {self._end('redis')}"),
        ):
            assert redis.ask("CONFIG", "SET", name, value).startswith(b"+OK")

    def url(self, node: int, end: str, url: str) -> str:
        """The same."""
        del node
        return url.replace("127.0.0.1", self._end(end))

    def house(self, node: int, server: Server) -> None:
        """The same."""
        server.host = self._node(node)
        server.program = [*self._nodes[node].enter, *server.program]

    def cut(self, node: int, ends: Sequence[str]) -> None:
        """The same."""
        cut: list[str] = []
        for end in ends:
            one, other = self._node(node), self._end(end)
            cut += [f"from {one} to {other}", f"from {other} to {one}"]
        self._cut += cut
        self._router.run(*(f"ip rule add {each} blackhole" for each in cut))

    def heal(self) -> None:
        """The same."""
        cut, self._cut = self._cut, []
        if cut:
            self._router.run(*(f"ip rule del {each} blackhole" for each in cut))

    def close(self) -> None:
        """The same."""
        self._stack.close()


def _free_part() -> int:
    """A part of both ranges that nobody on this machine has."""
    for _ in range(256):
        part = next(_NUMBERS) % 256
        if not _ip(f"-4 address show to {HERE}.{part}.0/24"):
            return part
    raise CannotRunError(f"all of {HERE}.0.0/16 is taken")


def _ip(words: str) -> str:
    return _run("ip", *words.split())


def _run(*command: str) -> str:
    """Run a command; what it says. Raises CannotRunError."""
    try:
        done = subprocess.run(
            command, check=True, capture_output=True, text=True, timeout=scaled(20)
        )
    except subprocess.SubprocessError as error:
        words = (getattr(error, "stderr", None) or "").strip().splitlines()
        raise CannotRunError(f"{command[0]}: {words[-1] if words else error}") from None
    return done.stdout
