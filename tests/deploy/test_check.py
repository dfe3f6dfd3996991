"""`make deploy-check` never passes over in silence what it did not look at."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.check import PARTS
from tests.deploy.reading import ROOT
from tests.support.timing import scaled

pytestmark = pytest.mark.thorough


@pytest.mark.parametrize("ci", ["", "true"])
def test_what_is_not_here_is_named_and_fails_in_ci(ci: str, tmp_path: Path) -> None:
    """On a machine that has none of the programs."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.deploy.check"],
        cwd=ROOT, env={**os.environ, "PATH": str(tmp_path), "CI": ci}, check=False,
        capture_output=True, text=True, timeout=scaled(60),
    )  # fmt: skip
    lines = done.stdout.splitlines()
    assert [line.partition(": NOT CHECKED. ")[0] for line in lines[:-1]] == list(PARTS)
    assert lines[-1] == f"NOT CHECKED: {', '.join(PARTS)}"
    assert done.returncode == (1 if ci else 0)
