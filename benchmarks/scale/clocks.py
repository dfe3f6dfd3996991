"""The CPU time of processes and of those that they started, to the nanosecond."""

import os
from pathlib import Path

_TICK = 1 / os.sysconf("SC_CLK_TCK")


def cpu_us(*pids: int) -> float:
    """Return the microseconds that these processes, and all below them, have had."""
    return sum(map(_tree, pids))


def _tree(pid: int) -> float:
    total, exact = 0.0, False
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            total += int((task / "schedstat").read_text("ascii").split()[0]) / 1000
            exact = True
        except OSError:
            pass
        try:
            children = (task / "children").read_text("ascii").split()
        except OSError:
            continue
        total += sum(_tree(int(child)) for child in children if Path(f"/proc/{child}").exists())
    return total if exact else total + _ticks(pid)


def _ticks(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * _TICK * 1e6
