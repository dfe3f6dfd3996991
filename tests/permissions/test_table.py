"""The table of `table.txt`, played: who may what, by every route and every command, everywhere."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest

from parlour.gateway import COMMANDS as PROGRAM
from tests.permissions import acts, commands
from tests.permissions.scene import KINDS, WHO, Cast, Scenes
from tests.support.brief import thorough_but
from tests.support.databases import ON_SQLITE
from tests.support.described import described
from tests.support.server import Server
from tests.support.timing import BRIEF

TABLE = Path(__file__).with_name("table.txt")
SOCKET = ("WS /ws/chat/{room_id}", "WS subscribe", *(f"WS {act}" for act in commands.COMMANDS))


@lru_cache
def expected() -> dict[tuple[str, str], dict[str, str]]:
    """The outcomes of the table: by act and kind of room, for each person."""
    rows: dict[tuple[str, str], dict[str, str]] = {}
    act = ""
    for line in TABLE.read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if not line.startswith(" "):
            act = line.strip()
            continue
        kind, *outcomes = line.split()
        told = [outcome.replace("+", " ") for outcome in outcomes]
        assert (act, kind) not in rows, f"{act}, {kind} stands there twice"
        rows[act, kind] = dict(zip(WHO, told, strict=True))
    return rows


def wanted() -> list[tuple[str, str]]:
    """The rows that there have to be."""
    in_rooms = [(act, kind) for act in (*acts.IN_ROOMS, *SOCKET) for kind in KINDS]
    return in_rooms + [(act, "anywhere") for act in acts.ELSEWHERE]


@pytest.fixture(scope="module")
def cast(server: Server) -> Iterator[Cast]:
    """Return the people, for all rooms of the module."""
    made = Cast.assemble(server)
    yield made
    made.http.close()


@pytest.fixture(scope="module")
def scenes(cast: Cast) -> Scenes:
    """Return the rooms that no act has changed yet."""
    return Scenes(cast)


def asked(act: str, kind: str) -> tuple[str, ...]:
    """Who tries an act: everybody, or in a brief run on SQLite those on either side of each border.

    They stand in the order of what they may, so those between two of one outcome have the same.
    """
    row = expected().get((act, kind))
    if row is None or not (BRIEF and ON_SQLITE):
        return WHO
    of_each = [[who for who in WHO if row[who] == outcome] for outcome in set(row.values())]
    return tuple(who for who in WHO if any(who in (same[0], same[-1]) for same in of_each))


async def play(act: str, kind: str, scenes: Scenes) -> dict[str, str]:
    """What comes of an act for each who tries it, all in rooms as they were made."""
    tried = asked(act, kind)
    kind = "public" if kind == "anywhere" else kind
    is_saved = act in acts.OF_SAVED
    found: dict[str, str] = {}
    spoilt = False
    for who in tried:
        scene = scenes.give(kind, is_saved=is_saved, spoilt=spoilt)
        if act.startswith("WS "):
            name = act.removeprefix("WS ")
            if name.startswith("/"):
                found[who] = await commands.enter(scene, who)
            elif name == "subscribe":
                found[who] = await commands.subscribe(scene, who)
            else:
                found[who] = await commands.follow_and(scene, who, name)
            spoilt = found[who] == "ok" and name.startswith(commands.LASTING)
        else:
            how = (acts.IN_ROOMS | acts.ELSEWHERE)[act]
            if act in acts.UNASKED and who not in ("nobody", "guest"):
                found[who] = "ok"
                continue
            found[who] = acts.do(act, how, scene, who)
            spoilt = found[who] == "ok" and how.lasting
    if spoilt:
        scenes.give(kind, is_saved=is_saved, spoilt=True)
    return found


@pytest.mark.parametrize(
    ("act", "kind"),
    # The fewest may the most in a private one.
    thorough_but([row for row in wanted() if row[1] in ("private", "anywhere")], wanted()),
    ids=map(": ".join, wanted()),
)
async def test_an_act_comes_out_for_everybody_as_the_table_says(
    act: str, kind: str, scenes: Scenes
) -> None:
    """For each of nine people, in a room that no other act has changed."""
    found = await play(act, kind, scenes)
    row = expected().get((act, kind), {})
    assert found == {who: outcome for who, outcome in row.items() if who in found}
    assert row.keys() == set(WHO)


def test_every_route_and_command_has_its_rows_and_every_row_its_act() -> None:
    """A new route or command has to be given a place in the table, and be looked at."""
    routes = {
        f"{method.upper()} {path}"
        for path, methods in described()["paths"].items()
        for method in methods
    }
    played = {act.partition(" (")[0] for act in (*acts.IN_ROOMS, *acts.ELSEWHERE)}
    assert played == routes
    assert {act.partition(" (")[0] for act in commands.COMMANDS} | {"subscribe"} == set(PROGRAM)
    assert sorted(expected()) == sorted(wanted())
