"""Walk through a container's own structure, to find where it is broken.

FFmpeg passes over what it cannot parse without a word, and reads on behind it. Only what all
writers of a format keep to is looked at (lengths, signatures, checksums, sync bytes), so that no
good file looks broken. Damage inside of a frame's data is for its decoder to find.
"""

from __future__ import annotations

import logging
import time
import zlib
from collections.abc import Callable, Iterator
from mmap import ACCESS_READ, mmap
from pathlib import Path

_log = logging.getLogger(__name__)

_LARGE_GB = 1.0
_EBML_HEADER, _SEGMENT, _CLUSTER = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67", b"\x1f\x43\xb6\x75"
_CRC = b"\xbf"
_SEGMENT_CHILDREN = frozenset(
    bytes.fromhex(each)
    for each in (
        *("114d9b74", "1549a966", "1654ae6b", "1f43b675", "1c53bb6b"),
        *("1941a469", "1043a770", "1254c367", "ec", "bf"),
    )
)
_CLUSTER_CHILDREN = frozenset(
    map(bytes.fromhex, ("e7", "a3", "a0", "a7", "ab", "af", "5854", "ec", "bf"))
)
_FRAGMENT_BOXES = frozenset(b"moof mdat mfra sidx ssix styp emsg prft free skip uuid".split())
_FLV_VIDEO, _FLV_COMMAND = 9, 5
_FLV_TAGS = frozenset({8, _FLV_VIDEO, 18})
"""Audio, video and script data."""
_AVI_KINDS = frozenset({b"dc", b"db", b"wb", b"pc", b"tx", b"sb", b"iv"})
_MXF_KEY = b"\x06\x0e\x2b\x34"


def broken_places(path: Path, format_name: str, limit_s: float = 10.0) -> int:
    """Return in how many places the structure of a container is broken.

    The end of an MP4, a Matroska or an AVI file is left to `is_truncated`; in other formats a last
    part that is cut off counts as one place.

    It is read once more for that, for no longer than `limit_s`, which is a few GB; of a large file
    it is logged.

    Args:
        path: The file, which is not empty.
        format_name: FFmpeg's name of the demuxer.
        limit_s: The time after which the rest is left alone.

    Returns:
        0 if it is whole, or if nothing is known of the format.
    """
    walk = next((_WALKS[name] for name in format_name.split(",") if name in _WALKS), None)
    if walk is None:
        return 0
    size_gb = path.stat().st_size / 1e9
    if size_gb > _LARGE_GB:
        _log.info("looking for damage in %s (%.1f GB)", path.name, size_gb)
    found = 0
    until_s = time.monotonic() + limit_s
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
        for places in walk(content):
            found = places
            if time.monotonic() > until_s:
                _log.info("the rest of %s is too long to look for damage in it", path.name)
                break
    return found


def _matroska(content: mmap) -> Iterator[int]:
    """Walk over the elements of the segment and of its clusters (RFC 8794, RFC 9559).

    FFmpeg writes a checksum into each cluster of an .mkv, which is compared.
    """
    places = 0
    offset = content.find(_SEGMENT)
    if offset < 0:
        return
    _, offset, size = _element(content, offset)
    segment_end = len(content) if size is None else min(offset + size, len(content))
    while offset < segment_end:
        yield places
        name, start, size = _element(content, offset)
        if name == _CLUSTER:
            end, is_broken = _cluster(content, start, size)
        elif name in (_SEGMENT, _EBML_HEADER):  # another one is joined on
            break
        else:
            end = start + (size or 0)
            is_broken = name not in _SEGMENT_CHILDREN or size is None
        if is_broken:
            places += 1
            end = content.find(_CLUSTER, offset + 1)
            if end < 0:
                break
        offset = end
    yield places


def _cluster(content: mmap, start: int, size: int | None) -> tuple[int, bool]:
    """Return where a cluster ends, and whether it is broken before that."""
    end = len(content) if size is None else start + size
    has_checksum = content[start : start + 2] == _CRC + b"\x84"
    if has_checksum and size is not None and end <= len(content):
        expected = int.from_bytes(content[start + 2 : start + 6], "little")
        return end, zlib.crc32(memoryview(content)[start + 6 : end]) != expected
    offset = start
    while offset < min(end, len(content)):
        name, child_start, child_size = _element(content, offset)
        if size is None and name in _SEGMENT_CHILDREN - {_CRC, b"\xec"}:
            return offset, False  # a cluster of unknown size ends where the next element begins
        if name not in _CLUSTER_CHILDREN or child_size is None:
            return end, True
        offset = child_start + child_size
    return offset, offset > end


def _element(content: mmap, offset: int) -> tuple[bytes, int, int | None]:
    """Return an EBML element's id, where its data begin, and their size; None if unknown."""
    id_length = _vint_length(content, offset)
    at = offset + id_length
    length = _vint_length(content, at)
    start = at + length
    value = int.from_bytes(content[at:start], "big") & ((1 << 7 * length) - 1)
    return content[offset:at], start, None if value == (1 << 7 * length) - 1 else value


def _vint_length(content: mmap, offset: int) -> int:
    """Return the bytes of a number: the leading zeros of the first one count them."""
    return 9 - content[offset].bit_length() if offset < len(content) else 1


