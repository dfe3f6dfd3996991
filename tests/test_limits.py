"""An office, a tunnel, a restart: honest people are never refused; a bot is, within a minute."""

from collections import Counter
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as some

from parlour.costs import (
    BUDGETS,
    COMMANDS,
    CONNECT,
    MOST_OF_ADDRESS,
    MOST_OF_PERSON,
    REQUEST,
    ROUTES,
)
from parlour.errors import Refusal
from parlour.limits import Limits
from parlour.support.addresses import address_of
from parlour.support.meters import MOST

ROOM = "/api/chat/rooms/{room_id}"
# What the page asks for when it is opened in a room with an account.
OPENING = (
    "GET /api/users/me", "GET /api/chat/rooms", f"GET {ROOM}", f"GET {ROOM}/messages",
    "GET /api/chat/scheduled", "GET /api/chat/saved/ids", "GET /api/chat/do-not-disturb",
    f"GET {ROOM}/notifications", f"GET {ROOM}/pins", f"GET {ROOM}/reads", "GET /api/users/avatars",
    f"GET {ROOM}/members", "POST /api/auth/refresh", "POST /api/auth/ticket",
)  # fmt: skip
PICTURES = 60
ASSETS = 15


class World:
    """A server's limits, by a clock of the test's own, and everybody who comes."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.limits = Limits(1, lambda: self.now)

    def command(self, kind: str, person: str, address: str, room: int | None = None) -> bool:
        """Send a command; whether it was done."""
        charge = self.limits.commands[kind]
        if charge.take(person, address, self.now):
            return False
        return room is None or not charge.take_of_room(room, self.now)

    def ask(self, route: str, person: str | None, address: str) -> None:
        """Ask over HTTP. Raises Refusal."""
        cost = ROUTES[route]
        self.limits.check(REQUEST, address=address)
        self.limits.check(cost, address=address)
        self.limits.check(cost, payer=person)

    def open_page(self, person: str, address: str, rooms: int = 1) -> None:
        """Load the page, and come into a room, or into all that one follows."""
        for _ in range(ASSETS):
            self.limits.check(REQUEST, address=address)
        for route in OPENING:
            self.ask(route, person, address)
        for _ in range(PICTURES):
            self.ask("GET /api/chat/files/{file_id}/thumbnail", person, address)
        self.limits.check_connect(address)
        for room in range(rooms):
            assert self.command("subscribe", person, address, room)


def test_an_office_that_talks_all_day_is_never_refused() -> None:
    """Three hundred behind one address: they type, read and say something twice in a minute."""
    world, people = World(), [f"user:{number}" for number in range(300)]
    for person in people:
        world.now += 0.2
        world.open_page(person, "192.0.2.1", rooms=200)
    for second in range(1800):
        world.now += 1
        for number, person in enumerate(people):
            if (second + number * 7) % 30 < 5:
                assert world.command("typing", person, "192.0.2.1", number % 10)
            if (second + number * 7) % 30 == 5:
                assert world.command("message", person, "192.0.2.1", number % 10)
            if (second + number) % 4 == 0:
                assert world.command("read", person, "192.0.2.1")
            if (second + number) % 25 == 0:
                assert world.command("ping", person, "192.0.2.1")
            if (second + number) % 60 == 0:
                world.ask(f"GET {ROOM}/messages", person, "192.0.2.1")


def test_after_a_restart_everybody_comes_back_at_once() -> None:
    """A thousand behind one address, within two seconds, each to their rooms."""
    world = World()
    for number in range(1000):
        world.now += 0.002
        person = f"user:{number}"
        world.limits.check_connect("192.0.2.1")
        world.limits.enter(person, "192.0.2.1")
        for room in range(10):
            assert world.command("subscribe", person, "192.0.2.1", room)


@pytest.mark.parametrize("kind", ["message", "http"])
def test_what_was_written_in_a_tunnel_goes_out_at_once(kind: str) -> None:
    """Fifty messages, twenty files, and the page loaded anew, in the tabs of one person."""
    world = World()
    for _ in range(2):
        world.open_page("user:1", "192.0.2.1", rooms=200)
        for _ in range(20):
            world.ask("POST /api/chat/files", "user:1", "192.0.2.1")
        for _ in range(50):
            if kind == "message":
                assert world.command("message", "user:1", "192.0.2.1", 7)
            else:
                world.ask(f"POST {ROOM}/messages", "user:1", "192.0.2.1")
                world.limits.check_room("message", 7)
        world.now += 30


def test_all_tabs_of_a_person_come_back_at_once() -> None:
    """As many as there may be, when the lid of a computer is opened."""
    world = World()
    for _ in range(MOST_OF_PERSON):
        world.limits.check_connect("192.0.2.1")
        world.limits.enter("user:1", "192.0.2.1")
        for room in range(100):
            assert world.command("subscribe", "user:1", "192.0.2.1", room)
        assert world.command("read", "user:1", "192.0.2.1")


@given(some.lists(some.floats(0.12, 2.0), min_size=10, max_size=400))
def test_nobody_types_so_fast_that_it_is_too_fast(gaps: list[float]) -> None:
    """A message every half a second for minutes, with bursts of what was pasted line by line."""
    world = World()
    since, said = world.now, 0
    for gap in gaps:
        world.now += gap
        if said > 2 * (world.now - since) + 60:
            continue
        said += 1
        assert world.command("message", "user:1", "192.0.2.1", 7)


def test_a_bot_that_goes_on_at_ten_a_second_is_slowed_down_within_half_a_minute() -> None:
    """To the steady pace; the room has place for all others."""
    world, done = World(), 0
    size = BUDGETS["say"].person
    assert size is not None
    for tenth in range(6000):
        world.now += 0.1
        allowed = world.command("message", "user:1", "192.0.2.1", 7)
        done += allowed
        assert allowed or tenth > 100
        if tenth % 10 == 0:
            assert world.command("message", f"user:{2 + tenth % 50}", "192.0.2.2", 7)
    assert done <= size.at_once + size.per_second * 600 + 1


@pytest.mark.parametrize(("kind", "budget"), [("message", "say"), ("typing", "typing")])
def test_a_thousand_names_at_one_address_have_what_an_address_has(kind: str, budget: str) -> None:
    """Whoever makes names for nothing gets no more by it, and closes no room to others."""
    world, done = World(), 0
    size = BUDGETS[budget].address
    for number in range(60_000):
        world.now += 0.001
        done += world.command(kind, f"name:{number}|192.0.2.1", "192.0.2.1", 7)
        if number % 100 == 0:
            assert world.command(kind, f"user:{number % 4000}", "192.0.2.2", 7)
    assert done <= size.at_once + size.per_second * 60 + 1


def test_a_room_has_back_what_was_taken_for_nothing() -> None:
    """And no more than that: a bucket that is full stays as it is."""
    world = World()
    size = BUDGETS["say"].room
    assert size is not None
    for _ in range(size.at_once):
        world.limits.check_room("message", 7)
    with pytest.raises(Refusal, match="Too much"):
        world.limits.check_room("message", 7)
    world.limits.give_back("message", 7)
    world.limits.check_room("message", 7)
    with pytest.raises(Refusal, match="Too much"):
        world.limits.check_room("message", 7)
    world.limits.give_back("message", 8)
    for _ in range(size.at_once):
        world.limits.check_room("message", 8)
    with pytest.raises(Refusal, match="Too much"):
        world.limits.check_room("message", 8)


def test_a_million_addresses_take_what_some_thousands_take() -> None:
    """Nobody is remembered for long, and never more than a number of them."""
    limits = Limits(1, lambda: 1000.0)
    numbers = count()
    for number in numbers:
        limits.check(REQUEST, address=f"2001:db8:{number >> 16:x}:{number & 0xFFFF:x}::/64")
        if number == 200_000:
            break
    assert limits.remembered <= 2 * MOST + 1


def test_connections_are_counted_by_address_too() -> None:
    """Of many people there; one that ends makes place."""
    world = World()
    for number in range(MOST_OF_ADDRESS):
        world.limits.enter(f"user:{number}", "192.0.2.1")
    with pytest.raises(Refusal) as raised:
        world.limits.check_connect("192.0.2.1")
    assert raised.value.code == "too_many_connections"
    assert raised.value.retry_after
    with pytest.raises(Refusal, match="2000 connections of this address"):
        world.limits.enter("user:x", "192.0.2.1")
    world.limits.check_connect("192.0.2.2")
    world.limits.leave("user:0", "192.0.2.1")
    world.limits.check_connect("192.0.2.1")
    world.limits.enter("user:x", "192.0.2.1")
    for number in range(1, MOST_OF_ADDRESS):
        world.limits.leave(f"user:{number}", "192.0.2.1")
    world.limits.leave("user:x", "192.0.2.1")
    assert not world.limits._connections


def test_a_factor_gives_so_many_times_as_much_and_none_gives_anything() -> None:
    """Of all budgets, in one go and later."""
    done: Counter[int] = Counter()
    for factor in (1, 3, 0):
        limits = Limits(factor, lambda: 1000.0)
        for _ in range(1000):
            try:
                limits.check(ROUTES["GET /api/chat/search"], payer="user:1", address="192.0.2.1")
            except Refusal:
                break
            done[factor] += 1
    size = BUDGETS["search"].person
    assert size is not None
    assert done == {1: size.at_once, 3: 3 * size.at_once, 0: 1000}
    assert not Limits(0).commands
    assert set(Limits(1).commands) == set(COMMANDS)


def test_who_has_no_address_shares_none() -> None:
    """As behind a socket of the file system, under another server."""
    limits = Limits(1, lambda: 1000.0)
    for _ in range(BUDGETS["connect"].address.at_once * 2):
        limits.check(CONNECT, address=address_of(None))
