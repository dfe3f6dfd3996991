"""`parlour admin sweep-files`, and a database that has forgotten files."""

from tests.support.commands import parlour
from tests.support.databases import ON_SQLITE, database_url
from tests.support.files import File
from tests.support.inside import inside
from tests.support.server import Server


def sweep(server: Server, *flags: str, **env: str) -> tuple[int, str]:
    """Run the command on a server's data; how it ended, and its one line."""
    if not ON_SQLITE:
        env["PARLOUR_DATABASE_URL"] = database_url(server.home)
        # Where nodes have their files.
        env["PARLOUR_REDIS_URL"] = server.env.get("PARLOUR_REDIS_URL", "")
    place = ("--data-dir", server.data_dir)
    done = parlour("admin", "sweep-files", *flags, *place, cwd=server.home, env=env)
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
