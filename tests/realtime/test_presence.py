"""Presence: people are counted once, however many connections each of them has."""

from parlour.realtime.presence import Presence, Present

ALICE = Present("Alice", guest=True)
BOB = Present("Bob", guest=False)


def test_a_person_comes_with_the_first_connection_and_leaves_with_the_last() -> None:
    """Those between change nothing."""
    presence = Presence()
    assert presence.enter(1, "alice", ALICE)
    assert not presence.enter(1, "alice", Present("ALICE", guest=True))
    assert presence.online(1) == 1
    assert presence.leave(1, "alice") is None
    assert presence.online(1) == 1
    assert presence.leave(1, "alice") == ALICE
    assert presence.online(1) == 0
    assert presence.people(1) == []


def test_people_are_listed_in_the_order_in_which_they_came() -> None:
    """Under the name of their first connection; whoever comes again is last."""
    presence = Presence()
    presence.enter(1, "alice", ALICE)
    presence.enter(1, "bob", BOB)
    presence.enter(1, "alice", Present("ALICE", guest=True))
    assert presence.people(1) == [ALICE, BOB]
    presence.leave(1, "alice")
    presence.leave(1, "alice")
    presence.enter(1, "alice", ALICE)
    assert presence.people(1) == [BOB, ALICE]


def test_rooms_are_counted_apart() -> None:
    """One may be in several at once."""
    presence = Presence()
    assert presence.enter(1, "alice", ALICE)
    assert presence.enter(2, "alice", ALICE)
    assert presence.leave(1, "alice") == ALICE
    assert presence.online(1) == 0
    assert presence.online(2) == 1
    assert presence.people(2) == [ALICE]


def test_nothing_is_kept_of_rooms_that_are_empty() -> None:
    """A server that runs for months does not remember every room there ever was."""
    presence = Presence()
    for room_id in range(100):
        presence.enter(room_id, "alice", ALICE)
        presence.leave(room_id, "alice")
    assert not presence._people
    assert not presence._connections
