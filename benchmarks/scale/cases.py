"""The cases, by their names, in the order of the report."""

from benchmarks.cases.case import Case
from benchmarks.scale.curves import CURVES
from benchmarks.scale.nodes import NODES_CASES

SCALE_CASES: dict[str, Case] = {case.name: case for case in (*NODES_CASES, *CURVES)}
