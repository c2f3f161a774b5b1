import platform
import subprocess
import sys

import pytest

# Frees 32 blocks of 8 MiB that were touched, and says how many MiB the process gave back to the system.
FREEING = """
import ctypes, resource
from nucleoscope import runtime
{keep}
library = ctypes.CDLL(None)
library.malloc.restype, library.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize() / 2**20
blocks = [library.malloc(8 << 20) for _ in range(32)]
for block in blocks:
    ctypes.memset(block, 1, 8 << 20)
before = resident()
for block in blocks:
    library.free(block)
print(before - resident())
"""


def given_back(keep: str) -> float:
    done = subprocess.run([sys.executable, "-c", FREEING.format(keep=keep)], capture_output=True, text=True, check=True)
    return float(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="mallopt is glibc's")
def test_freed_memory_is_kept_for_the_next_step():
    assert given_back("") > 128
    assert given_back("runtime.keep_freed_memory()") < 16
