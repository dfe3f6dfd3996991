"""Looking for words among messages that somebody has saved, however many those are."""

from sqlalchemy import Connection

from parlour import editing, searching
from parlour.database import ChatDatabase
from parlour.models import Person, Room
from parlour.query import parse
from parlour.searching import Search
from parlour.stepping import DEARER
from parlour.store import saved
from parlour.store.users import create_user
from parlour.storing import MessageDraft
from tests.database.plans import statements
from tests.database.test_search import index_all

COUNT = 2_000


def test_words_among_what_is_saved_are_those_of_the_index_and_of_what_changed(
    connection: Connection, hall: Room
) -> None:
    """Seldom ones and such that nearly all have; edited since, and said since; page by page."""
    user = create_user(connection, "keeper", "Keeper", "hash", "member")
    keeper = Person.by_account("keeper", user.id)
    # Others between them, so that the index has far more of "often" than is saved.
    drafts = [
        MessageDraft(hall.id, keeper, "often seldom" if number % 131 == 0 else f"often {number}")
        for number in range(COUNT)
    ]
    stored = [each.message for each in ChatDatabase.create_messages(connection, drafts)]  # type: ignore[union-attr]
    index_all(connection)
    mine = [each.id for each in stored if each.id % (2 * DEARER + 1) == 1 or each.id % 131 == 1]
    late = ChatDatabase.create_messages(connection, [MessageDraft(hall.id, keeper, "seldom")] * 2)
    mine += [each.message.id for each in late]  # type: ignore[union-attr]
    for message_id in mine:
        saved.add(connection, user.id, message_id)
    editing.edit_message(connection, keeper, mine[3], "rather seldom now")
    words = {each.id: each.content for each in stored} | {mine[3]: "rather seldom now"}
    words |= dict.fromkeys(mine[-2:], "seldom")

    for word in ("seldom", "often", "no such word"):
        expected = sorted((each for each in mine if word in words[each]), reverse=True)
        got: list[int] = []
        before = None
        while True:
            asked = Search(parse(f"{word} is:saved"), limit=7, before=before, seconds=60.0)
            page = searching.find_messages(connection, keeper.author, asked)
            got += [each.message.id for each in page.results]
            if page.next is None:
                break
            before = page.next
        assert got == expected, word


def test_of_very_many_saved_messages_few_are_looked_at(connection: Connection, hall: Room) -> None:
    """Those that have the word: the others are not even read."""
    user = create_user(connection, "keeper", "Keeper", "hash", "member")
    keeper = Person.by_account("keeper", user.id)
    drafts = [MessageDraft(hall.id, keeper, f"word{number}") for number in range(COUNT)]
    stored = [each.message.id for each in ChatDatabase.create_messages(connection, drafts)]  # type: ignore[union-attr]
    for message_id in stored:
        saved.add(connection, user.id, message_id)
    index_all(connection)
    with statements(connection) as seen:
        asked = Search(parse("word77 is:saved"), limit=50, seconds=60.0)
        page = searching.find_messages(connection, keeper.author, asked)
    assert [each.message.content for each in page.results][-1] == "word77"
    read = [values for sql, values in seen if "FROM messages" in sql and " IN (" in sql]
    looked_at = sum(map(len, read))
    assert len(page.results) <= looked_at <= 2 * len(page.results)