def _mp4(content: mmap) -> Iterator[int]:
    """Walk over the fragments of an MP4, which are numbered (ISO/IEC 14496-12, mfhd)."""
    offset, number = 0, 0
    places = 0
    while offset + 16 <= len(content):
        yield places
        size, kind = (
            int.from_bytes(content[offset : offset + 4], "big"),
            content[offset + 4 : offset + 8],
        )
        header = 8
        if size == 1:
            size, header = int.from_bytes(content[offset + 8 : offset + 16], "big"), 16
        if kind == b"moof" and content[offset + header + 4 : offset + header + 8] == b"mfhd":
            at = offset + header + 12
            found = int.from_bytes(content[at : at + 4], "big")
            places += number > 0 and found > number + 1
            number = found
        is_box = size >= header and kind.isalnum() and (number == 0 or kind in _FRAGMENT_BOXES)
        if number and not is_box:
            offset = content.find(b"moof", offset + 8) - 4
            if offset < 0:
                break
            places += 1
            number = 0
            continue
        if not is_box:
            break
        offset += size
    yield places


def _avi(content: mmap) -> Iterator[int]:
    """Walk over the chunks of an AVI: four letters, a size, and a byte more where that is odd."""
    offset = 12
    movi_end = 0
    while offset + 8 <= len(content):
        yield 0
        kind, size = (
            content[offset : offset + 4],
            int.from_bytes(content[offset + 4 : offset + 8], "little"),
        )
        if kind in (b"RIFF", b"LIST"):
            if content[offset + 8 : offset + 12] == b"movi":
                movi_end = offset + 8 + size
            is_opened = content[offset + 8 : offset + 12] in (b"movi", b"rec ", b"AVIX")
            offset += 12 if is_opened else 8 + size + size % 2
            continue
        is_data = kind[:2].isalnum() and kind[2:] in _AVI_KINDS
        if is_data or kind in (b"JUNK", b"idx1") or b"ix" in (kind[:2], kind[2:]):
            offset += 8 + size + size % 2
        elif offset >= movi_end > 0:
            break  # what follows belongs to other programs
        elif content[offset - 1 : offset + 1].isdigit():  # some writers leave the byte out
            offset -= 1
        else:
            yield 1
            return


def _flv(content: mmap) -> Iterator[int]:
    """Walk over the tags of an FLV: eleven bytes with a size, the data, and the size once more.

    All of its video is of one codec. Some writers leave out the size behind the last tag.
    """
    offset = int.from_bytes(content[5:9], "big") + 4
    codecs: set[bytes | int] = set()
    while offset + 11 < len(content):
        yield 0
        kind, size = content[offset] & 0x1F, int.from_bytes(content[offset + 1 : offset + 4], "big")
        if kind not in _FLV_TAGS or content[offset + 8 : offset + 11] != b"\0\0\0":
            yield 1
            return
        if kind == _FLV_VIDEO and size:
            first = content[offset + 11]
            has_name = first & 0x80  # a codec of the enhanced format has four letters
            if has_name and size >= 5:
                codecs.add(content[offset + 12 : offset + 16])
            elif not has_name and first >> 4 != _FLV_COMMAND:
                codecs.add(first & 0xF)
            if len(codecs) > 1:
                yield 1
                return
        offset += 11 + size + 4
    yield int(len(content) not in (offset, offset - 4))


def _mxf(content: mmap) -> Iterator[int]:
    """Walk over the keys, lengths and values of an MXF file (SMPTE ST 377-1)."""
    offset = content.find(_MXF_KEY)
    while 0 <= offset < len(content) - 20:
        yield 0
        if content[offset : offset + 4] != _MXF_KEY:
            yield 1
            return
        length = content[offset + 16]
        offset += 17
        if length > 0x80:
            count = length - 0x80
            length = int.from_bytes(content[offset : offset + count], "big")
            offset += count
        offset += length
    yield int(offset > len(content))


def _y4m(content: mmap) -> Iterator[int]:
    """Yield whether the last frame of raw video is cut off: all are as long as the first one."""
    first = content.find(b"FRAME")
    second = content.find(b"FRAME", first + 5)
    yield int(second > first and (len(content) - first) % (second - first) > 0)


def _ogg(content: mmap) -> Iterator[int]:
    from livepose.sources.packet_walk import walk_ogg

    return walk_ogg(content)


def _mpegts(content: mmap) -> Iterator[int]:
    from livepose.sources.ts_walk import walk_ts

    return walk_ts(content)


def _asf(content: mmap) -> Iterator[int]:
    from livepose.sources.asf_walk import walk_asf

    return walk_asf(content)


def _gif(content: mmap) -> Iterator[int]:
    from livepose.sources.packet_walk import walk_gif

    return walk_gif(content)


def _nut(content: mmap) -> Iterator[int]:
    from livepose.sources.packet_walk import walk_nut

    return walk_nut(content)


def _mpeg(content: mmap) -> Iterator[int]:
    from livepose.sources.packet_walk import walk_mpeg

    return walk_mpeg(content)


_WALKS: dict[str, Callable[[mmap], Iterator[int]]] = {
    "matroska": _matroska,
    "mp4": _mp4,
    "avi": _avi,
    "flv": _flv,
    "mxf": _mxf,
    "yuv4mpegpipe": _y4m,
    # In modules of their own, which few files need.
    "ogg": _ogg,
    "mpegts": _mpegts,
    "asf": _asf,
    "gif": _gif,
    "nut": _nut,
    "mpeg": _mpeg,
}
