"""`parlour doctor` as an operator asks it, and what it says."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

from tests.support.commands import parlour
from tests.support.server import Server

LINE = re.compile(r"(ok|warning|FAULT) +([A-Z][\w ]+): (.+)")
MEND = re.compile(r" {8} To mend it: (.+)")


# What a machine that runs tests may lack, and is no matter of theirs.
OF_THE_MACHINE = ("Clock", "File handles")


@dataclass(frozen=True)
class Said:
    """One thing that the doctor said."""

    kind: str
    what: str
    seen: str
    mend: str = ""


class Seen:
    """What the doctor said of a place."""

    def __init__(self, status: int, output: str) -> None:
        self.status = status
        self.output = output
        self.said: list[Said] = []
        *lines, self.last = output.splitlines()
        for line in lines:
            if mend := MEND.fullmatch(line):
                self.said[-1] = replace(self.said[-1], mend=mend[1])
            else:
                found = LINE.fullmatch(line)
                assert found, line
                self.said.append(Said(found[1], found[2], found[3]))

    def of(self, kind: str) -> list[Said]:
        """What it found of a kind, but for what the machine lacks."""
        return [each for each in self.said if each.kind == kind and each.what not in OF_THE_MACHINE]

    def about(self, kind: str) -> list[str]:
        """About what it was."""
        return [each.what for each in self.of(kind)]

    def only_fault(self) -> Said:
        """The one fault."""
        assert self.status == 1, self.output
        [found] = self.of("FAULT")
        assert self.last.startswith("1 fault and ")
        assert found.mend
        return found


def seen_at(home: Path, *arguments: str, env: dict[str, str] | None = None) -> Seen:
    """Let the doctor look at a data directory."""
    home.mkdir(exist_ok=True)
    given = {"PARLOUR_DATA_DIR": str(home / "data"), **(env or {})}
    done = parlour("doctor", *arguments, cwd=home, env=given)
    assert done.stderr == ""
    return Seen(done.returncode, done.stdout)


def seen(server: Server, *arguments: str) -> Seen:
    """Let it look at a server's own."""
    env = {"PARLOUR_PORT": str(server.port), **server.env}
    return seen_at(server.home, *arguments, env=env)
