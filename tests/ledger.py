"""`python -m tests.ledger`: people talk, something happens to them, and the ledger is checked.

8 writers and 40 readers in 4 rooms of a server of its own. For each fault a line says how much was
acknowledged, sent again, connected anew and told, and that the ledger holds: nothing acknowledged
is lost, nothing is there twice, no version is missing, everybody saw one order. The status is 1
when a promise was broken, and 2 when a fault could not be made here (it says why).
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support import faults
from tests.support.faults import CannotRunError
from tests.support.server import Server
from tests.support.storm import Storm, integrity, storm

ROOMS, WRITERS, READERS = 4, 8, 40
RATE = 300
FAULTS = ("none", "cuts", "deaf", "kills", "locked", "full", "power")
# Which part of the answers is lost on a writer under the fault `deaf`.
DEAF = 0.3


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

    @asynccontextmanager
    async def storms(self, server: Server, *, deaf: float = 0) -> AsyncIterator[list[Storm]]:
        """Run a storm in each room; leaving checks them all."""
        async with AsyncExitStack() as stack:
            yield [
                await stack.enter_async_context(
                    storm(
                        server,
                        name=f"Storm {number}",
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
                for number in range(self.rooms)
            ]


async def run(fault: str, load: Load, home: Path, chance: random.Random) -> list[Storm]:
    """Run one fault on a new server. Raises AssertionError, or CannotRunError."""
    if fault == "full":
        with faults.small_disk() as disk:
            return await _run(fault, load, Server(disk, is_measured=False), chance, disk=disk)
    if fault == "power":
        with faults.disk_image() as (disk, image):
            return await _run(
                fault, load, Server(disk, is_measured=False), chance, disk=disk, image=image
            )
    return await _run(fault, load, Server(home, is_measured=False), chance)


async def _run(
    fault: str,
    load: Load,
    server: Server,
    chance: random.Random,
    *,
    disk: Path = Path(),
    image: Path = Path(),
) -> list[Storm]:
    await asyncio.to_thread(server.start)
    try:
        async with load.storms(server, deaf=DEAF if fault == "deaf" else 0) as storms:
            if fault == "cuts":
                await faults.cuts(storms, load.seconds, chance)
            elif fault == "kills":
                await faults.kills(server, storms, load.kills, chance)
            elif fault == "locked":
                await faults.lock(server, load.locked)
            elif fault == "full":
                await faults.fill_disk(disk, storms)
            elif fault == "power":
                await faults.power_cut(disk, image, server, storms)
            else:
                await faults.nothing(load.seconds)
        await server.astop()
        assert integrity(server) == ["ok"]
        assert not server.faults(), server.faults()
    finally:
        if server.running:
            await server.akill()
    return storms


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
    parser.add_argument("--faults", default=",".join(FAULTS), help="some of them, with commas")
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    options = parser.parse_args()
    print(f"seed {options.seed}")  # noqa: T201
    status = 0
    for fault in options.faults.split(","):
        if fault not in FAULTS:
            parser.error(f"no fault is called {fault}; there are {', '.join(FAULTS)}")
        begun = time.monotonic()
        load = Load(options.seconds, options.rate)
        try:
            with tempfile.TemporaryDirectory() as home:
                chance = random.Random(options.seed)
                storms = asyncio.run(run(fault, load, Path(home), chance))
            words = f"{summary(storms)}; holds"
        except CannotRunError as reason:
            status, words = status or 2, f"cannot be made here: {reason}"
        except (AssertionError, ExceptionGroup) as broken:
            status, words = 1, "BROKEN: " + "; ".join(_causes(broken))
        print(f"{fault:8} {words} ({time.monotonic() - begun:.0f} s)", flush=True)  # noqa: T201
    return status


if __name__ == "__main__":
    sys.exit(main())
