"""The broker of nodes that reach one Redis or Valkey server.

Its client library reconnects, and subscribes again, without a word of what was lost meanwhile. So
one connection listens and one speaks, both held by hand: an end of either is an end that is told.
"""

import asyncio
import contextlib
import logging
import math
from collections.abc import Callable, Sequence
from typing import Any, Final

from redis.asyncio.connection import AbstractConnection, ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from parlour.realtime.broker import Unreachable
from parlour.support.buckets import Drop, Taken

logger = logging.getLogger(__name__)

# Seconds in which a connection has to come about, and a command to be answered.
CONNECT_SECONDS: Final = 3.0
ANSWER_SECONDS: Final = 2.0
# The server is asked for a sign of life so often, and given up where none came for so long.
PING_SECONDS: Final = 2.0
SILENT_SECONDS: Final = 6.0
# Until it is tried again.
AGAIN_SECONDS: Final = 0.5
# Bytes that wait to be said: more is lost.
MOST_WAITING: Final = 16 * 1024 * 1024
# And is said in one go.
AT_ONCE: Final = 128

# What is said to find out whether one may, and told to nobody.
_PROBE: Final = b""
# Of what a holder has, what is still there is in a list, the first that was put in front.
_PUT: Final = """\
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
for _, key in ipairs(redis.call('LRANGE', KEYS[2], 0, -1)) do
  if redis.call('EXISTS', key) == 0 then redis.call('LREM', KEYS[2], 1, key) end
end
redis.call('RPUSH', KEYS[2], KEYS[1])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
while redis.call('LLEN', KEYS[2]) > tonumber(ARGV[3]) do
  redis.call('DEL', redis.call('LPOP', KEYS[2]))
end
"""
# A bucket is when it will be full again, by the clock of this one server, in microseconds (GCRA).
# Beyond what one holds nothing is believed: not a clock that was set back, and no stranger.
_SPEND: Final = """\
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local said = {}
for place, key in ipairs(KEYS) do
  local each = tonumber(ARGV[3 * place - 2])
  local size = tonumber(ARGV[3 * place - 1])
  local full = math.max(tonumber(redis.call('GET', key) or '') or now, now + ARGV[3 * place])
  full = math.min(full, now + size * each)
  local wait = math.max(0, full - now - (size - 1) * each)
  if wait == 0 then
    full = full + each
    redis.call('SET', key, string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000))
  end
  said[2 * place - 1] = wait
  said[2 * place] = full - now
end
return said
"""
_MICRO: Final = 1_000_000

_FAILED: Final = (RedisError, OSError, TimeoutError, asyncio.IncompleteReadError)


