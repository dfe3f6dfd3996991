"""Hold the network namespace that it was started in, as long as its standard input is open.

Run as a program. It ends with whoever started it, however that ends, and ends before all that still
runs in the namespace; with the last of them the namespace is gone, and every device in it.
"""

import contextlib
import os
import signal
import sys
from pathlib import Path


def main() -> None:
    """Say that it is there, wait, and let nobody stay."""
    sys.stdout.write("held\n")
    sys.stdout.flush()
    sys.stdin.read()
    own = Path("/proc/self/ns/net").readlink()
    for process in Path("/proc").glob("[0-9]*"):
        # It may have ended, or be somebody's of whom one may know nothing.
        with contextlib.suppress(OSError):
            if int(process.name) != os.getpid() and (process / "ns/net").readlink() == own:
                os.kill(int(process.name), signal.SIGKILL)


if __name__ == "__main__":
    main()
