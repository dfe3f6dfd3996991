"""Look for secrets that were left in files: `make audit`; with HISTORY=1 in all there ever was.

What was taken out again is still there for whoever has the history: every version of every file is
looked at then, and what was said with each commit and tag. `.secrets.baseline` chooses what is
looked for and where, and names what is no secret by its hash, with a reason; where that stands does
not matter. Status 1 says that there is something else, 2 that it could not be looked at.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from detect_secrets.core import baseline, scan

BASELINE: Final = ".secrets.baseline"
# Of these a version brings the lines alone that none before it had; all else is looked at whole,
# because what a setting is may depend on the lines around it.
BY_LINES: Final = frozenset({".c", ".css", ".html", ".js", ".md", ".mjs", ".py"})


class Unable(Exception):
    """It cannot be looked at; the text says why."""


def git(*arguments: str) -> str:
    """What git answers. Raises Unable."""
    done = subprocess.run(
        ["git", *arguments], capture_output=True, text=True, errors="replace", check=False
    )
    if done.returncode:
        raise Unable(done.stderr.strip())
    return done.stdout


def in_tree(known: set[str]) -> Iterator[str]:
    """What may be a secret in the files as they are now, and is not known: what and where."""
    for name in git("ls-files", "-z").split("\0"):
        if Path(name).is_file():
            for secret in scan.scan_file(name):
                if secret.secret_hash not in known:
                    yield f"{secret.type}: {name}:{secret.line_number} ({secret.secret_hash})"


def in_history(known: set[str]) -> Iterator[str]:
    """The same of all that was ever committed, and which commit brought it. Raises Unable."""
    if git("rev-parse", "--is-shallow-repository").strip() == "true":
        raise Unable("only a part of it is here: git fetch --unshallow")
    for number, name, text, numbers in _pieces():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
            for secret in scan.scan_file(str(path)):
                if secret.secret_hash not in known:
                    line = numbers[min(secret.line_number, len(numbers)) - 1]
                    where = f"{name}:{line}, since {_commit_of(number)}"
                    yield f"{secret.type}: {where} ({secret.secret_hash})"


def _commit_of(number: str) -> str:
    """The first commit with a file of this id; of a commit or a tag itself that is it."""
    commits = git("log", "--all", "--reverse", "--format=%h", f"--find-object={number}").split()
    return commits[0] if commits else number[:10]


def _pieces() -> Iterator[tuple[str, str, str, list[int]]]:
    """What is to be looked at: its id, its name, its text and the number of each line of it."""
    seen: dict[str, set[str]] = {}
    for number, name, data in _versions():
        try:
            lines = list(enumerate(data.decode().split("\n"), start=1))
        except UnicodeDecodeError:
            # A picture and the like.
            continue
        if Path(name).suffix in BY_LINES:
            known = seen.setdefault(name, set())
            lines = [(at, line) for at, line in lines if line not in known]
            known.update(line for _, line in lines)
        if lines:
            yield number, name, "\n".join(line for _, line in lines), [at for at, _ in lines]


def _versions() -> Iterator[tuple[str, str, bytes]]:
    """Every file that was ever committed, commit and tag: its id, its name and what is in it."""
    with subprocess.Popen(
        ["git", "cat-file", "--batch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as reading:
        asked, told = reading.stdin, reading.stdout
        assert asked is not None  # noqa: S101 - both were asked for
        assert told is not None  # noqa: S101
        # The oldest first: what a line was when it came is what is told of it.
        for each in git("rev-list", "--objects", "--all", "--reverse").splitlines():
            number, _, name = each.partition(" ")
            asked.write(f"{number}\n".encode())
            asked.flush()
            _, kind, size = told.readline().decode().split()
            data = told.read(int(size))
            told.read(1)
            if kind != "tree":
                yield number, name if kind == "blob" else kind, data


def main() -> int:
    """Look at what is asked for; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m scripts.leftovers", description=__doc__)
    parser.add_argument("--history", action="store_true", help="all that was ever committed, too")
    options = parser.parse_args()
    known = baseline.load(baseline.load_from_file(BASELINE), BASELINE)
    hashes = {secret.secret_hash for _, secret in known}
    try:
        found = list(in_tree(hashes))
        if options.history:
            found += in_history(hashes)
    except Unable as reason:
        print(f"the history cannot be looked at: {reason}", file=sys.stderr)
        return 2
    for each in found:
        print(each)
    if found:
        print(
            "What is a secret was seen: change it where it is good. What is none is named in"
            f" {BASELINE} by its hash, with a reason.",
            file=sys.stderr,
        )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
