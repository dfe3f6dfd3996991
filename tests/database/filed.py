"""Files that have a row, as those who send them have put them there."""

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection

from parlour.files import File
from parlour.models import Person, Room
from parlour.store import files
from parlour.store.files import StoredFile

ANN: Final = Person.by_account("ann", 1)


def stored(connection: Connection, room: Room, number: int) -> str:
    """Return the id of a file that has a row."""
    file = File(id=f"{number:032x}", name="a", type="text/plain", size=1)
    row = StoredFile(file, room.id, ANN.author, "0" * 64, 1, attached=False)
    files.insert_file(connection, row, datetime.now(UTC))
    return file.id
