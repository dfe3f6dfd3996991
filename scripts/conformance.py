"""Let Autobahn's suite test Parlour's protocol class; fails unless the results are as listed."""

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.support.process import Process

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "tests" / "conformance"
SUITE = ROOT / ".venv" / "autobahn"
# Of compression, which is declined.
EXCLUDED = ["12.*", "13.*"]
SECONDS = 600
FINE = {"OK"}


class Unable(Exception):
    """The suite cannot run here; the text says why."""


def pythons() -> Iterator[Path]:
    """Every program that may be a Python 2.7."""
    if found := shutil.which("python2.7"):
        yield Path(found)
    if shutil.which("pyenv"):
        versions = subprocess.run(
            ["pyenv", "versions", "--bare"], capture_output=True, text=True, check=False
        ).stdout
        for version in re.findall(r"^2\.7\S*$", versions, re.MULTILINE):
            prefix = subprocess.run(
                ["pyenv", "prefix", version], capture_output=True, text=True, check=False
            ).stdout
            yield Path(prefix.strip()) / "bin" / "python2.7"


def python27() -> Path:
    """Return a Python 2.7 that runs and has pip. Raises Unable."""
    for python in pythons():
        try:
            # What pyenv puts on the PATH may only say where the real one is.
            tried = subprocess.run(
                [python, "-m", "pip", "--version"], capture_output=True, check=False
            )
        except OSError:
            continue
        if tried.returncode == 0:
            return python
    raise Unable("it needs Python 2.7 with pip, as python2.7 on the PATH or in pyenv")


def installed(python: Path) -> Path:
    """Return the folder that holds the suite. Raises Unable."""
    wanted = (FOLDER / "requirements.txt").read_text("utf-8")
    stamp = SUITE / "requirements.txt"
    if not stamp.exists() or stamp.read_text("utf-8") != wanted:
        print("Installing Autobahn's test suite")
        shutil.rmtree(SUITE, ignore_errors=True)
        asked = ["install", "--quiet", "--no-deps", "--target", str(SUITE)]
        done = subprocess.run(
            [python, "-m", "pip", *asked, "-r", FOLDER / "requirements.txt"],
            check=False,
            stderr=subprocess.PIPE,
            text=True,
        )
        if done.returncode:
            raise Unable(f"pip could not install it:\n{done.stderr}")
        # Packages of this name share a folder, which Python 2.7 takes for none without this.
        (SUITE / "zope" / "__init__.py").touch()
        stamp.write_text(wanted, "utf-8")
    return SUITE


def results(python: Path, suite: Path, cases: list[str]) -> dict[str, str]:
    """Run `cases`; return each one's result, and its close's where that is worse."""
    echo = Process([sys.executable, "-m", "tests.conformance.echo"], cwd=ROOT, env=dict(os.environ))
    try:
        port = echo.wait_for_line(r"^ready (\d+)$", seconds=20)[1]
        with tempfile.TemporaryDirectory() as folder:
            work = Path(folder)
            spec = {
                "outdir": str(work / "reports"),
                "servers": [{"agent": "Parlour", "url": f"ws://127.0.0.1:{port}"}],
                "cases": cases,
                "exclude-cases": EXCLUDED,
                "exclude-agent-cases": {},
            }
            (work / "spec.json").write_text(json.dumps(spec), "utf-8")
            command = [
                str(python),
                str(suite / "bin" / "wstest"),
                "-m",
                "fuzzingclient",
                "-s",
                "spec.json",
            ]
            log = subprocess.run(
                command,
                cwd=work,
                env={**os.environ, "PYTHONPATH": str(suite)},
                timeout=SECONDS,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            ).stdout
            index = work / "reports" / "index.json"
            if not index.exists():
                raise SystemExit(f"the suite wrote no report:\n{log}")
            told = json.loads(index.read_text("utf-8"))["Parlour"]
    finally:
        echo.signal(signal.SIGTERM)
        code = echo.wait()
    if code or len(echo.lines) > 1:
        raise SystemExit(f"the echo had trouble (status {code}):\n{echo.output}")
    return {
        case: each["behavior"] if each["behaviorClose"] in FINE else each["behaviorClose"]
        for case, each in told.items()
    }


def listed() -> dict[str, str]:
    """Return the results that are not OK and stand in the README with their reason."""
    page = (FOLDER / "README.md").read_text("utf-8")
    return dict(re.findall(r"^\| ([\d.]+) \| ([A-Z-]+) \| .+\|$", page, re.MULTILINE))


def main() -> int:
    """Run, and say what came out of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--if-possible", action="store_true", help="succeed where the suite cannot run"
    )
    parser.add_argument("--cases", nargs="+", default=["*"], help="such as 6.* (default: all)")
    options = parser.parse_args()
    try:
        python = python27()
        suite = installed(python)
    except Unable as reason:
        print(f"Autobahn's test suite cannot run here: {reason}", file=sys.stderr)
        return 0 if options.if_possible else 1
    told = results(python, suite, options.cases)
    expected = {case: result for case, result in listed().items() if case in told}
    other = {case: result for case, result in told.items() if result not in FINE}
    counts = ", ".join(f"{count} {result}" for result, count in Counter(told.values()).items())
    print(f"{len(told)} cases: {counts}")
    for case in sorted(other.keys() | expected.keys()):
        if other.get(case) != expected.get(case):
            print(f"{case}: {told[case]}, listed as {expected.get(case, 'OK')}", file=sys.stderr)
    return 0 if told and other == expected else 1


if __name__ == "__main__":
    sys.exit(main())
