"""Whether all is well again: everybody says something, and everybody is told of it."""

import asyncio
import time
from collections.abc import Sequence

from tests.support.server import Server
from tests.support.storm import Storm
from tests.support.timing import HEALED_SECONDS, scaled


async def heal(storms: Sequence[Storm]) -> None:
    """Wait until everybody is told of something that was said from now on, on every node."""
    begun = time.monotonic()
    await asyncio.gather(*map(_heal, storms))
    for storm in storms:
        storm.healed = time.monotonic() - begun


async def go_on(storms: Sequence[Storm], servers: Sequence[Server]) -> float:
    """The same of those who are at some of the nodes just now; how many seconds it took."""
    begun = time.monotonic()
    await asyncio.gather(*(_heal(storm, servers) for storm in storms))
    return time.monotonic() - begun


async def _heal(storm: Storm, servers: Sequence[Server] | None = None) -> None:
    writers = [each for each in storm.writers if servers is None or each.server in servers]
    followers = [each for each in storm.followers if servers is None or each.server in servers]
    # As many may have been on their way.
    wanted = {writer.name: writer.stored + writer.window + 1 for writer in writers}
    scene = storm.scene
    try:
        async with asyncio.timeout(scaled(HEALED_SECONDS)):
            await scene.until(lambda: all(each.stored >= wanted[each.name] for each in writers))
            said = scene.ledger.newest
            await scene.until(
                lambda: all((each.reading.version or 0) >= said for each in followers)
            )
    except TimeoutError:
        mute = [each.name for each in writers if each.stored < wanted[each.name]]
        behind = {each.name: each.reading.version for each in followers}
        words = f"room {scene.room_id}: not stored of {mute}; {scene.ledger.newest} of {behind}"
        raise AssertionError(words) from None
