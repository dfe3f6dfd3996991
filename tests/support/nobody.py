"""`parlour` as nobody, as often as it is asked: a program of its own, which has to be root.

Only root may become somebody else, and the Python may lie where nobody else may look: all that is
needed of it is loaded before. It reads what to do from its standard input, a line of JSON for each,
and writes how that ended.
"""

import importlib
import json
import os
import pwd
import sys
from typing import Any, Final, NoReturn

# What commands import when it comes to that.
LOADED: Final = (
    "_strptime",
    "encodings.idna",
    "encodings.unicode_escape",
    "parlour.backup.command",
    "parlour.doctor",
    "parlour.main",
    "parlour.server",
    "sqlalchemy.dialects.sqlite",
)


def become(request: dict[str, Any]) -> NoReturn:
    """Be a command of nobody's, up to its end."""
    from parlour import cli  # noqa: PLC0415 - with its settings it is loaded once, before

    for number, path in enumerate((os.devnull, request["out"], request["err"])):
        handle = os.open(path, os.O_RDWR)
        os.dup2(handle, number)
        os.close(handle)
    # Where nobody may not go by themselves they can be all the same, as with `sudo -u`.
    os.chdir(request["cwd"])
    nobody = pwd.getpwnam("nobody")
    os.setgroups([])
    os.setresgid(nobody.pw_gid, nobody.pw_gid, nobody.pw_gid)
    os.setresuid(nobody.pw_uid, nobody.pw_uid, nobody.pw_uid)
    os.environ.clear()
    os.environ.update(request["env"])
    sys.argv = ["parlour", *request["arguments"]]
    sys.exit(cli.main())


def main() -> None:
    """Do what is asked for, one after the other."""
    for name in LOADED:
        importlib.import_module(name)
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            become(json.loads(line))
        _, status = os.waitpid(pid, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
