"""What is to be said later is said once, whenever its server is killed, and after however long."""

import asyncio
import os
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.support.accounts import Account, log_in, register
from tests.support.clock import wrong_clock
from tests.support.files import get, sent, until
from tests.support.people import checked
from tests.support.places import Place, make_room
from tests.support.scheduling import at, due, later, path_of, said_in, scheduled
from tests.support.server import NewServer
from tests.support.storm import integrity
from tests.support.timing import BRIEF, LONG, scaled

ROUNDS = 40 if LONG else 3 if BRIEF else 6
# As many are due in each round, each within so many seconds, in which the server is killed.
DUE, SPREAD = 12, 0.8
HOUR, DAY = 3600, 24 * 3600


@pytest.fixture
def chance() -> random.Random:
    """Return the test's chance, whose seed is printed; TEST_SEED repeats a run."""
    seed = int(os.environ.get("TEST_SEED") or random.randrange(2**32))
    print(f"TEST_SEED={seed}")  # noqa: T201 - pytest shows it when the test fails
    return random.Random(seed)


@pytest.mark.timeout(300)
async def test_what_is_due_when_its_server_is_killed_is_said_once(
    new_server: NewServer, chance: random.Random
) -> None:
    """Again and again, at any moment, some of them while it starts and says the rest."""
    server = await asyncio.to_thread(new_server().start)
    ann = await asyncio.to_thread(register, server, "ann")
    place = await asyncio.to_thread(make_room, ann)
    wanted: list[str] = []
    for _ in range(ROUNDS):
        for _ in range(DUE):
            one = await asyncio.to_thread(later, place, ann)
            wanted.append(one["client_id"])
            # Some are said before the last of them can be asked for.
            await asyncio.to_thread(due, ann, one, seconds=chance.uniform(0.2, SPREAD))
        for kill in range(2):
            # In the middle of what is due: the moment is the chance that is tried here.
            await asyncio.sleep(chance.uniform(0, SPREAD))
            await server.akill()
            if kill == 0 and chance.random() < 0.5:
                process = server.launch()
                await asyncio.to_thread(process.wait_for_news, 0, chance.uniform(0, 0.5))
                await server.akill()
            await asyncio.to_thread(server.start)
    await asyncio.to_thread(until, lambda: scheduled(ann) == [], seconds=60)
    said: Counter[str] = Counter()
    before: int | None = None
    while page := await asyncio.to_thread(_page, place, ann, before):
        said.update(each["client_id"] for each in page)
        before = page[0]["id"]
    assert said == Counter(wanted)
    await server.astop()
    assert integrity(server) == []


def _page(place: Place, ann: Account, before: int | None) -> list[dict[str, Any]]:
    query = {"limit": 200} | ({} if before is None else {"before": before})
    return list(checked(ann.call("GET", f"{place.path}/messages", params=query)))


@pytest.mark.thorough
@pytest.mark.sqlite
def test_what_was_due_while_its_server_was_off_is_said_at_the_start(
    new_server: NewServer, tmp_path: Path
) -> None:
    """In the order of its times; what is due later waits. Its files have waited with it."""
    server = new_server(is_anew=True).start()
    ann = register(server, "ann")
    place = make_room(ann)
    file, left = (sent(ann, place.room, words) for words in (b"kept", b"left"))
    for words, days, files in (
        ("fourth", 9, []), ("third", 3, [file["id"]]), ("second", 2, []), ("first", 1, []),
    ):  # fmt: skip
        later(place, ann, words, send_at=at(days=days), files=files)
    server.stop()
    server.env |= wrong_clock(tmp_path, 2 * DAY + HOUR)
    server.start()
    ann = log_in(server, "ann")
    until(lambda: len(said_in(place, ann)) == 2)
    assert [each["content"] for each in said_in(place, ann)] == ["first", "second"]
    # What nobody has waited for is gone by now, and what is kept is not.
    until(lambda: get(ann, left).status_code == 404)
    assert get(ann, file).is_success
    server.stop()
    server.env |= wrong_clock(tmp_path, 4 * DAY)
    server.start()
    ann = log_in(server, "ann")
    until(lambda: len(said_in(place, ann)) == 3)
    assert said_in(place, ann)[-1]["files"] == [file]
    [rest] = scheduled(ann)
    assert rest["content"] == "fourth"
    assert ann.call("DELETE", path_of(rest)).status_code == 204


@pytest.mark.thorough
@pytest.mark.sqlite
async def test_who_sleeps_until_the_next_one_costs_nothing(new_server: NewServer) -> None:
    """A server with nothing due for a while does not look for it again and again."""
    server = await asyncio.to_thread(new_server().start)
    ann = await asyncio.to_thread(register, server, "ann")
    place = await asyncio.to_thread(make_room, ann)
    own = await ann.connect()
    one = await asyncio.to_thread(later, place, ann, send_at=at(seconds=4))
    await own.until("scheduled_updated")

    def used() -> float:
        fields = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    before = used()
    await own.until("scheduled_removed", id=one["id"])
    assert used() - before < scaled(1)
    await own.close()
