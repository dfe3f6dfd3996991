"""What triggers keep of files: how much they take, which messages have them, what is to go."""

from sqlalchemy import Connection

from parlour import filing
from parlour.database import ChatDatabase
from parlour.models import Person, Room
from parlour.store import files
from parlour.store.files import StoredAvatar
from parlour.store.users import create_user
from parlour.storing import MessageDraft
from tests.database.filed import ANN, stored


def test_what_takes_space_is_counted_however_it_goes(connection: Connection, hall: Room) -> None:
    """Deleted with its message, taken back, or with its room; its keys wait to be taken away."""
    create_user(connection, "ann", "Ann", "hash", "member")
    ids = [stored(connection, hall, number) for number in range(4)]
    assert files.used(connection, ANN.author) == files.used(connection, "") == 4 * files.LEAST
    drafts = [MessageDraft(hall.id, ANN, "", files=(file_id,)) for file_id in ids[:2]]
    outcomes = ChatDatabase.create_messages(connection, drafts)
    files.release(connection, getattr(outcomes[0], "message").id)  # noqa: B009 - it is stored
    filing.delete_file(connection, ANN, ids[3])
    assert files.used(connection, ANN.author) == 2 * files.LEAST
    assert filing.discarded(connection) == [ids[0], ids[3]]
    ChatDatabase.delete_room(connection, hall.id)
    while ChatDatabase.purge_deleted_rooms(connection):
        pass
    assert files.used(connection, ANN.author) == files.used(connection, "") == 0
    assert filing.discarded(connection) == ids
    assert files.find(connection, ids) == {}


def test_what_is_passed_on_is_charged_to_whoever_passes_it_on_once_its_message_is_gone(
    connection: Connection, hall: Room
) -> None:
    """It goes with the last message that has it, and is to be taken from the storage then."""
    for name in ("ann", "ben"):
        create_user(connection, name, name, "hash", "member")
    ben = Person.by_account("ben", 2)
    file_id = stored(connection, hall, 1)
    draft = MessageDraft(hall.id, ANN, "", files=(file_id,))
    [first] = ChatDatabase.create_messages(connection, [draft])
    first_id = getattr(first, "message").id  # noqa: B009 - it is stored
    forward = MessageDraft(hall.id, ben, "", forward=first_id)
    [second] = ChatDatabase.create_messages(connection, [forward])
    assert (files.used(connection, ANN.author), files.used(connection, ben.author)) == (
        files.LEAST, 0
    )  # fmt: skip
    files.release(connection, first_id)
    assert (files.used(connection, ANN.author), files.used(connection, ben.author)) == (
        0, files.LEAST
    )  # fmt: skip
    assert filing.discarded(connection) == []
    files.release(connection, getattr(second, "message").id)  # noqa: B009 - it is stored
    assert files.used(connection, ben.author) == files.used(connection, "") == 0
    assert filing.discarded(connection) == [file_id]


def test_an_image_of_oneself_that_is_replaced_is_to_be_taken_away(connection: Connection) -> None:
    """The new one is not, nor is it when it is chosen once more."""
    user = create_user(connection, "ann", "Ann", "hash", "member")
    for key in ("a" * 32, "b" * 32, "b" * 32):
        files.expect(connection, [key])
        filing.keep_avatar(connection, user.id, StoredAvatar(key, 1))
    assert filing.discarded(connection) == ["a" * 32]
    filing.keep_avatar(connection, user.id, None)
    assert filing.discarded(connection) == ["a" * 32, "b" * 32]
