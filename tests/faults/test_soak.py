"""`make soak`, for a moment: what it watches and what it finds."""

import pytest

from tests.soak import Soak
from tests.support.server import NewServer
from tests.support.soaking import Sample, Watch, line_of

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


def test_growth_is_found_in_noise() -> None:
    """A line through each minute; what is flat but for noise is no growth."""
    assert line_of([(0, 10), (1800, 11), (3600, 12)]) == (2.0, 0.0)

    def verdict(an_hour: float, handles: float) -> list[str]:
        watch = Watch(None)  # type: ignore[arg-type]
        for at in range(0, 3600, 10):
            memory = 1e8 + 1e6 * an_hour * at / 3600 + (at % 7) * 1e5
            more = handles * at / 3600
            watch.samples.append(Sample(at, int(memory), 30 + more, 12, 9, 4 << 20, 20))
        return list(watch.verdict(600))

    assert verdict(0, 0) == []
    assert verdict(1.5, 0) == []
    [words] = verdict(5, 0)
    assert words.startswith("memory grows by 5.")
    [words] = verdict(0, 40)
    assert words.startswith("handles: +")
