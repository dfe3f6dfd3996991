"""What nodes share of paces: asked together, and not waited for where there is no answer."""

import asyncio
import dataclasses
import logging
from collections.abc import Mapping
from typing import Final

from parlour.realtime.broker import Broker, Unreachable
from parlour.support.buckets import ANSWER_SECONDS, Drop, Taken
from parlour.support.flights import Flights
from parlour.support.logs import Seldom
from parlour.support.seals import Seal

logger = logging.getLogger(__name__)

# Where nobody answered, nobody else waits for so long: each node counts alone.
ALONE_SECONDS: Final = 1.0


class CommonPaces:
    """The buckets of all nodes, by way of the broker; whoever looks into that finds no names."""

    def __init__(self, broker: Broker, secret: bytes) -> None:
        self._broker = broker
        self._names = Seal(secret, "pace")
        self._asking: Flights[None, Drop, Mapping[Drop, Taken]] = Flights(self._ask)
        self._alone_until = 0.0
        self._told = Seldom()
        # How many were counted here alone.
        self.alone = 0

    async def spend(self, drop: Drop) -> Taken | None:
        """Take a drop; None where nobody answers within ANSWER_SECONDS."""
        taken: Taken | None = None
        if self._is_there():
            sealed = dataclasses.replace(drop, key=f"pace:{self._names.name(drop.key)}")
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    taken = (await self._asking.join(None, sealed)).get(sealed)
            except TimeoutError:
                self._give_up()
        if taken is None:
            self.alone += 1
        return taken

    def _is_there(self) -> bool:
        now = asyncio.get_running_loop().time()
        return self._broker.connected and now >= self._alone_until

    def _give_up(self) -> None:
        self._alone_until = asyncio.get_running_loop().time() + ALONE_SECONDS

    async def _ask(self, _key: None, drops: list[Drop]) -> Mapping[Drop, Taken]:
        if not self._is_there():
            return {}
        try:
            taken = await self._broker.spend(drops, ANSWER_SECONDS)
        except Unreachable as error:
            self._give_up()
            if self._broker.connected and self._told.due():
                # It is there, and may not let us: nobody else says so.
                cause = type(error.__cause__ or error).__name__
                logger.warning("paces are counted on each node alone just now (%s)", cause)
            return {}
        return dict(zip(drops, taken, strict=True))
