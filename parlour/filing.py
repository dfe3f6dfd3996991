"""The operations on files, each inside one transaction: who may send, see and change them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from parlour.editing import Edited, change, check_edit
from parlour.errors import Refusal
from parlour.files import File
from parlour.logins import get_user
from parlour.models import Message, Person
from parlour.people import User
from parlour.places import allow
from parlour.store import backups, holds
from parlour.store import files as file_rows
from parlour.store import messages as message_rows
from parlour.store.files import StoredAvatar, StoredFile
from parlour.store.users import told_avatar
from parlour.support.text import name_key

# How long a file is kept that no message has.
KEPT_UNATTACHED: Final = timedelta(hours=24)
# Rows taken away in one transaction.
BATCH: Final = 100


@dataclass(frozen=True, slots=True)
class Quotas:
    """How many bytes the files of one person, and of all, may take; 0 for any number."""

    person: int
    server: int


@dataclass(frozen=True, slots=True)
class Space:
    """How many bytes a file may still have for a quota, and what is said of one that has more."""

    left: int
    words: str

    def full(self) -> Refusal:
        """For such a one."""
        return Refusal("quota_full", self.words)


def check_upload(
    connection: Connection, person: Person, room_id: int, size: int, quotas: Quotas
) -> list[Space]:
    """Raises Refusal unless somebody may send a file of so many bytes to a room.

    How many it may have, for one whose size is not known yet.
    """
    allow(connection, person.author, room_id, "speak")
    return check_quotas(connection, person.author, size, quotas)


def check_quotas(connection: Connection, author: str, size: int, quotas: Quotas) -> list[Space]:
    """Raises Refusal `quota_full` when there is no room for so many more bytes; what there is."""
    spaces = _spaces(connection, author, quotas)
    for space in spaces:
        if max(size, file_rows.LEAST) > space.left:
            raise space.full()
    return spaces


def _spaces(connection: Connection, author: str, quotas: Quotas) -> list[Space]:
    spaces = []
    if quotas.person:
        owner = file_rows.charged(author)
        used = file_rows.used(connection, owner)
        whose = "The files of all guests" if owner == file_rows.GUESTS else "Your files"
        words = (
            f"{whose} take {in_words(used)} of the {in_words(quotas.person)} that they may,"
            " and this one does not fit in. Delete messages with files that nobody needs any more."
        )
        spaces.append(Space(quotas.person - used, words))
    if quotas.server:
        words = (
            "All files of this server take as much space as they may. Ask whoever runs it for more."
        )
        spaces.append(Space(quotas.server - file_rows.used(connection, ""), words))
    return spaces


def in_words(size: int) -> str:
    """A number of bytes for people."""
    for unit, bytes_of in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= bytes_of:
            return f"{size / bytes_of:.1f} {unit}"
    return f"{size} bytes"


def keep_file(
    connection: Connection, person: Person, stored: StoredFile, quotas: Quotas
) -> File | None:
    """Give what is in the storage its row. Raises Refusal.

    The gate is asked once more: it took some time to come. None when another server that works on
    this database has taken it for what a crash has left: that it is to go is stored then.
    """
    file = stored.file
    if not file_rows.claim(connection, keys_of(file)):
        return None
    check_upload(connection, person, stored.room_id, stored.bytes, quotas)
    file_rows.insert_file(connection, stored, datetime.now(UTC))
    return file


def taken() -> Refusal:
    """For what another server took away while it came."""
    words = "Another server was started on these data while it came. Send it again."
    return Refusal("busy", words)


def keys_of(file: File) -> list[str]:
    """Where the bytes of a file lie."""
    return [file.id] if file.thumbnail is None else [file.id, thumbnail_key(file.id)]


def thumbnail_key(file_id: str) -> str:
    """Where its thumbnail lies."""
    return f"{file_id}t"


def get_file(connection: Connection, author: str | None, file_id: str) -> StoredFile:
    """A file that somebody may see: whoever may enter the room of a message that has it.

    One that no message has yet is its uploader's alone. Raises Refusal.
    """
    stored = file_rows.find(connection, [file_id]).get(file_id)
    if stored is None:
        raise no_file()
    if not stored.attached:
        if author is None or stored.author != author:
            raise no_file()
        return stored
    for banned in (False, True):
        room_id = file_rows.room_for(connection, file_id, author, banned=banned)
        if room_id is not None:
            allow(connection, author, room_id, "enter")
            return stored
    raise no_file()


def set_alt(
    connection: Connection, person: Person, file_id: str, alt: str, window: int = 0
) -> tuple[File, Edited | None]:
    """Describe a file of one's own, and in the message that it came with. Raises Refusal.

    In that it is an edit, for `window` seconds where that is not 0; what it said before is set
    aside where it is held. Those who passed it on keep what they were told.
    """
    stored = _own(connection, person, file_id)
    if stored.file.alt == alt:
        return stored.file, None
    file = stored.file.model_copy(update={"alt": alt})
    message = _came_with(connection, stored)
    if message is None:
        file_rows.set_alt(connection, file_id, alt, None)
        return file, None
    check_edit(connection, person, message, window, stored.described_at)
    if stored.file.alt and holds.scope(connection).covers(message.room_id, stored.author):
        holds.set_aside(connection, [message.id], "changed")
    file_rows.set_alt(connection, file_id, alt, datetime.now(UTC))
    files = tuple(file if each.id == file_id else each for each in message.files)
    return file, change(connection, message, files=message_rows.files_as_told(files))


def message_of(connection: Connection, person: Person, file_id: str) -> int | None:
    """The message that a file of one's own came with, if any; nothing of those of others."""
    stored = file_rows.find(connection, [file_id]).get(file_id)
    if stored is None or stored.author != person.author:
        return None
    message = _came_with(connection, stored)
    return None if message is None else message.id


