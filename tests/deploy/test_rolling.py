"""Nodes are restarted one after the other, and nobody who talks loses anything by it."""

import shutil
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.deploy.fronts import NginxForNodes
from tests.deploy.rolling import roll, two_nodes
from tests.support.turns_taken import Balancer

pytestmark = pytest.mark.thorough

# nginx takes note of a node that is back after a second.
NOTICED = 2.0


async def test_nodes_are_restarted_one_after_the_other_and_nobody_notices(tmp_path: Path) -> None:
    """Through nginx where it is installed; nothing is lost or doubled, and all are back soon."""
    with ExitStack() as stack:
        nodes = stack.enter_context(two_nodes(tmp_path))
        if shutil.which("nginx"):
            proxy = NginxForNodes(tmp_path / "front", nodes)
            stack.enter_context(proxy.serving("nginx.scale.conf"))
            found = await roll(proxy, nodes, pause=NOTICED)
        else:
            balancer = Balancer(tmp_path / "front", nodes)
            stack.enter_context(balancer.serving())
            found = await roll(balancer, nodes)
        print(found)  # noqa: T201 - pytest shows it when the test fails
