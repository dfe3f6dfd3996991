"""What is asked of jobs, and of messages that are said later, costs the same among very many."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import Connection

from parlour import scheduling
from parlour.later import ScheduledCreate
from parlour.models import Person, Room
from parlour.store import files, jobs, scheduled
from parlour.store.users import create_user
from tests.database.filed import stored
from tests.database.plans import plans, wasted

# Plans are SQLite's.
pytestmark = pytest.mark.sqlite

KINDS = ["send", "other"]


def test_the_next_jobs_are_found_by_their_time(connection: Connection) -> None:
    """And taken, ended, put off and given back by what they are."""
    now = jobs.now_ms(connection)
    for number in range(2_000):
        ahead = 1_000_000 if number % 2 else -1_000
        jobs.put(connection, "send", str(number), "1", now + ahead * (number + 1))

    def everything() -> None:
        jobs.due_in(connection, KINDS)
        first, second, *_ = jobs.take(connection, KINDS, "here", 8, 20)
        assert jobs.end(connection, first)
        assert jobs.put_off(connection, second, 5, 0)
        jobs.give_back(connection, "here")
        jobs.give_back(connection)
        jobs.take_back(connection, "send", "1999")
        jobs.put(connection, "send", "another", "1", now)

    found = plans(connection, everything)
    assert len(found) == 9
    # In the order of their times, up to the first.
    assert wasted(found) == ["SCAN jobs USING INDEX ix_jobs_due_at"]


def test_what_somebody_says_later_is_found_by_them(connection: Connection, hall: Room) -> None:
    """However much others do, and however many files are kept for it."""
    people = [create_user(connection, f"p{number}", "P", "", "member") for number in range(20)]
    for each in people:
        by = Person.by_account(each.username, each.id)
        for number in range(20):
            at = (datetime.now(UTC) + timedelta(days=number + 1)).isoformat()
            asked = {"content": "later", "client_id": str(uuid4()), "send_at": at}
            new = ScheduledCreate.model_validate(asked)
            scheduling.schedule(connection, by, each.id, hall.id, new)
    [mine, *_] = scheduled.of_user(connection, people[3].id)
    for number in range(500):
        scheduled.hold(connection, [stored(connection, hall, number)], mine.id + 1)
    own = people[3].id

    def everything() -> None:
        scheduled.of_user(connection, own)
        scheduled.by_client_id(connection, own, hall.id, mine.client_id)
        scheduled.count(connection, own)
        scheduled.find(connection, mine.id)
        scheduling.change(connection, own, mine.id, {"content": "other"})
        scheduled.let_go(connection, mine.id)
        assert files.delete_unattached(connection, datetime.now(UTC) + timedelta(days=2), 100) == 0
        scheduling.delete(connection, own, mine.id)

    assert not wasted(plans(connection, everything))
