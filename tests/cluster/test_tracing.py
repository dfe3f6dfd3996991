"""A trace goes from the node where something is done to those that tell it."""

from collections.abc import Iterator

import pytest

from tests.support.accounts import Account
from tests.support.collector import Collector
from tests.support.files import until
from tests.support.nodes import Apart, nodes_of
from tests.support.places import make_room, say
from tests.support.server import Server

COLLECTOR = Collector()


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Apart]]:
    """Yield two nodes that trace everything."""
    with (
        COLLECTOR,
        nodes_of(Server)(tmp_path_factory.mktemp("nodes"), env=COLLECTOR.env) as running,
    ):
        yield running.apart()


def test_what_one_node_commits_the_other_tells_in_the_same_trace(ann: Account) -> None:
    """Below the commit, which is below the request; the hint has carried it."""
    assert say(make_room(ann), ann, "hello").status_code == 201
    posting = "POST /api/chat/rooms/{room_id}/messages"
    posted = COLLECTOR.wait_for(posting)
    until(lambda: any(each.name == "commit" for each in COLLECTOR.below(posted)))
    [commit] = [each for each in COLLECTOR.below(posted) if each.name == "commit"]
    assert commit.attributes["db.system.name"] == "postgresql"
    until(lambda: bool(COLLECTOR.below(commit)))
    [told] = COLLECTOR.below(commit)
    assert told.name == "tell"
    assert len({each["service.instance.id"] for each in COLLECTOR.resources if each}) == 2
