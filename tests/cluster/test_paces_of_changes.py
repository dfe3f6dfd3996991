"""Who changes one message at two nodes changes it little more often than at one."""

import time
from dataclasses import replace

import pytest

from parlour.costs import CHANGES
from tests.support.accounts import Account
from tests.support.people import checked
from tests.support.places import make_room, say
from tests.support.server import USUAL, Server

pytestmark = pytest.mark.thorough

SERVER_ENV = USUAL
# What may come through while it is told.
MEANWHILE = 10


def test_changes_of_one_message_at_two_nodes_are_counted_together_from_half_on(
    ann: Account, one: Server, other: Server
) -> None:
    """A half at each, and one that they share."""
    message = checked(say(make_room(ann, "public"), ann, "so"))
    clients = [replace(ann, server=node).http() for node in (one, other)]
    allowed, begun = 0, time.monotonic()
    for number in range(3 * CHANGES.at_once):
        path = f"/api/chat/messages/{message['id']}"
        answer = clients[number % 2].patch(path, json={"content": f"words {number}"})
        assert answer.status_code in (200, 429), answer.text
        allowed += answer.is_success
    for client in clients:
        client.close()
    fallen = 2 * CHANGES.per_second * (time.monotonic() - begun)
    assert CHANGES.at_once <= allowed <= 1.5 * CHANGES.at_once + fallen + MEANWHILE
