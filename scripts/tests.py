"""Run all Python tests, and look once more at what failed of thousands, alone.

Two workers, their servers, databases and browsers share the machine, perhaps with others: a bound
on time that a test holds by itself may be missed there. So up to MOST failures are run again with
nothing beside them, and named loudly: what fails then, too, or more than that, has failed. What
passes is still to be mended.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

MOST: Final = 3
# What pytest says where tests failed, and nothing else was wrong.
FAILED: Final = 1


def main(arguments: list[str]) -> int:
    """Run pytest with these arguments; its status, or that of the second look."""
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "failed"
        status = _pytest([*arguments, "-p", "scripts.tests", f"--failed-to={told}"])
        if status != FAILED or not told.is_file():
            return status
        failed: list[str] = json.loads(told.read_text())
    if not 0 < len(failed) <= MOST:
        return status
    named = "\n".join(f"  {name}" for name in failed)
    _say(f"Once more, alone:\n{named}")
    status = _pytest(failed)
    if status == 0:
        _say(f"Passed alone, and have to be mended:\n{named}")
    return status


def _pytest(arguments: list[str]) -> int:
    return subprocess.run([sys.executable, "-m", "pytest", *arguments], check=False).returncode


def _say(words: str) -> None:
    sys.stdout.write(f"\n{words}\n\n")
    sys.stdout.flush()


# As a plugin of pytest: writes down which tests failed.


def pytest_addoption(parser) -> None:  # type: ignore[no-untyped-def] # noqa: D103
    parser.addoption("--failed-to", default=None, help="file for the names of what failed")


def pytest_terminal_summary(terminalreporter, config) -> None:  # type: ignore[no-untyped-def] # noqa: D103
    place = config.getoption("--failed-to")
    reports = [*terminalreporter.stats.get("failed", ()), *terminalreporter.stats.get("error", ())]
    # A worker that died has no test to be looked at again.
    names = {report.nodeid for report in reports if hasattr(report, "when")}
    if place and all(hasattr(report, "when") for report in reports):
        Path(place).write_text(json.dumps(sorted(names)))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
