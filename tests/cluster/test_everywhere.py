"""What requests are judged by holds at all nodes with the answer; who is silent holds nobody up."""

import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest

from parlour.cluster import HEARD_SECONDS
from tests.support.accounts import Account, log_in, register
from tests.support.nodes import Apart, nodes_of
from tests.support.people import checked
from tests.support.places import name_of
from tests.support.server import Server
from tests.support.timing import SLACK, scaled
from tests.support.valkey import Valkey
from tests.support.websocket import connect

pytestmark = pytest.mark.usefixtures("partings")


def signed_out(account: Account) -> None:
    """Sign out."""
    assert account.call("POST", "/api/auth/logout").status_code == 204


def test_who_is_signed_out_is_so_at_once_again_and_again(
    ann: Account, one: Server, other: Server
) -> None:
    """Whichever node is asked, the next answer knows it."""
    name = name_of(ann)
    for first, second in ((one, other), (other, one)) * 3:
        login = log_in(first, name)
        there = replace(login, server=second)
        assert there.status() == 200
        signed_out(login)
        assert there.status() == 401


def test_a_node_that_stands_still_is_waited_for_once(
    bob: Account, one: Server, other: Apart
) -> None:
    """Then it is asked nothing until it is heard of; when it goes on, it knows what was done."""
    # So many that those who waited each time would need twice as long as is allowed here.
    logins = [log_in(one, name_of(bob)) for _ in range(2 * SLACK + 2)]
    other.process.signal(signal.SIGSTOP)
    try:
        signed_out(logins.pop())
        before = time.monotonic()
        while len(logins) > 1:
            signed_out(logins.pop())
        assert time.monotonic() - before < scaled(SLACK * HEARD_SECONDS)
    finally:
        other.process.signal(signal.SIGCONT)
    [left] = logins
    there = replace(left, server=other)
    assert there.status() == 200
    signed_out(left)
    assert there.status() == 401


def test_it_holds_everywhere_also_without_redis(tmp_path: Path, broker: Valkey) -> None:
    """The answer comes when the others have looked into the journal."""
    with nodes_of(Server)(tmp_path, env={"PARLOUR_REDIS_URL": broker.url}) as running:
        one, other = running.apart()
        account = register(one, "vera")
        there = replace(account, server=other)
        assert there.status() == 200
        broker.kill()
        for node in (one, other):
            node.process.wait_for_line("Redis is not there", seconds=SLACK * 10)
        signed_out(account)
        assert there.status() == 401


async def test_a_login_of_one_node_is_one_of_the_other(ann: Account, other: Server) -> None:
    """So is the password, and a ticket, which opens one connection."""
    assert replace(ann, server=other).status() == 200
    assert log_in(other, name_of(ann)).status() == 200
    ticket = checked(ann.call("POST", "/api/auth/ticket"))["ticket"]
    async with await connect(other, None, None, ticket=ticket) as there:
        await there.settle()
    async with await connect(other, None, None, ticket=ticket) as there:
        await there.until("error", code="not_signed_in")
