"""The other nodes as one node hears them: which there are, what each has told, who waits for it."""

import asyncio
from collections.abc import Callable
from typing import Final

Number = int
# Nodes that are gone of which it is known what they said last.
MOST_GONE: Final = 1_000


class Others:
    """What was heard of the other nodes. Everything here runs in the event loop."""

    def __init__(self) -> None:
        # By node: the number of the last that it said, when that was, and the entry up to which it
        # has told all.
        self._numbers: dict[str, Number] = {}
        # The same of those that are gone, as many as were lately.
        self._gone: dict[str, Number] = {}
        self._at: dict[str, float] = {}
        self._reached: dict[str, int] = {}
        # Those that have said who is with them.
        self._met: set[str] = set()
        # Those that were waited for in vain, until they say something.
        self._deaf: set[str] = set()
        self._waiting: list[asyncio.Future[None]] = []

    def take(self, node: str, number: Number, now: float) -> tuple[bool, bool]:
        """A node has said something: whether that is new, and whether it said more before it."""
        last, gone = self._numbers.get(node), self._gone.get(node, 0)
        # What is heard again is no sign of life: whoever may speak there can repeat it.
        if number <= (gone if last is None else last):
            return False, False
        self._gone.pop(node, None)
        self._numbers[node] = number
        self._at[node] = now
        self._deaf.discard(node)
        return True, last is None or number > last + 1

    @property
    def count(self) -> int:
        """Of how many something was heard."""
        return len(self._numbers)

    @property
    def are_there(self) -> bool:
        """Whether there is another one, as far as was heard."""
        return bool(self._numbers)

    def know(self, node: str) -> bool:
        """Whether something was heard of a node."""
        return node in self._numbers

    def meet(self, node: str) -> None:
        """A node has said who is with it."""
        self._met.add(node)
        self.stir()

    def met(self, node: str) -> bool:
        """Whether it has."""
        return node in self._met

    def silent(self, since: float) -> list[str]:
        """Those of which nothing was heard since then."""
        return [node for node, at in self._at.items() if at < since]

    def reach(self, node: str, head: int) -> None:
        """A node has told all up to an entry of the journal."""
        self._reached[node] = max(head, self._reached.get(node, 0))
        self.stir()

    def forget(self, node: str) -> None:
        """A node is gone."""
        if node in self._numbers:
            self._gone[node] = self._numbers[node]
            if len(self._gone) > MOST_GONE:
                del self._gone[next(iter(self._gone))]
        for known in (self._numbers, self._at, self._reached):
            known.pop(node, None)
        self._deaf.discard(node)
        self._met.discard(node)
        self.stir()

    def behind(self, head: int) -> list[str]:
        """Those that have not told all up to an entry, and answer as far as is known."""
        return [
            node
            for node in self._numbers
            if node not in self._deaf and self._reached.get(node, 0) < head
        ]

    def give_up(self, head: int) -> None:
        """Wait no more for those that are behind, until they are heard of."""
        self._deaf.update(self.behind(head))

    async def until(self, done: Callable[[], bool]) -> None:
        """Wait until something is so, which is looked at whenever something was heard."""
        while not done():
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(future)
            await future

    def stir(self) -> None:
        """Something was heard that somebody may wait for."""
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)
