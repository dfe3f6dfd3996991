"""`make soak`, for a moment: what it watches and what it finds."""

import math
import random
from collections.abc import Callable

import pytest

from tests.soak import Soak, verdict_of
from tests.support.server import NewServer
from tests.support.soaking import FLAT, MOST_AN_HOUR, Sample, Watch, line_of

pytestmark = [pytest.mark.sqlite, pytest.mark.one_node("it looks at one process")]


async def test_a_soak_looks_up_every_message_and_finds_one_that_is_not_there(
    new_server: NewServer,
) -> None:
    """All talk, come, go and send files; of what was told nothing is missing but what never was."""
    server = new_server().start()
    soak = Soak(server, seed=1)
    soak.look_seconds, soak.stay = 0.5, (0.1, 1)
    watch = await soak.run(3, rate=60)
    assert await soak.check() == soak.books.acknowledged > 0
    assert soak.books.faults == []
    assert all(soak.counts.values())
    assert watch.samples
    soak.books.acknowledge("writer0", soak.books.write("writer0", soak.rooms[0]), 1)
    soak.books.told["writer1"][0] += 1
    await soak.check()
    assert len(soak.books.faults) == 2


# From when on it is judged, as in a run of an hour.
SETTLED = 600.0


def watched(
    of: Callable[[float], dict[str, float]] = lambda at: {}, noise: float = 0, seconds: float = 3600
) -> Watch:
    """Return what was seen of a server each ten seconds: what is said of a time, with noise."""
    chance = random.Random(7)
    watch = Watch(None)  # type: ignore[arg-type]
    flat = {"memory": 140.0, "handles": 27.0, "tasks": 14.0, "threads": 10.0}
    for at in range(0, int(seconds), 10):
        now = {**flat, **of(at)}
        blur = {name: round(chance.gauss(0, noise)) for name in ("handles", "tasks")}
        watch.samples.append(
            Sample(
                at,
                int(1e6 * (now["memory"] + chance.gauss(0, 0.3))),
                round(now["handles"]) + blur["handles"],
                round(now["tasks"]) + blur["tasks"],
                round(now["threads"]),
                4 << 20,
                20,
            )
        )
    return watch


def verdict(watch: Watch) -> list[str]:
    """Return what is wrong with it."""
    return list(watch.verdict(SETTLED))


def test_a_line_is_as_sure_as_its_points() -> None:
    """Through three that lie on it all the way, through two not at all."""
    assert line_of([(0, 10), (1800, 11), (3600, 12)]) == (2.0, 0.0)
    assert line_of([(0, 10), (1800, 11)]) == (0.0, float("inf"))


@pytest.mark.parametrize(("an_hour", "is_broken"), [(0, False), (1.5, False), (5, True)])
def test_memory_that_grows_is_found_in_noise(an_hour: float, is_broken: bool) -> None:
    """By more than two megabytes an hour, beyond what is sure of it."""
    wrong = verdict(watched(lambda at: {"memory": 140 + an_hour * at / 3600}))
    assert [words.partition(" by ")[0] for words in wrong] == ["memory grows"] * is_broken


@pytest.mark.parametrize("noise", [0, 1, 3])
@pytest.mark.parametrize("name", ["handles", "tasks"])
def test_a_leak_of_a_few_an_hour_is_found_in_noise(name: str, noise: float) -> None:
    """One every five minutes is broken, whatever comes and goes beside it; nothing else is."""
    [words] = verdict(watched(lambda at: {name: 27 + 12 * at / 3600}, noise))
    assert words.startswith(f"{name} grow by 1")
    # That it is a leak was not seen before by what the first and the last third had.
    assert watched(lambda at: {name: 27 + 12 * at / 3600}).drift(name, SETTLED) < FLAT


def test_a_small_leak_is_found_where_nothing_comes_and_goes() -> None:
    """One every quarter of an hour."""
    [words] = verdict(watched(lambda at: {"handles": 27 + 4 * at / 3600}))
    assert words.startswith("handles grow by ")


@pytest.mark.parametrize("noise", [0, 1, 3])
def test_what_comes_and_goes_is_no_leak(noise: float) -> None:
    """Nor what was there once the server had settled, nor one more in an hour."""
    assert verdict(watched(noise=noise)) == []
    assert verdict(watched(lambda at: {"handles": 27 + 20 * min(at / 500, 1)}, noise)) == []
    assert verdict(watched(lambda at: {"tasks": 14 + (at > 2000)}, noise)) == []
    # By waves of twenty minutes.
    waves = watched(lambda at: {"tasks": 14 + 3 * math.sin(at / 1200 * math.tau)}, noise)
    assert verdict(waves) == []


def test_what_has_levelled_off_is_no_leak() -> None:
    """What becomes more for the first half of the hour, and not in its last third."""
    levelled = watched(lambda at: {"handles": 27 + 10 * min(at / 1800, 1)})
    slope, error = levelled.slope("handles", SETTLED)
    assert slope - 2 * error > MOST_AN_HOUR
    assert verdict(levelled) == []
    # What began late has not.
    [words] = verdict(watched(lambda at: {"handles": 27 + 10 * max(at / 1800 - 1, 0)}))
    assert words.startswith("handles grow by ")


def test_threads_may_become_as_many_as_their_pools_have() -> None:
    """A few are no leak, one for each request is."""
    assert verdict(watched(lambda at: {"threads": 10 + 4 * at / 3600})) == []
    [words] = verdict(watched(lambda at: {"threads": 10 + 40 * at / 3600}))
    assert words.startswith("threads: +")


def test_what_was_too_short_to_judge_is_said() -> None:
    """Where there are fewer than three minutes; it is not said to hold, whatever it was."""
    short = watched(lambda at: {"memory": 140 + at, "handles": 27 + at}, seconds=120)
    assert list(short.verdict(0)) == []
    [words] = short.unjudged(0)
    assert words == (
        "growth of memory, handles and tasks: there are 2 minutes of it from 0 s on, and it takes 3"
    )
    assert verdict_of([], [words]) == f"NOT JUDGED: {words}\nholds, as far as it was judged"
    assert verdict_of(["a"], [words]) == f"NOT JUDGED: {words}\nBROKEN: a"
    assert verdict_of([], []) == "holds"
    enough = watched(lambda at: {"memory": 140 + at, "handles": 27 + at}, seconds=180)
    assert list(enough.unjudged(0)) == []
    assert len(list(enough.verdict(0))) == 2
