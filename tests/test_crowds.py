"""Telling many: others have their turns while it is done."""

import asyncio
import gc
import time
from datetime import UTC, datetime

from parlour.attention import Notice
from parlour.crowds import MAX_CALLS, MAX_SAID, Crowds, Telling
from parlour.features.notifications import _tell
from parlour.models import Message
from parlour.notifying import Crowd
from tests.support.timing import SLACK, scaled

PEOPLE, MESSAGES = 5_000, 8
# Seconds that the loop may stand still, as is promised.
PROMISE = 0.05


class Listener:
    """A connection that wants to hear more than the seed's frames, and notes what it gets."""

    aware = True

    def __init__(self) -> None:
        self.frames: list[bytes] = []

    def send(self, *frames: bytes) -> None:
        """Get some."""
        self.frames += frames


class Listening:
    """What telling needs of the running server: everybody listens through one connection."""

    def __init__(self) -> None:
        self.manager = self
        self.listener = Listener()

    def connections_of(self, _author: str) -> list[Listener]:
        """Return theirs."""
        return [self.listener]


def test_of_much_that_is_said_at_once_the_newest_is_told() -> None:
    """Calls are kept beside it."""
    crowds = Crowds()
    for number in range(1, MAX_SAID + 4):
        crowds.said(7, number, calls=False)
    crowds.said(7, 1_000, calls=True)
    taken = crowds.take(1)
    newest = list(range(4, MAX_SAID + 4))
    assert (taken[7].ids, taken[7].calls) == (newest, [1_000])
    assert not crowds.take(1)
    for number in range(MAX_CALLS + 1):
        crowds.said(7, number, calls=True)
    assert crowds.take(1)[7].calls == list(range(1, MAX_CALLS + 1))


async def longest_pause(ends: asyncio.Event) -> float:
    """Return the longest turn of the loop until then, in seconds for which its thread worked."""
    longest = 0.0
    while not ends.is_set():
        before = time.thread_time()
        await asyncio.sleep(0)
        longest = max(longest, time.thread_time() - before)
    return longest


async def test_telling_thousands_leaves_others_their_turns() -> None:
    """Also where each of them has another number of mentions, and so a frame of their own."""
    said = [
        Message(
            id=number, room_id=1, username="ada", content="words " * 160, version=number,
            timestamp=datetime.now(UTC),
        )
        for number in range(1, MESSAGES + 1)
    ]  # fmt: skip
    crowd = Crowd([Notice(n, each, "room", True, n) for each in said for n in range(PEOPLE)], [])
    context, ends, telling = Listening(), asyncio.Event(), Telling()
    # What other tests have left in this process is not gone through meanwhile; a server does alike.
    gc.collect()
    gc.freeze()
    watch = asyncio.create_task(longest_pause(ends))
    await asyncio.sleep(0)
    told = await _tell(context, crowd, telling)  # type: ignore[arg-type]
    assert told == (PEOPLE * MESSAGES, {})
    ends.set()
    assert await watch <= scaled(PROMISE * SLACK)
    gc.unfreeze()
    assert len(set(context.listener.frames)) == PEOPLE * MESSAGES
