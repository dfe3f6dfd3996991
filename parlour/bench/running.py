"""The server that is measured: a process of its own, as in life, on a folder that goes with it."""

import asyncio
import contextlib
import http.client
import json
import os
import re
import sys
import time
from pathlib import Path
from typing import Any, Final, Self

_START: Final = "import sys; from parlour.cli import main; sys.exit(main())"
_READY: Final = re.compile(r"ready: http://localhost:(\d+)")
_PATIENCE: Final = 30.0
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PAGE: Final = 200


class Unstartable(Exception):
    """The server did not start; the text says what it said."""


class Running:
    """A server of its own: `async with Running(folder) as server`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None
        self.port = 0

    async def __aenter__(self) -> Self:
        """Start it. Raises Unstartable."""
        try:
            await self._start()
        except BaseException:
            await self._end(at_once=True)
            raise
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Stop it."""
        # Where nobody wants to know any more how that went, it is not waited for either.
        await self._end(at_once=kind is not None)

    async def _end(self, *, at_once: bool) -> None:
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill() if at_once else self._process.terminate()
            await self._process.wait()

    async def _start(self) -> None:
        # No setting of whoever measures counts: it is this machine that is measured.
        env = {name: value for name, value in os.environ.items() if not name.startswith("PARLOUR_")}
        # One program is all the people there are, behind one address: they are counted, and pass.
        env["PARLOUR_RATE_LIMITS"] = "1000000"
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _START, "serve", "--port", str(self.port),
            "--data-dir", str(self._folder / "data"), "--log-level", "error", "--tied",
            # It ends with this program, also where that is killed: nothing is ever written there.
            stdin=asyncio.subprocess.PIPE,
            cwd=self._folder, env=env, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        assert self._process.stdout is not None  # noqa: S101 - it was asked for
        said = []
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                while line := await self._process.stdout.readline():
                    said.append(line.decode(errors="replace").strip())
                    if found := _READY.search(said[-1]):
                        self.port = int(found[1])
                        return
        raise Unstartable(said[-1] if said else "the server said nothing")

    async def kill(self) -> None:
        """End it as a power cut does, but for what the system still has of it."""
        assert self._process is not None  # noqa: S101 - it runs
        self._process.kill()
        await self._process.wait()

    async def again(self) -> float:
        """Start it again where it was; after how many seconds it was ready."""
        begun = time.perf_counter()
        await self._start()
        return time.perf_counter() - begun

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        """What it answers to a request, as JSON."""
        return await asyncio.to_thread(self._ask, method, path, body)

    def _ask(self, method: str, path: str, body: Any) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_PATIENCE)
        try:
            headers = {"Content-Type": "application/json"}
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            told = json.loads(answer.read())
            if answer.status >= http.client.BAD_REQUEST:
                raise OSError(f"{method} {path}: {told['detail']}")
            return told
        finally:
            connection.close()

    async def history(self, room_id: int) -> list[str]:
        """The clients' own ids of all messages that a room has, the oldest first."""
        pages: list[list[str]] = []
        before = ""
        while True:
            path = f"/api/chat/rooms/{room_id}/messages?limit={_PAGE}{before}"
            page = await self.ask("GET", path)
            pages.append([each["client_id"] for each in page])
            if len(page) < _PAGE:
                return [own for page in reversed(pages) for own in page]
            before = f"&before={page[0]['id']}"

    def cpu_seconds(self) -> float:
        """CPU that it took so far; 0 where the system does not tell."""
        fields = self._of_process("stat").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS if fields else 0.0

    def memory_mb(self) -> float:
        """Memory that it has, in MB; 0 where the system does not tell."""
        found = re.search(r"VmRSS:\s+(\d+) kB", self._of_process("status"))
        return int(found[1]) / 1024 if found else 0.0

    def _of_process(self, name: str) -> str:
        assert self._process is not None  # noqa: S101 - it runs
        try:
            return Path(f"/proc/{self._process.pid}/{name}").read_text()
        except OSError:
            return ""
