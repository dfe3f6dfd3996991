"""This node among others: what they commit is told here too, and who is with them is known.

PostgreSQL has the truth, in the journal (`store/journal.py`). The broker has only hints and what
is gone in a moment anyway: what was committed just now, who comes and goes, who is typing. Without
it, and wherever it loses something, the journal is read a moment later.
"""

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any, Final

from parlour import elsewhere
from parlour.context import Among, Context
from parlour.database import Database
from parlour.effects import replay
from parlour.errors import Refusal
from parlour.identity import end_unstored
from parlour.realtime.broker import Broker, Unreachable
from parlour.realtime.common import CommonPaces
from parlour.realtime.others import Others
from parlour.realtime.presence import Present, Seat
from parlour.store import journal, nodes
from parlour.store.journal import Entry
from parlour.support.buckets import Drop, Taken
from parlour.support.coalesce import Coalescer
from parlour.support.counts import COUNTS
from parlour.support.flights import Flights
from parlour.support.logs import Seldom
from parlour.support.seals import Broken, Seal
from parlour.support.tickets import MAX_OF_ONE

logger = logging.getLogger(__name__)

# Seconds after which the journal is looked at in any case: nobody knows at once of lost hints.
LOOK_SECONDS: Final = 0.5
# An entry that came before those in front of it waits so long for them.
PATIENCE_SECONDS: Final = 0.05
# And so many do.
MOST_AHEAD: Final = 256
# Entries read at once.
PORTION: Final = 200
# What a node has committed goes along with its hint up to so many characters.
MOST_HINTED: Final = 200_000
# Each node says so often that it lives, and asks the database who else does.
BEAT_SECONDS: Final = 2.0
# Where it hears of nobody for so long, the database says whether they are gone.
SILENT_SECONDS: Final = 10.0
# What has to hold everywhere is waited for so long, and what others said of who is there.
HEARD_SECONDS: Final = 1.0
# A node that begins waits so long for the others to say who is with them.
MEET_SECONDS: Final = 1.0
# Who is here is said once in so long however many ask, and how far this node is: all hear it.
GATHER_SECONDS: Final = 0.2
ANSWER_SECONDS: Final = 0.02


