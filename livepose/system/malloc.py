"""The C library's allocator: freed frames are kept for the next ones."""

from __future__ import annotations

import ctypes
from contextlib import suppress

# glibc's malloc.h
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_MAX_KEPT_BYTES = 256 << 20
_MAX_BLOCK_BYTES = 32 << 20
"""The highest value that every version of glibc accepts."""


def keep_freed_memory() -> None:
    """Ask the C library to keep up to 256 MB of freed memory for the next frame.

    Each frame allocates and frees several arrays of a megabyte or more. glibc returns such memory
    to the system at once, and the system clears every page that is asked for again: 1.2 ms a frame
    at 1080p. Besides, each thread has an arena of its own, between which free memory lies unused: a
    long run at 1080p takes 420 MB with two of them and OpenVINO, and 345 MB with one. With another
    C library nothing is changed.
    """
    with suppress(OSError, AttributeError, TypeError):  # no such function; on Windows no such name
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_ARENA_MAX, 1)
        # Setting only the trim threshold would do harm: it ends glibc's own raising of the other.
        if mallopt(_M_MMAP_THRESHOLD, _MAX_BLOCK_BYTES):
            mallopt(_M_TRIM_THRESHOLD, _MAX_KEPT_BYTES)
