"""The heap: what was freed is used again."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import pytest

_FAULTS = """
import resource, sys
import numpy as np
from livepose.system.malloc import keep_freed_memory

def take_and_free():
    for array in [np.empty(2 << 20, np.uint8) for _ in range(40)]:
        array[::4096] = 1

if sys.argv[1] == "keep":
    keep_freed_memory()
for _ in range(3):
    take_and_free()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    take_and_free()
print((resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) // 10)
"""


def faults(word: str) -> int:
    """Count the pages that the system has to clear each time that 80 MB are taken and freed."""
    told = subprocess.run(
        [sys.executable, "-c", _FAULTS, word], capture_output=True, text=True, check=True
    )
    return int(told.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is not glibc")
def test_memory_that_was_freed_is_not_cleared_again_by_the_system() -> None:
    assert faults("as it is") > 10_000
    assert faults("keep") < 100


_HEAPS = """
import ctypes, sys, threading
from livepose.system.malloc import keep_freed_memory

if sys.argv[1] == "keep":
    keep_freed_memory()
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.fopen.restype = ctypes.c_void_p, ctypes.c_void_p
started = threading.Barrier(4)

def take():
    started.wait()
    libc.malloc(1000)
    started.wait()

threads = [threading.Thread(target=take) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
told = ctypes.c_void_p(libc.fopen(sys.argv[2].encode(), b"w"))
libc.malloc_info(0, told)
libc.fclose(told)
"""


def heaps(word: str, told: Path) -> int:
    """Count the heaps of a process in which four threads take memory at once."""
    subprocess.run([sys.executable, "-c", _HEAPS, word, str(told)], check=True)
    return told.read_text().count("<heap nr=")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is not glibc")
def test_what_one_thread_frees_another_can_have(tmp_path: Path) -> None:
    assert heaps("as it is", tmp_path / "told.xml") > 1
    assert heaps("keep", tmp_path / "told.xml") == 1
