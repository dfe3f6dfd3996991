"""Rounds become medians; a check that fails leaves no figure, in words and with a status."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from benchmarks.bars import judge
from benchmarks.cases import CASES
from benchmarks.cases.case import Case
from benchmarks.loading import Bench, CheckFailed, Figures, judged
from benchmarks.plots import plots
from benchmarks.report import case_table, markdown
from benchmarks.running import Runner, median_figures
from benchmarks.servers import KINDS, Server

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


def test_the_kept_results_say_what_the_report_and_the_plots_say() -> None:
    """results.md and the pictures are those of results.json, and no check had failed in it."""
    run = json.loads((ROOT / "benchmarks" / "results.json").read_text("utf-8"))
    assert not run["quick"]
    assert list(run["cases"]) == list(CASES)
    bars = judge(run["cases"])
    assert [bar.verdict for bar in bars] == [bar["verdict"] for bar in run["bars"]]
    assert (ROOT / "benchmarks" / "results.md").read_text("utf-8") == markdown(run, bars)
    pictures = plots(run["cases"])
    assert len(pictures) == 3
    for name, svg in pictures.items():
        assert (ROOT / "docs" / "images" / name).read_text("utf-8") == svg
        assert ET.fromstring(svg).tag.endswith("svg")
    for result in run["cases"].values():
        assert all("fault" not in outcome for outcome in result["servers"].values())
