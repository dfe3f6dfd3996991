"""`parlour bench`: how fast this machine is with Parlour, and that nothing it acknowledged is lost.

A server of its own runs in a folder on the disk of the data directory, beside it where that is the
same disk, and goes with it. People talk to it as clients do, through its port; whoever measures
takes a part of the machine, too, so what is measured is less than what it could do. Then all that
was acknowledged is looked up, also what was said to a server that was killed meanwhile.
"""

import asyncio
import http.client
import signal
import sys
from argparse import Namespace
from pathlib import Path
from tempfile import TemporaryDirectory

from websockets.exceptions import WebSocketException

from parlour.bench.figures import Heard, check, quantile
from parlour.bench.people import Crowd, Unanswered
from parlour.bench.place import place_of
from parlour.bench.running import Running, Unstartable
from parlour.settings import Settings

__all__ = ["run"]

# Seconds in which one after the other is said, and after which the server is killed.
_ALONE = 3.0
_BEFORE_KILL = 2.0
_UNABLE = (Unstartable, Unanswered, OSError, WebSocketException, http.client.HTTPException)
_ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _Told(BaseException):
    """It was told to end, by a signal of this number."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def run(settings: Settings, options: Namespace) -> int:
    """Measure and say so; the exit status: 1 where a message is missing, doubled, out of order."""
    place = settings.data_dir
    try:
        place = place_of(settings.data_dir)
        return asyncio.run(_until_told(place, options.people, options.seconds))
    except _UNABLE as error:
        # Some errors have no words.
        why = str(error) or type(error).__name__
        sys.stderr.write(f"parlour: It cannot be measured in {place}: {why}\n")
        return 1
    except _Told as told:
        sys.stderr.write("parlour: It was ended before it was done. Nothing of it is left.\n")
        return 128 + told.number


async def _until_told(place: Path, people: int, seconds: float) -> int:
    """Measure, unless it is told to end: then nothing is left either. Raises _Told."""
    loop, task, told = asyncio.get_running_loop(), asyncio.current_task(), list[int]()
    assert task is not None  # noqa: S101 - this one

    def end(number: int) -> None:
        # Once is enough.
        if not told:
            told.append(number)
            task.cancel()

    for number in _ENDS:
        # Who has it go on without a terminal (nohup) does not mean it to end with that.
        if signal.getsignal(number) is not signal.SIG_IGN:
            loop.add_signal_handler(number, end, number)
    try:
        # Made and taken away here, where no signal comes in between.
        with TemporaryDirectory(prefix="parlour-bench-", dir=place) as folder:
            return await _measure(Path(folder), people, seconds)
    except asyncio.CancelledError:
        if told:
            raise _Told(told[0]) from None
        raise


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def _measure(folder: Path, people: int, seconds: float) -> int:
    _say(f"{people} people in rooms of ten, on the disk of {folder.parent}.")
    faults: list[str] = []
    async with Running(folder) as server, Crowd(server, people) as crowd:
        waits = await crowd.one_after_the_other(_ALONE)
        _say(
            f"One message at a time: there for everybody after {1000 * quantile(waits, 0.5):.1f} ms"
            f" (99 of 100 within {1000 * quantile(waits, 0.99):.1f} ms)."
        )
        before = server.cpu_seconds()
        heard = await crowd.all_at_once(seconds)
        cpu = server.cpu_seconds() - before
        _say(
            f"As many as go: {len(heard.acknowledged) / heard.seconds:,.0f} messages and"
            f" {heard.deliveries / heard.seconds:,.0f} deliveries a second, for {heard.seconds:.0f}"
            f" s; half of them answered after {1000 * quantile(heard.waits, 0.5):.0f} ms, 99 of 100"
            f" after {1000 * quantile(heard.waits, 0.99):.0f} ms."
        )
        _say(
            f"The server took {100 * cpu / heard.seconds:.0f} % of a core for it,"
            f" {1e6 * cpu / max(len(heard.acknowledged), 1):.0f} µs a message, and"
            f" {server.memory_mb():.0f} MB of memory."
        )
        faults += await _look_up(server, crowd, heard)
        lost = await crowd.until_killed(_BEFORE_KILL)
        seconds_down = await server.again()
        _say(f"Killed while they talked, it was there again after {seconds_down:.1f} s.")
        faults += await _look_up(server, crowd, lost)
    for fault in faults:
        _say(f"FAULT: {fault}")
    return 1 if faults else 0


async def _look_up(server: Running, crowd: Crowd, heard: Heard) -> list[str]:
    stored = [await server.history(room) for room in crowd.rooms]
    faults = check(heard, stored)
    if not faults:
        _say(
            f"All {len(heard.acknowledged):,} acknowledged messages are there, each once, in the"
            " order in which everybody heard them."
        )
    return faults
