"""Walk through the packets of an MPEG transport stream (ISO/IEC 13818-1), which have numbers."""

from __future__ import annotations

from collections.abc import Iterator
from mmap import mmap

import numpy as np
import numpy.typing as npt

from livepose.core.arrays import UInt8Array

_PACKET_BYTES = (188, 192, 204)
_SYNC = 0x47
_TABLES, _NULL = 0, 0x1FFF
"""The names of the packets with the list of programs, and of those without anything."""
_BLOCK_PACKETS = 1 << 16
"""So many are looked at in one go."""


def walk_ts(content: mmap) -> Iterator[int]:
    """Yield in how many places packets do not begin with a sync byte, or are missing, so far.

    A last packet that begins and is cut off is one more place.
    """
    for size in _PACKET_BYTES:
        lead = 4 if size == 192 else 0
        first = content[lead : lead + 3 * size : size]
        if first and first == bytes([_SYNC]) * len(first):
            break
    else:
        return
    places = missing = 0
    film: int | None = None
    whole = len(content) // size
    for start in range(0, whole, _BLOCK_PACKETS):
        stop = min(start + _BLOCK_PACKETS + 1, whole)  # the next block's first packet as well
        block = np.frombuffer(content[start * size : stop * size], np.uint8).reshape(-1, size)
        heads = block[:, lead : lead + 6]
        is_synced = heads[:, 0] == _SYNC
        places += int(np.count_nonzero(is_synced[:-1] & ~is_synced[1:]))
        heads = heads[is_synced]
        film = _most_frequent(heads) if film is None else film
        missing += _gaps(heads, film)
        yield places or missing
    places += content[whole * size + lead : whole * size + lead + 1] == bytes([_SYNC])
    yield places or missing


def _names(heads: UInt8Array) -> npt.NDArray[np.uint16]:
    high = (heads[:, 1] & 0x1F).astype(np.uint16)
    return np.left_shift(high, 8, dtype=np.uint16) | heads[:, 2]


def _most_frequent(heads: UInt8Array) -> int:
    counts = np.bincount(_names(heads), minlength=_NULL + 1)
    counts[[_TABLES, _NULL]] = 0
    return int(counts.argmax())


def _gaps(heads: UInt8Array, film: int) -> int:
    """Count the places where the numbers of a film's packets do not go on.

    Clips may be joined anywhere, each with its own numbers: a list of programs begins each of them.

    Args:
        heads: The first six bytes of each packet, (N, 6).
        film: The name of its packets.
    """
    names = _names(heads)
    has_data = heads[:, 3] & 0x10 > 0
    places = np.flatnonzero((names == film) & has_data)
    packets = heads[places]
    is_announced = (packets[:, 3] & 0x20 > 0) & (packets[:, 4] > 0) & (packets[:, 5] & 0x80 > 0)
    steps = np.diff(packets[:, 3] & 0xF) & 0xF  # a packet may be sent twice
    tables = np.cumsum(names == _TABLES)[places]
    return int(np.count_nonzero((steps > 1) & ~is_announced[1:] & (np.diff(tables) == 0)))
