"""A server that is several nodes on one database and one Valkey, behind one address.

Tests that know of one server alone find it where they look for it: its port is a balancer's.
"""

import asyncio
import json
import re
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import psycopg
import redis.asyncio

from parlour.store.meta import SEAL
from parlour.support.seals import Seal
from tests.support.balancer import Balancer
from tests.support.databases import NODES, database_url
from tests.support.ports import free_port
from tests.support.postgres import postgres
from tests.support.process import Process
from tests.support.server import Server
from tests.support.timing import scaled
from tests.support.valkey import valkey


def nodes_of(kind: Any) -> Any:
    """The same kind of server, as several nodes."""
    return kind if issubclass(kind, Nodes) else type(f"{kind.__name__}Nodes", (Nodes, kind), {})


class Nodes(Server):
    """What is done with a server, done with all of its nodes."""

    def __init__(self, home: Path, **options: Any) -> None:
        super().__init__(home, **options)
        several = range(max(2, NODES))
        self.ports = [free_port() for _ in several]
        self.folders = [self.data_dir, *(self.home / f"data-{n + 1}" for n in several[1:])]
        # Also where the other tests run on one node, and on SQLite.
        self.env.setdefault("PARLOUR_DATABASE_URL", database_url(home) or postgres().new_database())
        self.env.setdefault("PARLOUR_REDIS_URL", valkey().url)
        # The processes of the last start.
        self.nodes: list[Process] = []
        self._balancer = Balancer(self.port, self.ports)
        self._listener = f"test {self.port}"

    def apart(self) -> "list[Apart]":
        """Each of them by itself, once they are started."""
        return [Apart(self, place) for place in range(len(self.ports))]

    @property
    def running(self) -> bool:
        """Whether any of them has not ended."""
        return any(node.returncode is None for node in self.nodes)

    @property
    def process(self) -> Any:
        """The processes of the last start, as if they were one."""
        return Together(self.nodes)

    def launch(self) -> Any:
        """Start all of them without waiting until they answer."""
        self._balancer.open()
        self.nodes = []
        for place, port in enumerate(self.ports):
            self.nodes.append(
                self._run(
                    {
                        "PARLOUR_PORT": str(port),
                        "PARLOUR_DATA_DIR": str(self.folders[place]),
                    }
                )
            )
        self.processes.extend(self.nodes)
        return self.process

    def start(self, *, seconds: float = 20) -> Self:
        """Start all of them, which have the cores of one, and return when they answer."""
        return super().start(seconds=seconds * len(self.ports))

    def answers(self) -> bool:
        """Whether all of them do."""
        return all(map(self._answers, self.ports))

    def stop(self, *, seconds: float = 15) -> int:
        """Stop all of them; the exit code of the first that had another than 0."""
        self.process.signal(signal.SIGTERM)
        code = self.process.wait(seconds=seconds)
        self._balancer.close()
        return int(code)

    def kill(self) -> None:
        """End all of them at once."""
        self.process.signal(signal.SIGKILL)
        self.process.wait()
        self._balancer.close()

    async def settled(self) -> None:
        """Wait until each node has told all that any has committed, or said of who is there.

        For that they are asked on their own channel, as one of them would ask.
        """
        if not self.running:
            return
        channel, seal, head = await self.channel()
        living = sum(node.returncode is None for node in self.nodes)
        async with (
            redis.asyncio.from_url(self.env["PARLOUR_REDIS_URL"]) as broker,
            broker.pubsub() as listening,
        ):
            await listening.subscribe(channel)
            # What one had yet to say when the other had answered is said before the second answer.
            for _ in range(2):
                words = [self._listener, time.time_ns(), [["ask", head]]]
                await broker.publish(channel, seal.close(json.dumps(words).encode()))
                async with asyncio.timeout(scaled(10)):
                    await _answered(listening, seal, self._listener, head, living)
            bye = json.dumps([self._listener, time.time_ns(), [["bye"]]])
            await broker.publish(channel, seal.close(bye.encode()))

    async def channel(self) -> tuple[str, Seal, int]:
        """Where the nodes speak to one another, by what seal, and up to which entry they may be."""
        url = self.env["PARLOUR_DATABASE_URL"]
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            found = await connection.execute(
                "SELECT (SELECT value FROM meta WHERE name = 'epoch'),"
                " (SELECT value FROM meta WHERE name = %s),"
                " (SELECT coalesce(max(id), 0) FROM journal)",
                [SEAL],
            )
            epoch, secret, head = await found.fetchone() or ("", "", 0)
        return f"parlour:{epoch}:news", Seal(bytes.fromhex(secret), f"news of {epoch}"), head


async def _answered(listening: Any, seal: Seal, listener: str, head: int, living: int) -> None:
    """Until so many nodes have said, after the question, that they have told all up to `head`."""
    reached: set[str] = set()
    async for heard in listening.listen():
        if heard["type"] != "message":
            continue
        node, _, said = json.loads(seal.open(heard["data"]))
        for kind, *rest in said:
            if node != listener and kind == "reached" and rest[0] >= head:
                reached.add(node)
        if len(reached) >= living:
            return


class Together:
    """Several processes, as far as a test looks at one."""

    def __init__(self, processes: Sequence[Process]) -> None:
        self._processes = processes

    @property
    def pid(self) -> int:
        """The first one's."""
        return self._processes[0].pid

    @property
    def lines(self) -> list[str]:
        """What they have written, one after the other."""
        return [line for process in self._processes for line in process.lines]

    @property
    def output(self) -> str:
        """The same as one text."""
        return "\n".join(self.lines)

    @property
    def returncode(self) -> int | None:
        """None while all of them run; then how the first ended that did not end well."""
        codes = [process.returncode for process in self._processes]
        ended = [code for code in codes if code is not None]
        return max(ended, key=abs) if any(ended) or len(ended) == len(codes) else None

    def wait_for_news(self, seen: int, seconds: float) -> None:
        """Return when they have written more than `seen` lines, or after `seconds`."""
        deadline = time.monotonic() + seconds
        while len(self.lines) <= seen and (left := deadline - time.monotonic()) > 0:
            first = self._processes[0]
            first.wait_for_news(len(first.lines), min(left, 0.02))

    def wait_for_line(self, pattern: str, *, seconds: float = 30) -> re.Match[str]:
        """Return the match of a line of any of them, written yet or later."""
        deadline = time.monotonic() + scaled(seconds)
        while True:
            lines = self.lines
            for line in lines:
                if found := re.search(pattern, line):
                    return found
            assert time.monotonic() < deadline, f"no line with {pattern!r}:\n{self.output}"
            self.wait_for_news(len(lines), 0.1)

    def signal(self, number: int) -> None:
        """Send it to all of them."""
        for process in self._processes:
            process.signal(number)

    def wait(self, *, seconds: float = 15) -> int:
        """Wait for their ends; the exit code of the first that had another than 0."""
        codes = [process.wait(seconds=seconds) for process in self._processes]
        return next(filter(None, codes), 0)


class Apart(Server):
    """One node of several, asked without the balancer; it is started and stopped with them all."""

    def __new__(cls, *_: Any) -> Self:
        """Be no several nodes."""
        return object.__new__(cls)

    def __init__(self, nodes: Nodes, place: int) -> None:
        super().__init__(nodes.home, env=nodes.env)
        self.port = nodes.ports[place]
        self.data_dir = nodes.folders[place]
        self.processes = [nodes.nodes[place]]
        self._nodes = nodes

    async def settled(self) -> None:
        """As of all of them."""
        await self._nodes.settled()
