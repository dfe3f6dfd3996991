"""The programs of the benchmarks, compiled once for each worker."""

import os
import shutil
from pathlib import Path

import pytest

from benchmarks.loading import Bench, Scale
from benchmarks.machine import PEERS, ROOT, compile_c


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the load generator and of the C server."""
    if shutil.which(os.environ.get("CC", "cc")) is None:
        loud = "NO C COMPILER: the benchmarks' load generator and its checks were not tested"
        if os.environ.get("CI") == "true":
            pytest.fail(loud)
        pytest.skip(loud)
    folder = tmp_path_factory.mktemp("programs")
    for source in (ROOT / "benchmarks" / "load.c", PEERS / "epoll.c"):
        compile_c(source, folder)
    return folder


@pytest.fixture
def bench(programs: Path, tmp_path: Path) -> Bench:
    """Return what a case works with, for the shortest of runs on any cores."""
    cores = sorted(os.sched_getaffinity(0))
    scale = Scale(seconds=0.15, warmup=0.05, rounds=1, quick=True)
    return Bench(scale, cores[0], cores[-1], programs, tmp_path, handles=1_000)