def _came_with(connection: Connection, stored: StoredFile) -> Message | None:
    if stored.message_id is None:
        return None
    found = message_rows.find_message(connection, stored.message_id)
    # What only passes it on has none of its own.
    if found is None or all(each.id != stored.file.id for each in found[0].files):
        return None
    return found[0]


def delete_file(connection: Connection, person: Person, file_id: str) -> None:
    """Take back what one has uploaded and no message has. Raises Refusal."""
    stored = _own(connection, person, file_id)
    if stored.attached:
        words = "A message has this file: delete the message instead."
        raise Refusal("not_allowed", words)
    if stored.held:
        words = "A message that you say later has this file: delete that instead."
        raise Refusal("not_allowed", words)
    file_rows.delete_file(connection, file_id)


def _own(connection: Connection, person: Person, file_id: str) -> StoredFile:
    stored = file_rows.find(connection, [file_id]).get(file_id)
    if stored is None:
        raise no_file()
    if stored.author != person.author:
        # Whoever may see it is told why; to everybody else it is not there.
        get_file(connection, person.author, file_id)
        raise Refusal("not_allowed", "Only whoever sent a file can change it.")
    if stored.attached:
        get_file(connection, person.author, file_id)
    return stored


def no_file() -> Refusal:
    """For a file that is not there, and, word for word, for one that is not theirs to see."""
    return Refusal("not_found", "There is no such file; it may have been deleted.")


def tidy(connection: Connection) -> bool:
    """Take away the rows of files that no message has for a day; whether there may be more.

    And what a node that was killed has put into the storage, without a row.
    """
    file_rows.discard_late(connection, int(KEPT_UNATTACHED.total_seconds()))
    before = datetime.now(UTC) - KEPT_UNATTACHED
    return file_rows.delete_unattached(connection, before, BATCH) == BATCH


def discarded(connection: Connection, behind: str = "") -> list[str]:
    """What is to be taken from the storage next: the keys that come behind this one.

    Nothing while a backup is made: the moment of which it is may still name it.
    """
    if backups.is_running(connection):
        return []
    return file_rows.discarded_keys(connection, behind, BATCH)


# Avatars


def keep_avatar(connection: Connection, user_id: int, avatar: StoredAvatar | None) -> User | None:
    """Show an account by an image in the storage, or by none; the account as it is now.

    None as in `keep_file`.
    """
    if avatar is not None and not file_rows.claim(connection, [avatar.key]):
        return None
    file_rows.set_avatar(connection, user_id, avatar)
    return get_user(connection, user_id)


def get_avatar(connection: Connection, username: str) -> StoredAvatar:
    """The image of an account. Raises Refusal when it has none."""
    for avatar in file_rows.avatars(connection, [username]).values():
        return avatar
    raise Refusal("not_found", "There is no image of anybody with this name.")


def avatars_of(connection: Connection, names: Collection[str]) -> dict[str, str | None]:
    """What is told of the images of these names, by the names as they are given."""
    found = file_rows.avatars(connection, names)
    told: dict[str, str | None] = {}
    for name in names:
        avatar = found.get(name_key(name))
        told[name] = None if avatar is None else told_avatar(avatar.key)
    return told
