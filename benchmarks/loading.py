"""Running the load generator, and what is asked of its answer."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.machine import on_core
from benchmarks.servers import PARLOUR, Server

Figures = dict[str, dict[str, float]]


class CheckFailed(Exception):
    """A check of a run failed, so that it has no figures; the text says which."""


@dataclass(frozen=True)
class Scale:
    """How long and how large a run is."""

    seconds: float
    warmup: float
    rounds: int
    quick: bool = False

    def size(self, full: int, quick: int) -> int:
        """Return the one or the other."""
        return min(full, quick) if self.quick else full


FULL = Scale(seconds=1.5, warmup=0.4, rounds=3)
QUICK = Scale(seconds=0.3, warmup=0.1, rounds=1, quick=True)


@dataclass(frozen=True)
class Bench:
    """What every case works with."""

    scale: Scale
    load_core: int
    server_core: int
    programs: Path
    home: Path
    handles: int
    parlour: Path = PARLOUR

    def load(self, server: Server, **options: Any) -> dict[str, Any]:
        """Run the load against `server`; its JSON. Raises CheckFailed."""
        with self.launch(server, **options) as process:
            return finish(process)

    def launch(self, server: Server, **options: Any) -> subprocess.Popen[str]:
        """Start the load without waiting for it."""
        given: dict[str, Any] = {
            "port": server.port,
            "pid": server.pid,
            "core": self.server_core,
            "dialect": server.kind.dialect,
            "order": "total" if server.kind.ordered else "sender",
            "seconds": self.scale.seconds,
            "warmup": self.scale.warmup,
            # Others may end with deliveries under way that nobody waits for: some would take
            # minutes to send what they had taken. What did come is checked all the same.
            "tail": "must" if server.kind.dialect == "parlour" else "may",
            "drain": 90 if server.kind.dialect == "parlour" else 1,
            **server.load_options,
            **options,
        }
        with on_core(self.load_core):
            return subprocess.Popen(
                [self.programs / "load", *(f"{name}={value}" for name, value in given.items())],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )


def finish(process: subprocess.Popen[str], *, seconds: float = 600) -> dict[str, Any]:
    """Wait for the load and return its JSON. Raises CheckFailed."""
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        raise CheckFailed(f"the load did not end within {seconds:g} s") from None
    return judged(process.returncode, out, err)


def judged(status: int, out: str, err: str) -> dict[str, Any]:
    """Return the load's JSON, unless it says that a check failed. Raises CheckFailed."""
    if status not in (0, 1):
        raise CheckFailed(err.strip() or f"the load ended with status {status}")
    answer: dict[str, Any] = json.loads(out)
    if status or any(answer["faults"].values()):
        raise CheckFailed(answer["first_fault"] or "the load found a fault")
    return answer


def phases(answer: dict[str, Any]) -> Figures:
    """Return the figures of each phase by its name, and those of the run as `run`."""
    found: Figures = {
        phase["phase"]: {name: float(value) for name, value in phase.items() if name != "phase"}
        for phase in answer.get("phases", [])
    }
    for figures in found.values():
        figures["load_share"] = figures["load_cpu_s"] / figures["seconds"] * 100
    found["run"] = {
        name: float(value) for name, value in answer.items() if isinstance(value, int | float)
    }
    return found
