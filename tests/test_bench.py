"""`parlour bench`: what it measures, and that it sees what is wrong."""

import os
import re
import select
import signal
import subprocess
from pathlib import Path

import pytest

from parlour.bench.figures import Heard, check, quantile
from tests.support.brief import thorough_but
from tests.support.files import until
from tests.support.server import PARLOUR
from tests.support.timing import scaled

pytestmark = [pytest.mark.sqlite, pytest.mark.one_node("it starts one of its own")]


@pytest.mark.thorough
def test_it_measures_this_machine_and_leaves_nothing(tmp_path: Path) -> None:
    """Rates, waits, a kill, and every acknowledged message looked up twice."""
    data = tmp_path / "data"
    done = subprocess.run(
        [PARLOUR, "bench", "--people", "12", "--seconds", "1", "--data-dir", data],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=scaled(100),
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    first, alone, many, cost, stored, killed, kept = done.stdout.splitlines()
    assert first == f"12 people in rooms of ten, on the disk of {tmp_path}."
    assert re.match(r"One message at a time: there for everybody after \d+\.\d ms ", alone)
    rates = re.match(r"As many as go: ([\d,]+) messages and ([\d,]+) deliveries a second", many)
    assert rates
    said, heard = (int(each.replace(",", "")) for each in rates.groups())
    assert 0 < said < heard
    assert "% of a core" in cost
    assert re.match(r"Killed while they talked, it was there again after \d+\.\d s\.", killed)
    for line in (stored, kept):
        counted = re.match(r"All ([\d,]+) acknowledged messages are there, each once", line)
        assert counted
        assert int(counted[1].replace(",", "")) > 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.thorough
def test_where_nothing_can_be_written_it_says_so(tmp_path: Path) -> None:
    """In one line."""
    place = tmp_path / "a file"
    place.touch()
    done = subprocess.run(
        [PARLOUR, "bench", "--data-dir", place / "data"],
        cwd="/proc", capture_output=True, text=True, check=False, timeout=scaled(60),
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("parlour: It cannot be measured in /proc: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("number", "status"),
    thorough_but(
        [(signal.SIGTERM, 143), (signal.SIGKILL, -9)],
        [
            (signal.SIGTERM, 143),
            (signal.SIGKILL, -9),
            (signal.SIGINT, 130),
            (signal.SIGHUP, 129),
        ],
    ),
)
def test_one_that_is_told_to_end_leaves_nothing(tmp_path: Path, number: int, status: int) -> None:
    """Neither its server nor its folder; of one that is killed the server ends all the same."""
    with subprocess.Popen(
        [PARLOUR, "bench", "--people", "10", "--seconds", "100", "--data-dir", tmp_path / "data"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as run:  # fmt: skip

        def locks() -> list[str]:
            # What its server writes there once it has the folder for itself.
            assert run.poll() is None
            return [path.read_text() for path in tmp_path.glob("*/data/parlour.lock")]

        until(lambda: locks() not in ([], [""]), seconds=60)
        # Of a process that is no child of ours.
        server = os.pidfd_open(int(locks()[0]))
        run.send_signal(number)
        out, err = run.communicate(timeout=scaled(60))
    try:
        ended, _, _ = select.select([server], [], [], scaled(20))
    finally:
        os.close(server)
    assert ended
    assert run.returncode == status
    assert out.startswith("10 people in rooms of ten")
    told = "parlour: It was ended before it was done. Nothing of it is left.\n"
    assert err == ("" if number == signal.SIGKILL else told)
    assert bool(list(tmp_path.iterdir())) == (number == signal.SIGKILL)


RIGHT = [["a", "b", "c"], ["x", "y"]]


@pytest.mark.parametrize(
    ("acknowledged", "sequences", "stored", "fault"),
    [
        (["a", "y"], [["a", "b", "c"], ["b", "c"], ["x"], []], RIGHT, None),
        (["a", "d"], [], RIGHT, "1 acknowledged messages are not stored, such as d"),
        (["a"], [], [["a", "b", "a"]], "1 messages are stored more than once, such as a"),
        ([], [["a", "q"]], RIGHT, "somebody heard what is not stored, such as q"),
        ([], [["b", "a"]], RIGHT, "in another order"),
        ([], [["a", "c"]], RIGHT, "in another order"),
        ([], [["a", "x"]], RIGHT, "in another order"),
        ([], [["a", "a"]], RIGHT, "in another order"),
    ],
)
def test_what_is_stored_is_held_against_what_was_heard(
    acknowledged: list[str], sequences: list[list[str]], stored: list[list[str]], fault: str | None
) -> None:
    """Missing, doubled, out of order, left out, of another room, heard twice."""
    found = check(Heard(acknowledged=acknowledged, sequences=sequences), stored)
    assert len(found) == (fault is not None)
    assert fault is None or fault in found[0]


def test_quantiles_are_of_the_sorted_values() -> None:
    """Of none there is none."""
    values = [float(each) for each in range(100, 0, -1)]
    assert (quantile(values, 0.5), quantile(values, 0.99), quantile([], 0.5)) == (51, 100, 0)