class Cluster:
    """What other nodes do, and what they are told of this one."""

    def __init__(self, database: Database, broker: Broker) -> None:
        self.node: Final = database.node
        self.head = database.joined_at
        self._database = database
        self._broker = broker
        self._context: Context | None = None
        self._looks: Flights[None, None, None] = Flights(self._look)
        # Hints that came before what is in front of them, by that entry's id.
        self._ahead: dict[int, Entry] = {}
        self._overdue: asyncio.TimerHandle | None = None
        # What is to be said in this turn; how often something was said, and came back.
        self._saying: list[Any] = []
        self._said = 0
        self._came_back = 0
        self._others = Others()
        # Others who ask the same at once are answered once; the entry up to which they ask.
        self._gathered = Coalescer(GATHER_SECONDS)
        self._answers = Coalescer(ANSWER_SECONDS)
        self._asked = 0
        # What is told by way of the broker is as good as what the database says: in this history,
        # for a restored one gives the same ids to other entries.
        self._seal = Seal(database.secret, f"news of {database.epoch}")
        self._tickets = Seal(database.secret, "ticket")
        self._paces = CommonPaces(broker, database.secret)
        self._strangers = Seldom()

    def begin(self, context: Context) -> None:
        """Tell what others do from now on, to whoever is in `context`."""
        self._context = context
        context.manager.presence.changed = self._came_or_went
        self._broker.start(self._hear, self._connected)
        context.tasks.spawn(self._follow())
        context.tasks.spawn(self._beat())

    async def meet(self) -> None:
        """Wait until the others have said who is with them, unless that takes long."""
        living = await self._database.read(nodes.alive)

        def met() -> bool:
            return self._broker.connected and all(
                node == self.node or self._others.met(node) for node in living
            )

        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(MEET_SECONDS):
                await self._others.until(met)

    async def close(self) -> None:
        """Say that this node ends, and hear nothing more."""
        self._gathered.close()
        self._answers.close()
        self._say(["bye"])
        self._flush()
        await self._broker.close()

    @property
    def has_others(self) -> bool:
        """Whether another node was heard of, and not of its end."""
        return self._others.are_there

    def among(self) -> Among:
        """Where this node stands just now."""
        return Among(self._broker.connected, self._others.count, self.head, self._paces.alone)

    # What was committed

    def apply(self, entry: Entry) -> None:
        """Tell what another node did, unless it has been told."""
        if entry.id > self.head and self._context is not None:
            self._tell(self._context, entry)
            self._go_on()

    def done(self, entry: Entry) -> None:
        """What this node did has been told here; the others get to know of it."""
        self.head = max(self.head, entry.id)
        self._say(self._hint_of(entry))
        self._go_on()

    def _hint_of(self, entry: Entry) -> list[Any]:
        effects = entry.effects if len(entry.effects) <= MOST_HINTED else ""
        return ["did", entry.id, entry.after, effects]

    async def catch_up(self) -> None:
        """Tell all that anybody can have read by now. Raises Refusal where it cannot be read."""
        await self._looks.join(None, None)

    async def heard(self) -> None:
        """Wait until the other nodes have told all that this one has; not long if one is silent."""
        head, others = self.head, self._others
        if not self._broker.connected:
            # They will have looked by then.
            with contextlib.suppress(Refusal):
                if len(await self._database.read(nodes.alive)) > 1:
                    await asyncio.sleep(HEARD_SECONDS)
            return
        if not others.behind(head):
            return
        self._say(["ask", head])
        try:
            async with asyncio.timeout(HEARD_SECONDS):
                await others.until(lambda: not others.behind(head))
        except TimeoutError:
            others.give_up(head)

    async def _look(self, _key: None, _asked: list[None]) -> None:
        read, told_here = self._database.read, self._database.told_here
        while True:
            entries = await read(journal.entries_after, self.node, self.head, PORTION)
            for entry in entries:
                if entry.id <= self.head:
                    continue
                if entry.node == self.node:
                    # This node did it, and tells it as soon as its writer has the answer.
                    await told_here()
                    if entry.id > self.head:
                        # It never got one: it was thought to be lost.
                        effects = await read(journal.own_effects, entry.id)
                        self.apply(replace(entry, effects=effects))
                    continue
                COUNTS.entries_looked_up += 1
                self.apply(entry)
                await asyncio.sleep(0)
            if len(entries) < PORTION:
                return

    def _hint(self, entry: Entry) -> None:
        if entry.id <= self.head:
            return
        if entry.after <= self.head and entry.effects:
            self.apply(entry)
            return
        if entry.effects and len(self._ahead) < MOST_AHEAD:
            self._ahead[entry.after] = entry
        if self._overdue is None:
            self._overdue = asyncio.get_running_loop().call_later(PATIENCE_SECONDS, self._look_soon)

    def _go_on(self) -> None:
        """Tell what waited for this."""
        while self._context is not None and (entry := self._ahead.pop(self.head, None)) is not None:
            self._tell(self._context, entry)

    def _tell(self, context: Context, entry: Entry) -> None:
        # First, so that nothing that goes wrong is told twice.
        self.head = entry.id
        COUNTS.entries_told += 1
        # Whoever follows the writing of others has something to do here, too.
        self._database.written.set()
        replay(context, entry.effects, entry.came_at)

    def _look_soon(self) -> None:
        self._overdue = None
        for after in [after for after, entry in self._ahead.items() if entry.id <= self.head]:
            del self._ahead[after]
        if self._context is not None:
            self._context.tasks.spawn(self._try_to_look())

    async def _try_to_look(self) -> None:
        try:
            with contextlib.suppress(Refusal):
                await self.catch_up()
        except Exception:
            # Whatever it is, it is tried again.
            logger.exception("what other nodes have committed could not be read")

    async def _follow(self) -> None:
        """Look, for ever, for what no hint was heard of."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self._try_to_look()

    # What is gone in a moment

    def typing(self, room_id: int, frame: bytes, author: str) -> None:
        """Somebody is typing here."""
        self._say(["typing", room_id, frame.decode(), author])

    def _came_or_went(self, seat: Seat, present: Present | None) -> None:
        room_id, key = seat
        if present is None:
            self._say(["went", room_id, key])
        else:
            self._say(["came", room_id, key, present.username, present.guest])

    async def listen(self) -> None:
        """Wait until all has been heard that others have said by now."""
        self._say(["listen"])
        # It goes with all that is said in this turn, so a crowd that comes at once asks once.
        number = self._said + 1
        if self._broker.connected:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(HEARD_SECONDS):
                    await self._others.until(lambda: self._came_back >= number)

    def end(self, session_ids: Collection[str]) -> None:
        """Let sessions end everywhere that could not be ended in the database."""
        self._say(["end", list(session_ids)])

    async def give_ticket(self, ticket: str, session_id: str, seconds: float) -> bool:
        """Let a ticket be good on all nodes; whether it is."""
        # Whoever looks into the broker finds neither a ticket nor a way to make one.
        name, kept = self._tickets.name, f"{session_id} {self._tickets.sign(ticket, session_id)}"
        holder = f"tickets:{name(session_id)}"
        try:
            await self._broker.put(
                f"ticket:{name(ticket)}", kept, seconds, holder=holder, most=MAX_OF_ONE
            )
        except Unreachable:
            return False
        return True

    async def take_ticket(self, ticket: str) -> str | None:
        """The session that a ticket is of, which is good for nothing any more. Raises Unreachable.

        It is not looked for where it is no ticket at all.
        """
        kept = await self._broker.take(f"ticket:{self._tickets.name(ticket)}") or ""
        session_id, _, signature = kept.partition(" ")
        return session_id if self._tickets.holds(signature, ticket, session_id) else None

    async def spend(self, drop: Drop) -> Taken | None:
        """Take a drop of a bucket of all nodes; None where nobody answers in time."""
        return await self._paces.spend(drop)

    def _say(self, what: list[Any]) -> None:
        if not self._saying:
            with contextlib.suppress(RuntimeError):
                asyncio.get_running_loop().call_soon(self._flush)
        self._saying.append(what)

    def _flush(self) -> None:
        saying, self._saying = self._saying, []
        if not saying:
            return
        # Counted also where it does not get anywhere, so that others see that they missed it.
        self._said += 1
        if self._broker.connected:
            words = json.dumps([self.node, self._said, saying], separators=(",", ":"))
            self._broker.publish(self._seal.close(words.encode()))

    def _connected(self) -> None:
        """The broker is there (again): nobody knows what was lost before."""
        self._say(["hello"])
        self._tell_here()
        self._look_soon()

    def _tell_here(self) -> None:
        assert self._context is not None  # noqa: S101 - it has begun
        presence = self._context.manager.presence
        self._say(["here", [[*seat, one.username, one.guest] for seat, one in presence.here()]])

    async def _beat(self) -> None:
        """Say, for ever, that this node lives; forget those that do no longer."""
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            self._say(["beat"])
            silent = self._others.silent(asyncio.get_running_loop().time() - SILENT_SECONDS)
            try:
                living = await self._database.read(nodes.alive) if silent else ()
            except Refusal:
                continue
            except Exception:
                logger.exception("it could not be read which other nodes there are")
                continue
            for node in silent:
                if node not in living:
                    self._forget(node)

    def _hear(self, words: bytes) -> None:
        try:
            node, number, said = json.loads(self._seal.open(words))
            if node == self.node:
                self._came_back = number
                self._others.stir()
            else:
                self._take_in(str(node), int(number), said)
        except Broken:
            if self._strangers.due():
                logger.warning("somebody who is no node of this database speaks to Redis as one")
        except (ValueError, TypeError, KeyError, IndexError):
            logger.warning("a node said what is not understood")

    def _take_in(self, node: str, number: int, said: Iterable[Any]) -> None:
        now = asyncio.get_running_loop().time()
        new, missed = self._others.take(node, number, now)
        if not new:
            return
        for kind, *rest in said:
            if kind == "here":
                missed = False
            self._do(node, kind, rest)
        if missed and self._others.know(node):
            COUNTS.gaps += 1
            self._say(["tell", node])
            self._look_soon()

    def _do(self, node: str, kind: str, rest: list[Any]) -> None:
        context = self._context
        assert context is not None  # noqa: S101 - it has begun
        if kind == "did":
            self._hint(Entry(rest[0], node, rest[2], rest[1], time.perf_counter()))
        elif kind == "typing":
            room_id, frame, author = rest
            context.manager.broadcast(room_id, frame.encode(), ephemeral=True, but=author)
        elif kind == "came":
            elsewhere.came(context, node, (rest[0], rest[1]), Present(rest[2], rest[3]))
        elif kind == "went":
            elsewhere.went(context, node, (rest[0], rest[1]))
        elif kind == "here":
            elsewhere.are_here(context, node, rest[0])
            self._others.meet(node)
        elif kind == "hello" or (kind == "tell" and rest[0] == self.node):
            # Once Redis is back all nodes ask all others.
            self._gathered.call("here", self._tell_here)
        elif kind == "ask":
            self._asked = max(self._asked, rest[0])
            self._answers.call("reached", lambda: context.tasks.spawn(self._answer()))
        elif kind == "reached":
            self._others.reach(node, rest[0])
        elif kind == "end":
            end_unstored(context, rest[0])
        elif kind == "bye":
            self._forget(node)

    async def _answer(self) -> None:
        """Say that all has been told here that others ask for, as soon as it has."""
        if self.head < self._asked:
            await self._try_to_look()
        self._say(["reached", self.head])

    def _forget(self, node: str) -> None:
        """A node is gone, and with it everybody who was there."""
        assert self._context is not None  # noqa: S101 - it has begun
        elsewhere.are_here(self._context, node, [])
        self._others.forget(node)
