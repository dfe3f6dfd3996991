"""Who reads in the benchmarks: somebody with an account, who is in rooms and has read nothing.

What is in the database is put there through Parlour's own store, before the server starts; the
files that messages bring along are rows without bytes, because nobody downloads them.
"""

import http.client
import json
import secrets
from datetime import UTC, datetime

from sqlalchemy import Connection

from benchmarks.loading import CheckFailed
from parlour.files import File, Thumbnail
from parlour.models import Person
from parlour.store import files as file_rows
from parlour.store import users

NAME = "reader"
# Good enough for a server that is gone in a minute.
PASSWORD = secrets.token_urlsafe(16)


def sign_in(port: int, name: str = NAME, *, new: bool = False) -> dict[str, str]:
    """Make an account (`new`), or sign in again; the headers that its requests carry."""
    path = "register" if new else "login"
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    body = json.dumps({"username": name, "password": PASSWORD})
    headers = {"Content-Type": "application/json"}
    connection.request("POST", f"/api/auth/{path}", body=body, headers=headers)
    answer = connection.getresponse()
    found = json.loads(answer.read())
    connection.close()
    if answer.status not in {200, 201}:
        raise CheckFailed(f"{path} was answered with {found}")
    return {"Authorization": f"Bearer {found['access_token']}"}


def user_id(connection: Connection) -> int:
    """Return the id of the account."""
    user = users.find_user(connection, NAME)
    if user is None:
        raise LookupError("the account has not been made")
    return user.id


def put_file(connection: Connection, room_id: int, person: Person, number: int) -> str:
    """Upload a file, every other one an image, for a message to bring along; its id."""
    is_image = number % 2 == 0
    file = File(
        id=secrets.token_urlsafe(16),
        name=f"holiday-{number}.jpg" if is_image else f"minutes-{number}.pdf",
        type="image/jpeg" if is_image else "application/pdf",
        size=150_000,
        width=1600 if is_image else None,
        height=1200 if is_image else None,
        thumbnail=Thumbnail(width=640, height=480) if is_image else None,
    )
    stored = file_rows.StoredFile(file, room_id, person.author, "0" * 64, 150_000, attached=False)
    file_rows.insert_file(connection, stored, datetime.now(UTC))
    return file.id
