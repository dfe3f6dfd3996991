"""Nodes restarted one after the other while people talk, and what those notice: nothing."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from parlour.gateway import RETRY_AFTER_MS
from tests.support.postgres import postgres
from tests.support.server import Server
from tests.support.storm import Storm, storm
from tests.support.timing import LONG, SLACK
from tests.support.valkey import valkey

# Messages that are acknowledged before each restart, and once everybody is back.
TALK = 100
# Seconds in which somebody is back beyond the time that they were told. A machine that does much
# beside it is given its slack; a long run has the machine to itself.
SOON = 1.0 if LONG else 1.0 * SLACK


@contextmanager
def two_nodes(home: Path, *, is_anew: bool = False) -> Iterator[list[Server]]:
    """Two nodes on a database of their own."""
    env = {"PARLOUR_DATABASE_URL": postgres().new_database(), "PARLOUR_REDIS_URL": valkey().url}
    with ExitStack() as stack:
        yield [
            stack.enter_context(
                Server(home / f"node{number}", env=env, is_measured=not is_anew, is_anew=is_anew)
            )
            for number in (1, 2)
        ]


async def roll(front: Server, nodes: Sequence[Server], *, pause: float = 0) -> str:
    """Restart each of them; what was found. `pause`: seconds until a proxy has taken note."""
    told = 0

    def all_back() -> bool:
        return _goodbyes(going) > told and all(each.following for each in going.followers)

    # Not so many messages that somebody who is late has to read everything again.
    async with storm(
        front, name=f"Rolling {front.port}", writers=4, readers=4, posters=1, window=2, pause=0.1
    ) as going:
        for follower in going.followers:
            follower.patient = True
        await _talk(going)
        for node in nodes:
            told = _goodbyes(going)
            assert await node.astop() == 0
            # Nobody waits for the node that went.
            await going.scene.until(all_back)
            await asyncio.to_thread(node.start)
            await _talk(going)
            await asyncio.sleep(pause)
    returns = [each for follower in going.followers for each in follower.returns]
    # Everybody was on one of them; whoever was on the first had to go twice.
    assert all(each.goodbyes for each in going.followers)
    assert len(returns) == _goodbyes(going) > len(going.followers)
    assert all(0 < wait <= RETRY_AFTER_MS / 1000 for wait, _ in returns)
    assert len({wait for wait, _ in returns}) > 1
    late = max(took - wait for wait, took in returns)
    assert late < SOON, sorted(returns)
    assert all(follower.reading.resets == 0 for follower in going.followers)
    longest = max(took for _, took in returns)
    return (
        f"{going.summary()}; {len(returns)} times somebody was told to come back, and was there"
        f" within {longest * 1000:.0f} ms, {late * 1000:.0f} ms after their time at most"
    )


def _goodbyes(going: Storm) -> int:
    """How often anybody was told to come back."""
    return sum(each.goodbyes for each in going.followers)


async def _talk(going: Storm) -> None:
    await going.scene.acknowledged(going.scene.ledger.acknowledged + TALK)
