"""Replies in the group commit: several in one transaction, to what is stored and to one another."""

from collections.abc import Sequence

from sqlalchemy import Connection

from parlour.database import ChatDatabase
from parlour.errors import Refusal
from parlour.models import Message, Room
from parlour.storing import StoredMessage
from tests.support.local import draft


def stored(outcomes: Sequence[StoredMessage | Refusal]) -> list[Message]:
    """Return the messages of outcomes that are none of them refusals."""
    return [outcome.message for outcome in outcomes if isinstance(outcome, StoredMessage)]


def test_messages_of_one_group_may_answer_one_another(connection: Connection, hall: Room) -> None:
    """By ids that nobody can know before; the chain and its length are right all the same."""
    [first] = stored(ChatDatabase.create_messages(connection, [draft(hall.id)]))
    group = [
        draft(hall.id, "a", reply_to=first.id),
        draft(hall.id, "b"),
        draft(hall.id, "c", reply_to=first.id + 2),
        draft(hall.id, "d", reply_to=first.id + 3),
        draft(hall.id, "e", reply_to=first.id + 99),
        draft(hall.id, "f", reply_to=first.id + 1),
    ]
    outcomes = ChatDatabase.create_messages(connection, group)
    refused = outcomes.pop(4)
    assert isinstance(refused, Refusal)
    assert (refused.code, refused.field) == ("not_found", "reply_to")
    chains = [message.chain for message in stored(outcomes)]
    assert chains == [first.id, None, first.id + 2, first.id + 2, first.id]
    told = ChatDatabase.get_room_messages(connection, hall.id).messages
    counts = {each.content: each.replies.count for each in told if each.replies}
    assert counts == {"hi": 2, "b": 2}
    assert [each.replies.last_id for each in told if each.replies] == [told[-1].id, told[4].id]


def test_a_refused_reply_is_none_that_slow_mode_counts(connection: Connection, hall: Room) -> None:
    """What was not said keeps nobody from saying something."""
    connection.exec_driver_sql("UPDATE rooms SET slow_seconds = 60, guarded = 1")
    group = [draft(hall.id, "x", reply_to=987), draft(hall.id, "y")]
    refused, said = ChatDatabase.create_messages(connection, group)
    assert isinstance(refused, Refusal)
    assert refused.code == "not_found"
    assert not isinstance(said, Refusal)


def test_a_repeat_within_a_group_counts_once(connection: Connection, hall: Room) -> None:
    """And so do two replies by the same client_id in two groups."""
    [first] = stored(ChatDatabase.create_messages(connection, [draft(hall.id)]))
    for _ in range(2):
        group = [draft(hall.id, "x", client_id="c", reply_to=first.id) for _ in range(2)]
        ChatDatabase.create_messages(connection, group)
    [root, _] = ChatDatabase.get_room_messages(connection, hall.id).messages
    assert root.replies is not None
    assert root.replies.count == 1
