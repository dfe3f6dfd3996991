"""Backups that the server makes by itself: a process of its own at their time, and what is known.

Of several nodes whoever comes first makes one; the database says that, and when the last was made.
"""

import asyncio
import contextlib
import logging
import os
import sys
from typing import Final

from parlour.context import Context
from parlour.errors import Refusal
from parlour.settings import PREFIX, Settings
from parlour.store import backups
from parlour.store.backups import State
from parlour.support.counts import COUNTS

logger = logging.getLogger(__name__)

# How often it is looked what there is, and whether one is due.
LOOK_SECONDS: Final = 30.0
# After one that failed it is tried again so much later, unless one is due more often anyway.
AGAIN_SECONDS: Final = 600.0
# How long one that is told to end may take for it.
END_SECONDS: Final = 3.0
_PROGRAM: Final = (sys.executable, "-m", "parlour.cli")


async def back_up(context: Context) -> None:
    """Make backups at their times, and know of the last one, for ever."""
    settings, clock = context.settings, asyncio.get_running_loop().time
    again_at = 0.0
    while True:
        with contextlib.suppress(Refusal):
            state = await context.database.read(backups.state)
            COUNTS.backup = state.made
            if settings.backup_to and clock() >= again_at and _is_due(state, settings):
                if not await _make(settings):
                    again_at = clock() + min(AGAIN_SECONDS, settings.backup_every)
                    COUNTS.backup_failures += 1
                COUNTS.backup = (await context.database.read(backups.state)).made
        await asyncio.sleep(LOOK_SECONDS)


def _is_due(state: State, settings: Settings) -> bool:
    if state.host is not None:
        return False
    # One from the future was made before a clock was put back.
    return state.made is None or not 0 <= state.now - state.made.at < settings.backup_every * 1000


async def _make(settings: Settings) -> bool:
    """Have one made; False where that failed."""
    COUNTS.backup_running = True
    try:
        status, said, errors = await run(
            settings, "backup", "--if-older", str(settings.backup_every)
        )
    except OSError as error:
        status, said, errors = 1, [], [str(error)]
    finally:
        COUNTS.backup_running = False
    if status == os.EX_TEMPFAIL:
        # Another node was quicker.
        return True
    for line in errors[: None if status == 0 else -1]:
        logger.warning("the backup says: %s", line)
    if status:
        last = errors[-1] if errors else f"it ended with status {status}"
        logger.error("the backup failed: %s", last)
        return False
    logger.info("%s", " ".join(said[:2]))
    return True


async def run(settings: Settings, *command: str) -> tuple[int, list[str], list[str]]:
    """Run a command with the settings of this server: its status, and what it says."""
    given = settings.model_dump(mode="json", include=settings.model_fields_set)
    env = {f"{PREFIX}{name.upper()}": _text(value) for name, value in given.items()}
    # The command hears of its end, which comes with that of this process, even if that is killed.
    theirs, ours = os.pipe()
    try:
        try:
            process = await asyncio.create_subprocess_exec(
                *_PROGRAM, *command, "--tied",
                stdin=theirs, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
                env={**os.environ, **env},
            )  # fmt: skip
        finally:
            os.close(theirs)
        try:
            out, err = await process.communicate()
        except BaseException:
            # The server ends. Nothing half-made is left over by one that is told so.
            await _end(process)
            raise
    finally:
        os.close(ours)
    said, errors = (text.decode(errors="replace").splitlines() for text in (out, err))
    assert process.returncode is not None  # noqa: S101 - it has ended
    return process.returncode, said, [line.removeprefix("parlour: ") for line in errors]


async def _end(process: asyncio.subprocess.Process) -> None:
    for end in (process.terminate, process.kill):
        with contextlib.suppress(ProcessLookupError):
            end()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(END_SECONDS):
                await process.communicate()
                return


def _text(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
