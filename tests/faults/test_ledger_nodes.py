"""The ledger holds over two nodes, whatever happens to them or to what is beneath them.

The longer form is `make faults`, or `make ledger ARGS="--database nodes"`.
"""

import asyncio
import os
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.ledger import Load, run_on_nodes, summary
from tests.support import among
from tests.support.faults import CannotRunError
from tests.support.ledger_nodes import Nodes, running_nodes
from tests.support.people import async_http_client, checked
from tests.support.timing import LONG

LOAD = (
    Load(seconds=10, rate=200, still=30, kills=6)
    if LONG
    else Load(seconds=2, rate=80, still=3, kills=1)
)
# The one has no fault in it that the others do not have.
FAULTS = among.FAULTS if LONG else [each for each in among.FAULTS if each != "none"]
# Within which everybody is refused; longer takes no more than that.
FROZEN = 20.0

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    """Yield two nodes that work together."""
    with running_nodes(tmp_path_factory.mktemp("nodes"), hurried=not LONG) as running:
        yield running


# `make test-cluster` runs them with each change.
@pytest.mark.thorough
@pytest.mark.parametrize("fault", FAULTS)
async def test_nothing_is_lost_or_doubled_and_all_see_one_order(
    fault: str, nodes: Nodes, chance: random.Random
) -> None:
    """Whoever writes on one node is read on the other, in the order of everybody else."""
    load = replace(LOAD, still=FROZEN) if LONG and fault == "frozen" else LOAD
    try:
        storms = await run_on_nodes(fault, load, nodes, chance)
    except CannotRunError as reason:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"{fault} cannot be tested here: {reason}")
    print(f"{fault}: {summary(storms)}")  # noqa: T201 - pytest shows it when the test fails
    assert sum(storm.scene.ledger.acknowledged for storm in storms) >= 100


@pytest.mark.thorough
async def test_what_is_sent_fifty_times_at_once_is_stored_once(nodes: Nodes) -> None:
    """With one `client_id`, on both nodes: each is answered alike."""
    async with (
        async_http_client(nodes.servers[0]) as one,
        async_http_client(nodes.servers[1]) as other,
    ):
        room = checked(await one.post("/api/chat/rooms", json={"name": "Echoes"}))["id"]
        path, said = f"/api/chat/rooms/{room}/messages", {"content": "hi", "client_id": "c1"}
        answers = await asyncio.gather(
            *(http.post(path, params={"username": "ada"}, json=said) for http in 25 * [one, other])
        )
        assert Counter(each.status_code for each in answers) == {201: 1, 200: 49}
        [stored] = checked(await other.get(path))
        assert [checked(each) for each in answers] == 50 * [stored]
