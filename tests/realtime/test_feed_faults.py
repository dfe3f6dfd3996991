"""A feed some of whose connections cannot be written to: the others get everything all the same."""

import logging

import pytest

from parlour.realtime.feed import SLICE, Feed
from tests.realtime.test_feed import follow, publish, turns
from tests.support.sockets import Socket


class Broken(Socket):
    """A wire that takes some frames, and then breaks at every touch."""

    def __init__(self, *, good_for: int = 0) -> None:
        super().__init__("broken")
        self._good_for = good_for

    def write(self, frames: bytes) -> None:
        """Take frames, or break."""
        if len(self.frames) >= self._good_for:
            raise RuntimeError("it is broken")
        super().write(frames)

    def drop(self) -> None:
        """Break."""
        super().drop()
        raise OSError("it cannot even be dropped")


def mixed(feed: Feed, *places: int, good_for: int = 0) -> tuple[list[Socket], list[Broken]]:
    """Return who follows a feed: three slices of people, and broken ones before these places."""
    sockets: list[Socket] = []
    broken: list[Broken] = []
    for number in range(3 * SLICE + 1):
        if number in places:
            broken.append(Broken(good_for=good_for))
            broken[-1].connection.feeds.append(feed)
            feed.add(broken[-1].connection)
        if number < 3 * SLICE:
            sockets += follow(feed, 1)
    return sockets, broken


PLACES = {
    "the first": [0],
    "the last of a slice": [SLICE - 1],
    "the first of the next": [SLICE],
    "the last of all": [3 * SLICE],
    "several": [0, 1, 2, SLICE - 2, SLICE - 1, SLICE, 2 * SLICE + 7, 3 * SLICE],
    "a whole slice": [*range(SLICE)],
}


@pytest.mark.parametrize("places", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("good_for", [0, 1])
async def test_one_that_breaks_costs_nobody_else_a_frame(
    places: list[int], good_for: int, caplog: pytest.LogCaptureFixture
) -> None:
    """It goes; the others have everything once, in its order, and so it stays."""
    feed = Feed()
    sockets, broken = mixed(feed, *places, good_for=good_for)
    words = [f"{number}" for number in range(5)]
    with caplog.at_level(logging.ERROR):
        for word in words:
            publish(feed, [word])
            await turns(feed)
    assert all(socket.frames == words for socket in sockets)
    assert [each.frames for each in broken] == [words[:good_for]] * len(places)
    assert all(each.dropped and each.connection.ending for each in broken)
    assert len(feed) == len(sockets)
    # Each once, to be found by an id, with its cause.
    lines = [record for record in caplog.records if record.name == "parlour.realtime.feed"]
    assert len({record.getMessage() for record in lines}) == len(lines) == len(places)
    assert all(record.exc_info and record.exc_info[0] is RuntimeError for record in lines)


async def test_one_that_breaks_in_a_batch_that_is_not_for_all_costs_nobody_else_a_frame() -> None:
    """Where somebody is left out, or lags, or is told something alone, there is another way."""
    feed = Feed()
    sockets, broken = mixed(feed, 1, SLICE, good_for=1)
    alone, slow = sockets[0], sockets[-1]
    slow.connection.slow()
    publish(feed, ["a"])
    await turns(feed)
    publish(feed, ["b"], but=[alone.connection])
    publish(feed, ["typing"], ephemeral=True)
    publish(feed, ["c"])
    await turns(feed)
    assert alone.frames == ["a", "typing", "c"]
    assert slow.frames == ["a", "b", "c"]
    assert all(socket.frames == ["a", "b", "typing", "c"] for socket in sockets[1:-1])
    assert all(each.frames == ["a"] and each.dropped for each in broken)
    slow.connection.drained()


async def test_one_that_breaks_when_it_is_brought_up_to_date_is_nobody_elses_fault() -> None:
    """Who publishes what is not for it has to do so first."""
    feed = Feed()
    sockets, [broken] = mixed(feed, 5)
    publish(feed, "a")
    publish(feed, "b", but=[broken.connection])
    await turns(feed)
    assert all(socket.frames == ["a", "b"] for socket in sockets)
    assert broken.dropped


async def test_one_that_breaks_while_it_lags_costs_nobody_else_a_frame() -> None:
    """Those that lag come first."""
    feed = Feed()
    sockets, [broken] = mixed(feed, 5)
    broken.connection.slow()
    publish(feed, "ab")
    await turns(feed)
    publish(feed, "c")
    await turns(feed)
    assert all(socket.frames == ["a", "b", "c"] for socket in sockets)
    assert broken.dropped
    assert len(feed) == len(sockets)
