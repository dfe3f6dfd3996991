"""`python -m benchmarks`: what `make bench` runs; its flags are --quick, --cases and --parlour.

A full run writes benchmarks/results.json and results.md and the plots in docs/images; a quick or
partial one leaves those alone and writes into test-results/bench. The status is 0 when every check
passed, 1 when one did not, 2 when the benchmarks cannot be run here.
"""

import argparse
import contextlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.bars import Bar, judge
from benchmarks.cases import CASES
from benchmarks.loading import FULL, QUICK, Bench
from benchmarks.machine import ROOT
from benchmarks.plots import plots
from benchmarks.report import markdown
from benchmarks.running import Runner
from benchmarks.servers import PARLOUR

KEPT = ROOT / "benchmarks"
IMAGES = ROOT / "docs" / "images"
RESULTS = "results.json"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a smoke of every case")
    parser.add_argument("--cases", default="", help="names of cases, separated by commas")
    parser.add_argument(
        "--parlour", type=Path, default=PARLOUR, help="the `parlour` of another checkout"
    )
    parser.add_argument("--render", action="store_true", help="only write the kept report anew")
    return parser.parse_args()


def _choose(names: str) -> list[str]:
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    for name in wanted:
        if name not in CASES:
            raise machine.MissingError(f"No case is called {name}; there are: {', '.join(CASES)}")
    return wanted or list(CASES)


def _run(names: list[str], *, quick: bool, parlour: Path) -> int:
    scale = QUICK if quick else FULL
    begun = time.monotonic()
    load_core, server_core = machine.cores()
    with (
        tempfile.TemporaryDirectory(prefix="parlour-bench-") as programs,
        # On the disk of the checkout: what a commit costs is part of what is measured.
        tempfile.TemporaryDirectory(prefix=".bench-", dir=ROOT) as home,
    ):
        for source in (ROOT / "benchmarks" / "load.c", machine.PEERS / "epoll.c"):
            machine.compile_c(source, Path(programs))
        bench = Bench(
            scale, load_core, server_core, Path(programs), Path(home), machine.handles(), parlour
        )
        # Whatever this process does itself stays off the servers' core.
        os.sched_setaffinity(0, {load_core})
        runner = Runner(bench)
        with contextlib.suppress(KeyboardInterrupt):
            # Ctrl-C: what was measured until then is reported, as a run of some cases.
            for name in names:
                runner.run(CASES[name])
    bars = judge(runner.results)
    run = {
        "machine": {**machine.describe(), "cores": os.cpu_count()},
        "quick": quick,
        "rounds": scale.rounds,
        "seconds": round(time.monotonic() - begun, 1),
        "bars": [asdict(bar) for bar in bars],
        "cases": runner.results,
    }
    whole = not quick and list(runner.results) == list(CASES) and parlour == PARLOUR
    folder = KEPT if whole else ROOT / "test-results" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / RESULTS).write_text(json.dumps(run, indent=1) + "\n", "utf-8")
    _render(run, bars, folder, IMAGES if whole else folder)
    for bar in bars:
        print(f"{bar.verdict:12} {bar.told:>14}  {bar.promise}")
    print(f"{folder.relative_to(ROOT)}/results.md, after {run['seconds']:.0f} s")
    for fault in runner.failed:
        print(f"FAILED: {fault}", file=sys.stderr)
    return 1 if runner.failed else 0


def _render(run: Mapping[str, Any], bars: Sequence[Bar], folder: Path, images: Path) -> None:
    (folder / "results.md").write_text(markdown(run, bars), "utf-8")
    for name, svg in plots(run["cases"]).items():
        (images / name).write_text(svg, "utf-8")


def _render_kept() -> int:
    run = json.loads((KEPT / RESULTS).read_text("utf-8"))
    bars = judge(run["cases"])
    run["bars"] = [asdict(bar) for bar in bars]
    (KEPT / RESULTS).write_text(json.dumps(run, indent=1) + "\n", "utf-8")
    _render(run, bars, KEPT, IMAGES)
    return 0


def main() -> int:
    """Run what was asked for; return the status."""
    given = _arguments()
    if given.render:
        return _render_kept()
    try:
        names = _choose(given.cases)
        machine.check()
        with machine.alone():
            return _run(names, quick=given.quick, parlour=given.parlour.absolute())
    except machine.MissingError as missing:
        print(f"make bench: {missing}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
