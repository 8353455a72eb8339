"""Tell whether a video file was cut off: its container says how long the file should be."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

_SEGMENT = b"\x18\x53\x80\x67"
_SEARCHED_BYTES = 4096


def is_truncated(path: Path, format_name: str) -> bool:
    """Compare a file's length with what its container promises.

    Durations cannot tell: a last frame that is held, an edit list or sound that is longer than the
    pictures all look like missing frames.

    Args:
        path: the file.
        format_name: as FFmpeg calls its demuxer.

    Returns:
        True where the file is too short; False where it is whole, or its container does not say.
    """
    length_bytes = path.stat().st_size
    with path.open("rb") as file:
        if "mp4" in format_name:
            return _end_of_mp4(file, length_bytes) > length_bytes
        if "matroska" in format_name:
            return _end_of_matroska(file) > length_bytes
        if format_name == "avi":
            return int.from_bytes(file.read(8)[4:], "little") + 8 > length_bytes
    return False


def _end_of_mp4(file: BinaryIO, length_bytes: int) -> int:
    """Walk from box to box (ISO/IEC 14496-12): four bytes of size, four of type."""
    offset = 0
    while offset < length_bytes:
        file.seek(offset)
        header = file.read(16)
        size = int.from_bytes(header[:4], "big")
        if size == 1:
            size = int.from_bytes(header[8:16], "big")
        if size == 0:
            return length_bytes  # this box goes to the end, wherever that is
        offset += max(size, 8)
    return offset


def _end_of_matroska(file: BinaryIO) -> int:
    """Read the size of the segment (RFC 8794): a first byte whose leading zeros count its bytes."""
    head = file.read(_SEARCHED_BYTES)
    at = head.find(_SEGMENT)
    if at < 0 or at + 12 > len(head):
        return 0
    start = at + len(_SEGMENT)
    width = 9 - head[start].bit_length()
    size = int.from_bytes(head[start : start + width], "big") & ((1 << 7 * width) - 1)
    is_unknown = size == (1 << 7 * width) - 1
    return 0 if is_unknown else start + width + size
