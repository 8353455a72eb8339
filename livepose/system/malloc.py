"""The C library's allocator: freed frames are kept for the next ones."""

from __future__ import annotations

import ctypes
import mmap
from contextlib import suppress
from functools import lru_cache

# glibc's malloc.h
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_MAX_KEPT_BYTES = 256 << 20
_MAX_BLOCK_BYTES = 32 << 20
"""The highest value that every version of glibc accepts."""
_SMALL_PAGE_BYTES = 4096
"""With larger pages, as on some ARM processors, huge ones are of 32 MB and more."""
_RESERVED_BLOCKS, _RESERVED_BLOCK_BYTES = 8, 16 << 20
"""In all less than what is kept, or it would be returned to the system at once."""


@lru_cache(maxsize=1)
def keep_freed_memory() -> None:
    """Ask the C library to keep up to 256 MB of freed memory for the next frame.

    Each frame allocates and frees several arrays of a megabyte or more. glibc returns such memory
    to the system at once, and the system clears every page that is asked for again: 1.2 ms a frame
    at 1080p. Besides, each thread has an arena of its own, between which free memory lies unused: a
    long run at 1080p takes 420 MB with two of them and OpenVINO, and 345 MB with one. With another
    C library nothing is changed. What was asked for once holds for the process.
    """
    with suppress(OSError, AttributeError, TypeError):  # no such function; on Windows no such name
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_ARENA_MAX, 1)
        # Setting only the trim threshold would do harm: it ends glibc's own raising of the other.
        if libc.mallopt(_M_MMAP_THRESHOLD, _MAX_BLOCK_BYTES):
            libc.mallopt(_M_TRIM_THRESHOLD, _MAX_KEPT_BYTES)
            if mmap.PAGESIZE == _SMALL_PAGE_BYTES:
                _use_huge_pages(libc)


def _use_huge_pages(libc: ctypes.CDLL) -> None:
    """Ask Linux for pages of 2 MB in the memory that the C library allocates next.

    With the usual 4 KB, mapping frames and the network's weights for the first time, and looking up
    their addresses afterwards, take 3 to 4 % of a run. No memory is used by asking: the blocks are
    returned before anything is written to them, and the C library keeps their addresses.
    """
    libc.malloc.restype = ctypes.c_void_p
    blocks = [libc.malloc(_RESERVED_BLOCK_BYTES) for _ in range(_RESERVED_BLOCKS)]
    for block in filter(None, blocks):
        start = -(-block // mmap.PAGESIZE) * mmap.PAGESIZE
        size = ctypes.c_size_t(block + _RESERVED_BLOCK_BYTES - start)
        libc.madvise(ctypes.c_void_p(start), size, mmap.MADV_HUGEPAGE)
    for block in blocks:
        libc.free(ctypes.c_void_p(block))
