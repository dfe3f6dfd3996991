"""`python -m tests.ledger`: people talk, something happens to them, and the ledger is checked.

8 writers and 40 readers in 4 rooms of a server of its own, or of two nodes. For each fault a line
says how much was acknowledged, sent again, connected anew and told, and that the ledger holds:
nothing acknowledged is lost, nothing is there twice, no version is missing, everybody saw one
order. The status is 1 when a promise was broken, and 2 when a fault could not be made here (it
says why).
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from pathlib import Path

from tests.support import among, beneath, faults
from tests.support.cutting import cutting
from tests.support.faults import CannotRunError
from tests.support.hurried_server import HurriedServer
from tests.support.ledger_nodes import Nodes, running_nodes
from tests.support.parting import PARTITIONS
from tests.support.partitions import links
from tests.support.postgres import Postgres
from tests.support.server import Server
from tests.support.storm import Storm, integrity, storm

ROOMS, WRITERS, READERS = 4, 8, 40
RATE = 300
FAULTS = ("none", "cuts", "deaf", "kills", "locked", "full", "power")
POSTGRESQL_FAULTS = (
    "none", "cuts", "deaf", "kills", "locked", "full", "restarts", "frozen", "silence", "ends"
)  # fmt: skip
OF = {"sqlite": FAULTS, "postgresql": POSTGRESQL_FAULTS, "nodes": (*among.FAULTS, *PARTITIONS)}
NUMBERS = count(1)
# Which part of the answers is lost on a writer under the fault `deaf`.
DEAF = 0.3

Act = Callable[[Sequence[Storm]], Awaitable[None]]


@dataclass(frozen=True)
class Load:
    """How long, how fast (messages a second in all; 0: as fast as they are answered)."""

    seconds: float
    rate: float
    rooms: int = ROOMS
    writers: int = WRITERS
    readers: int = READERS
    kills: int = 20
    locked: float = 10
    # How often PostgreSQL is restarted, and how long it is silent after people were refused.
    rounds: int = 10
    still: float = 20
    # Whether a silent server is given up sooner than in life.
    hurried: bool = False

    @asynccontextmanager
    async def storms(
        self, server: Server, *others: Server, deaf: float = 0
    ) -> AsyncIterator[list[Storm]]:
        """Run a storm in each room; leaving checks them all."""
        async with AsyncExitStack() as stack:
            yield [
                await stack.enter_async_context(
                    storm(
                        server,
                        others=others,
                        name=f"Storm {next(NUMBERS)}",
                        writers=self.writers // self.rooms,
                        readers=self.readers // self.rooms,
                        posters=0,
                        window=4 if self.rate else 32,
                        pause=self.writers / self.rate if self.rate else 0,
                        deaf=deaf,
                        # At full speed they are far behind when it ends.
                        patience=30 + 4 * self.seconds,
                    )
                )
                for _ in range(self.rooms)
            ]


async def run(fault: str, load: Load, home: Path, chance: random.Random) -> list[Storm]:
    """Run one fault on a new server. Raises AssertionError, or CannotRunError."""
    if fault == "full":
        with faults.small_disk() as disk:
            return await _run(load, _server(disk), partial(faults.fill_disk, disk))
    if fault == "power":
        with faults.disk_image() as (disk, image):
            server = _server(disk)
            return await _run(load, server, partial(faults.power_cut, disk, image, server))
    server = _server(home)
    if fault == "locked":
        return await _run(load, server, lambda _: faults.lock(server, load.locked))
    return await _run_any(fault, load, server, chance)


async def _run_any(
    fault: str,
    load: Load,
    server: Server,
    chance: random.Random,
    verdict: Callable[[Server], list[str]] = integrity,
) -> list[Storm]:
    """Run what has nothing to do with the database."""

    async def act(storms: Sequence[Storm]) -> None:
        if fault == "cuts":
            await faults.cuts(storms, load.seconds, chance)
        elif fault == "kills":
            await faults.kills(server, storms, load.kills, chance)
        else:
            await faults.nothing(load.seconds)

    return await _run(load, server, act, verdict, deaf=DEAF if fault == "deaf" else 0)


async def run_on_postgresql(
    fault: str, load: Load, home: Path, chance: random.Random, postgres: Postgres
) -> list[Storm]:
    """The same on a new database of a server that is there."""
    with ExitStack() as stack:
        disk = stack.enter_context(faults.small_disk(beneath.DISK)) if fault == "full" else None
        if disk:
            url = stack.enter_context(beneath.small_database(postgres, disk))
        else:
            url = postgres.new_database()
        way = stack.enter_context(cutting(postgres.port))
        through = url.replace(f":{postgres.port}/", f":{way.port}/")
        env = {"PARLOUR_DATABASE_URL": through if fault == "silence" else url}
        server = (
            HurriedServer(home, hurry=["database"], env=env, is_measured=False)
            if load.hurried
            else Server(home, env=env, is_measured=False)
        )
        acts: dict[str, Act] = {
            "locked": lambda storms: beneath.lock(url, storms, load.locked),
            "restarts": lambda storms: beneath.restarts(postgres, storms, load.rounds, chance),
            "frozen": lambda storms: beneath.freezes(postgres, storms, load.still),
            "silence": lambda storms: beneath.silence(way, storms, load.still),
            "ends": lambda storms: beneath.ends(postgres, storms, load.seconds),
        }
        if disk:
            acts["full"] = partial(faults.fill_disk, disk)

        def verdict(_: Server) -> list[str]:
            return beneath.verdict(postgres, url)

        if fault in acts:
            return await _run(load, server, acts[fault], verdict)
        return await _run_any(fault, load, server, chance, verdict)


async def run_on_nodes(fault: str, load: Load, nodes: Nodes, chance: random.Random) -> list[Storm]:
    """The same on nodes that work together; they, and what is beneath them, run on."""
    first, *others = nodes.servers
    async with load.storms(first, *others) as storms:
        await among.act(fault, nodes, storms, chance, seconds=load.still, kills=load.kills)
    for server in nodes.servers:
        assert not server.faults(), server.faults()
    return storms


async def _run(
    load: Load,
    server: Server,
    act: Act,
    verdict: Callable[[Server], list[str]] = integrity,
    *,
    deaf: float = 0,
) -> list[Storm]:
    await asyncio.to_thread(server.start)
    try:
        async with load.storms(server, deaf=deaf) as storms:
            await act(storms)
        await server.astop()
        assert await asyncio.to_thread(verdict, server) == []
        assert not server.faults(), server.faults()
    finally:
        if server.running:
            await server.akill()
    return storms


def _server(home: Path) -> Server:
    return Server(home, is_measured=False)


def summary(storms: list[Storm]) -> str:
    """The figures of all rooms, for people."""
    followers = [each for storm in storms for each in storm.followers]
    readings = [each for storm in storms for each in storm.scene.ledger.readings.values()]
    return (
        f"{sum(storm.scene.ledger.acknowledged for storm in storms):7} acknowledged,"
        f" {sum(each.resent for storm in storms for each in storm.writers):5} sent again,"
        f" {sum(each.refused for storm in storms for each in storm.writers):5} refused,"
        f" {sum(each.connections for each in followers):5} connections,"
        f" {sum(len(each.records) for each in readings):8} told,"
        f" {sum(each.resets for each in readings):4} resets"
        + "".join(f", healed in {storms[0].healed:.1f} s" for _ in storms[:1] if storms[0].healed)
    )


def _causes(error: BaseException) -> list[str]:
    if isinstance(error, BaseExceptionGroup):
        return [cause for each in error.exceptions for cause in _causes(each)]
    return [f"{type(error).__name__}: {error}"]


def main() -> int:
    """Run what is asked for; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.ledger", description=__doc__)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--rate", type=float, default=RATE, help="messages a second; 0: full speed")
    parser.add_argument("--database", choices=OF, default="sqlite")
    parser.add_argument("--faults", help="some of them, with commas")
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    options = parser.parse_args()
    print(f"seed {options.seed}")  # noqa: T201
    status, postgres = 0, None
    there_are = OF[options.database]
    for fault in options.faults.split(",") if options.faults else there_are:
        if fault not in there_are:
            parser.error(f"no fault is called {fault}; there are {', '.join(there_are)}")
        begun = time.monotonic()
        load = Load(options.seconds, options.rate)
        try:
            with tempfile.TemporaryDirectory() as home:
                chance = random.Random(options.seed)
                act = run
                if options.database == "postgresql":
                    postgres = postgres or Postgres("fsync=on")
                    act = partial(run_on_postgresql, postgres=postgres)
                if options.database == "nodes":
                    with links(2) as parts, running_nodes(Path(home), links=parts) as nodes:
                        load = replace(load, still=options.seconds)
                        storms = asyncio.run(run_on_nodes(fault, load, nodes, chance))
                else:
                    storms = asyncio.run(act(fault, load, Path(home), chance))
            words = f"{summary(storms)}; holds"
        except CannotRunError as reason:
            status, words = status or 2, f"cannot be made here: {reason}"
        except (AssertionError, ExceptionGroup) as broken:
            status, words = 1, "BROKEN: " + "; ".join(_causes(broken))
        print(f"{fault:8} {words} ({time.monotonic() - begun:.0f} s)", flush=True)  # noqa: T201
    return status


if __name__ == "__main__":
    sys.exit(main())
