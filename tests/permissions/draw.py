"""Prints the rows of the table as the program plays them, for whoever changes it on purpose.

    .venv/bin/python -m tests.permissions.draw > new.txt

What it prints is what the program does, which is not what it should do: every line that differs is
to be looked at before it goes into `table.txt`.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

from tests.permissions.scene import WHO, Cast, Scenes
from tests.permissions.test_table import play, wanted
from tests.support.server import Server


async def draw(cast: Cast) -> None:
    """Play every row."""
    scenes = Scenes(cast)
    last = ""
    for act, kind in wanted():
        found = await play(act, kind, scenes)
        if act != last:
            sys.stdout.write(f"\n{act}\n")
        outcomes = " ".join(f"{found[who].replace(' ', '+'):<14}" for who in WHO)
        sys.stdout.write(f"  {kind:<9}{outcomes.rstrip()}\n")
        last = act


def main() -> None:
    """Start a server of its own and draw."""
    with tempfile.TemporaryDirectory() as home, Server(Path(home)) as server:
        cast = Cast.assemble(server)
        asyncio.run(draw(cast))
        cast.http.close()


if __name__ == "__main__":
    main()
