"""Detect that a video file was cut off, from the length that its container declares."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

_SEGMENT_ID = b"\x18\x53\x80\x67"
_SEARCHED_BYTES = 4096


def is_truncated(path: Path, format_name: str) -> bool:
    """Return whether a file is shorter than its container declares.

    False if it is whole, or the container does not declare its length. Durations would not tell: a
    last frame that is held, an edit list, or audio longer than the video all look like missing
    frames.

    Args:
        path: The file.
        format_name: FFmpeg's name of the demuxer.
    """
    length_bytes = path.stat().st_size
    with path.open("rb") as file:
        if "mp4" in format_name:
            return _mp4_end(file, length_bytes) > length_bytes
        if "matroska" in format_name:
            return _matroska_end(file) > length_bytes
        if format_name == "avi":
            return int.from_bytes(file.read(8)[4:], "little") + 8 > length_bytes
    return False


def _mp4_end(file: BinaryIO, length_bytes: int) -> int:
    """Walk from box to box (ISO/IEC 14496-12): four bytes of size, four of type."""
    offset = 0
    while offset < length_bytes:
        file.seek(offset)
        header = file.read(16)
        size = int.from_bytes(header[:4], "big")
        if size == 1:  # a 64-bit size follows the type
            size = int.from_bytes(header[8:16], "big")
        if size == 0:
            return length_bytes  # this box extends to the end of the file, wherever that is
        offset += max(size, 8)
    return offset


def _matroska_end(file: BinaryIO) -> int:
    """Read the size of the segment (RFC 8794): the leading zeros of its first byte count its bytes.

    Returns:
        Where the segment ends; 0 if that is unknown.
    """
    head = file.read(_SEARCHED_BYTES)
    at = head.find(_SEGMENT_ID)
    if at < 0 or at + 12 > len(head):
        return 0
    start = at + len(_SEGMENT_ID)
    width = 9 - head[start].bit_length()
    size = int.from_bytes(head[start : start + width], "big") & ((1 << 7 * width) - 1)
    is_unknown = size == (1 << 7 * width) - 1
    return 0 if is_unknown else start + width + size
