"""`parlour admin sweep-files`, and a database that has forgotten files."""

import os
import subprocess

from parlour.settings import PREFIX
from tests.support.databases import ON_SQLITE, database_url
from tests.support.files import File
from tests.support.inside import inside
from tests.support.server import PARLOUR, Server
from tests.support.timing import scaled


def sweep(server: Server, *flags: str, **env: str) -> tuple[int, str]:
    """Run the command on a server's data; how it ended, and its one line."""
    env = {**{k: v for k, v in os.environ.items() if not k.startswith(PREFIX)}, **env}
    if not ON_SQLITE:
        env["PARLOUR_DATABASE_URL"] = database_url(server.home)
        # Where nodes have their files.
        env["PARLOUR_REDIS_URL"] = server.env.get("PARLOUR_REDIS_URL", "")
    done = subprocess.run(
        [PARLOUR, "admin", "sweep-files", *flags, "--data-dir", server.data_dir],
        cwd=server.home, env=env, capture_output=True, text=True, timeout=scaled(60), check=False,
    )  # fmt: skip
    [line] = (done.stdout + done.stderr).splitlines()
    return done.returncode, line.removeprefix("parlour: ")


def forget(server: Server, *files: File) -> None:
    """Let a database know nothing of files that it knew, as one that was restored."""
    with inside(server) as database:
        for file in files:
            database.execute("DELETE FROM files WHERE id = ?", (file["id"],))
            database.execute(
                "DELETE FROM discarded WHERE key IN (?, ?)", (file["id"], f"{file['id']}t")
            )
