"""`python -m tests.soak`: a server under load for an hour, and how it bears it.

People write over WebSocket and HTTP, come, go and come back where they were, send files, delete
some, look around: half as many messages a second as this program gets answered when it writes as
fast as it can, and 400 at most. Meanwhile the server's memory, handles, tasks and the log of SQLite
are watched; at the end every acknowledged message is looked up. The status is 1 where a promise was
broken; what the run was too short to judge is said.
"""

import argparse
import asyncio
import contextlib
import os
import random
import sys
import tempfile
import time
from collections.abc import Coroutine
from pathlib import Path
from statistics import quantiles
from typing import Any, Final

from websockets.exceptions import ConnectionClosed

from tests.support import burden, files
from tests.support.accounts import Account, log_in, register
from tests.support.people import async_http_client, checked
from tests.support.server import Server
from tests.support.soaking import MIB, Books, Watch, content_of, frame_of
from tests.support.storm import integrity
from tests.support.websocket import connect

ROOMS, WRITERS, POSTERS, READERS = 4, 8, 4, 24
# One of so many messages is posted over HTTP by each of the posters.
WINDOW: Final = 16
LOOK_SECONDS: Final = 5.0
MEASURE_SECONDS: Final = 10.0
# Most that is asked of it: the program that asks has one core, and checks every frame. Beyond that
# it would be what is late, and what it measures itself.
MOST_RATE: Final = 400.0
# From when on memory counts, in a run that is long enough.
SETTLED_SECONDS: Final = 600.0


