"""ConnectionManager: who follows which room, what waits for their state, and who is told."""

import asyncio

import pytest

from parlour.main import ConnectionManager as FromMain
from parlour.realtime.connection import OUTBOX_LIMIT
from parlour.realtime.manager import ConnectionManager
from tests.support.sockets import Socket

HALL, ATTIC = 1, 2


@pytest.fixture
async def manager() -> ConnectionManager:
    """Return a manager that knows nobody."""
    return ConnectionManager()


def enter(
    manager: ConnectionManager, *names: str, room_id: int = HALL, aware: bool = False
) -> list[Socket]:
    """Let connections of these people follow a room whose state they have."""
    sockets = [Socket(name, aware=aware) for name in names]
    for socket in sockets:
        manager.register(socket.connection)
        manager.connect(socket.connection, room_id)
        manager.enter(socket.connection, room_id)
        manager.release(socket.connection, room_id, 0)
    return sockets


async def test_the_seed_finds_the_manager_in_main() -> None:
    """`parlour.main` hands it on."""
    assert FromMain is ConnectionManager


async def test_a_frame_reaches_everybody_in_the_room_and_nobody_else(
    manager: ConnectionManager,
) -> None:
    """The very same text, once for each connection."""
    alice, bob = enter(manager, "alice", "bob")
    [eve] = enter(manager, "eve", room_id=ATTIC)
    manager.broadcast(HALL, b"frame")
    assert alice.queued() == bob.queued() == ["frame"]
    assert alice.writes[0] == bob.writes[0]
    assert eve.queued() == []
    manager.broadcast(ATTIC, b"other")
    assert eve.queued() == ["other"]


async def test_a_frame_for_a_room_that_nobody_follows_is_nobodys(
    manager: ConnectionManager,
) -> None:
    """And nothing is kept of it."""
    manager.broadcast(HALL, b"frame", version=5)
    [alice] = enter(manager, "alice")
    assert alice.queued() == []
    assert manager.versions([HALL]) == {}


async def test_a_person_may_be_left_out_with_all_their_connections(
    manager: ConnectionManager,
) -> None:
    """As the one who is typing."""
    alice, phone, bob = enter(manager, "alice", "Alice", "bob")
    manager.broadcast(HALL, b"typing", but="name:alice")
    assert alice.queued() == phone.queued() == []
    assert bob.queued() == ["typing"]


async def test_some_frames_are_only_for_those_who_asked_for_more_than_the_seed(
    manager: ConnectionManager,
) -> None:
    """Wherever they are, in a room or in none."""
    [seed] = enter(manager, "alice")
    [aware] = enter(manager, "bob", aware=True)
    [elsewhere] = enter(manager, "eve", aware=True, room_id=ATTIC)
    nowhere = Socket("ned", aware=True)
    manager.register(nowhere.connection)
    manager.broadcast_to_aware(b"news")
    assert seed.queued() == []
    assert aware.queued() == elsewhere.queued() == nowhere.queued() == ["news"]


async def test_frames_wait_for_the_state_and_come_after_it_once(
    manager: ConnectionManager,
) -> None:
    """Those the state has already are left out, those without a version are not."""
    [bob] = enter(manager, "bob")
    alice = Socket("alice")
    manager.register(alice.connection)
    assert manager.connect(alice.connection, HALL)
    for version in (4, 5, 6, 7):
        manager.broadcast(HALL, f"message {version}".encode(), version=version)
    manager.broadcast(HALL, b"room deleted")
    manager.broadcast(HALL, b"typing", ephemeral=True)
    assert alice.queued() == []
    alice.connection.send(b"state at 5")
    manager.release(alice.connection, HALL, 5)
    assert alice.queued() == ["state at 5", "message 6", "message 7", "room deleted"]
    manager.broadcast(HALL, b"message 8", version=8)
    assert alice.queued()[-1] == "message 8"
    assert bob.queued()[-1] == "message 8"
    assert "typing" in bob.queued()


async def test_asking_again_holds_frames_back_once_more(manager: ConnectionManager) -> None:
    """The room is not followed anew, but its frames wait for the new state."""
    [alice] = enter(manager, "alice")
    manager.broadcast(HALL, b"message 1", version=1)
    assert not manager.connect(alice.connection, HALL)
    manager.broadcast(HALL, b"message 2", version=2)
    manager.broadcast(HALL, b"message 3", version=3)
    assert alice.queued() == ["message 1"]
    assert not manager.connect(alice.connection, HALL)
    manager.release(alice.connection, HALL, 2)
    assert alice.queued() == ["message 1", "message 3"]
    manager.release(alice.connection, HALL, 0)
    assert alice.queued() == ["message 1", "message 3"]


