"""Detect that a video file was cut off, from the length that its container declares."""

from __future__ import annotations

from pathlib import Path
from struct import unpack
from typing import BinaryIO

_SEGMENT_ID = b"\x18\x53\x80\x67"
_SEARCHED_BYTES = 4096
_FLV_FILE_SIZE = b"\x00\x08filesize\x00"
_MAX_FILE_BYTES = 1 << 50
_MP4_BOXES = frozenset(
    b"ftyp styp moov moof mdat mfra free skip wide uuid udta meta sidx ssix prft emsg pdin".split()
)
"""Those that stand at the top level of a file."""


def is_truncated(path: Path, format_name: str) -> bool:
    """Return whether a file is shorter than its container declares.

    False if it is whole, or the container does not declare its length. Durations would not tell: a
    last frame that is held, an edit list, or audio longer than the video all look like missing
    frames.

    Args:
        path: The file.
        format_name: FFmpeg's name of the demuxer.
    """
    size_bytes = path.stat().st_size
    if format_name == "flv":
        return _flv_end(path) > size_bytes
    return _declared_end(path, format_name) > size_bytes


def trailing_bytes(path: Path, format_name: str) -> int:
    """Return how many bytes follow the end that a container declares.

    Action cameras and editors append data of their own there. 0 if nothing follows, or the
    container does not declare its length.

    Args:
        path: The file.
        format_name: FFmpeg's name of the demuxer.
    """
    end = _declared_end(path, format_name)
    return max(path.stat().st_size - end, 0) if end else 0


def _declared_end(path: Path, format_name: str) -> int:
    """Return the length in bytes that a container declares; 0 if it declares none."""
    length_bytes = path.stat().st_size
    with path.open("rb") as file:
        if "mp4" in format_name:
            return _mp4_end(file, length_bytes)
        if "matroska" in format_name:
            return _matroska_end(file)
        if format_name == "avi":
            return _avi_end(file, length_bytes)
    return 0


def _mp4_end(file: BinaryIO, length_bytes: int) -> int:
    """Walk from box to box (ISO/IEC 14496-12): four bytes of size, four of type.

    What follows the last box and is none itself does not count.

    Returns:
        The end of the last box, which may lie behind the end of the file.
    """
    offset = 0
    seen: set[bytes] = set()
    while offset < length_bytes:
        file.seek(offset)
        header = file.read(16)
        size, kind = int.from_bytes(header[:4], "big"), header[4:8]
        # Only behind the media data and its index may something stand that is no box.
        is_complete = seen >= {b"moov", b"mdat"} or b"moof" in seen
        if is_complete and (len(header) < 8 or kind not in _MP4_BOXES):
            return offset
        if size == 1:  # a 64-bit size follows the type
            size = int.from_bytes(header[8:16], "big")
        if size == 0:
            return length_bytes  # this box extends to the end of the file, wherever that is
        offset += max(size, 8)
        seen.add(kind)
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


def _flv_end(path: Path) -> int:
    """Read the size of the file from its metadata, where most writers put it as a 64-bit float.

    Returns:
        0 if it is not there. Where the file was edited, it may be too small.
    """
    with path.open("rb") as file:
        _, found, behind = file.read(_SEARCHED_BYTES).partition(_FLV_FILE_SIZE)
    if not found or len(behind) < 8:
        return 0
    (size_bytes,) = unpack(">d", behind[:8])
    return int(size_bytes) if 0 < size_bytes < _MAX_FILE_BYTES else 0


def _avi_end(file: BinaryIO, length_bytes: int) -> int:
    """Walk over the RIFF chunks of an AVI: the first, and those for what lies beyond 1 GB.

    Returns:
        Where the last of them ends; 0 if the file was never finished, and its size is not known.
    """
    offset = 0
    while offset < length_bytes:
        file.seek(offset)
        header = file.read(8)
        size = int.from_bytes(header[4:], "little")
        if header[:4] != b"RIFF" or not size:
            return offset
        offset += 8 + size
    return offset
