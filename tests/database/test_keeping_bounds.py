"""How much one account can put by, and how far is looked for one page of it."""

import pytest
from sqlalchemy import Connection

from parlour import saving
from parlour.database import ChatDatabase
from parlour.errors import Refusal
from parlour.models import Person, Room
from parlour.store import saved
from parlour.store.users import create_user


def test_one_more_than_can_be_saved_is_refused_until_one_is_removed(
    connection: Connection, busy: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is saved already may be saved again, and another account has its own."""
    ids = [create_user(connection, name, name, "", "member").id for name in ("ada", "ben")]
    ada, ben = (Person.by_account("ada", user_id) for user_id in ids)
    said = ChatDatabase.get_room_messages(connection, busy.id, limit=4).messages
    monkeypatch.setattr(saving, "MAX_SAVED", 3)
    for message in said[:3]:
        assert not saving.save(connection, ada, ids[0], message.id).same
    with pytest.raises(Refusal, match="You have saved 3 messages, which is the most") as refused:
        saving.save(connection, ada, ids[0], said[3].id)
    assert refused.value.code == "not_allowed"
    assert saved.count(connection, ids[0]) == 3
    assert saving.save(connection, ada, ids[0], said[0].id).same
    assert saving.save(connection, ben, ids[1], said[3].id).on
    saving.unsave(connection, ids[0], said[1].id)
    assert saving.save(connection, ada, ids[0], said[3].id).on


def test_what_lies_behind_very_many_that_one_may_not_see_comes_with_the_next_page(
    connection: Connection, busy: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page may be empty and not be the last: it says where to go on."""
    user_id = create_user(connection, "ada", "Ada", "", "member").id
    by = Person.by_account("ada", user_id)
    gone = ChatDatabase.create_room(connection, "Gone")
    open_one = ChatDatabase.get_room_messages(connection, busy.id, limit=1).messages[0]
    saving.save(connection, by, user_id, open_one.id)
    for _ in range(6):
        message = ChatDatabase.create_message(connection, gone.id, "bob", "words")
        saving.save(connection, by, user_id, message.id)
    ChatDatabase.delete_room(connection, gone.id)
    monkeypatch.setattr(saving, "MAX_LOOKED_AT", 4)
    first = saving.list_saved(connection, by.author, user_id, None, 2)
    assert (first.saved, first.next is None) == ((), False)
    second = saving.list_saved(connection, by.author, user_id, first.next, 2)
    assert [each.message.id for each in second.saved] == [open_one.id]
    assert second.next is None
