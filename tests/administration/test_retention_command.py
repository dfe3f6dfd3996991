"""`parlour retention` says what it cannot do, and where there is nothing to show."""

from tests.support.accounts import Account
from tests.support.commands import parlour
from tests.support.databases import database_url
from tests.support.people import checked
from tests.support.places import make_room, say
from tests.support.retention import age, command, hold, lift
from tests.support.server import Server


def test_the_command_says_what_it_cannot_do(server: Server, chief: Account) -> None:
    """In one line."""
    env = {"PARLOUR_DATABASE_URL": database_url(server.home)}
    place = make_room(chief)
    for flag, value, status, words in (
        ("--person", "nobody-here", 1, "There is nobody called nobody-here."),
        ("--room", "987654", 1, "There is no room 987654."),
        ("--room", str(place.id), 0, "Nothing is set aside."),
    ):
        done = parlour(
            "retention", "held", flag, value, "--data-dir", server.data_dir,
            cwd=server.home, env=env,
        )  # fmt: skip
        assert (done.returncode, done.stdout, done.stderr) == (status, "", f"parlour: {words}\n")
    age(server, place, checked(say(place, chief, "x")), days=9)
    held = hold(chief, "room", room_id=place.id)
    lines = command(server, "preview", "--days", "8")
    assert "Of 1 more room nothing would go, because of holds." in lines
    lift(chief, held)
