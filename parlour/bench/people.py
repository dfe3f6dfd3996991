"""People who talk to the server that is measured, each over a connection, ten to a room."""

import asyncio
import itertools
import json
import time
from collections.abc import Callable
from typing import Final, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from parlour.bench.figures import Heard
from parlour.bench.running import Running

_TO_A_ROOM: Final = 10
# Messages of one that are on their way at once.
_IN_FLIGHT: Final = 8
# Seconds for what is still on its way.
_PATIENCE: Final = 30.0
_TEXT: Final = "A message of the length that people write, with a few words more than it takes."


class Unanswered(Exception):
    """The server did not take what somebody said; the text says why."""


class _Person:
    """One connection: what it said and has no answer to, and what it heard since it was asked."""

    def __init__(self, number: int, websocket: ClientConnection) -> None:
        self._websocket = websocket
        self._numbers = (f"{number}-{count}" for count in itertools.count())
        self._sent: dict[str, float] = {}
        self._free = asyncio.Semaphore(_IN_FLIGHT)
        self.acknowledged: list[str] = []
        self.waits: list[float] = []
        self.heard: list[str] = []
        # Why the server takes no more, in its words.
        self._refused = ""
        self._answered, self._came = asyncio.Event(), asyncio.Event()
        self._listening = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        try:
            async for text in self._websocket:
                # Most of what comes is said by others, and is only counted and kept in order.
                frame = json.loads(text)
                if frame["type"] == "error":
                    self._refused = self._refused or frame["message"]
                    self.give_up()
                if frame["type"] != "message":
                    continue
                own = frame["message"]["client_id"]
                self.heard.append(own)
                self._came.set()
                begun = self._sent.pop(own, None)
                if begun is not None:
                    self.waits.append(time.perf_counter() - begun)
                    self.acknowledged.append(own)
                    self._free.release()
                    self._answered.set()
        except ConnectionClosed:
            pass

    async def say(self) -> None:
        """Say one thing more, as soon as not too much of it is on its way. Raises Unanswered."""
        await self._free.acquire()
        self.check()
        own = next(self._numbers)
        self._sent[own] = time.perf_counter()
        frame = {"type": "message", "content": _TEXT, "client_id": own}
        await self._websocket.send(json.dumps(frame))

    async def talk(self, until: float) -> None:
        """Say as much as goes, until then by the clock or until nobody listens any more."""
        try:
            while time.perf_counter() < until:
                await self.say()
        except (ConnectionClosed, Unanswered):
            # Who wants to know why asks for it behind.
            pass

    def check(self) -> None:
        """Raise Unanswered if something was refused."""
        if self._refused:
            raise Unanswered(self._refused)

    async def until(self, own: str) -> None:
        """Wait until it was the last that was heard. Raises Unanswered."""
        await self._wait(lambda: self.heard[-1:] == [own], self._came)

    async def answered(self) -> None:
        """Wait until nothing is on its way. Raises Unanswered."""
        await self._wait(lambda: not self._sent, self._answered)

    async def _wait(self, is_so: Callable[[], bool], event: asyncio.Event) -> None:
        try:
            async with asyncio.timeout(_PATIENCE):
                while not is_so():
                    self.check()
                    event.clear()
                    await event.wait()
        except TimeoutError:
            raise Unanswered(f"what was said had no answer for {_PATIENCE:.0f} s") from None

    def forget(self) -> None:
        """Begin to note anew."""
        self.acknowledged, self.waits, self.heard = [], [], []

    def give_up(self) -> None:
        """Wait for no answer any more."""
        for _ in range(_IN_FLIGHT):
            self._free.release()
        self._answered.set()
        self._came.set()

    async def leave(self) -> None:
        """Go."""
        await self._websocket.close()
        await self._listening


class Crowd:
    """All of them: `async with Crowd(server, people) as crowd`."""

    def __init__(self, server: Running, people: int) -> None:
        self._server = server
        self._count = people
        self._people: list[_Person] = []
        self.rooms: list[int] = []

    async def __aenter__(self) -> Self:
        """Make the rooms, and come in."""
        for number in range(-(-self._count // _TO_A_ROOM)):
            room = await self._server.ask("POST", "/api/chat/rooms", {"name": f"room {number}"})
            self.rooms.append(room["id"])
        for number in range(self._count):
            room_id = self.rooms[number // _TO_A_ROOM]
            address = f"ws://127.0.0.1:{self._server.port}/ws/chat/{room_id}?username=p{number}"
            websocket = await connect(address, compression=None, proxy=None, max_queue=None)
            self._people.append(_Person(number, websocket))
        return self

    async def __aexit__(self, *_: object) -> None:
        """Leave."""
        await asyncio.gather(*(each.leave() for each in self._people), return_exceptions=True)

    async def one_after_the_other(self, seconds: float) -> list[float]:
        """One says one thing at a time; the seconds until each was there for everybody."""
        first, others = self._people[0], self._people[:_TO_A_ROOM]
        until, waits = time.perf_counter() + seconds, []
        while time.perf_counter() < until:
            begun = time.perf_counter()
            await first.say()
            await first.answered()
            await asyncio.gather(*(each.until(first.acknowledged[-1]) for each in others))
            waits.append(time.perf_counter() - begun)
        return waits

    async def all_at_once(self, seconds: float) -> Heard:
        """Everybody says as much as goes."""
        return await self._talk(seconds, killed=False)

    async def until_killed(self, seconds: float) -> Heard:
        """The same, and the server is killed meanwhile."""
        return await self._talk(seconds, killed=True)

    async def _talk(self, seconds: float, *, killed: bool) -> Heard:
        """Raises Unanswered where the server took no more before that."""
        for each in self._people:
            each.forget()
        begun = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for each in self._people:
                group.create_task(each.talk(begun + 2 * seconds if killed else begun + seconds))
            if killed:
                await asyncio.sleep(seconds)
                await self._server.kill()
                # Whoever waits for an answer gets none any more.
                await asyncio.gather(*(each.leave() for each in self._people))
                for each in self._people:
                    each.give_up()
        for each in self._people:
            each.check()
        if not killed:
            await asyncio.gather(*(each.answered() for each in self._people))
        return Heard(
            time.perf_counter() - begun,
            [own for each in self._people for own in each.acknowledged],
            [wait for each in self._people for wait in each.waits],
            [each.heard for each in self._people],
            sum(len(each.heard) for each in self._people),
        )
