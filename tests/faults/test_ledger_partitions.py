"""The ledger holds while a node and what it has links to do not hear one another.

The longer form is `make faults`: with the deadlines of life, 20 s at a time.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.ledger import Load, run_on_nodes, summary
from tests.support.faults import CannotRunError
from tests.support.ledger_nodes import Nodes, running_nodes
from tests.support.namespaces import Namespaces
from tests.support.parting import PARTITIONS
from tests.support.partitions import links
from tests.support.timing import LONG, scaled

LOAD = (
    Load(seconds=10, rate=200, still=20) if LONG else Load(seconds=2, rate=80, readers=16, still=4)
)
# Of a short run one is enough to see that the other way works where this one is had.
PROXIED = list(PARTITIONS) if LONG else ["apart-both"]
# What is killed without having had a chance to clean up.
KILLED = """\
import subprocess, time
from tests.support.namespaces import Namespaces
made = Namespaces(1)
staying = subprocess.Popen([*made._nodes[0].enter, "sleep", "600"])
print(staying.pid, flush=True)
time.sleep(600)
"""

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def nodes(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Nodes]:
    """Yield two nodes whose links can be cut."""
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with ExitStack() as stack:
        # What they are is for whoever reads the output.
        with capture.global_and_fixture_disabled():
            opened = stack.enter_context(links(2))
        home = tmp_path_factory.mktemp("nodes")
        yield stack.enter_context(running_nodes(home, hurried=not LONG, links=opened))


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    """Yield two nodes whose links are programs, wherever better ones are to be had, too."""
    home = tmp_path_factory.mktemp("proxied")
    with ExitStack() as stack:
        opened = stack.enter_context(links(2, "proxies"))
        yield stack.enter_context(running_nodes(home, hurried=not LONG, links=opened))


async def hold(fault: str, nodes: Nodes, chance: random.Random) -> None:
    """Let them be apart, and hold the ledger to it."""
    storms = await run_on_nodes(fault, LOAD, nodes, chance)
    print(f"{fault}: {summary(storms)}")  # noqa: T201 - pytest shows it when the test fails
    assert sum(storm.scene.ledger.acknowledged for storm in storms) >= 100


# `make test-cluster` runs them with each change.
@pytest.mark.thorough
@pytest.mark.parametrize("fault", PARTITIONS)
async def test_nothing_is_lost_or_doubled_and_all_see_one_order(
    fault: str, nodes: Nodes, chance: random.Random
) -> None:
    """Who is cut off is refused in time, all others go on, and it heals by itself."""
    await hold(fault, nodes, chance)


@pytest.mark.thorough
@pytest.mark.parametrize("fault", PROXIED)
async def test_the_same_holds_where_what_is_said_comes_late(
    fault: str, proxied: Nodes, chance: random.Random
) -> None:
    """As behind something that takes everything, and hands it on after a while."""
    await hold(fault, proxied, chance)


@pytest.mark.thorough
def test_nothing_stays_of_namespaces_whose_program_is_killed() -> None:
    """No device, no route and no process, without anybody cleaning up."""
    try:
        Namespaces(1).close()
    except CannotRunError as reason:
        # There is nothing here then that could stay; what is used instead is tested above.
        pytest.skip(f"no network namespaces can be made here: {reason}")
    killed = subprocess.Popen([sys.executable, "-c", KILLED], stdout=subprocess.PIPE, text=True)
    assert killed.stdout is not None
    with killed.stdout as output:
        staying = Path("/proc", output.readline().strip())
    [device] = Path("/sys/class/net").glob(f"pl{killed.pid}-*")
    assert _runs(staying)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    deadline = time.monotonic() + scaled(10)
    while _runs(staying) or device.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _runs(process: Path) -> bool:
    """Whether it does anything yet; that it did is kept until somebody asks how it ended."""
    try:
        return process.joinpath("stat").read_text().rpartition(") ")[2][0] not in "ZX"
    except OSError:
        return False
