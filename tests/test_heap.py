"""The heap: what was freed is used again."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

_FAULTS = """
import resource, sys
import numpy as np
from livepose.core.heap import keep_freed_memory

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
