"""What fails of many tests on a busy machine is looked at once more, alone, and named."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.tests import BROKEN
from tests.support.brief import thorough_but

ROOT = Path(__file__).parents[1]
# Fails as often as the file beside it says, and counts that down.
TESTS = """
import os
from pathlib import Path
import pytest

def test_steady():
    assert os.environ.get("AS") != "unsteady"

NAMES = {names}

@pytest.mark.parametrize("name", NAMES)
def test_shaken(name):
    left = Path(__file__).with_name(name)
    count = int(left.read_text())
    left.write_text(str(count - 1))
    assert count <= 0, name
"""


def run(folder: Path, failures: dict[str, int], *beside: str) -> tuple[int, str]:
    """Run tests of which these fail so often; the status, and what was said."""
    (folder / "test_it.py").write_text(TESTS.format(names=list(failures)))
    (folder / "pytest.ini").write_text("[pytest]\n")
    for name, count in failures.items():
        (folder / name).write_text(str(count))
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    # Without all that the other tests need, it is quick.
    env |= {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    env["PYTEST_PLUGINS"] = "xdist.plugin"
    done = subprocess.run(
        [sys.executable, "-m", "scripts.tests", "-n", "2", *beside],
        cwd=folder, env=env, check=False, capture_output=True, text=True,
    )  # fmt: skip
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    ("failures", "status", "looked"),
    thorough_but(
        [({"a": 1, "b": 2}, 1, True)],
        [({"a": 0}, 0, False), ({"a": 1}, 0, True), ({"a": 1, "b": 2}, 1, True),
         ({"a": 2}, 1, True), ({"a": 1, "b": 1, "c": 1, "d": 1}, 1, False)],
    ),
    ids=["none", "one-once", "one-again", "always", "too-many"],
)  # fmt: skip
def test_a_few_failures_are_looked_at_once_more_and_named(
    tmp_path: Path, failures: dict[str, int], status: int, looked: bool
) -> None:
    """What fails alone, too, has failed; what passes then is still told of."""
    returned, said = run(tmp_path, failures)
    assert returned == status, said
    assert ("Once more, alone:" in said) == looked, said
    assert ("Passed alone, and have to be mended:" in said) == (looked and status == 0), said
    if looked:
        assert all(f"test_it.py::test_shaken[{name}]" in said for name in failures)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("name", "status"), thorough_but([("unsteady", 1)], [("steady", 0), ("unsteady", 1)])
)
def test_runs_beside_the_first_have_their_own_variables_and_count(
    tmp_path: Path, name: str, status: int
) -> None:
    """What fails there is looked at again as it was run; what each of them says is kept whole."""
    beside = ["--", f"AS={name}", "test_it.py", "-k", "steady", "--", "test_it.py", "-k", "shaken"]
    returned, said = run(tmp_path, {"a": 0}, *beside)
    assert returned == status, said
    assert f"Beside it: AS={name} test_it.py -k steady\n" in said
    assert said.count("test session starts") == 3 + status, said
    assert (f"Once more, alone:\n  AS={name} test_it.py::test_steady\n" in said) == (status == 1)


@pytest.mark.thorough
def test_one_that_fails_once_beside_the_first_is_looked_at_again(tmp_path: Path) -> None:
    """The first has nothing to do with it, and is not run again."""
    returned, said = run(tmp_path, {"a": 1}, "-k", "steady", "--", "test_it.py", "-k", "shaken")
    assert returned == 0, said
    assert said.count("Once more, alone:") == 1
    assert "Passed alone, and have to be mended:" in said


@pytest.mark.thorough
def test_what_each_file_took_is_written_down_where_it_is_asked_for(tmp_path: Path) -> None:
    """Those that took a second or more, in whole seconds."""
    (tmp_path / "test_long.py").write_text("import time\ndef test_it(): time.sleep(1)\n")
    returned, said = run(tmp_path, {"a": 0}, "--seconds-to", "seconds.json")
    assert returned == 0, said
    told = json.loads((tmp_path / "seconds.json").read_text())
    assert told.keys() == {"test_long.py"}
    assert told["test_long.py"] >= 1


def test_a_promise_that_is_broken_once_fails_the_run(tmp_path: Path) -> None:
    """A message that is lost one time in two is no matter of a busy machine."""
    returned, said = run(tmp_path, {"a": 1, BROKEN: 1})
    assert returned == 1
    assert "Passed alone, and have to be mended:" in said
    told = said.partition(f"{BROKEN}, whatever the second look says:\n")[2]
    assert told.split("\n\n")[0] == f"  test_it.py::test_shaken[{BROKEN}]"
