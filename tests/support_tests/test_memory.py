"""What the system gets back of memory."""

import subprocess
import sys

import pytest

PROGRAM = """
import sys
from concurrent.futures import ThreadPoolExecutor
from argon2 import PasswordHasher
from parlour.support.memory import give_back_large_blocks

def memory():
    return int(open("/proc/self/statm").read().split()[1]) * 4096

hasher = PasswordHasher(time_cost=1, memory_cost=19_456, parallelism=1)
with ThreadPoolExecutor(1) as pool:
    pool.submit(lambda: None).result()
    if sys.argv[1] == "give":
        give_back_large_blocks()
    before = memory()
    for _ in range(3):
        pool.submit(hasher.hash, "x").result()
    print(memory() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="of glibc")
def test_what_a_password_takes_is_given_back() -> None:
    """Each hash takes 20 MB for a moment, and the thread that made it keeps none of it."""
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, "give"], capture_output=True, text=True, check=True
    )
    assert int(ran.stdout) < 5_000_000