class RedisBroker:
    """Says and hears on one channel."""

    def __init__(self, url: str, name: str) -> None:
        """`name` tells this cluster from others on the same server."""
        self.connected = False
        self._pool = ConnectionPool.from_url(
            url,
            protocol=2,
            retry=Retry(NoBackoff(), 0),
            socket_connect_timeout=CONNECT_SECONDS,
            # Timeouts are kept here: with one of its own it waits by what may pass over a
            # cancellation (asyncio.wait_for, before Python 3.12), and then nothing ends.
            socket_timeout=None,
            socket_keepalive=True,
        )
        self._name: Final = name
        self._channel: Final = f"{name}:news"
        self._tasks: list[asyncio.Task[None]] = []
        self._waiting: list[bytes] = []
        # How much that is, with what is being said.
        self._bytes = 0
        self._something = asyncio.Event()
        # Set while nothing waits or is being said.
        self._silence = asyncio.Event()
        self._silence.set()
        self._heard: Callable[[bytes], None] = _nothing
        self._came: Callable[[], None] = _nobody
        self._asking = asyncio.Lock()
        self._asked: AbstractConnection | None = None
        self._reported = False

    def start(self, heard: Callable[[bytes], None], came: Callable[[], None]) -> None:
        """As the interface says."""
        self._heard, self._came = heard, came
        self._tasks.append(asyncio.create_task(self._live()))

    def publish(self, words: bytes) -> None:
        """The same."""
        if self.connected and self._bytes + len(words) <= MOST_WAITING:
            self._waiting.append(words)
            self._bytes += len(words)
            self._silence.clear()
            self._something.set()

    async def put(
        self, key: str, value: str, seconds: float, *, holder: str = "", most: int = 0
    ) -> None:
        """The same."""
        place, ends = f"{self._name}:{key}", round(seconds * 1000)
        if holder:
            held = f"{self._name}:{holder}"
            await self._ask("EVAL", _PUT, 2, place, held, value, ends, most)
        else:
            await self._ask("SET", place, value, "PX", ends)

    async def take(self, key: str) -> str | None:
        """The same."""
        value = await self._ask("GETDEL", f"{self._name}:{key}")
        # Whoever gets there may have put anything in its place.
        return None if value is None else value.decode(errors="replace")

    async def spend(self, drops: Sequence[Drop], seconds: float) -> list[Taken]:
        """The same: all of them in one go."""
        keys = [f"{self._name}:{drop.key}" for drop in drops]
        numbers = [
            number
            for drop in drops
            for number in (round(drop.each * _MICRO), drop.size, round(drop.used * _MICRO))
        ]
        said = await self._ask("EVAL", _SPEND, len(keys), *keys, *numbers, seconds=seconds)
        return [
            Taken(wait / _MICRO, used / _MICRO)
            for wait, used in zip(said[::2], said[1::2], strict=True)
        ]

    async def close(self) -> None:
        """The same; what waits is said before, if that takes no time."""
        if self.connected:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(AGAIN_SECONDS):
                    await self._silence.wait()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._asked is not None:
            await self._asked.disconnect(nowait=True)

    async def _live(self) -> None:
        """Be connected, for ever."""
        while True:
            try:
                await self._listen_and_speak()
            except _FAILED as error:
                self._report(error)
            except Exception:
                # Whatever it is, it must not be the last that is heard of other nodes.
                logger.exception("the connection to Redis is made anew")
            await asyncio.sleep(AGAIN_SECONDS)

    async def _listen_and_speak(self) -> None:
        listening, speaking = self._new_connection(), self._new_connection()
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await speaking.connect()  # type: ignore[no-untyped-call]
                await listening.connect()  # type: ignore[no-untyped-call]
                await listening.send_command("SUBSCRIBE", self._channel, check_health=False)
                await listening.read_response(timeout=math.inf)
                # Whoever may listen and not speak is not connected.
                await self._say(speaking, [_PROBE])
            self._lose()
            self.connected = True
            if self._reported:
                logger.warning("Redis is back: what other nodes do is told at once again")
                self._reported = False
            self._came()
            await _first_end(self._listen(listening), self._ping(listening), self._speak(speaking))
        finally:
            self.connected = False
            self._lose()
            for connection in (listening, speaking):
                with contextlib.suppress(*_FAILED):
                    await connection.disconnect(nowait=True)

    def _lose(self) -> None:
        """Say nothing of what waits."""
        self._waiting, self._bytes = [], 0
        self._something.clear()
        self._silence.set()

    def _new_connection(self) -> AbstractConnection:
        made: AbstractConnection = self._pool.make_connection()  # type: ignore[no-untyped-call]
        return made

    async def _listen(self, connection: AbstractConnection) -> None:
        while True:
            # Whatever comes is a sign of life, the answer to a ping when nothing else does.
            answer: Any = await connection.read_response(
                disable_decoding=True, timeout=SILENT_SECONDS
            )
            if answer is None:
                raise TimeoutError
            if answer[0] == b"message" and answer[2] != _PROBE:
                try:
                    self._heard(answer[2])
                except Exception:
                    logger.exception("what a node said could not be told")

    async def _ping(self, connection: AbstractConnection) -> None:
        while True:
            await asyncio.sleep(PING_SECONDS)
            async with asyncio.timeout(SILENT_SECONDS):
                await connection.send_command("PING", check_health=False)

    async def _speak(self, connection: AbstractConnection) -> None:
        while True:
            await self._something.wait()
            some, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
            if not self._waiting:
                self._something.clear()
            if some:
                async with asyncio.timeout(SILENT_SECONDS):
                    await self._say(connection, some)
                self._bytes -= sum(map(len, some))
            if not self._waiting:
                self._silence.set()

    async def _say(self, connection: AbstractConnection, some: Sequence[bytes]) -> None:
        commands = [("PUBLISH", self._channel, words) for words in some]
        await connection.send_packed_command(connection.pack_commands(commands), check_health=False)
        for _ in some:
            await connection.read_response(timeout=math.inf)

    async def _ask(self, *command: str | int, seconds: float | None = None) -> Any:
        """The answer to a command, also where many ask. Raises Unreachable."""
        try:
            async with asyncio.timeout(seconds or ANSWER_SECONDS), self._asking:
                if self._asked is not None:
                    # Nobody listens on it, so it may have ended long ago.
                    with contextlib.suppress(RedisError, OSError):
                        return await self._answer(self._asked, *command)
                fresh = self._new_connection()
                await fresh.connect()  # type: ignore[no-untyped-call]
                return await self._answer(fresh, *command)
        except _FAILED as error:
            raise Unreachable from error

    async def _answer(self, connection: AbstractConnection, *command: str | int) -> Any:
        self._asked = None
        try:
            await connection.send_command(*command, check_health=False)
            answer = await connection.read_response(timeout=math.inf)
        except BaseException:
            # What comes on it from now on may be the answer to something else.
            await connection.disconnect(nowait=True)
            raise
        self._asked = connection
        return answer

    def _report(self, error: BaseException) -> None:
        if not self._reported:
            self._reported = True
            # Not what the library says of the address, which may hold a password.
            logger.warning(
                "Redis is not there (%s): what other nodes do is told a moment later",
                type(error).__name__,
            )


async def _first_end(*parts: Any) -> None:
    """Run several until the first of them ends; its error."""
    tasks = [asyncio.ensure_future(part) for part in parts]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


def _nothing(_words: bytes) -> None:
    """What hears before it is started."""


def _nobody() -> None:
    """Who comes before that."""
