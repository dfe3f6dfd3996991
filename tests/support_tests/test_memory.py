"""What the system gets back of memory."""

import gc
import os
import subprocess
import sys
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from parlour.support.memory import collect_garbage
from tests.support import burden
from tests.support.people import http_client
from tests.support.server import NewServer

HEAP = 64 * 1024 * 1024

PASSWORDS = """
from concurrent.futures import ThreadPoolExecutor
from argon2 import PasswordHasher
from parlour.support.memory import keep_memory_small

def memory():
    return int(open("/proc/self/statm").read().split()[1]) * 4096

hasher = PasswordHasher(time_cost=1, memory_cost=19_456, parallelism=1)
with ThreadPoolExecutor(1) as pool:
    pool.submit(lambda: None).result()
    keep_memory_small()
    before = memory()
    for _ in range(3):
        pool.submit(hasher.hash, "x").result()
    print(memory() - before)
"""


HEAPS = """
import ctypes, tempfile, threading
from parlour.support.memory import keep_memory_small

keep_memory_small()
c = ctypes.CDLL(None)
c.malloc.argtypes, c.malloc.restype = [ctypes.c_size_t], ctypes.c_void_p
all_are_there = threading.Barrier(8)

def work():
    c.malloc(5_000)
    all_are_there.wait()

threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
c.fopen.restype = ctypes.c_void_p
c.malloc_info.argtypes, c.fclose.argtypes = [ctypes.c_int, ctypes.c_void_p], [ctypes.c_void_p]
with tempfile.NamedTemporaryFile() as told:
    file = c.fopen(told.name.encode(), b"w")
    c.malloc_info(0, file)
    c.fclose(file)
    print(told.read().count(b"<heap "))
"""
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="of glibc")


def printed(program: str, **env: str) -> int:
    """Return the number that a program prints."""
    ran = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True, text=True, check=True, env=os.environ | env,
    )  # fmt: skip
    return int(ran.stdout)


def test_what_a_password_takes_is_given_back() -> None:
    """Each hash takes 20 MB for a moment, and the thread that made it keeps none of it."""
    assert printed(PASSWORDS) < 5_000_000


@pytest.mark.parametrize(
    ("env", "heaps"),
    [
        ({}, 2),
        ({"MALLOC_ARENA_MAX": "4"}, 4),
        ({"GLIBC_TUNABLES": "glibc.malloc.arena_max=3"}, 3),
    ],
)
def test_threads_share_two_heaps_unless_the_operator_has_said_how_many(
    env: dict[str, str], heaps: int
) -> None:
    """One for each thread keeps what each once needed: some 10 MB in an hour."""
    assert printed(HEAPS, **env) == heaps


@pytest.mark.one_node("it looks at a process")
def test_a_server_has_no_more_heaps_either(new_server: NewServer) -> None:
    """It says so before its database brings the first threads."""
    server = new_server(is_anew=True).start()
    with http_client(server) as client, ThreadPoolExecutor(8) as pool:
        paths = ["/api/chat/rooms", "/readyz"] * 40
        assert all(each.is_success for each in pool.map(client.get, paths))
    assert own_heaps(burden.of(server) / "maps") <= 1


def own_heaps(maps: Path) -> int:
    """How many heaps there are beside the first: each has 64 MiB set aside, and begins there."""
    count, before = 0, (0, 0, "")
    for line in maps.read_text("ascii").splitlines():
        span, rights, *_ = line.split()
        begin, end = (int(each, 16) for each in span.split("-"))
        first, last, rights_before = before
        is_one = (last, rights_before, rights) == (begin, "rw-p", "---p")
        count += is_one and first % HEAP == 0 and end - first == HEAP
        before = begin, end, rights
    return count


class Circle:
    """Something that only the collector can take away."""

    def __init__(self) -> None:
        self.itself = self


def test_all_garbage_goes_where_there_are_few_connections_and_else_what_is_young() -> None:
    """What has been looked at before would have to be found among what many connections have."""
    old = Circle()
    gc.collect()
    watched = [weakref.ref(old), weakref.ref(Circle())]
    del old
    collect_garbage(10_000)
    assert [each() is None for each in watched] == [False, True]
    collect_garbage(20)
    assert watched[0]() is None