async def test_releasing_what_is_not_followed_is_nothing(manager: ConnectionManager) -> None:
    """The room may have been deleted while its state was read."""
    [alice] = enter(manager, "alice")
    manager.release(alice.connection, ATTIC, 5)
    manager.disconnect(alice.connection, HALL)
    manager.release(alice.connection, HALL, 5)
    assert alice.queued() == []
    assert not manager.enter(alice.connection, HALL)
    assert manager.user_list(HALL) == []


async def test_one_counts_as_present_from_entering_on(manager: ConnectionManager) -> None:
    """Following alone, while the state is read, is not being there."""
    alice = Socket("alice")
    manager.register(alice.connection)
    manager.connect(alice.connection, HALL)
    assert manager.user_list(HALL) == []
    assert manager.enter(alice.connection, HALL)
    assert not manager.enter(alice.connection, HALL)
    assert manager.user_list(HALL) == ["alice"]


async def test_whoever_never_entered_has_not_left(manager: ConnectionManager) -> None:
    """As after asking for a room that is not there."""
    alice = Socket("alice")
    manager.register(alice.connection)
    manager.connect(alice.connection, HALL)
    assert manager.disconnect(alice.connection, HALL) is None
    assert manager.disconnect(alice.connection, HALL) is None


async def test_a_person_leaves_with_their_last_connection(manager: ConnectionManager) -> None:
    """Under the name of the first."""
    desk, phone = enter(manager, "Alice", "ALICE")
    assert manager.user_list(HALL) == ["Alice"]
    assert manager.disconnect(desk.connection, HALL) is None
    left = manager.disconnect(phone.connection, HALL)
    assert left is not None
    assert left.username == "Alice"
    assert manager.user_list(HALL) == []


async def test_rooms_and_followers_are_known_both_ways(manager: ConnectionManager) -> None:
    """Until a connection leaves or is forgotten."""
    [alice] = enter(manager, "alice")
    manager.connect(alice.connection, ATTIC)
    assert manager.rooms_of(alice.connection) == {HALL, ATTIC}
    assert manager.followers(HALL) == [alice.connection]
    assert manager.follows(alice.connection, ATTIC)
    assert manager.connections() == [alice.connection]
    manager.disconnect(alice.connection, ATTIC)
    assert not manager.follows(alice.connection, ATTIC)
    assert manager.rooms_of(alice.connection) == {HALL}
    manager.disconnect(alice.connection, HALL)
    manager.forget(alice.connection)
    assert manager.connections() == []
    assert manager.rooms_of(alice.connection) == set()


async def test_nothing_is_kept_of_rooms_that_nobody_follows(manager: ConnectionManager) -> None:
    """A server that runs for months does not remember every room there ever was."""
    for room_id in range(100):
        [alice] = enter(manager, "alice", room_id=room_id)
        manager.broadcast(room_id, b"frame", version=1)
        manager.disconnect(alice.connection, room_id)
        manager.forget(alice.connection)
    assert not manager._rooms
    assert not manager._connections
    assert not manager._by_person
    assert not len(manager._aware)


async def test_versions_for_the_heartbeat_only_rise(manager: ConnectionManager) -> None:
    """Whichever was told last."""
    enter(manager, "alice")
    manager.broadcast(HALL, b"message 6", version=6)
    manager.note_version(HALL, 4)
    manager.broadcast(HALL, b"typing", ephemeral=True)
    assert manager.versions([HALL, ATTIC]) == {HALL: 6}


async def test_a_connection_that_ends_during_a_broadcast_does_not_disturb_it(
    manager: ConnectionManager,
) -> None:
    """A slow one is cut in the middle of it; the others get their frame."""
    slow, bob = enter(manager, "slow", "bob")
    slow.block()
    while slow.waiting() < OUTBOX_LIMIT - 10:
        slow.connection.send(b"x" * min(OUTBOX_LIMIT // 10, (OUTBOX_LIMIT - slow.waiting()) // 2))
    assert not slow.dropped
    manager.broadcast(HALL, b"one more frame")
    assert bob.queued() == ["one more frame"]
    await asyncio.sleep(0)
    assert slow.dropped
