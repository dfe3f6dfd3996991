"""`parlour bench`: what it measures, and that it sees what is wrong."""

import os
import re
import select
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from parlour.bench.figures import Heard, check, quantile
from tests.support.brief import thorough_but
from tests.support.faults import or_skipped, run, small_disk
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


def refused(data_dir: Path, cwd: Path) -> str:
    """Return what it says where it cannot measure."""
    done = subprocess.run(
        [PARLOUR, "bench", "--people", "5", "--seconds", "30", "--data-dir", data_dir],
        cwd=cwd, capture_output=True, text=True, check=False, timeout=scaled(100),
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    return done.stderr


@pytest.mark.thorough
def test_where_nothing_can_be_written_it_says_so(tmp_path: Path) -> None:
    """In one line; it does not take another folder instead."""
    place = tmp_path / "a file"
    place.touch()
    for data_dir in (place, place / "data"):
        said = refused(data_dir, tmp_path)
        assert said.startswith(f"parlour: It cannot be measured in {place}: ")
        assert "Not a directory" in said
    said = refused(Path("/proc/data"), tmp_path)
    assert said.startswith("parlour: It cannot be measured in /proc: ")
    assert list(tmp_path.iterdir()) == [place]


@pytest.fixture
def small() -> Iterator[Path]:
    """Yield a disk of its own, which is soon full."""
    with or_skipped(), small_disk() as disk:
        yield disk


@pytest.mark.thorough
def test_a_disk_that_is_full_is_said_to_be_and_nothing_is_left(small: Path, tmp_path: Path) -> None:
    """By the server's own words, as soon as it refuses what somebody says."""
    said = refused(small / "data", tmp_path)
    assert said.startswith(f"parlour: It cannot be measured in {small}: The server's disk is full")
    assert list(small.iterdir()) == []


def measured_in(data_dir: Path, cwd: Path) -> Path:
    """Return in which folder it begins to measure; it is ended before it is done."""
    with subprocess.Popen(
        [PARLOUR, "bench", "--people", "10", "--seconds", "100", "--data-dir", data_dir],
        cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as running:  # fmt: skip
        assert running.stdout is not None
        found = re.fullmatch(
            r"10 people in rooms of ten, on the disk of (.*)\.\n", running.stdout.readline()
        )
        place = Path(found[1]) if found else Path()
        there = list(place.glob("parlour-bench-*"))
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=scaled(60))
    assert running.returncode == 143
    assert len(there) == 1
    assert not there[0].exists()
    return place


def test_it_measures_beside_the_data_directory_or_where_that_would_be_made(tmp_path: Path) -> None:
    """In the nearest folder that there is, wherever it was called from; links are followed."""
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    (home / "data").mkdir(parents=True)
    elsewhere.mkdir()
    assert measured_in(home / "data", elsewhere) == home
    assert measured_in(home / "not" / "yet" / "data", elsewhere) == home
    (elsewhere / "data").symlink_to(home / "data")
    assert measured_in(elsewhere / "data", elsewhere) == home


def test_a_data_directory_that_is_a_disk_of_its_own_is_measured_itself(
    small: Path, tmp_path: Path
) -> None:
    """Beside it another disk would be; nor is beside it where nobody may write."""
    assert measured_in(small, tmp_path) == small
    home = tmp_path / "home"
    (home / "data").mkdir(parents=True)
    # As a service of systemd has it, which may write to its own folder alone.
    run("mount", "--bind", str(home), str(home))
    try:
        run("mount", "--bind", str(home / "data"), str(home / "data"))
        run("mount", "-o", "remount,bind,ro", str(home))
        assert (home / "data").stat().st_dev == home.stat().st_dev
        assert measured_in(home / "data", tmp_path) == home / "data"
    finally:
        run("umount", "--recursive", str(home))


@pytest.mark.parametrize(
    ("number", "status"),
    thorough_but(
        [(signal.SIGKILL, -9)],
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
