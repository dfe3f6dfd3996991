"""What is noted to be told: in whose turn, how much of it, and not to who was put out meanwhile."""

from datetime import UTC, datetime

from parlour.features.news import _frame, _room
from parlour.models import Message, Room
from parlour.news import MAX_DELETED, MAX_SPEAKERS, Deleted, Happened, News
from parlour.protocol import NewsEvent, RoomNews, encode


def message(room_id: int, message_id: int) -> Message:
    """One that a guest said."""
    return Message(
        id=message_id, room_id=room_id, username="gus", content="", timestamp=datetime.now(UTC),
        version=1, guest=True,
    )  # fmt: skip


def room(room_id: int, messages: int, deleted: int) -> Room:
    """One where so many were said and deleted."""
    return Room(
        id=room_id, name="Tea", created_at=datetime.now(UTC), version=1, epoch="e",
        message_count=messages, deleted_count=deleted,
    )  # fmt: skip


def test_a_room_that_waits_keeps_its_place_however_busy_the_others_are() -> None:
    """Each has its turn, with its newest message."""
    news = News()
    for message_id, room_id in enumerate([1, 2, 1, 3, 1], start=1):
        news.said(room_id, message_id, None)
    assert news.take(2).said == {1: 5, 2: 2}
    news.said(1, 6, None)
    assert news.take(2).said == {3: 4, 1: 6}
    assert news.take(2) == Happened()


def test_what_could_not_be_told_comes_first_the_next_time() -> None:
    """What came meanwhile is newer, and nothing that was deleted is forgotten."""
    news = News()
    news.said(1, 1, None)
    news.deleted(message(2, 7), 1)
    taken = news.take(10)
    news.said(3, 8, None)
    news.said(1, 9, None)
    news.deleted(message(2, 10), 2)
    news.again(taken.said, taken.deleted)
    again = news.take(2)
    assert again.said == {1: 9, 2: 0}
    assert again.deleted == {2: Deleted(2, (7, 10))}
    assert news.take(2).said == {3: 8}


def test_how_many_deletions_are_told_leaves_out_those_that_are_told_later() -> None:
    """Whoever looks after the news were taken sees them already, and their ids are not told yet."""
    news = News()
    assert news.count_told(2, None, 3) == 3
    assert news.count_told(2, Deleted(2, (7, 10)), 3) == 2
    news.deleted(message(2, 11), 3)
    assert news.count_told(2, None, 3) == 2
    assert news.count_told(2, None, 1) == 1


def test_what_is_noted_is_bounded() -> None:
    """However much is deleted, and however many speak."""
    news = News()
    for number in range(1, 1_000):
        news.deleted(message(1, number), number)
        news.said(1, number, f"speaker {number}")
    taken = news.take(10)
    assert taken.deleted[1] == Deleted(999, tuple(range(1_000 - MAX_DELETED, 1_000)))
    assert len(taken.spoke) == MAX_SPEAKERS
    assert len(news.take(10).spoke) == MAX_SPEAKERS


def test_who_lets_nobody_know_is_not_noted() -> None:
    """From the moment on in which that was committed."""
    news = News()
    news.share(7, shares=False)
    news.read(1, 7, "ada", 3)
    news.read(1, 8, "bob", 3)
    assert news.take(1).read == {1: {8: ("bob", 3)}}
    news.share(7, shares=True)
    news.read(1, 7, "ada", 4)
    assert news.take(1).read == {1: {7: ("ada", 4)}}


def test_who_is_put_out_while_it_is_told_is_known_until_it_was() -> None:
    """And not before, when nobody has been looked up, nor after."""
    news = News()
    news.put_out("user:1", 5)
    with news.telling():
        assert news.out_of("user:1") == set()
        news.put_out("user:1", 5)
        assert news.out_of("user:1") == {5}
        assert news.out_of("user:2") == set()
    assert news.out_of("user:1") == set()


def test_a_frame_put_together_is_the_frame_encoded() -> None:
    """Of no rooms, of one and of several."""
    happened = Happened({1: 5, 2: 0}, {2: Deleted(2, (7, 8))})
    rooms = (
        RoomNews(room_id=1, message_id=5, message_count=9, deleted_count=1, deleted=()),
        RoomNews(room_id=2, message_id=0, message_count=3, deleted_count=2, deleted=(7, 8)),
    )
    found = [room(1, messages=9, deleted=1), room(2, messages=3, deleted=2)]
    parts = [_room(News(), happened, room) for room in found]
    for count in range(3):
        assert _frame(parts[:count]) == encode(NewsEvent(rooms=rooms[:count]))
