"""`parlour` with a command that ends soon: what it is told, and what it says."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from parlour.settings import PREFIX
from tests.support.nursing import nursery_of
from tests.support.server import COVERAGE

if TYPE_CHECKING:
    import subprocess


def parlour(
    *arguments: str | Path, cwd: Path, env: Mapping[str, str] | None = None, given: str = ""
) -> "subprocess.CompletedProcess[str]":
    """Run it in a folder with further settings and an input; how it ended, and what it said.

    It comes from a program that has loaded already, as the tests' servers do.
    """
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(PREFIX)}
    return nursery_of(inherited.get(COVERAGE)).run(
        [str(each) for each in arguments], cwd=cwd, env={**inherited, **(env or {})}, given=given
    )
