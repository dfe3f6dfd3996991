"""However hints, looks and writes of nodes fall together, each tells all, once, in order."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Literal, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parlour import cluster
from tests.support.postgres import postgres
from tests.support.timing import BRIEF, LONG
from tests.support.told import Node, nodes_told
from tests.support.wayward import Wayward

NODES = 3

Kind = Literal["say", "hear", "hear again", "lose", "look", "turn", "wait"]


class Step(NamedTuple):
    """What a node does; `place` says with which of the hints that are on their way to it."""

    kind: Kind
    node: int
    place: int


@pytest.fixture(scope="module")
def unhurried() -> Iterator[None]:
    """Let nobody look by themselves but for what is missed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cluster, "LOOK_SECONDS", 1_000.0)
        # Soon enough to fall together with the rest.
        patch.setattr(cluster, "PATIENCE_SECONDS", 0.002)
        yield


@pytest.fixture(scope="module")
async def nodes(
    tmp_path_factory: pytest.TempPathFactory, unhurried: None
) -> AsyncIterator[list[Node]]:
    """Yield nodes that hear of one another what a test lets through."""
    url, circle = postgres().new_database(), list[Wayward]()
    places = [(url, Wayward(circle)) for _ in range(NODES)]
    async with nodes_told(tmp_path_factory.mktemp("nodes"), *places) as running:
        yield running


@given(
    steps=st.lists(
        st.builds(
            Step,
            kind=st.sampled_from(["say", "hear", "hear again", "lose", "look", "turn", "wait"]),
            node=st.integers(0, NODES - 1),
            place=st.integers(0, 5),
        ),
        min_size=1,
        max_size=60,
    )
)
@settings(
    max_examples=1_000 if LONG else 20 if BRIEF else 60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
async def test_everything_is_told_once_and_in_order(nodes: list[Node], steps: list[Step]) -> None:
    """On each node, whatever it hears, and whether it says something itself meanwhile."""
    for node in nodes:
        await node.database.told()
        # What was on its way is none of this example's business.
        broker_of(node).coming.clear()
        node.told.clear()
    saying: list[asyncio.Task[int]] = []
    looking: list[asyncio.Task[None]] = []
    for step in steps:
        node = nodes[step.node]
        match step.kind:
            case "say":
                saying.append(asyncio.create_task(node.say()))
            case "hear":
                broker_of(node).let_through(step.place)
            case "hear again":
                broker_of(node).let_through(step.place, keep=True)
            case "lose":
                broker_of(node).lose(step.place)
            case "look":
                looking.append(asyncio.create_task(node.cluster.catch_up()))
            case "turn":
                await asyncio.sleep(0)
            case "wait":
                await asyncio.gather(*saying)
    said = sorted(await asyncio.gather(*saying))
    await asyncio.gather(*looking)
    for node in nodes:
        # Who asks has been told all that is there.
        await node.database.told()
        assert node.told == said


def broker_of(node: Node) -> Wayward:
    """What a node hears by."""
    assert isinstance(node.broker, Wayward)
    return node.broker
