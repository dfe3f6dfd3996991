"""What the system gets back of memory."""

import gc
import os
import subprocess
import sys
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from parlour.support.memory import collect_garbage, tunables
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

keep_memory_small()
hasher = PasswordHasher(time_cost=1, memory_cost=19_456, parallelism=1)
with ThreadPoolExecutor(1) as pool:
    pool.submit(lambda: None).result()
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

# What seven blocks of a size add to what is free in the heaps once they are freed.
FREED = """
import ctypes
from parlour.support.memory import keep_memory_small

keep_memory_small()

class Told(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in (
        "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost".split()
    )]

c = ctypes.CDLL(None)
c.malloc.argtypes, c.malloc.restype = [ctypes.c_size_t], ctypes.c_void_p
c.free.argtypes = [ctypes.c_void_p]
c.mallinfo2.restype = Told
blocks = [c.malloc(600) for _ in range(7)]
before = c.mallinfo2().fordblks
for block in blocks:
    c.free(block)
print(c.mallinfo2().fordblks - before)
"""

BEGUN = """
import os, sys
print(*sys.argv[1:], os.getpid(), flush=True)
from parlour.support.memory import keep_memory_small

if sys.argv[1:] == ["stripped"]:
    # As the kernel takes it from a program with more rights than whoever started it.
    os.execve = os.execv = lambda *_: sys.exit("it begins anew without end")
    os.environ["_PARLOUR_BEGUN"] = str(os.getpid())
if sys.argv[1:] == ["not again"]:
    sys.executable = "/nowhere/python"
keep_memory_small()
print(os.environ.get("_PARLOUR_BEGUN"), os.environ.get("GLIBC_TUNABLES"))
"""
HEAPS_OF_ALL, LARGE, KEPT = (
    "glibc.malloc.arena_max=2",
    "glibc.malloc.mmap_threshold=65536:glibc.malloc.mmap_max=4096",
    "glibc.malloc.tcache_count=1",
)
ALL = f"{HEAPS_OF_ALL}:{LARGE}:{KEPT}"
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


def test_what_a_thread_frees_is_anybodys_again() -> None:
    """All but one of each size: by itself each keeps up to seven, some 200 kB for each thread."""
    assert printed(FREED) >= 6 * 600


def lines(*arguments: str, **env: str) -> list[str]:
    """Return what the program BEGUN prints."""
    clean = {name: value for name, value in os.environ.items() if "GLIBC" not in name}
    ran = subprocess.run(
        [sys.executable, "-c", BEGUN, *arguments],
        capture_output=True, text=True, check=True, env=clean | env,
    )  # fmt: skip
    return ran.stdout.splitlines()


def test_a_program_begins_anew_once_as_the_process_that_it_is_and_with_its_arguments() -> None:
    """Whoever started it waits for that process, and what it starts itself is not concerned."""
    first, second, told = lines("serve", "--port", "1")
    assert first == second
    assert first.startswith("serve --port 1 ")
    assert told == f"None {ALL}"


def test_a_program_that_is_not_let_have_the_settings_goes_on_without_them() -> None:
    """It does not begin anew for ever."""
    assert lines("stripped")[1:] == ["None None"]


def test_a_program_that_may_not_be_executed_again_goes_on_as_it_is() -> None:
    """A server that takes some memory more is better than none."""
    assert len(lines("not again")) == 2


def test_a_program_that_was_given_the_settings_does_not_begin_anew() -> None:
    """A unit or an image may give them."""
    assert lines("serve", GLIBC_TUNABLES=ALL)[1:] == [f"None {ALL}"]


@pytest.mark.parametrize(
    ("env", "settings"),
    [
        ({}, ALL),
        (
            {"GLIBC_TUNABLES": "glibc.malloc.tcache_count=3"},
            f"glibc.malloc.tcache_count=3:{HEAPS_OF_ALL}:{LARGE}",
        ),
        ({"MALLOC_ARENA_MAX": "4"}, f"{LARGE}:{KEPT}"),
        (
            {"MALLOC_MMAP_THRESHOLD_": "9", "MALLOC_MMAP_MAX_": "9"},
            f"{HEAPS_OF_ALL}:{KEPT}",
        ),
    ],
)
def test_what_an_operator_has_said_of_memory_stays_so(env: dict[str, str], settings: str) -> None:
    """By either of glibc's names."""
    assert tunables(env) == settings


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
