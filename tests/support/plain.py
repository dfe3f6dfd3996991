"""Parlour under a server that knows nothing of it."""

import os
import sys
from pathlib import Path

from tests.support.process import Process
from tests.support.server import Server


class Plain(Server):
    """Parlour run by `uvicorn parlour.main:app` instead of `parlour serve`."""

    def launch(self) -> Process:
        """Start the process without waiting until it answers."""
        self.home.mkdir(parents=True, exist_ok=True)
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("PARLOUR_")}
        where = ["--host", "127.0.0.1", "--port", str(self.port), "--no-use-colors", *self.flags]
        process = Process(
            [Path(sys.executable).with_name("uvicorn"), "parlour.main:app", *where],
            cwd=self.home,
            env={**inherited, "PARLOUR_DATA_DIR": str(self.data_dir), **self.env},
        )
        self.processes.append(process)
        return process
