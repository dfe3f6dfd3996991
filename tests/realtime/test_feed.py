"""A feed: one write for a turn, everything in its order, nobody in another's way."""

import asyncio
import time
from collections.abc import Iterable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from parlour.realtime.feed import BATCH_BYTES, HELD_BYTES, SLICE, Feed
from parlour.realtime.frames import text_frame
from parlour.support.counts import COUNTS
from tests.support.sockets import Socket
from tests.support.timing import BRIEF


def follow(feed: Feed, count: int) -> list[Socket]:
    """Return sockets that follow a feed."""
    sockets = [Socket(f"person {number}") for number in range(count)]
    for socket in sockets:
        socket.connection.feeds.append(feed)
        feed.add(socket.connection)
    return sockets


def publish(feed: Feed, words: Iterable[str], **options: Any) -> None:
    """Publish words, each in a frame."""
    for word in words:
        feed.publish(text_frame(word.encode()), **options)


async def turns(feed: Feed) -> None:
    """Let the event loop turn until all is written."""
    while feed._running:  # noqa: ASYNC110 - no wait, but turns of the loop
        await asyncio.sleep(0)


async def test_what_comes_in_one_turn_goes_out_in_one_write() -> None:
    """The same bytes to everybody, made once."""
    feed = Feed()
    sockets = follow(feed, 3)
    publish(feed, "abc")
    assert [socket.writes for socket in sockets] == [[], [], []]
    await asyncio.sleep(0)
    assert all(socket.frames == ["a", "b", "c"] for socket in sockets)
    assert all(len(socket.writes) == 1 for socket in sockets)
    assert sockets[0].writes[0] is sockets[2].writes[0]


async def test_a_large_room_is_written_to_in_slices() -> None:
    """Whoever asks for a page meanwhile waits for one slice."""
    feed = Feed()
    sockets = follow(feed, 3 * SLICE)
    publish(feed, "a")
    for slices in range(1, 4):
        await asyncio.sleep(0)
        assert sum(bool(socket.frames) for socket in sockets) == slices * SLICE
    assert not feed._running


