"""Parlour under a server that knows nothing of it."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.support.process import Process
from tests.support.server import Server


class Plain(Server):
    """Parlour run by `uvicorn parlour.main:app` instead of `parlour serve`."""

    def _run(self, given: Mapping[str, str]) -> Process:
        """Start a process with settings beyond those of this server."""
        self.home.mkdir(parents=True, exist_ok=True)
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("PARLOUR_")}
        port = given.get("PARLOUR_PORT", str(self.port))
        settings = {"PARLOUR_DATA_DIR": str(self.data_dir), **self.given}
        where = ["--host", "127.0.0.1", "--port", port, "--no-use-colors", *self.flags]
        return Process(
            [Path(sys.executable).with_name("uvicorn"), "parlour.main:app", *where],
            cwd=self.home,
            env={**inherited, **settings, **self.env, **given},
        )
