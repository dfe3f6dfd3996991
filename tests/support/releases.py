"""Other releases to run beside this one: an earlier one from the history, and a next one.

They run in this one's environment, from a folder of their own.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from parlour.migrations import revisions
from tests.support.faults import CannotRunError
from tests.support.server import Server

ROOT: Final = Path(__file__).parents[2]
# The release before this one, by the commit that it was; set anew with each release.
PREVIOUS: Final = "08bffbcc1f3c34ca1ea1f7adbc8cc55835493ca9"
_VERSIONS: Final = "parlour/migrations/versions"
_NEXT: Final = '''\
"""What a next release may change of the schema."""

import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{last}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds a table that this release knows nothing of."""
    op.create_table("grown", sa.Column("id", sa.Integer, primary_key=True))
'''


def previous() -> str:
    """The commit of the release before this one. Raises CannotRunError."""
    if _git("rev-parse", "--is-shallow-repository").strip() != b"false":
        raise CannotRunError("this clone is a shallow one: git fetch --unshallow")
    _git("cat-file", "-e", f"{PREVIOUS}^{{commit}}")
    return PREVIOUS


def with_this_schema() -> str:
    """The commit of an earlier release that has the schema of this one. Raises CannotRunError.

    The previous one, or that with which the schema came.
    """
    commit, newest = previous(), revisions()[-1]
    if newest in schemas(commit):
        return commit
    came = _git("log", "-1", "--diff-filter=A", "--format=%H", "--", f"{_VERSIONS}/{newest}_*.py")
    if not came.strip():
        raise CannotRunError(f"no commit has schema {newest} yet")
    return came.decode().strip()


def schemas(commit: str) -> list[str]:
    """The revisions that a release knows."""
    names = _git("ls-tree", "--name-only", commit, f"{_VERSIONS}/").decode().split()
    return sorted(re.findall(r"/(\d{4})_", " ".join(names)))


def taken_out(commit: str, folder: Path) -> Path:
    """The program as it was at a commit, in a folder."""
    folder.mkdir()
    archive = _git("archive", commit, "parlour", "frontend")
    subprocess.run(["tar", "-x", "-C", folder], input=archive, check=True)
    return folder


def next_one(folder: Path) -> Path:
    """This release with a schema that is newer, in a folder."""
    for part in ("parlour", "frontend"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    last = revisions()[-1]
    (folder / _VERSIONS / "9999_a_next_release.py").write_text(_NEXT.format(last=last))
    return folder


def run_as(server: Server, folder: Path) -> Server:
    """Let a server be the release in a folder from its next start on."""
    server.program = [sys.executable, "-m", "parlour.cli"]
    server.env["PYTHONPATH"] = str(folder)
    # It takes no settings that it does not know.
    known = (folder / "parlour/settings.py").read_text("utf-8")
    for name in list(server.given):
        if f"    {name.removeprefix('PARLOUR_').lower()}: " not in known:
            del server.given[name]
    asked = [sys.executable, "-c", "import parlour; print(parlour.__file__)"]
    told = subprocess.run(
        asked, env=server.env, cwd=server.home.parent, check=True, capture_output=True, text=True
    )
    assert Path(told.stdout.strip()).parents[1] == folder, told.stdout
    return server


def _git(*arguments: str) -> bytes:
    """What git says. Raises CannotRunError."""
    try:
        done = subprocess.run(["git", "-C", ROOT, *arguments], check=True, capture_output=True)
    except FileNotFoundError:
        raise CannotRunError("git is not installed") from None
    except subprocess.CalledProcessError as error:
        raise CannotRunError(f"git: {error.stderr.decode().strip() or error}") from None
    return done.stdout
