"""Rounds become medians; a check that fails leaves no figure, in words and with a status."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from benchmarks.cases.case import Case
from benchmarks.loading import Bench, CheckFailed, Figures, judged
from benchmarks.machine import MissingError, alone, compiler
from benchmarks.report import case_table
from benchmarks.running import Runner, median_figures
from benchmarks.servers import KINDS, Server
from benchmarks.suites import MAIN, SCALE, Suite

ROOT = Path(__file__).parents[2]


def test_the_median_of_the_rounds_counts() -> None:
    """Figure by figure; one that a round does not have is left out."""
    rounds: list[Figures] = [
        {"one": {"p50_us": 1, "extra": 1}},
        {"one": {"p50_us": 9}},
        {"one": {"p50_us": 2}},
    ]
    assert median_figures(rounds) == {"one": {"p50_us": 2}}


def test_a_failed_check_leaves_no_figure(bench: Bench) -> None:
    """One server fails in its second round: its first is not told either; the other's is."""
    asked: list[str] = []

    def measure(_bench: Bench, server: Server) -> Figures:
        asked.append(server.kind.name)
        if asked.count("epoll") == 2 and server.kind.name == "epoll":
            raise CheckFailed("lost: 3 deliveries")
        return {"saturated": {"deliveries_per_s": 7_654_321.0}}

    runner = Runner(bench)
    runner.run(Case("rooms-x", "Try", ("epoll", "epoll-coalesce"), measure, rounds=3))
    assert asked == ["epoll", "epoll-coalesce", "epoll", "epoll-coalesce", "epoll-coalesce"]
    assert runner.failed == ["rooms-x, epoll: lost: 3 deliveries"]
    outcome = runner.results["rooms-x"]["servers"]
    assert outcome["epoll"] == {"fault": "lost: 3 deliveries"}
    rows = [line for line in case_table("rooms-x", runner.results["rooms-x"]) if line[:2] == "| "]
    [failed] = [row for row in rows if row.startswith(f"| {KINDS['epoll'].title} |")]
    [other] = [row for row in rows if row.startswith(f"| {KINDS['epoll-coalesce'].title} |")]
    assert "failed" in failed
    assert not any(letter.isdigit() for letter in failed.removeprefix(f"| {KINDS['epoll'].title}"))
    assert "7,654,321" in other


def test_a_load_that_found_a_fault_has_no_figures() -> None:
    """Whatever its status says, and when it could not run at all."""
    fine = {"phases": [], "faults": {"lost": 0}, "first_fault": ""}
    assert judged(0, json.dumps(fine), "") == fine
    wrong = {"phases": [], "faults": {"lost": 1}, "first_fault": "lost: one"}
    with pytest.raises(CheckFailed, match="lost: one"):
        judged(0, json.dumps(wrong), "")
    with pytest.raises(CheckFailed, match="no memory"):
        judged(2, "", "load: no memory")


def bench_says(*words: str) -> tuple[int, str]:
    """Run `python -m benchmarks` on one core; its status and what it said."""

    def on_one_core() -> None:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        preexec_fn=on_one_core,
        check=False,
    )
    return done.returncode, done.stderr


@pytest.mark.thorough
def test_a_machine_that_lacks_something_is_told_what() -> None:
    """In one line, with a status of its own, before anything is started."""
    status, said = bench_says("--cases", "room-1")
    assert (status, said.count("\n")) == (2, 1)
    assert "Two cores are needed" in said
    status, said = bench_says("--cases", "room-7")
    assert (status, said.count("\n")) == (2, 1)
    assert "No case is called room-7" in said
    assert "room-1000" in said
    assert "nodes-room" in said
    status, said = bench_says("--cases", "room-1,nodes-room")
    assert (status, said.count("\n")) == (2, 1)
    assert "not kept together" in said


def test_a_missing_compiler_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The load generator is compiled on the spot."""
    monkeypatch.setenv("CC", "no-such-compiler")
    with pytest.raises(MissingError, match="C compiler"):
        compiler()


def test_two_runs_at_once_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """They would measure one another; once the first is over, another may run."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with alone(), pytest.raises(MissingError, match="Another run"), alone():
        pass
    with alone():
        pass


@pytest.mark.parametrize(("suite", "pictures"), [(MAIN, 3), (SCALE, 5)])
def test_the_kept_results_say_what_the_report_and_the_plots_say(
    suite: Suite, pictures: int
) -> None:
    """The report and the pictures are those of the JSON, and no check had failed in it."""
    kept = ROOT / "benchmarks"
    run = json.loads((kept / f"{suite.name}.json").read_text("utf-8"))
    assert not run["quick"]
    assert list(run["cases"]) == list(suite.cases)
    # Of one run: figures of several days side by side would compare the days.
    assert sum(case["seconds"] for case in run["cases"].values()) <= run["seconds"]
    bars = suite.judge(run["cases"])
    assert [bar.verdict for bar in bars] == [bar["verdict"] for bar in run["bars"]]
    assert (kept / f"{suite.name}.md").read_text("utf-8") == suite.markdown(run, bars)
    drawn = suite.plots(run["cases"])
    assert len(drawn) == pictures
    for name, svg in drawn.items():
        assert (ROOT / "docs" / "images" / name).read_text("utf-8") == svg
        assert ET.fromstring(svg).tag.endswith("svg")
    if suite.page is not None and suite.fill_in is not None:
        page = (ROOT / "docs" / suite.page).read_text("utf-8")
        assert suite.fill_in(page, run["cases"]) == page
    for result in run["cases"].values():
        assert all("fault" not in outcome for outcome in result["servers"].values())
