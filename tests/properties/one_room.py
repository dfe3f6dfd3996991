"""What random tests share: how they are run, and a room of a few in a database of many examples."""

from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from hypothesis import Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from parlour import places
from parlour.database import Database
from parlour.models import Person, RoomCreate
from parlour.store.users import create_user
from tests.support.local import open_database
from tests.support.timing import LONG

# To make an example smaller takes minutes.
PHASES: Final = [
    Phase.explicit, Phase.reuse, Phase.generate, *([Phase.shrink] if LONG else []),
]  # fmt: skip
_numbers = count(1)


class OneRoom(RuleBasedStateMachine):
    """The operations, in one transaction of a database that many examples share."""

    database: Database

    def __init__(self, many: int) -> None:
        super().__init__()
        self.connection = self.database.write_engine.connect()
        self.transaction = self.connection.begin()
        # With an account each; the first of them owns the room, which is public.
        self.people: list[tuple[Person, int]] = []
        for _ in range(many):
            name = f"p{next(_numbers)}"
            user = create_user(self.connection, name, name, "", "member")
            self.people.append((Person.by_account(name, user.id), user.id))
        owner, owner_id = self.people[0]
        new = RoomCreate(name=f"room {owner_id}", kind="public")
        made = places.create_room(self.connection, new, (owner_id, owner.username))
        self.room_id = made.room.id

    def teardown(self) -> None:
        """Nothing of it stays."""
        self.transaction.rollback()
        self.connection.close()


def run(machine: type[OneRoom], examples: int, steps: int) -> None:
    """Try a machine in so many examples of so many steps."""
    with TemporaryDirectory() as folder, open_database(Path(folder)) as database:
        kept = settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, phases=PHASES
        )
        run_state_machine_as_test(
            type("Machine", (machine,), {"database": database}), settings=kept
        )
