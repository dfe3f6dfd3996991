"""Files that belong to somebody else than who runs the program: to root, while nobody runs it.

Where the tests are not root, whoever they are takes the place of nobody.
"""

import atexit
import functools
import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from parlour.settings import PREFIX
from tests.support import faults
from tests.support.commands import parlour
from tests.support.doctor import Seen
from tests.support.server import COVERAGE, Server

IS_ROOT = os.geteuid() == 0
# Who runs the program.
NAME = "nobody" if IS_ROOT else pwd.getpwuid(os.geteuid()).pw_name


class Nobody:
    """The program that becomes nobody; it ends with the tests."""

    def __init__(self) -> None:
        # What measures coverage would write where nobody may not.
        self._env = {k: v for k, v in os.environ.items() if not k.startswith((PREFIX, COVERAGE))}
        self._process = subprocess.Popen(
            [sys.executable, "-I", Path(__file__).with_name("nobody.py")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=self._env,
        )  # fmt: skip
        atexit.register(self._process.communicate)

    def run(
        self, arguments: tuple[str, ...], *, cwd: Path, env: Mapping[str, str]
    ) -> "subprocess.CompletedProcess[str]":
        """Run `parlour` as nobody; how it ended, and what it said."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with (
            tempfile.NamedTemporaryFile("r+") as out,
            tempfile.NamedTemporaryFile("r+") as err,
        ):
            request = {
                "arguments": arguments, "cwd": str(cwd), "env": {**self._env, **env},
                "out": out.name, "err": err.name,
            }  # fmt: skip
            self._process.stdin.write(f"{json.dumps(request)}\n")
            self._process.stdin.flush()
            code = int(self._process.stdout.readline())
            return subprocess.CompletedProcess(arguments, code, out.read(), err.read())


nobody = functools.cache(Nobody)


class Rights:
    """A folder that everybody may enter, and an installation in it."""

    def __init__(self, home: Path) -> None:
        self.home = home

    @property
    def data_dir(self) -> Path:
        """Where the installation is."""
        return self.home / "data"

    def take(self, server: Server) -> None:
        """Bring what a server has that does not run; it is whose runs the program."""
        shutil.copytree(server.data_dir, self.data_dir)
        self.data_dir.chmod(0o700)
        self.give_back()

    def give_back(self) -> None:
        """Let all of it be whose runs the program."""
        faults.run("chown", "-R", NAME, str(self.home))

    @staticmethod
    def give_away(*paths: Path) -> None:
        """Let these be root's."""
        faults.run("chown", "root", *map(str, paths))

    def run(
        self, *arguments: str, cwd: Path | None = None, **env: str
    ) -> "subprocess.CompletedProcess[str]":
        """Run `parlour`."""
        given, cwd = {"PARLOUR_DATA_DIR": str(self.data_dir), **env}, cwd or self.home
        if IS_ROOT:
            return nobody().run(arguments, cwd=cwd, env=given)
        return parlour(*arguments, cwd=cwd, env=given)

    def seen(self, *arguments: str, **env: str) -> Seen:
        """Let the doctor look."""
        done = self.run("doctor", *arguments, cwd=None, **env)
        assert done.stderr == ""
        return Seen(done.returncode, done.stdout)

    def seen_by_root(self) -> Seen:
        """Let the doctor look for root, in whose name nothing but this is done."""
        place = f"PARLOUR_DATA_DIR={self.data_dir}"
        # None of the project's own `.env`, and nothing compiled that is root's.
        started = (sys.executable, "-B", "-P", "-m", "parlour.cli", "doctor")
        return Seen(0, faults.run("env", f"--chdir={self.home}", place, *started))


@contextmanager
def rights() -> Iterator[Rights]:
    """Yield one that is empty, or skip the test where this cannot be done."""
    # Not below the folders of pytest, into which only their owner may look.
    with tempfile.TemporaryDirectory(prefix="parlour-rights-", dir="/tmp") as folder:
        made = Rights(Path(folder))
        made.home.chmod(0o755)
        with faults.or_skipped():
            made.give_back()
        yield made
        made.give_back()
