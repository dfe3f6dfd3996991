"""A Firefox that Playwright can steer: `python -m tests.support.firefox FIREFOX ARGS` runs one.

Playwright speaks WebDriver BiDi with the Firefox that people have, and has every context do a thing
that no released Firefox can yet. What is run here stands between the two and answers that command
by itself; all else is passed on as it is.
"""

import asyncio
import json
import re
import shlex
import signal
import sys
from pathlib import Path
from typing import Any, Final

from websockets.asyncio.client import connect
from websockets.asyncio.connection import Connection
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

ROOT: Final = Path(__file__).parents[2]
# Answered as if it were done: no test asks for what it would do.
ANSWERED: Final = "emulation.setMediaFeaturesOverride"
LISTENING: Final = re.compile(rb"WebDriver BiDi listening on (ws://\S+)")
# As Chromium is where tests run it: nothing moves, and what is saved is not shown in front of it.
PREFERENCES: Final[dict[str, Any]] = {"ui.prefersReducedMotion": 1, "pdfjs.disabled": True}


def steerable(firefox: str, folder: Path) -> Path:
    """Write, into `folder`, the program that is to be run in place of `firefox`."""
    program = folder / "firefox"
    command = shlex.join([sys.executable, "-m", __name__, firefox])
    program.write_text(f'#!/bin/sh\ncd {shlex.quote(str(ROOT))} && exec {command} "$@"\n', "utf-8")
    program.chmod(0o700)
    return program


async def _pass_on(source: Connection, target: Connection) -> None:
    """Hand over each message, until one of the two goes."""
    try:
        async for message in source:
            asked = json.loads(message)
            if asked.get("method") == ANSWERED:
                await source.send(json.dumps({"type": "success", "id": asked["id"], "result": {}}))
            else:
                await target.send(message)
    except ConnectionClosed:
        pass
    finally:
        await target.close()


async def _run(firefox: str, arguments: list[str]) -> int:
    process = await asyncio.create_subprocess_exec(
        firefox, *arguments, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    for number in signal.SIGTERM, signal.SIGINT, signal.SIGHUP:
        asyncio.get_running_loop().add_signal_handler(number, process.terminate)
    lines = process.stderr
    assert lines is not None
    async for line in lines:
        if found := LISTENING.search(line):
            break
        sys.stderr.buffer.write(line)
    else:
        return await process.wait()

    async def stand_between(playwright: Connection) -> None:
        address = f"{found[1].decode()}/session"
        async with connect(address, max_size=None, compression=None) as browser:
            await asyncio.gather(_pass_on(playwright, browser), _pass_on(browser, playwright))

    async with serve(stand_between, "127.0.0.1", 0, max_size=None, compression=None) as server:
        port = server.sockets[0].getsockname()[1]
        print(f"WebDriver BiDi listening on ws://127.0.0.1:{port}", file=sys.stderr, flush=True)  # noqa: T201
        async for line in lines:
            sys.stderr.buffer.write(line)
        return await process.wait()


if __name__ == "__main__":
    sys.exit(asyncio.run(_run(sys.argv[1], sys.argv[2:])))
