"""Run all Python tests, and look once more at what failed of thousands, alone.

The first run has the terminal. What is behind a `--` is a run beside it, with variables of its own
(`-- TEST_NODES=2 tests/features`), one after the other, each in this one's own process: many tests
wait for most of their time. What these say is told when they are over.

The workers, their servers, databases and browsers share the machine, perhaps with others: a bound
on time that a test holds by itself may be missed there. So up to MOST failures of a run are run
again with nothing beside them, and named loudly: what fails then, too, or more than that, has
failed. What passes is still to be mended. A promise that was once seen broken has failed anyway,
because what a second look shows of a message that was lost is only that it is seldom lost.
"""

import itertools
import json
import os
import re
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Final

MOST: Final = 3
# What pytest says where tests failed, and nothing else was wrong.
FAILED: Final = 1
# Said in what fails for it: no busy machine is a reason for that.
BROKEN: Final = "What was promised is broken"


@dataclass
class Run:
    """One of pytest's, with arguments and variables beyond those that are there."""

    arguments: list[str]
    settings: dict[str, str] = field(default_factory=dict)
    status: int = 0
    failed: list[str] = field(default_factory=list)
    # Those of them that showed a broken promise.
    broken: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, words: list[str]) -> "Run":
        """The run that these words ask for: variables first, then arguments."""
        arguments = list(words)
        settings = {}
        while arguments and (found := re.fullmatch(r"([A-Z_]+)=(.*)", arguments[0])):
            settings[found[1]] = found[2]
            del arguments[0]
        return cls(arguments, settings)

    def go(self, *, quiet: bool = False) -> None:
        """Do it, and remember what failed; what a quiet one says is told at its end."""
        with TemporaryDirectory() as folder, TemporaryFile() as said:
            told = Path(folder) / "failed"
            asked = [*self.arguments, "-p", "scripts.tests", f"--failed-to={told}"]
            self.status = self._pytest(asked, said.fileno() if quiet else None)
            if self.status == FAILED and told.is_file():
                self.failed, self.broken = json.loads(told.read_text())
            if quiet:
                said.seek(0)
                _say(f"Beside it: {' '.join(self._words)}")
                sys.stdout.buffer.write(said.read())
                sys.stdout.flush()

    def look_again(self) -> None:
        """Run the few that failed once more; what this says of them counts."""
        if not 0 < len(self.failed) <= MOST:
            return
        named = "\n".join(f"  {' '.join([*self._set, name])}" for name in self.failed)
        _say(f"Once more, alone:\n{named}")
        self.status = self._pytest(self.failed, None)
        if self.status == 0:
            _say(f"Passed alone, and have to be mended:\n{named}")
        if self.broken:
            self.status = FAILED
            broken = "\n".join(f"  {' '.join([*self._set, name])}" for name in self.broken)
            _say(f"{BROKEN}, whatever the second look says:\n{broken}")

    @property
    def _set(self) -> Iterator[str]:
        return (f"{name}={value}" for name, value in self.settings.items())

    @property
    def _words(self) -> list[str]:
        return [*self._set, *self.arguments]

    def _pytest(self, arguments: list[str], output: int | None) -> int:
        return subprocess.run(
            [sys.executable, "-m", "pytest", *arguments],
            check=False, stdout=output, stderr=output, env={**os.environ, **self.settings},
        ).returncode  # fmt: skip


def main(words: list[str]) -> int:
    """Do the runs that these words ask for; the first status that is none of success."""
    first, *others = runs(words)
    # An end of this program ends it: the runs' own hear of Ctrl-C themselves.
    beside = threading.Thread(target=_one_after_the_other, args=[others], daemon=True)
    beside.start()
    first.go()
    beside.join()
    for run in (first, *others):
        run.look_again()
    return next((run.status for run in (first, *others) if run.status), 0)


def runs(words: list[str]) -> list[Run]:
    """The runs that are told of, each behind a `--` but for the first."""
    parts: list[list[str]] = [[]]
    for word in words:
        if word == "--":
            parts.append([])
        else:
            parts[-1].append(word)
    return [Run.of(part) for part in parts]


def _one_after_the_other(runs: list[Run]) -> None:
    for run in runs:
        run.go(quiet=True)


def _say(words: str) -> None:
    sys.stdout.write(f"\n{words}\n\n")
    sys.stdout.flush()


# As a plugin of pytest: writes down which tests failed, and how long each file took.


def pytest_addoption(parser) -> None:  # type: ignore[no-untyped-def] # noqa: D103
    parser.addoption("--failed-to", default=None, help="file for the names of what failed")
    parser.addoption("--seconds-to", default=None, help="file for the seconds of each file")


def pytest_terminal_summary(terminalreporter, config) -> None:  # type: ignore[no-untyped-def] # noqa: D103
    place = config.getoption("--failed-to")
    reports = [*terminalreporter.stats.get("failed", ()), *terminalreporter.stats.get("error", ())]
    # A worker that died has no test to be looked at again.
    names = {report.nodeid for report in reports if hasattr(report, "when")}
    if place and all(hasattr(report, "when") for report in reports):
        broken = {report.nodeid for report in reports if BROKEN in report.longreprtext}
        Path(place).write_text(json.dumps([sorted(names), sorted(broken)]))
    if place := config.getoption("--seconds-to"):
        seconds = Counter[str]()
        for report in itertools.chain(*terminalreporter.stats.values()):
            if hasattr(report, "when"):
                seconds[report.nodeid.partition("::")[0]] += report.duration
        kept = {path: round(each) for path, each in sorted(seconds.items()) if each >= 1}
        Path(place).write_text(json.dumps(kept, indent=0) + "\n")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
