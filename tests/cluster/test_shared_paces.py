"""Who does much at two nodes has little more of it than at one, and nobody waits for that."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from parlour.costs import BUDGETS
from tests.support.accounts import Account
from tests.support.files import until
from tests.support.frames import TEXT
from tests.support.nodes import nodes_of
from tests.support.people import checked
from tests.support.places import Place, make_room, new_account, say
from tests.support.rawsocket import ANSWER, ASK, RawSocket
from tests.support.server import USUAL, Server
from tests.support.timing import scaled
from tests.support.valkey import Valkey

pytestmark = pytest.mark.thorough

SERVER_ENV = USUAL
SAY = BUDGETS["say"].person
PING = BUDGETS["ping"]
# Pings that are sent together.
AT_ONCE = 100
# What may come through while it is told, and by the time that one request takes.
MEANWHILE = 20


class Talker:
    """Somebody who says as much as is let through, at several nodes in turn."""

    def __init__(self, account: Account, place: Place, *nodes: Server) -> None:
        self._path = f"{place.path}/messages"
        self._clients = [replace(account, server=node).http() for node in nodes]
        self.longest = 0.0

    def talk(self, *, times: int = 1_000_000, seconds: float = 1e9) -> tuple[int, float]:
        """Say so much, or for so long; how much was let through, and how long it took."""
        allowed, begun = 0, time.monotonic()
        for number in range(times):
            asked = time.monotonic()
            if asked - begun > seconds:
                break
            client = self._clients[number % len(self._clients)]
            answer = client.post(self._path, json={"content": "on"})
            self.longest = max(self.longest, time.monotonic() - asked)
            assert answer.status_code in (201, 429), answer.text
            allowed += answer.is_success
        return allowed, time.monotonic() - begun

    def close(self) -> None:
        """Say nothing more."""
        for client in self._clients:
            client.close()


def most(nodes: int, seconds: float) -> float:
    """How much comes through at so many nodes: a half at each, and one that they share.

    While that lasts each has a pace of its own: as long as it takes to use up a half.
    """
    assert SAY is not None
    return SAY.at_once * (nodes + 1) / 2 + SAY.per_second * 1.5 * seconds + MEANWHILE


def test_what_is_said_at_two_nodes_is_counted_together_from_half_on(
    ann: Account, one: Server, other: Server
) -> None:
    """And then it is one pace, at whichever of them."""
    assert SAY is not None
    talker = Talker(ann, make_room(ann), one, other)
    allowed, took = talker.talk(times=3 * SAY.at_once)
    assert SAY.at_once <= allowed <= most(2, took)
    allowed, took = talker.talk(seconds=3)
    assert allowed <= 1.5 * SAY.per_second * took + 4
    talker.close()


def test_somebody_else_has_their_own_at_both(ann: Account, one: Server, other: Server) -> None:
    """What one has taken nobody else pays."""
    assert SAY is not None
    place = make_room(ann, "public")
    talker = Talker(ann, place, one, other)
    talker.talk(times=2 * SAY.at_once)
    talker.close()
    bea = new_account(other, "bea")
    for _ in range(20):
        checked(say(place, bea, "may I?"))


def pings(node: Server, name: str, address: str, times: int) -> int:
    """Ping so often by a new connection, until it is too much; how often that was let through."""
    answered = 0
    with RawSocket(node, f"/ws/chat?username={name}", f"X-Forwarded-For: {address}") as opened:
        while answered < times:
            opened.send(ASK * AT_ONCE)
            for _ in range(AT_ONCE):
                answer = opened.until(TEXT)
                if b"rate_limited" in answer.payload:
                    return answered
                assert answer == ANSWER
                answered += 1
    return answered


def test_what_an_address_has_used_up_at_one_node_it_has_not_at_the_other_from_half_on(
    one: Server, other: Server
) -> None:
    """Of IPv6 the network, whoever of it asks by WebSocket; another has its own at both."""
    assert PING.person is not None
    each, size = PING.person.at_once, PING.address
    here, there, elsewhere = "2001:db8:0:1::1", "2001:db8:0:1::2", "2001:db8:0:2::1"
    assert any(pings(one, f"here{n}", here, each) < each for n in range(2 * size.at_once // each))
    begun, taken = time.monotonic(), 0
    for number in range(size.at_once // 2 // each):
        taken += pings(other, f"there{number}", there, each)
    assert taken == size.at_once // 2

    def is_refused() -> bool:
        nonlocal taken
        # Of a person each, so that it is none of theirs.
        answered = pings(other, f"late{taken}", there, AT_ONCE)
        taken += answered
        return answered < AT_ONCE

    # The nodes tell one another a moment later, in which some more come through.
    until(is_refused)
    level = taken - size.per_second * (time.monotonic() - begun)
    assert level < 0.75 * size.at_once
    assert pings(other, "else", elsewhere, each) == each


@pytest.mark.parametrize("how", ["killed", "hangs"])
def test_without_redis_each_node_holds_the_pace_by_itself_and_nobody_waits(
    tmp_path: Path, broker: Valkey, how: str
) -> None:
    """Twice as much at two, and no more."""
    assert SAY is not None
    env = {"PARLOUR_REDIS_URL": broker.url, **USUAL}
    with nodes_of(Server)(tmp_path, env=env) as running:
        one, other = running.apart()
        ann = new_account(one, "ann")
        talker = Talker(ann, make_room(ann), one, other)
        broker.kill() if how == "killed" else broker.freeze()
        allowed, took = talker.talk(times=3 * SAY.at_once)
        assert SAY.at_once < allowed <= 2 * (SAY.at_once + SAY.per_second * took) + 2
        assert talker.longest < scaled(1.0)
        talker.close()
