"""What somebody may do in a while they may do at all nodes together, and at each without Redis."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from parlour.attempts import FREE_TRIES
from parlour.costs import REACTIONS
from parlour.support.tickets import MAX_OF_ONE
from tests.support import websocket
from tests.support.accounts import Account, register, stranger, try_login
from tests.support.figures import figures
from tests.support.files import until
from tests.support.nodes import nodes_of
from tests.support.people import checked
from tests.support.places import Place, make_room, name_of, say
from tests.support.server import USUAL, Server
from tests.support.timing import SLACK, scaled
from tests.support.valkey import Valkey

pytestmark = pytest.mark.usefixtures("partings")

SERVER_ENV = USUAL
THUMB = "%F0%9F%91%8D"


class Reactor:
    """Somebody who reacts at several nodes, and how often they were let."""

    def __init__(self, place: Place, account: Account) -> None:
        message = checked(say(place, place.owner, "well?"))
        self._path = f"/api/chat/messages/{message['id']}/reactions/{THUMB}"
        self._account = account
        # Seconds that one had to wait for the answer at most.
        self.longest = 0.0

    def react(self, *nodes: Server, times: int) -> tuple[int, float]:
        """React so often at each in turn: how often it was allowed, and how long it took."""
        allowed, begun = 0, time.monotonic()
        clients = [replace(self._account, server=node).http() for node in nodes]
        for number in range(times * len(nodes)):
            asked = time.monotonic()
            answer = clients[number % len(nodes)].put(self._path)
            self.longest = max(self.longest, time.monotonic() - asked)
            assert answer.status_code in (200, 429), answer.text
            allowed += answer.is_success
        for client in clients:
            client.close()
        return allowed, time.monotonic() - begun


def most(seconds: float) -> float:
    """How often one may react in so many seconds, after none for long."""
    return REACTIONS.at_once + REACTIONS.per_second * seconds


def test_reactions_at_two_nodes_are_counted_together(
    ann: Account, one: Server, other: Server
) -> None:
    """One or two more than at one would be, for what comes in while it is done."""
    reactor = Reactor(make_room(ann, "public"), ann)
    allowed, took = reactor.react(one, other, times=REACTIONS.at_once)
    assert REACTIONS.at_once <= allowed <= most(took) + 1


def test_guesses_at_two_nodes_are_counted_together(one: Server, other: Server) -> None:
    """They are rows, so it needs no Redis."""
    account = register(one, "wanda")
    with stranger(one) as here, stranger(other) as there:
        there.headers.update(here.headers)
        statuses = [
            try_login((here, there)[number % 2], name_of(account)).status_code
            for number in range(FREE_TRIES + 1)
        ]
    assert statuses == [401] * FREE_TRIES + [429]


@pytest.mark.thorough
async def test_of_the_tickets_of_one_login_the_newest_are_good_on_all_nodes(
    ann: Account, one: Server, other: Server
) -> None:
    """As many as on one node alone: whoever asks for thousands fills nothing."""
    both = [replace(ann, server=node) for node in (one, other)]
    tickets = [
        checked(both[number % 2].call("POST", "/api/auth/ticket"))["ticket"]
        for number in range(MAX_OF_ONE + 2)
    ]
    for ticket in tickets[:2]:
        client = await websocket.connect(other, None, None, ticket=ticket)
        assert (await client.next())["code"] == "not_signed_in"
        await client.close()
    for ticket in (tickets[2], tickets[-1]):
        client = await websocket.connect(other, None, None, ticket=ticket)
        await client.send("ping")
        assert (await client.next())["type"] == "pong"
        await client.close()


@pytest.mark.thorough
@pytest.mark.parametrize("how", ["killed", "hangs"])
def test_without_redis_each_node_holds_the_pace_and_nobody_waits(
    tmp_path: Path, broker: Valkey, how: str
) -> None:
    """Twice as much at two, and no more; once it is back they count together again."""
    with nodes_of(Server)(tmp_path, env={"PARLOUR_REDIS_URL": broker.url, **USUAL}) as running:
        one, other = running.apart()
        owner = register(one, "olga")
        place = make_room(owner, "public")
        broker.kill() if how == "killed" else broker.freeze()
        reactor = Reactor(place, owner)
        allowed, took = reactor.react(one, other, times=REACTIONS.at_once + 20)
        assert REACTIONS.at_once < allowed <= 2 * most(took)
        assert reactor.longest < scaled(1.0)
        for node in (one, other):
            node.process.wait_for_line("Redis is not there", seconds=SLACK * 10)
        broker.start() if how == "killed" else broker.thaw()
        for node in (one, other):
            node.process.wait_for_line("Redis is back", seconds=SLACK * 10)
        assert counted_alone(one) > 0
        probe = Reactor(place, register(one, "petra"))

        def asks_again(node: Server) -> bool:
            # Who had no answer just before does not ask for a moment.
            before = counted_alone(node)
            probe.react(node, times=1)
            return counted_alone(node) == before

        until(lambda: asks_again(one) and asks_again(other))
        later = Reactor(place, register(other, "pia"))
        allowed, took = later.react(one, other, times=REACTIONS.at_once)
        assert REACTIONS.at_once <= allowed <= most(took) + 1


def counted_alone(node: Server) -> float:
    """Return how often a node counted alone, as it tells itself."""
    return figures(node)["parlour_paces_alone_total"]
