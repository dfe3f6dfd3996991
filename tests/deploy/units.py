"""systemd's own tools on deploy/parlour.service, and what Parlour asks of the kernel beside it."""

import os
import re
import signal
import subprocess
from pathlib import Path

from tests.deploy.reading import text_of, unit
from tests.deploy.tools import ask, need, say
from tests.support.accounts import register
from tests.support.files import sent
from tests.support.people import checked, http_client
from tests.support.pictures import picture
from tests.support.server import PARLOUR, Server

# Of ten; what is left is that it has a network, and raises its own limit of file handles.
EXPOSURE = 1.2
_CALL = re.compile(r"^\d+ +(?:<\.\.\. )?(\w+)(?:\(| resumed)", re.MULTILINE)
# What MemoryDenyWriteExecute= refuses.
_WRITTEN_CODE = re.compile(
    r"^.*(?:mmap\([^)]*PROT_WRITE\|PROT_EXEC|mprotect\([^)]*PROT_EXEC|SHM_EXEC).*$", re.MULTILINE
)


def look(home: Path) -> None:
    """The unit is well-formed and exposes little, also as the template of nodes."""
    need("systemd-analyze", "strace")
    [command] = unit(text_of("parlour.service"))["Service"]["ExecStart"]
    program = command.split()[0]
    for name, of in (
        ("parlour.service", "parlour.service"),
        ("parlour@.service", "parlour.service"),
        ("parlour@.service.d/node.conf", "parlour@.service.d/node.conf"),
    ):
        copy = home / "units" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(text_of(of).replace(program, str(PARLOUR)), "utf-8")
    analyze = ("env", f"SYSTEMD_UNIT_PATH={home / 'units'}:", "systemd-analyze")
    for name in ("parlour.service", "parlour@8001.service"):
        said = ask(*analyze, "verify", "--man=no", name)
        assert said == "", said
        told = ask(*analyze, "security", "--offline=true", "--no-pager", name)
        [exposure] = re.findall(r"Overall exposure level for \S+: ([\d.]+)", told)
        say(f"{name}: well-formed, exposure {exposure} of 10")
        assert float(exposure) <= EXPOSURE, told
    used, code = asked_of_the_kernel(home)
    if not os.geteuid():
        # Only where it is root, which the service is not, SQLite looks after its files' owner.
        used.discard("fchown")
    allowed = filtered("@system-service") - filtered("@privileged")
    say(f"unit: {len(used)} system calls are used, of {len(allowed)} that it may")
    assert used <= allowed, f"the filter would refuse {sorted(used - allowed)}"
    assert code == [], code


def filtered(group: str) -> set[str]:
    """The calls of one of systemd's groups, and of those in it."""
    found = set[str]()
    for line in ask("systemd-analyze", "syscall-filter", group).splitlines()[1:]:
        word = line.strip()
        if word.startswith("@"):
            found |= filtered(word)
        elif word and not word.startswith("#"):
            found.add(word)
    return found


def asked_of_the_kernel(home: Path) -> tuple[set[str], list[str]]:
    """The calls of a server that is used and stopped, and those that make memory into code."""
    trace = home / "trace"
    program: list[str | Path] = [
        "strace",
        "-f",
        "-qq",
        "-s",
        "0",
        "-e",
        "signal=none",
        "-o",
        trace,
        PARLOUR,
    ]
    with Server(home / "traced", program=program, is_measured=False) as server:
        alice = register(server, "alice")
        with http_client(server) as http:
            assert "Parlour" in http.get("/").text
        room = checked(alice.call("POST", "/api/chat/rooms", json={"name": "Traced"}))
        # It is written anew by a process of its own, with limits of its own.
        assert sent(alice, room, picture(1500, 900), name="large.png")["thumbnail"] is not None
        children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
        subprocess.run(
            ["kill", f"-{signal.SIGTERM.value}", *children.read_text().split()], check=True
        )
        assert server.process.wait() == 0
    text = trace.read_text("utf-8", "replace")
    return set(_CALL.findall(text)), _WRITTEN_CODE.findall(text)
