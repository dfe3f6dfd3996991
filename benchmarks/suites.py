"""What is measured, kept and shown together: one run, one report, one set of bars."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.bars import Bar, judge
from benchmarks.cases import CASES
from benchmarks.cases.case import Case
from benchmarks.plots import plots
from benchmarks.report import markdown
from benchmarks.scale import SCALE_CASES, engines
from benchmarks.scale.bars import judge_scale
from benchmarks.scale.reckoning import fill_in
from benchmarks.scale.report import scale_markdown, scale_plots


def _none() -> dict[str, str]:
    return {}


@dataclass(frozen=True)
class Suite:
    """Cases whose figures are kept in one file, `name`.json, all of one run."""

    name: str
    cases: Mapping[str, Case]
    judge: Callable[[Mapping[str, Any]], list[Bar]]
    markdown: Callable[[Mapping[str, Any], Sequence[Bar]], str]
    plots: Callable[[Mapping[str, Any]], dict[str, str]]
    # What else was there, by name and version.
    engines: Callable[[], dict[str, str]] = _none
    # A page of docs/ that has tables of the kept run, and what puts them in.
    page: str | None = None
    fill_in: Callable[[str, Mapping[str, Any]], str] | None = None


MAIN = Suite("results", CASES, judge, markdown, plots)
SCALE = Suite(
    "scale",
    SCALE_CASES,
    judge_scale,
    scale_markdown,
    scale_plots,
    engines.describe,
    "scaling.md",
    fill_in,
)
SUITES = (MAIN, SCALE)
