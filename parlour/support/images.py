"""Images written anew by a process of their own, which is killed when it takes too much."""

import asyncio
import errno
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from parlour.support.turns import InTurn

# Images worked at at once, one of each person; each may take as much memory.
AT_ONCE: Final = 2
MEMORY: Final = 1_000_000_000
# Pixels of an image that is decoded at all: 50 million take 200 MB.
MAX_PIXELS: Final = 50_000_000
# Seconds of processor time, and of the clock.
CPU_SECONDS: Final = 20
SECONDS: Final = 40.0
# What a page shows in the place of the image, at twice the width that it has there.
THUMBNAIL: Final = (720, 560)

_PROGRAM: Final = Path(__file__).with_name("imagework.py")
# All that its environment has of ours: where programs and libraries lie, how text is written, and
# what measures the tests. The decoders of what strangers send need no secrets, and nobody knows
# under which names they stand.
_NEEDED: Final = ("PATH", "LD_LIBRARY_PATH", "LANG", "TMPDIR", "COVERAGE_PROCESS_CONFIG")


class TooMuch(Exception):
    """The image would take more than an image may; the text says what."""


@dataclass(frozen=True, slots=True)
class Remade:
    """An image that was written anew: its type, its size, and that of its thumbnail."""

    type: str
    width: int
    height: int
    thumbnail: tuple[int, int] | None = None


class Images:
    """Has images written anew, a few at once, never in the event loop or in this process."""

    def __init__(self) -> None:
        self._turns = InTurn(AT_ONCE)
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="image")
        self._running: set[subprocess.Popen[bytes]] = set()
        self._closed = False

    async def remake(
        self, whose: str, source: Path, target: Path, thumbnail: Path, *, size: int
    ) -> Remade | None:
        """Write an image anew, and its thumbnail where it needs one; None: it is no image.

        `size` is the most bytes that may be written. Raises TooMuch.
        """
        more: dict[str, Any] = {"thumbnail": str(thumbnail), "square": 0, "size": size}
        return await self._work(whose, source, target, **more)

    async def square(self, whose: str, source: Path, target: Path, side: int) -> Remade | None:
        """Write the middle of an image, as a square of so many pixels. Raises TooMuch."""
        more: dict[str, Any] = {"thumbnail": "", "square": side, "size": 10_000_000}
        return await self._work(whose, source, target, **more)

    async def _work(self, whose: str, source: Path, target: Path, **more: Any) -> Remade | None:
        asked = {
            "source": str(source),
            "target": str(target),
            "box": THUMBNAIL,
            "pixels": MAX_PIXELS,
            "seconds": CPU_SECONDS,
            "memory": MEMORY,
            **more,
        }
        loop = asyncio.get_running_loop()
        async with self._turns.take(whose):
            return await loop.run_in_executor(self._pool, self._run, asked)

    def _run(self, asked: Mapping[str, Any]) -> Remade | None:
        if self._closed:
            raise TooMuch("the server is being stopped")
        env = {name: os.environ[name] for name in _NEEDED if name in os.environ}
        with subprocess.Popen(  # noqa: S603 - a program of Parlour's, with no shell
            [sys.executable, "-I", str(_PROGRAM), json.dumps(asked)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=env,
        ) as process:
            self._running.add(process)
            try:
                told, _ = process.communicate(timeout=SECONDS)
            except subprocess.TimeoutExpired:
                told = b""
            finally:
                process.kill()
                self._running.discard(process)
        return _told(told)

    def close(self) -> None:
        """End what still runs."""
        self._closed = True
        for process in list(self._running):
            process.kill()
        self._pool.shutdown(cancel_futures=True)


def _told(text: bytes) -> Remade | None:
    if not text:
        # It was killed, by its limits or by the clock.
        raise TooMuch("It takes more to be decoded than an image may")
    told: dict[str, Any] = json.loads(text)
    if "broken" in told:
        return None
    if told.get("full") == errno.EFBIG:
        raise TooMuch("It takes more space than an image may")
    if "full" in told:
        raise OSError(told["full"], os.strerror(told["full"]))
    if told.get("refused") == "pixels":
        words = f"It has {told['width']} x {told['height']} pixels; {MAX_PIXELS:,} are the most"
        raise TooMuch(words)
    if "refused" in told:
        raise TooMuch("It takes more memory to be decoded than an image may")
    thumbnail = told.get("thumbnail")
    return Remade(
        told["type"],
        told["width"],
        told["height"],
        None if thumbnail is None else (thumbnail[0], thumbnail[1]),
    )