async def test_a_batch_is_bounded() -> None:
    """A burst is written in several, in its order."""
    feed = Feed()
    [socket] = follow(feed, 1)
    words = [f"{number}".ljust(BATCH_BYTES // 4) for number in range(10)]
    publish(feed, words)
    await turns(feed)
    assert socket.frames == words
    assert len(socket.writes) == 4
    publish(feed, ["x" * 2 * BATCH_BYTES])
    await turns(feed)
    assert len(socket.frames) == 11


async def told(feed: Feed, *frames: tuple[str, float]) -> list[int]:
    """Publish words that were committed so many seconds ago, if at all; what is counted of it.

    That is for how many batches it took how many seconds, 0 being less than one.
    """
    before = list(COUNTS.fan_out_lag.counts)
    for words, seconds in frames:
        COUNTS.committed_at = time.perf_counter() - seconds if seconds else 0.0
        publish(feed, [words])
    COUNTS.committed_at = 0.0
    await turns(feed)
    rises = zip(before, COUNTS.fan_out_lag.counts, strict=True)
    bounds = (0, *COUNTS.fan_out_lag.bounds)
    risen = {bound: after - before for bound, (before, after) in zip(bounds, rises, strict=True)}
    return [int(bound) for bound, count in risen.items() for _ in range(count)]


async def test_how_long_after_a_commit_the_last_was_told_is_counted_once_for_a_batch() -> None:
    """From the first that is in it; not for what nobody committed, and where nobody is told."""
    feed = Feed()
    follow(feed, 2 * SLICE)
    assert await told(feed, ("typing", 0), ("first", 3), ("second", 1.5), ("left", 0)) == [2]
    assert await told(feed, ("typing", 0)) == []
    # What did not fit goes by its own time, and not by that of what did.
    large = "x" * BATCH_BYTES
    assert await told(feed, (large, 6), (large, 1.5), ("typing", 0)) == [1, 5]
    assert await told(Feed(), ("nobody", 3)) == []


async def test_what_one_alone_is_told_keeps_its_place() -> None:
    """Also in the middle of a batch that others have got already."""
    feed = Feed()
    sockets = follow(feed, 2 * SLICE)
    publish(feed, "ab")
    await asyncio.sleep(0)
    publish(feed, "c")
    for socket in sockets:
        socket.connection.send(b"own")
    publish(feed, "d")
    await turns(feed)
    assert all(socket.frames == ["a", "b", "c", "own", "d"] for socket in sockets)


async def test_some_may_be_left_out_of_one_frame() -> None:
    """They get what comes before and after."""
    feed = Feed()
    alice, bob = follow(feed, 2)
    publish(feed, "a")
    publish(feed, "b", but=[alice.connection])
    publish(feed, "c")
    await turns(feed)
    assert alice.frames == ["a", "c"]
    assert bob.frames == ["a", "b", "c"]


async def test_whoever_was_left_out_gets_the_rest_of_the_batch_once() -> None:
    """Also when they are brought up to date while the others are yet to be written to."""
    feed = Feed()
    sockets = follow(feed, 2 * SLICE)
    alice = sockets[0]
    publish(feed, "a", but=[alice.connection])
    publish(feed, "b")
    await asyncio.sleep(0)
    assert alice.frames == ["b"]
    alice.connection.send(b"own")
    await turns(feed)
    assert alice.frames == ["b", "own"]
    assert sockets[-1].frames == ["a", "b"]


async def test_whoever_lags_gets_no_ephemeral_frames() -> None:
    """In a batch as well as by themselves."""
    feed = Feed()
    alice, bob = follow(feed, 2)
    alice.connection.slow()
    publish(feed, "a")
    publish(feed, ["typing"], ephemeral=True)
    publish(feed, "b")
    await turns(feed)
    assert alice.frames == ["a", "b"]
    assert bob.frames == ["a", "typing", "b"]
    alice.connection.drained()


async def test_whoever_comes_gets_only_what_is_published_afterwards() -> None:
    """And whoever goes gets nothing more."""
    feed = Feed()
    [alice] = follow(feed, 1)
    publish(feed, "a")
    [bob] = follow(feed, 1)
    publish(feed, "b")
    feed.remove(alice.connection)
    await turns(feed)
    publish(feed, "c")
    await turns(feed)
    assert alice.frames == []
    assert bob.frames == ["b", "c"]


async def test_nothing_is_kept_for_nobody() -> None:
    """A feed whose last follower has gone in the middle of it all is as new."""
    feed = Feed()
    [alice] = follow(feed, 1)
    publish(feed, "ab")
    feed.remove(alice.connection)
    publish(feed, "c")
    await turns(feed)
    [bob] = follow(feed, 1)
    publish(feed, "d")
    await turns(feed)
    assert (alice.frames, bob.frames) == ([], ["d"])


async def test_what_is_held_back_is_bounded() -> None:
    """A client whose state takes too long is cut like one that reads too slowly."""
    feed = Feed()
    [alice] = follow(feed, 1)
    feed.hold(alice.connection)
    for _ in range(5):
        publish(feed, ["x" * (HELD_BYTES // 4)])
    assert alice.dropped
    await turns(feed)


@settings(max_examples=100 if BRIEF else 300)
@given(st.data())
def test_everybody_gets_everything_once_and_in_order_whatever_happens(data: st.DataObject) -> None:
    """Random publishing, telling one alone, holding, releasing and turns, against a plain list."""
    asyncio.run(_story(data))


async def _story(data: st.DataObject) -> None:
    # In more than one slice, too; some of them act.
    story = Story(data.draw(st.sampled_from([1, 2, 5, 2 * SLICE])))
    someone = st.sampled_from(story.sockets[:3] + story.sockets[-3:])
    verbs = st.sampled_from(
        ["publish", "publish", "leave_out", "tell", "hold", "release", "turn", "lag", "drain"]
    )
    for number, verb in enumerate(data.draw(st.lists(verbs, max_size=40)), 1):
        if verb == "turn":
            await asyncio.sleep(0)
        else:
            getattr(story, verb)(data.draw(someone), number)
    for socket in list(story.held):
        story.release(socket, 0)
    await turns(story.feed)
    assert {socket: socket.frames for socket in story.sockets} == story.expected
    for socket in story.sockets:
        socket.connection.gone()
    assert len(story.feed) == 0


class Story:
    """What happens to a feed, and what everybody must have got in the end."""

    def __init__(self, count: int) -> None:
        self.feed = Feed()
        self.sockets = follow(self.feed, count)
        self.expected: dict[Socket, list[str]] = {socket: [] for socket in self.sockets}
        self.held: dict[Socket, list[tuple[int, str]]] = {}

    def publish(self, _: Socket, number: int, out: Socket | None = None) -> None:
        """Publish a frame to everybody but `out`, who is not left out while they are held."""
        but = [out.connection] if out else []
        publish(self.feed, [f"{number}"], version=number, but=but)
        for socket in self.sockets:
            if socket in self.held:
                self.held[socket].append((number, f"{number}"))
            elif socket is not out:
                self.expected[socket].append(f"{number}")

    def leave_out(self, socket: Socket, number: int) -> None:
        """Publish a frame to everybody else."""
        self.publish(socket, number, out=socket)

    def tell(self, socket: Socket, number: int) -> None:
        """Tell one alone."""
        socket.connection.send(b"%d" % number)
        self.expected[socket].append(f"{number}")

    def hold(self, socket: Socket, _: int) -> None:
        """Keep back what comes."""
        self.feed.hold(socket.connection)
        self.held.setdefault(socket, [])

    def release(self, socket: Socket, number: int) -> None:
        """Hand it over, but for what the state has."""
        since = number // 2
        self.feed.release(socket.connection, since)
        kept = self.held.pop(socket, [])
        self.expected[socket] += [text for version, text in kept if version > since]

    def lag(self, socket: Socket, _: int) -> None:
        """Let one lag."""
        socket.connection.slow()

    def drain(self, socket: Socket, _: int) -> None:
        """Let one keep up again."""
        socket.connection.drained()
