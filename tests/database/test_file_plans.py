"""The queries of files use the indexes that stand beside them."""

import pytest
from sqlalchemy import Connection

from parlour import filing
from parlour.database import ChatDatabase
from parlour.models import Room
from parlour.store import files
from parlour.store.files import StoredAvatar
from parlour.store.users import create_user
from parlour.storing import MessageDraft
from tests.database.filed import ANN, stored
from tests.database.plans import plans, statements

# In the words of SQLite.
pytestmark = pytest.mark.sqlite

SMALL = ("ix_discarded_key", "sqlite_sequence")


def test_nothing_that_is_asked_of_files_goes_through_all_of_them(
    connection: Connection, hall: Room
) -> None:
    """Sent, said, seen, described, taken away, and swept: each by an index."""
    create_user(connection, "ann", "Ann", "hash", "member")
    ids = [stored(connection, hall, number) for number in range(200)]
    draft = MessageDraft(hall.id, ANN, "", files=(ids[0], ids[1]))
    quotas = filing.Quotas(10**9, 10**9)

    def everything() -> None:
        [outcome] = ChatDatabase.create_messages(connection, [draft])
        message = getattr(outcome, "message")  # noqa: B009 - it is stored
        filing.check_quotas(connection, ANN.author, 1, quotas)
        filing.get_file(connection, ANN.author, ids[0])
        filing.set_alt(connection, ANN, ids[0], "words")
        filing.delete_file(connection, ANN, ids[2])
        filing.tidy(connection)
        files.expect(connection, ["new"])
        files.settle(connection, ["new"])
        files.discard(connection, ["old"])
        filing.discarded(connection)
        files.release(connection, message.id)
        files.expect(connection, ["f" * 32])
        filing.keep_avatar(connection, 1, StoredAvatar("f" * 32, 1))
        filing.keep_avatar(connection, 1, StoredAvatar("e" * 32, 1))
        filing.avatars_of(connection, ["ann", "ben"])

    for sql, steps in plans(connection, everything).items():
        for step in steps:
            # What is asked for by a list is that list; `discarded` is read in its own order.
            scans = step.startswith("SCAN") and "VIRTUAL TABLE" not in step
            assert not scans or step.endswith(SMALL), (sql, step)


def test_however_often_a_file_is_passed_on_it_is_described_by_as_few_statements(
    connection: Connection, hall: Room
) -> None:
    """Nobody waits for the writer while thousands of messages are looked at."""
    create_user(connection, "ann", "Ann", "hash", "member")
    file_id = stored(connection, hall, 1)
    draft = MessageDraft(hall.id, ANN, "", files=(file_id,))
    [first] = ChatDatabase.create_messages(connection, [draft])
    message = getattr(first, "message")  # noqa: B009 - it is stored
    words = iter("abcdef")

    def count() -> int:
        with statements(connection) as asked:
            filing.set_alt(connection, ANN, file_id, next(words))
        return len(asked)

    # What it was described as before is looked at, too, whether it is held.
    count()
    before = count()
    drafts = [MessageDraft(hall.id, ANN, "", forward=message.id) for _ in range(50)]
    ChatDatabase.create_messages(connection, drafts)
    assert count() == before
