"""What everybody may do in a while, counted as it happens: by person, address, room and message.

Each node decides by itself and at once; nobody waits for another. Of whoever has much of a
bucket in use the nodes tell one another a moment later, by what they share (decision 36).
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Final, Protocol

from parlour.costs import (
    BUDGETS,
    CHANGES,
    COMMANDS,
    CONNECT,
    CONNECT_AGAIN,
    MOST_OF_ADDRESS,
    MOST_OF_PERSON,
    Cost,
    Size,
)
from parlour.errors import Refusal
from parlour.support.addresses import UNKNOWN
from parlour.support.buckets import ANSWER_SECONDS, Common, Drop
from parlour.support.counts import COUNTS
from parlour.support.meters import Meter

# What was taken is told to the other nodes so long after it at most.
SHARE_SECONDS: Final = 0.1
# And of so many keys at once; of others with the next.
SHARED_AT_ONCE: Final = 500
# What is counted of each message.
_CHANGE: Final = ("edit", "message")


class Charge:
    """What something costs, ready to be taken: this is asked for every frame that comes."""

    __slots__ = ("_address", "_budget", "_drops", "_person", "_room", "quiet")

    def __init__(self, cost: Cost, meters: "dict[tuple[str, str], Meter]") -> None:
        self.quiet: Final = cost.quiet
        self._budget: Final = cost.budget
        self._drops: Final = cost.drops
        self._person: Final = meters.get((cost.budget, "person"))
        self._address: Final = meters[cost.budget, "address"]
        self._room: Final = meters.get((cost.budget, "room")) if cost.in_room else None

    def take(self, payer: str | None, address: str, now: float) -> float:
        """Take it of the person and the address: 0, or how many seconds there are to wait."""
        drops = self._drops
        if payer is not None and self._person is not None:
            wait = self._person.take(payer, drops, now)
            if wait:
                return self._short("person", wait)
        # Where nobody has an address, nobody shares one.
        if address is not UNKNOWN:
            wait = self._address.take(address, drops, now)
            if wait:
                return self._short("address", wait)
        return 0.0

    def take_of_room(self, room_id: int, now: float) -> float:
        """The same of the room."""
        if self._room is not None:
            wait = self._room.take(room_id, self._drops, now)
            if wait:
                return self._short("room", wait)
        return 0.0

    def give_back(self, room_id: int, now: float) -> None:
        """Give a room back what was taken for nothing."""
        if self._room is not None:
            self._room.give_back(room_id, self._drops, now)

    def _short(self, scope: str, wait: float) -> float:
        COUNTS.limited[self._budget, scope] += 1
        return wait


class Sharing(Common, Protocol):
    """The other nodes, as far as they count together."""

    @property
    def has_others(self) -> bool:
        """Whether there are any just now."""


class Limits:
    """The buckets of one server, and how many connections each has open."""

    def __init__(self, factor: int = 1, clock: Callable[[], float] = time.monotonic) -> None:
        """`factor` times as much as the table says; 0 for any amount."""
        self.factor: Final = factor
        self.clock: Final = clock
        self._meters: Final = _meters(factor) if factor else {}
        self.commands: Final = {
            kind: Charge(cost, self._meters) for kind, cost in COMMANDS.items() if factor
        }
        self._charges: Final[dict[Cost, Charge]] = {}
        self._connections: Final[dict[str, int]] = {}
        self._spent: dict[tuple[Meter, Any], int] = {}
        self._peers: Sharing | None = None
        self._spawn: Callable[[Coroutine[Any, Any, None]], object] | None = None

    @property
    def remembered(self) -> int:
        """How many buckets are not known to be full."""
        return sum(map(len, self._meters.values()))

    # What is asked for

    def check(
        self,
        cost: Cost,
        *,
        payer: str | None = None,
        address: str = UNKNOWN,
    ) -> None:
        """Take what something costs of those who are named. Raises Refusal `rate_limited`."""
        if not self.factor:
            return
        charge = self._charges.get(cost)
        if charge is None:
            charge = self._charges[cost] = Charge(cost, self._meters)
        wait = charge.take(payer, address, self.clock())
        if wait:
            raise too_much(wait)

    def check_room(self, command: str, room_id: int) -> None:
        """Take what a command costs of its room. Raises Refusal `rate_limited`.

        That comes last, and goes back where it was refused after all (`give_back`), so that nobody
        closes a room to those who are in it.
        """
        charge = self.commands.get(command)
        if charge is not None and (wait := charge.take_of_room(room_id, self.clock())):
            raise too_much(wait)

    def is_busy(self, command: str, room_id: int) -> bool:
        """As `check_room`, for what is passed over without a word where the room is busy."""
        charge = self.commands.get(command)
        return charge is not None and bool(charge.take_of_room(room_id, self.clock()))

    def give_back(self, command: str, room_id: int) -> None:
        """It was refused after all, and went to nobody in the room."""
        charge = self.commands.get(command)
        if charge is not None:
            charge.give_back(room_id, self.clock())

    @contextmanager
    def changing(self, author: str, message_id: int | None) -> Iterator[Callable[[], None]]:
        """Take what one more change of a message costs, if it is of one. Raises Refusal.

        It is counted for whoever asks, so that nobody takes anything of another's message. Where
        the block refuses it, it goes back, and where that calls what it is given: nothing changed.
        """
        self.check_change(author, message_id)

        def give_back() -> None:
            self.give_back_change(author, message_id)

        try:
            yield give_back
        except Refusal:
            give_back()
            raise

    def check_change(self, author: str, message_id: int | None) -> None:
        """Take it, and give it back by `give_back_change` or not. Raises Refusal."""
        meter = self._meters.get(_CHANGE)
        if meter is None or message_id is None:
            return
        wait = meter.take(f"{message_id} {author}", 1, self.clock())
        if wait:
            budget, scope = _CHANGE
            COUNTS.limited[budget, scope] += 1
            raise too_much(wait, "Too many changes of one message")

    def give_back_change(self, author: str, message_id: int | None) -> None:
        """Nothing of it was changed after all."""
        meter = self._meters.get(_CHANGE)
        if meter is not None and message_id is not None:
            meter.give_back(f"{message_id} {author}", 1, self.clock())

    def check_connect(self, address: str) -> None:
        """Count a connection that is opened. Raises Refusal, also where there are too many."""
        self.check(CONNECT, address=address)
        if address != UNKNOWN:
            self._check_open(address, MOST_OF_ADDRESS, "address")

    # Connections that are open

    def enter(self, payer: str, address: str) -> None:
        """One more connection of somebody is open. Raises Refusal where they have too many."""
        if address != UNKNOWN:
            self._check_open(address, MOST_OF_ADDRESS, "address")
        self._check_open(payer, MOST_OF_PERSON, "person")
        for key in (payer, address):
            self._connections[key] = self._connections.get(key, 0) + 1

    def leave(self, payer: str, address: str) -> None:
        """It is not any more."""
        for key in (payer, address):
            left = self._connections[key] - 1
            if left:
                self._connections[key] = left
            else:
                del self._connections[key]

    def _check_open(self, key: str, most: int, scope: str) -> None:
        if self.factor and self._connections.get(key, 0) >= most * self.factor:
            COUNTS.limited["connections", scope] += 1
            raise Refusal(
                "too_many_connections",
                f"There are {most * self.factor} connections of this {scope} already."
                " Close one, or come back later.",
                retry_after=CONNECT_AGAIN,
            )

    # With other nodes

    def share(self, peers: Sharing, spawn: Callable[[Coroutine[Any, Any, None]], object]) -> None:
        """Tell other nodes of those who have much of theirs in use, and hear of it."""
        self._peers, self._spawn = peers, spawn
        for (_, scope), meter in self._meters.items():
            meter.tell(self._took, steady=scope == "person")

    def _took(self, meter: Meter, key: Any, drops: int) -> None:
        if self._peers is None or not self._peers.has_others:
            return
        known = self._spent.get((meter, key), 0)
        if known + drops <= 0:
            # What has been told is not taken back: it falls in again.
            self._spent.pop((meter, key), None)
            return
        if not self._spent:
            asyncio.get_running_loop().call_later(SHARE_SECONDS, self._tell)
        self._spent[meter, key] = known + drops

    def _tell(self) -> None:
        some = list(self._spent.items())[:SHARED_AT_ONCE]
        for place, _ in some:
            del self._spent[place]
        if self._spent:
            asyncio.get_running_loop().call_later(SHARE_SECONDS, self._tell)
        if self._spawn is not None:
            self._spawn(self._tell_all(some))

    async def _tell_all(self, some: "list[tuple[tuple[Meter, Any], int]]") -> None:
        await asyncio.gather(*(self._tell_of(*place, drops) for place, drops in some))

    async def _tell_of(self, meter: Meter, key: Any, drops: int) -> None:
        if self._peers is None:
            return
        now = self.clock()
        # They are gone in any case: of all together they are taken as one drop, for which there is
        # always room. What was taken before was told, or is told now; of what is past by the time
        # that it is heard nothing is said, so that nobody pays more than they took.
        each = min(drops * meter.each, meter.span)
        used = max(0.0, meter.used(key, now) - each - ANSWER_SECONDS)
        room = int(meter.span / each) + 2
        taken = await self._peers.spend(Drop(f"{meter.name}\n{key}", each, room, used))
        if taken is not None:
            meter.note(key, now + taken.used, self.clock())


def too_much(wait: float, words: str = "Too much in a short time") -> Refusal:
    """The refusal for somebody who has to wait for so many seconds."""
    return Refusal(
        "rate_limited", f"{words}. Wait {max(1, round(wait))} seconds.", retry_after=wait
    )


def _meters(factor: int) -> dict[tuple[str, str], Meter]:
    made = {}
    for name, budget in BUDGETS.items():
        sizes: dict[str, Size | None] = {
            "person": budget.person, "address": budget.address, "room": budget.room
        }  # fmt: skip
        for scope, size in sizes.items():
            if size is not None:
                at_once, per_second = size.at_once * factor, size.per_second * factor
                made[name, scope] = Meter(f"{name}.{scope}", at_once, per_second)
    at_once, per_second = CHANGES.at_once * factor, CHANGES.per_second * factor
    made[_CHANGE] = Meter(".".join(_CHANGE), at_once, per_second)
    return made