class Soak:
    """One run."""

    def __init__(self, server: Server, seed: int) -> None:
        self.server = server
        self.chance = random.Random(seed)
        self.books = Books()
        self.rooms: list[int] = []
        self.counts = dict.fromkeys(("told", "came", "resumed", "files", "looks"), 0)
        self.ending = asyncio.Event()
        self.look_seconds = LOOK_SECONDS
        # How long somebody stays who comes and goes.
        self.stay = (2.0, 40.0)
        # Messages a second of one writer; 0 for as many as are answered.
        self.pace = 0.0

    async def run(self, seconds: float, rate: float) -> Watch:
        """Have everybody do what they do, for so long; what became of the server."""
        async with async_http_client(self.server) as http:
            for number in range(ROOMS + 1):
                answer = await http.post("/api/chat/rooms", json={"name": f"soak {number}"})
                self.rooms.append(checked(answer)["id"])
            if not rate:
                rate = min(MOST_RATE, await self._measured() / 2)
            self.pace = rate / (WRITERS + POSTERS)
            print(f"{rate:.0f} messages a second for {seconds / 60:g} minutes", flush=True)  # noqa: T201
            watch = Watch(self.server)
            sender = await asyncio.to_thread(register, self.server, "sender")
            async with asyncio.TaskGroup() as group:
                for doing in self._everybody(sender):
                    group.create_task(doing)
                while time.monotonic() - watch.begun < seconds:
                    await asyncio.sleep(self.look_seconds)
                    await watch.look(http)
                self.ending.set()
            return watch

    async def check(self) -> int:
        """Hold all that is stored against what was told; how many messages that is."""
        async with async_http_client(self.server) as http:
            return sum([await self.books.check(http, room) for room in self.rooms[:ROOMS]])

    def _everybody(self, sender: Account) -> list[Coroutine[Any, Any, None]]:
        return [
            *(self._write(f"writer{n}", self.rooms[n % ROOMS]) for n in range(WRITERS)),
            *(self._post(f"poster{n}", self.rooms[n % ROOMS]) for n in range(POSTERS)),
            *(self._come_and_go(f"reader{n}", self.rooms[n % ROOMS]) for n in range(READERS)),
            self._send_files(sender),
            self._look_around(),
        ]

    async def _measured(self) -> float:
        """How many messages a second are acknowledged when all write as fast as they can."""
        async with asyncio.TaskGroup() as group:
            for number in range(WRITERS):
                group.create_task(self._write(f"first{number}", self.rooms[number % ROOMS]))
            await asyncio.sleep(MEASURE_SECONDS)
            self.ending.set()
        self.ending = asyncio.Event()
        return self.books.acknowledged / MEASURE_SECONDS

    async def _pause(self, seconds: float) -> None:
        """Wait, but not beyond the end."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.ending.wait()

    async def _write(self, name: str, room: int) -> None:
        """Write over a WebSocket; whatever has no answer is sent again on the next one."""
        waiting: dict[int, float] = {}
        free = asyncio.Event()
        while not self.ending.is_set() or waiting:
            client = await connect(self.server, room, name)

            async def hear(connection: Any = client.connection) -> None:
                async for text in connection:
                    frame = frame_of(text)
                    if frame["type"] == "message" and frame["message"]["username"] == name:
                        number = int(frame["message"]["client_id"].rpartition("-")[2])
                        wait = time.monotonic() - waiting.pop(number, time.monotonic())
                        self.books.acknowledge(name, number, frame["message"]["version"], wait)
                        free.set()

            hearing = asyncio.create_task(hear())
            try:
                for number in waiting:
                    await self._say(client, name, number)
                while not self.ending.is_set():
                    while len(waiting) < WINDOW and not self.ending.is_set():
                        number = self.books.write(name, room)
                        waiting[number] = time.monotonic()
                        await self._say(client, name, number)
                        if self.pace:
                            await self._pause(self.chance.expovariate(self.pace))
                    free.clear()
                    if len(waiting) >= WINDOW:
                        await free.wait()
                async with asyncio.timeout(30):
                    while waiting:
                        free.clear()
                        await free.wait()
            except ConnectionClosed:
                self.books.blame(f"{name} was cut off")
            finally:
                hearing.cancel()
                await client.close()

    async def _say(self, client: Any, name: str, number: int) -> None:
        content = content_of(name, number)
        await client.send("message", content=content, client_id=f"{name}-{number}")

    async def _post(self, name: str, room: int) -> None:
        async with async_http_client(self.server) as http:
            path = f"/api/chat/rooms/{room}/messages?username={name}"
            while not self.ending.is_set():
                number = self.books.write(name, room)
                body = {"content": content_of(name, number), "client_id": f"{name}-{number}"}
                begun = time.monotonic()
                stored = checked(await http.post(path, json=body))
                self.books.acknowledge(name, number, stored["version"], time.monotonic() - begun)
                await self._pause(self.chance.expovariate(self.pace))

    async def _come_and_go(self, name: str, room: int) -> None:
        """Come back where one left, by a name that is the same or new, and miss nothing."""
        version, epoch = None, None
        while not self.ending.is_set():
            client = await connect(self.server, room, name, after=version or 0, epoch=epoch)
            self.counts["came" if version is None else "resumed"] += 1
            stay = time.monotonic() + self.chance.uniform(*self.stay)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(asyncio.get_running_loop().time() + 60):
                    async for text in client.connection:
                        frame = frame_of(text)
                        if frame["type"] == "sync":
                            self._check_sync(name, version, frame)
                            version, epoch = frame["version"], frame["epoch"]
                        elif frame["type"] == "message" and version is not None:
                            self.counts["told"] += 1
                            if frame["version"] != version + 1:
                                self.books.blame(f"{name}: {frame['version']} after {version}")
                            version = frame["version"]
                        if time.monotonic() > stay or self.ending.is_set():
                            break
            if self.chance.random() < 0.5:
                client.abort()
            await client.close()
            if self.chance.random() < 0.1:
                # Somebody else, who was never here.
                name, version, epoch = f"guest{self.chance.randrange(10**9)}", None, None
            await self._pause(self.chance.uniform(0, self.stay[1] / 8))

    def _check_sync(self, name: str, version: int | None, frame: dict[str, Any]) -> None:
        if version is None or frame["reset"]:
            return
        versions = [message["version"] for message in frame["messages"]]
        if versions != list(range(version + 1, frame["version"] + 1)):
            self.books.blame(f"{name}: {len(versions)} from {version} to {frame['version']}")

    async def _send_files(self, sender: Account) -> None:
        """Send a file, say it, read it again; delete what is older than a few."""
        room, said = {"id": self.rooms[ROOMS]}, list[dict[str, Any]]()
        while not self.ending.is_set():
            data = os.urandom(self.chance.randrange(1000, 200_000))

            def send(sender: Account = sender, data: bytes = data) -> dict[str, Any]:
                file = files.sent(sender, room, data, name="a.bin")
                message = files.said(sender, room, file)
                if files.get(sender, file).content != data:
                    self.books.blame(f"file {file} is not what was sent")
                return message

            if self.counts["files"] % 100 == 99:
                # Before what one came in with is over.
                sender = await asyncio.to_thread(log_in, self.server, "sender")
            said.append(await asyncio.to_thread(send))
            self.counts["files"] += 1
            if len(said) > 20:
                path = f"/api/chat/messages/{said.pop(0)['id']}"
                answer = await asyncio.to_thread(sender.call, "DELETE", path)
                assert answer.status_code == 204, answer.text
            await self._pause(self.chance.expovariate(0.5))

    async def _look_around(self) -> None:
        async with async_http_client(self.server) as http:
            while not self.ending.is_set():
                room = self.chance.choice(self.rooms)
                for path in ("", f"/{room}", f"/{room}/messages?limit=50", f"/{room}/users"):
                    await http.get(f"/api/chat/rooms{path}")
                    self.counts["looks"] += 1
                await self._pause(self.chance.expovariate(2))


def report(soak: Soak, watch: Watch, since: float, stored: int) -> str:
    """What is to be told of a run."""
    slope, error = watch.slope("memory", since)
    last, counts = watch.samples[-1], soak.counts
    cuts = quantiles(soak.books.waits, n=100)
    cpu = burden.cpu_seconds(soak.server)
    words = (
        f"{soak.books.acknowledged:,} messages acknowledged, {stored:,} found; half within"
        f" {cuts[49]:.0f} ms, 99 of 100 within {cuts[98]:.0f} ms\n"
        f"{counts['told']:,} told; {counts['came']:,} came, {counts['resumed']:,} came back;"
        f" {counts['files']:,} files; {counts['looks']:,} looks\n"
        f"memory: {watch.samples[0].memory / 1e6:.0f} MB at first, {last.memory / 1e6:.0f} at"
        f" last; from minute {since / 60:.0f} on {slope:+.2f} MB an hour (± {2 * error:.2f})\n"
        f"SQLite's log: {max(each.wal for each in watch.samples) / MIB:.1f} MiB at most\n"
        f"processor: {cpu:.0f} s, {100 * cpu / last.at:.0f} % of a core"
    )
    every = watch.samples[:: max(1, len(watch.samples) // 10)]
    words += "\nminute and MB: " + ", ".join(
        f"{each.at / 60:.0f} {each.memory / 1e6:.1f}" for each in every
    )
    for name in ("handles", "tasks", "threads"):
        first, then = getattr(watch.samples[0], name), getattr(last, name)
        words += f"\n{name}: {first:.0f} at first, {then:.0f} at last,"
        slope, error = watch.slope(name, since)
        words += f" drift {watch.drift(name, since):+.1f}, {slope:+.1f} an hour (± {2 * error:.1f})"
    return words


async def soak_for(
    home: Path, seconds: float, rate: float, seed: int
) -> tuple[list[str], list[str]]:
    """Run one, and print what is to be told; what is wrong, and what could not be judged."""
    server = Server(home, is_measured=False, is_anew=True)
    await asyncio.to_thread(server.start)
    soak = Soak(server, seed)
    try:
        watch = await soak.run(seconds, rate)
        stored = await soak.check()
        since = SETTLED_SECONDS if seconds > 2 * SETTLED_SECONDS else seconds / 3
        print(report(soak, watch, since, stored), flush=True)  # noqa: T201
        unjudged = list(watch.unjudged(since))
        wrong = [*soak.books.faults, *watch.verdict(since)]
    finally:
        await server.astop()
    wrong += [*await asyncio.to_thread(integrity, server), *server.faults()]
    return wrong, unjudged


def verdict_of(wrong: list[str], unjudged: list[str]) -> str:
    """What a run comes to, a line each."""
    lines = [f"NOT JUDGED: {each}" for each in unjudged] + [f"BROKEN: {each}" for each in wrong]
    if not wrong:
        lines.append("holds, as far as it was judged" if unjudged else "holds")
    return "\n".join(lines)


def main() -> int:
    """Run what is asked for; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--rate", type=float, default=0, help="messages a second; 0: see above")
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    options = parser.parse_args()
    print(f"seed {options.seed}")  # noqa: T201
    with tempfile.TemporaryDirectory() as home:
        wrong, unjudged = asyncio.run(
            soak_for(Path(home), 60 * options.minutes, options.rate, options.seed)
        )
    print(verdict_of(wrong, unjudged))  # noqa: T201
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
