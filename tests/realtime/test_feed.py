"""A feed: one write for a turn, everything in its order, nobody in another's way."""

import asyncio
from collections.abc import Iterable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from parlour.realtime.feed import BATCH_BYTES, HELD_BYTES, SLICE, Feed
from parlour.realtime.frames import text_frame
from tests.support.sockets import Socket


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


@given(st.data())
def test_everybody_gets_everything_once_and_in_order_whatever_happens(data: st.DataObject) -> None:
    """Random publishing, telling one alone, holding, releasing and turns, against a plain list."""
    asyncio.run(_story(data))


async def _story(data: st.DataObject) -> None:
    feed = Feed()
    # In more than one slice, too; some of them act.
    sockets = follow(feed, data.draw(st.sampled_from([1, 2, 5, 2 * SLICE])))
    expected: dict[Socket, list[str]] = {socket: [] for socket in sockets}
    held: dict[Socket, list[tuple[int, str]]] = {}
    someone = st.sampled_from(sockets[:3] + sockets[-3:])
    verbs = st.sampled_from(
        ["publish", "publish", "tell", "leave out", "hold", "release", "turn", "lag", "drain"]
    )
    for number, verb in enumerate(data.draw(st.lists(verbs, max_size=40)), 1):
        word = f"{number}"
        socket = data.draw(someone)
        if verb in {"publish", "leave out"}:
            out = [socket.connection] if verb == "leave out" else []
            publish(feed, [word], version=number, but=out)
            for each in sockets:
                if each in held:
                    held[each].append((number, word))
                elif each.connection not in out:
                    expected[each].append(word)
        elif verb == "tell":
            socket.connection.send(word.encode())
            expected[socket].append(word)
        elif verb == "hold":
            feed.hold(socket.connection)
            held.setdefault(socket, [])
        elif verb == "release" and socket in held:
            since = data.draw(st.integers(0, number))
            feed.release(socket.connection, since)
            expected[socket] += [text for version, text in held.pop(socket) if version > since]
        elif verb == "turn":
            await asyncio.sleep(0)
        elif verb == "lag":
            socket.connection.slow()
        elif verb == "drain":
            socket.connection.drained()
    for socket, kept in held.items():
        feed.release(socket.connection, None)
        expected[socket] += [text for _, text in kept]
    await turns(feed)
    assert {socket: socket.frames for socket in sockets} == expected
    for socket in sockets:
        socket.connection.gone()
    assert len(feed) == 0
