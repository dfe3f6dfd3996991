"""Fills a database of Parlour's with talk in several scripts, and indexes it, as the server does.

python -m benchmarks.talk DATA_DIR COUNT

Words are made, not copied: as many as a language has in use, and as often as words are used (the
n-th as often as 1/n). A quarter each is in Latin, Chinese, Japanese and a mixture of these. The
reader is in half of the public rooms and has read nothing; every fiftieth message brings a file,
and of the others some are pinned, saved by the reader, and reacted to.
"""

import json
import random
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path

from sqlalchemy import Connection

from benchmarks import reader
from parlour.database import ChatDatabase, Database, get_db, init_db
from parlour.fields import format_time
from parlour.indexing import index_some
from parlour.models import Person
from parlour.pinning import MAX_PINS, pin
from parlour.reacting import react
from parlour.settings import Settings
from parlour.store import members, rooms, saved
from parlour.storing import MessageDraft

GROUP = 10_000
# Rooms, of which the last are private and nobody's who searches; people.
ROOMS, HIDDEN = 40, 8
PEOPLE = 200
# The reader's rooms; one message in so many has a file; how many are saved, and reacted to.
JOINED, WITH_FILE, SAVED, REACTED = 16, 50, 5_000, 10_000
WORDS = 20_000
# What a year brings.
SPREAD = timedelta(days=365)

_ONSETS, _VOWELS, _SMALL = (
    each.split()
    for each in (
        "b c d f g h k l m n p r s t v w br cl dr fl gr pl pr st str th tr sh ch",
        "a e i o u ai ea ee io ou",
        "the a to of and in is it for on we you that with as at be not are this",
    )
)
_CODAS = ["", "", "n", "r", "s", "t", "l", "m", "nd", "ng", "st", "ck"]


class _Words:
    """Words that are drawn as often as words are used."""

    def __init__(self, chance: random.Random, words: Sequence[str]) -> None:
        self.words = list(dict.fromkeys(words))
        self._chance = chance
        self._weights = list(accumulate(1 / place for place in range(1, len(self.words) + 1)))

    def some(self, count: int) -> list[str]:
        """Draw so many."""
        return self._chance.choices(self.words, cum_weights=self._weights, k=count)


class Talk:
    """What is said: `say()` makes a message, the same ones after the same seed."""

    def __init__(self, seed: int = 5) -> None:
        chance = self._chance = random.Random(seed)  # noqa: S311 - repeatable, not secret

        def letters() -> str:
            syllables = chance.choice((1, 2, 2, 3, 3, 4))
            return "".join(
                chance.choice(_ONSETS) + chance.choice(_VOWELS) + chance.choice(_CODAS)
                for _ in range(syllables)
            )

        def signs(first: int, count: int, low: int, high: int) -> str:
            size = chance.randint(low, high)
            return "".join(chr(first + int(count * chance.random() ** 2)) for _ in range(size))

        self.latin = _Words(chance, [*_SMALL, *(letters() for _ in range(WORDS))])
        self.chinese = _Words(chance, [signs(0x4E00, 3_500, 1, 2) for _ in range(WORDS)])
        kana = [signs(0x3042, 80, 1, 3) for _ in range(WORDS // 4)]
        names = [signs(0x30A2, 80, 3, 5) for _ in range(WORDS // 4)]
        kanji = [signs(0x4E00, 2_000, 1, 2) for _ in range(WORDS // 2)]
        japanese = [*kana, *names, *kanji]
        chance.shuffle(japanese)
        self.japanese = _Words(chance, japanese)
        self._kinds: tuple[Callable[[], str], ...] = (
            lambda: " ".join(self.latin.some(chance.randint(3, 16))),
            lambda: "".join(self.chinese.some(chance.randint(4, 20))) + "。",
            lambda: "".join(self.japanese.some(chance.randint(4, 20))) + "。",
            lambda: " ".join(
                [*self.latin.some(4), "".join(self.chinese.some(4)), *self.japanese.some(3)]
            ),
        )

    def say(self) -> str:
        """Make a message."""
        content = self._chance.choice(self._kinds)()
        if self._chance.random() < 0.05:
            content += f" https://example.org/{self._chance.randrange(10_000)}"
        return content


def fill(data_dir: Path, count: int) -> dict[str, int]:
    """Make rooms and messages, index them; the size of the file before and after, in bytes."""
    chance, talk = random.Random(7), Talk()  # noqa: S311 - repeatable, not secret
    settings = Settings(data_dir=data_dir)
    database = init_db(settings)
    people = [Person.by_name(f"person{number}") for number in range(PEOPLE)]
    began = datetime.now(UTC) - SPREAD
    try:
        with get_db(database) as connection:
            made = [
                rooms.create_room(
                    connection,
                    f"room{number}",
                    kind="private" if number >= ROOMS - HIDDEN else "public",
                ).id
                for number in range(ROOMS)
            ]
            user_id = reader.user_id(connection)
            for room_id in made[:JOINED]:
                members.add_members(connection, room_id, [user_id])
        for first in range(0, count, GROUP):
            with get_db(database) as connection:
                drafts = [
                    _draft(connection, chance.choice(made), chance.choice(people), talk, number)
                    for number in range(first, min(first + GROUP, count))
                ]
                ChatDatabase.create_messages(connection, drafts)
                # All of it was said in a moment, in life in a year.
                connection.exec_driver_sql(
                    "UPDATE messages SET timestamp = ? WHERE id > ?",
                    (format_time(began + SPREAD * (first / count)), first),
                )
        _keep(database, chance, count, made[:-HIDDEN], user_id, people[0])
        plain = _size(settings.database_path)
        more = True
        while more:
            # Batches as the server's, commits that nobody waits for in larger ones.
            with get_db(database) as connection:
                for _ in range(20):
                    more = index_some(connection)
        return {"plain_bytes": plain, "indexed_bytes": _size(settings.database_path)}
    finally:
        database.release()


def _draft(
    connection: Connection, room_id: int, person: Person, talk: Talk, number: int
) -> MessageDraft:
    files: tuple[str, ...] = ()
    if number % WITH_FILE == 0:
        files = (reader.put_file(connection, room_id, person, number // WITH_FILE),)
    return MessageDraft(room_id, person, talk.say(), files=files)


def _keep(
    database: Database,
    chance: random.Random,
    count: int,
    public: Sequence[int],
    user_id: int,
    by: Person,
) -> None:
    """Pin, save and react to messages of the public rooms."""
    share = count / 1_000_000
    with get_db(database) as connection:
        for room_id in public:
            ids = _some_ids(connection, chance, room_id, int(MAX_PINS * share) + 1)
            for message_id in ids[:MAX_PINS]:
                pin(connection, by, message_id)
        for room_id in public:
            for message_id in _some_ids(
                connection, chance, room_id, int(REACTED * share / len(public)) + 1
            ):
                react(connection, by, message_id, "\N{THUMBS UP SIGN}")
        for room_id in public:
            for message_id in _some_ids(
                connection, chance, room_id, int(SAVED * share / len(public)) + 1
            ):
                saved.add(connection, user_id, message_id)


def _some_ids(connection: Connection, chance: random.Random, room_id: int, count: int) -> list[int]:
    found = connection.exec_driver_sql("SELECT id FROM messages WHERE room_id = ?", (room_id,))
    return chance.sample([row[0] for row in found], count)


def _size(path: Path) -> int:
    return sum(each.stat().st_size for each in path.parent.glob("chat.db*"))


if __name__ == "__main__":
    print(json.dumps(fill(Path(sys.argv[1]), int(sys.argv[2]))))
