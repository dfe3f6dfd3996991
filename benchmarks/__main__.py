"""`python -m benchmarks`: what `make bench` runs.

Its flags are --scale, --quick, --cases, --parlour, and --go-on for a run that was interrupted.

A full run writes benchmarks/results.json and results.md and the plots in docs/images, with --scale
scale.json and scale.md; a quick or partial one leaves those alone and writes into
test-results/bench. The status is 0 when every check
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
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.bars import Bar
from benchmarks.loading import FULL, QUICK, Bench
from benchmarks.machine import ROOT
from benchmarks.running import Runner
from benchmarks.servers import PARLOUR
from benchmarks.suites import MAIN, SCALE, SUITES, Suite

KEPT = ROOT / "benchmarks"
PARTS = ROOT / "test-results" / "bench"
IMAGES = ROOT / "docs" / "images"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--scale", action="store_true", help="the cases of nodes and of curves")
    parser.add_argument("--quick", action="store_true", help="a smoke of every case")
    parser.add_argument("--cases", default="", help="names of cases, separated by commas")
    parser.add_argument(
        "--go-on", action="store_true", help="keep what an interrupted run of today has measured"
    )
    parser.add_argument(
        "--parlour", type=Path, default=PARLOUR, help="the `parlour` of another checkout"
    )
    parser.add_argument("--render", action="store_true", help="only write the kept report anew")
    return parser.parse_args()


def _choose(names: str, *, scale: bool) -> tuple[Suite, list[str]]:
    """Return what was asked for: cases by their names, of one of the suites, or all of one."""
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    if not wanted:
        suite = SCALE if scale else MAIN
        return suite, list(suite.cases)
    for suite in SUITES:
        if all(name in suite.cases for name in wanted):
            return suite, wanted
    known = [list(suite.cases) for suite in SUITES]
    for name in wanted:
        if not any(name in names for names in known):
            every = ", ".join(name for names in known for name in names)
            raise machine.MissingError(f"No case is called {name}; there are: {every}")
    raise machine.MissingError(f"These are not kept together; {', '.join(known[1])} are")


def _earlier(suite: Suite) -> tuple[dict[str, Any], float]:
    """Return the cases that today's interrupted run has whole, and the seconds that it took."""
    try:
        run = json.loads((PARTS / f"{suite.name}.json").read_text("utf-8"))
    except FileNotFoundError:
        return {}, 0
    if run["quick"] or run["day"] != _today():
        return {}, 0
    whole = {
        name: result
        for name, result in run["cases"].items()
        if not any("fault" in outcome for outcome in result["servers"].values())
    }
    return whole, sum(result["seconds"] for result in whole.values())


def _today() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d}"


def _run(suite: Suite, names: list[str], *, quick: bool, parlour: Path, go_on: bool = False) -> int:
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
        earlier, spent = _earlier(suite) if go_on else ({}, 0.0)
        with contextlib.suppress(KeyboardInterrupt):
            # Ctrl-C: what was measured until then is reported, as a run of some cases.
            for name in names:
                if name in earlier:
                    runner.results[name] = earlier[name]
                else:
                    runner.run(suite.cases[name])
    bars = suite.judge(runner.results)
    run = {
        "machine": {**machine.describe(), "cores": os.cpu_count()},
        "engines": suite.engines(),
        "day": _today(),
        "quick": quick,
        "rounds": scale.rounds,
        "seconds": round(time.monotonic() - begun + spent, 1),
        "bars": [asdict(bar) for bar in bars],
        "cases": runner.results,
    }
    whole = not quick and list(runner.results) == list(suite.cases) and parlour == PARLOUR
    folder = KEPT if whole else PARTS
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{suite.name}.json").write_text(json.dumps(run, indent=1) + "\n", "utf-8")
    _render(suite, run, bars, folder, IMAGES if whole else folder)
    for bar in bars:
        print(f"{bar.verdict:12} {bar.told:>14}  {bar.promise}")
    print(f"{folder.relative_to(ROOT)}/{suite.name}.md, after {run['seconds']:.0f} s")
    for fault in runner.failed:
        print(f"FAILED: {fault}", file=sys.stderr)
    return 1 if runner.failed else 0


def _render(
    suite: Suite, run: Mapping[str, Any], bars: Sequence[Bar], folder: Path, images: Path
) -> None:
    (folder / f"{suite.name}.md").write_text(suite.markdown(run, bars), "utf-8")
    for name, svg in suite.plots(run["cases"]).items():
        (images / name).write_text(svg, "utf-8")
    if folder == KEPT and suite.page is not None and suite.fill_in is not None:
        page = ROOT / "docs" / suite.page
        page.write_text(suite.fill_in(page.read_text("utf-8"), run["cases"]), "utf-8")


def _render_kept() -> int:
    for suite in SUITES:
        path = KEPT / f"{suite.name}.json"
        run = json.loads(path.read_text("utf-8"))
        bars = suite.judge(run["cases"])
        run["bars"] = [asdict(bar) for bar in bars]
        path.write_text(json.dumps(run, indent=1) + "\n", "utf-8")
        _render(suite, run, bars, KEPT, IMAGES)
    return 0


def main() -> int:
    """Run what was asked for; return the status."""
    given = _arguments()
    if given.render:
        return _render_kept()
    try:
        suite, names = _choose(given.cases, scale=given.scale)
        machine.check()
        with machine.alone():
            return _run(
                suite,
                names,
                quick=given.quick,
                parlour=given.parlour.absolute(),
                go_on=given.go_on,
            )
    except machine.MissingError as missing:
        print(f"make bench: {missing}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
