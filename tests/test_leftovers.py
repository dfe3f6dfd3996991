"""`make audit`: what looks like a secret is found, now and in the history, unless it is known."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.timing import scaled

ROOT = Path(__file__).parents[1]
BASELINE = ROOT / ".secrets.baseline"
# Of the form of a key of AWS; put together, or this file were looked at twice.
KEY = "AKIA" + "QYLPMN5HHHFPZAM2"
AS_NOBODY = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    **{
        f"GIT_{who}_{what}": "a@b.c"
        for who in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    },
}


class Project:
    """A repository of its own, with the baseline that the project has."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.git("init", "--quiet")
        self.write(BASELINE.name, BASELINE.read_text("utf-8"))

    def git(self, *arguments: str) -> str:
        """Do something with it."""
        done = subprocess.run(
            ["git", *arguments], cwd=self.folder, env={**os.environ, **AS_NOBODY},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout.strip()

    def write(self, name: str, text: str, said: str = "More of it") -> str:
        """Commit a file; the commit's short id."""
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", said)
        return self.git("rev-parse", "--short", "HEAD")

    def look(self, *flags: str) -> tuple[int, list[str], str]:
        """What is found there: status, lines and what is said of it."""
        done = subprocess.run(
            [sys.executable, "-m", "scripts.leftovers", *flags],
            cwd=self.folder, env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True, text=True, check=False, timeout=scaled(60),
        )  # fmt: skip
        return done.returncode, done.stdout.splitlines(), done.stderr


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a repository without secrets."""
    return Project(tmp_path)


def found(where: str) -> str:
    """Return the line for the key."""
    return f"AWS Access Key: {where} ({hashlib.sha1(KEY.encode()).hexdigest()})"


def test_a_secret_is_found_until_it_is_gone_and_in_the_history_for_ever(project: Project) -> None:
    """There by the commit that brought it, on the line that it had, also among lines of before."""
    assert project.look("--history") == (0, [], "")
    project.write("app/a.py", "one = 1\ntwo = 2\n")
    brought = project.write("app/a.py", f"one = 1\nkey = '{KEY}'\ntwo = 2\n")
    status, lines, said = project.look()
    assert (status, lines) == (1, [found("app/a.py:2")])
    assert "change it where it is good" in said
    # The line moves, and goes.
    project.write("app/a.py", f"one = 1\nmore = 0\nkey = '{KEY}'\ntwo = 2\n")
    project.write("app/a.py", "one = 1\ntwo = 2\n")
    # A folder of the name that a file had.
    project.git("rm", "-r", "--quiet", "app")
    project.write("app", "a file")
    assert project.look() == (0, [], "")
    assert project.look("--history")[:2] == (1, [found(f"app/a.py:2, since {brought}")])


def test_what_was_said_with_a_commit_is_looked_at(project: Project) -> None:
    """Also that is there for ever."""
    number = project.write("a.txt", "a", said=f"Let it in with {KEY}")
    status, [line], _ = project.look("--history")
    assert status == 1
    assert line.startswith("AWS Access Key: commit:")
    assert f"since {number}" in line


def test_what_is_known_by_its_hash_is_passed_over_wherever_it_stands(project: Project) -> None:
    """On whichever line of whichever file, now and then; lock files are not looked at."""
    project.write("poetry.lock", KEY)
    known = json.loads(BASELINE.read_text("utf-8"))
    known["results"]["elsewhere.py"] = [
        {
            "type": "AWS Access Key",
            "filename": "elsewhere.py",
            "hashed_secret": hashlib.sha1(KEY.encode()).hexdigest(),
            "reason": "It is made up.",
        }
    ]
    project.write(BASELINE.name, json.dumps(known))
    project.write("a.yaml", f"first: 1\nkey: {KEY}\n")
    assert project.look("--history") == (0, [], "")


def test_a_part_of_the_history_does_not_pass_for_all_of_it(
    project: Project, tmp_path: Path
) -> None:
    """Of a clone that has the newest commit alone it is said."""
    project.write("a.txt", "a")
    part = tmp_path / "part"
    project.git("clone", "--quiet", "--depth", "1", project.folder.as_uri(), str(part))
    project.folder = part
    status, lines, said = project.look("--history")
    assert (status, lines) == (2, [])
    assert said == (
        "the history cannot be looked at: only a part of it is here: git fetch --unshallow\n"
    )


def test_each_that_is_known_has_a_reason() -> None:
    """Which whoever reads the baseline can judge."""
    results: dict[str, list[dict[str, Any]]] = json.loads(BASELINE.read_text("utf-8"))["results"]
    assert results
    for each in [each for its in results.values() for each in its]:
        assert each["reason"].endswith("."), each
