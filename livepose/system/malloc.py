"""The heap: memory for pictures that is used again, rather than given back and fetched anew."""

from __future__ import annotations

import ctypes
from contextlib import suppress

# glibc's malloc.h
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _MOST_ARENAS = -1, -3, -8
_KEPT_BYTES = 256 << 20
_LARGEST_BYTES = 32 << 20
"""As high as every version of glibc takes it; a higher one is refused by some."""


def keep_freed_memory() -> None:
    """Ask the C library to keep what is freed, up to 256 MB, for the next picture.

    Each frame takes and frees several arrays of a megabyte or more. glibc gives such memory back to
    the system at once, and the system clears every page that is asked for again: 1.2 ms a frame at
    1080p. And each thread has a heap of its own, between which free memory lies unused: a long run
    at 1080p takes 420 MB with two of them and OpenVINO, and 345 MB with one. Where the library is
    another one nothing is changed.
    """
    with suppress(OSError, AttributeError, TypeError):  # no such function; on Windows no such name
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_MOST_ARENAS, 1)
        # The second alone would do harm: it ends glibc's own raising of the first.
        if mallopt(_MMAP_THRESHOLD, _LARGEST_BYTES):
            mallopt(_TRIM_THRESHOLD, _KEPT_BYTES)
