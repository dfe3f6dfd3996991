"""How far it goes: nodes beside one another, and what grows with rooms, members and history."""

from benchmarks.cases.case import Case
from benchmarks.scale.curves import CURVES
from benchmarks.scale.nodes import NODES_CASES

SCALE_CASES: dict[str, Case] = {case.name: case for case in (*NODES_CASES, *CURVES)}
