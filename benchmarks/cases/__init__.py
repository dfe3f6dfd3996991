"""What is measured: each case by its name, in the order of the report."""

from benchmarks.cases.case import Case
from benchmarks.cases.comings import COMINGS
from benchmarks.cases.growth import GROWTH
from benchmarks.cases.rooms import ROOMS
from benchmarks.cases.search import SEARCH
from benchmarks.cases.storing import STORING

CASES: dict[str, Case] = {
    case.name: case for case in (*ROOMS, *STORING, *COMINGS, *GROWTH, *SEARCH)
}
