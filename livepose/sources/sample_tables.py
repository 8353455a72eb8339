"""The tables of an MP4 that list its samples, which have to agree (ISO/IEC 14496-12, 8.6 and 8.7).

An edit list may leave frames out. So a frame whose time is damaged disappears as if somebody had
cut the film there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path

import numpy as np

_MAX_SHIFT_S = 60
"""Between the moments at which a frame is decoded and shown."""


@dataclass(frozen=True, slots=True)
class _Box:
    """A box of an MP4: four letters, and where its content is."""

    kind: bytes
    start: int
    end: int


def tables_agree(path: Path) -> bool:
    """Return whether an MP4 has as many times as samples, and no time or size that cannot be."""
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
        return all(
            _track_agrees(content, track)
            for movie in _inside(content, _Box(b"", 0, len(content)), b"moov")
            for track in _inside(content, movie, b"trak")
        )


def _track_agrees(content: mmap, track: _Box) -> bool:
    media = next(_inside(content, track, b"mdia"), track)
    header = next(_inside(content, media, b"mdhd"), None)
    information = next(_inside(content, media, b"minf"), media)
    table = next(_inside(content, information, b"stbl"), None)
    sizes = table and next(_inside(content, table, b"stsz"), None)
    if header is None or table is None or sizes is None:
        return True  # nothing is known of it
    same_size, samples = _number(content, sizes.start + 4), _number(content, sizes.start + 8)
    listed = (sizes.end - sizes.start - 12) // 4
    each = np.frombuffer(content, ">u4", max(listed, 0), sizes.start + 12)
    size_bytes = same_size * samples or int(each[:samples].sum(dtype=np.int64))
    if size_bytes > len(content):
        return False
    ticks_per_s = _number(content, header.start + (20 if content[header.start] else 12))
    for kind in (b"stts", b"ctts"):
        for times in _inside(content, table, kind):
            count, largest = _count_and_largest(content, times)
            is_far_off = kind == b"ctts" and largest > _MAX_SHIFT_S * ticks_per_s
            if count != samples or is_far_off:
                return False
    return True


def _count_and_largest(content: mmap, times: _Box) -> tuple[int, int]:
    """Return for how many samples there are times, and the largest of these, which have a sign."""
    count = largest = 0
    entries = _number(content, times.start + 4)
    for at in range(times.start + 8, min(times.start + 8 + 8 * entries, times.end), 8):
        count += _number(content, at)
        value = int.from_bytes(content[at + 4 : at + 8], "big", signed=True)
        largest = max(largest, abs(value))
    return count, largest


def _inside(content: mmap, box: _Box, kind: bytes) -> Iterator[_Box]:
    """Yield the boxes of a kind that stand in another one, and are no longer than that."""
    offset = box.start
    while offset + 8 <= box.end:
        size, start = _number(content, offset), offset + 8
        if size == 1:  # a 64-bit size follows the kind
            size, start = int.from_bytes(content[start : start + 8], "big"), start + 8
        end = offset + size if size else box.end
        if end < start or end > box.end:
            return
        if content[offset + 4 : offset + 8] == kind:
            yield _Box(kind, start, end)
        offset = end


def _number(content: mmap, offset: int) -> int:
    return int.from_bytes(content[offset : offset + 4], "big")
