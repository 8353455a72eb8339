"""Walk through the containers that are made of small packets: NUT, Ogg, MPEG and GIF.

As in `container_walk`, only what all writers of a format keep to is looked at, and each walk yields
in how many places the file is broken up to there.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from mmap import mmap

_BYTE_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_OGG_HEADER_BYTES = 27

_NUT_MAIN, _NUT_SYNCPOINT = bytes.fromhex("4e4d7a561f5f04ad"), bytes.fromhex("4e4be4adeeca4569")
_NUT_INDEX = bytes.fromhex("4e58dd672f23e64e")
_NUT_PACKETS = frozenset(
    {
        *(_NUT_MAIN, _NUT_SYNCPOINT, _NUT_INDEX),
        *(bytes.fromhex("4e5311405bf2f9db"), bytes.fromhex("4e49ab68b596ba78")),
    }
)
_NUT_CODED_PTS, _NUT_STREAM_ID, _NUT_SIZE_MSB, _NUT_CHECKSUM = 8, 16, 32, 64
_NUT_RESERVED, _NUT_HEADER_IDX, _NUT_MATCH_TIME = 128, 1024, 2048
_NUT_CODED, _NUT_INVALID = 4096, 8192
_NUT_MAX_ELIDED_BYTES = 4096
_NUT_LONG_BYTES = 4096

_PS_PREFIX, _PS_PACK, _PS_END = b"\0\0\1", 0xBA, 0xB9
_PS_PADDING_BYTES = 20

_GIF_EXTENSION, _GIF_IMAGE, _GIF_END = 0x21, 0x2C, 0x3B
_GIF_MAX_UNEVEN = 0.5


def walk_ogg(content: mmap) -> Iterator[int]:
    """Walk over the pages of an Ogg file (RFC 3533), numbered and with a checksum each."""
    numbers: dict[bytes, int] = {}
    offset, places = 0, 0
    while offset + _OGG_HEADER_BYTES <= len(content):
        yield places
        count = content[offset + 26]
        body = offset + _OGG_HEADER_BYTES + count
        end = body + sum(content[offset + _OGG_HEADER_BYTES : body])
        if content[offset : offset + 4] != b"OggS" or not _is_ogg_page(content, offset, end):
            places += 1
            numbers.clear()
            offset = content.find(b"OggS", offset + 1)
            if offset < 0:
                break
            continue
        stream, number = (
            content[offset + 14 : offset + 18],
            int.from_bytes(content[offset + 18 : offset + 22], "little"),
        )
        places += number > numbers.get(stream, number - 1) + 1
        numbers[stream] = number
        offset = end
    yield places


def _is_ogg_page(content: mmap, start: int, end: int) -> bool:
    """Return whether the checksum of a page is right; it is made with zeros in its place."""
    expected = int.from_bytes(content[start + 22 : start + 26], "little")
    page = content[start : start + 22] + bytes(4) + content[start + 26 : end]
    return end <= len(content) and _crc32(page) == expected


def _crc32(data: bytes) -> int:
    """Return the checksum of Ogg and NUT: zlib's, with the bits of each byte turned round."""
    reflected = zlib.crc32(data.translate(_BYTE_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{reflected:032b}"[::-1], 2)


class _Reader:
    """Reads the numbers of a NUT file, one after the other."""

    def __init__(self, content: mmap, offset: int) -> None:
        self._content = content
        self.offset = offset

    def number(self) -> int:
        """Read seven bits of each byte, as long as the eighth one is set."""
        value = 0
        while True:
            byte = self._content[self.offset]
            self.offset += 1
            value = value << 7 | byte & 0x7F
            if byte < 0x80:
                return value


@dataclass(frozen=True, slots=True)
class _FrameCode:
    """What the first byte of a NUT frame stands for."""

    flags: int
    size_factor: int
    size: int
    reserved: int
    header: int


@dataclass(frozen=True, slots=True)
class _NutHeader:
    """What the main header of a NUT file says of its frames."""

    codes: list[_FrameCode]
    elided_bytes: list[int]


def walk_nut(content: mmap) -> Iterator[int]:
    """Walk over the packets and the frames of a NUT file, up to its index.

    Where that is missing, the end of the file is.
    """
    main = content.find(_NUT_MAIN)
    if main < 0:
        return
    places = 0
    try:
        header = _nut_header(content, main)
    except IndexError:
        yield 1
        return
    offset = main
    while offset < len(content):
        yield places
        try:
            end = _nut_end(content, offset, header)
        except IndexError:  # what is cut off, or broken
            end = None
        if end is None or end > len(content):
            places += 1
            end = content.find(_NUT_SYNCPOINT, offset + 1)
            if end < 0:
                yield places
                return
        elif content[offset : offset + 8] == _NUT_INDEX:
            return
        offset = end
    yield places + 1


def _nut_header(content: mmap, offset: int) -> _NutHeader:
    read = _Reader(content, offset + 8)
    if read.number() > _NUT_LONG_BYTES:
        read.offset += 4
    if read.number() > 3:
        read.number()  # the minor version
    read.number()  # the streams
    read.number()  # the distance of syncpoints
    for _ in range(2 * read.number()):
        read.number()  # a time base
    codes: list[_FrameCode] = []
    factor = 1
    header = 0
    while len(codes) < 256:
        flags = read.number()
        fields = [read.number() for _ in range(read.number())]
        # The first one is a signed time; a field that is left out keeps its value, or is 0.
        factor = fields[1] if len(fields) > 1 else factor
        size = fields[3] if len(fields) > 3 else 0
        reserved = fields[4] if len(fields) > 4 else 0
        count = fields[5] if len(fields) > 5 else factor - size
        header = fields[7] if len(fields) > 7 else header
        for number in range(count):
            if len(codes) == ord("N"):
                codes.append(_FrameCode(_NUT_INVALID, 0, 0, 0, 0))
            codes.append(_FrameCode(flags, factor, size + number, reserved, header))
    elided = [0]
    for _ in range(read.number()):
        elided.append(read.number())
        read.offset += elided[-1]
    return _NutHeader(codes, elided)


def _nut_end(content: mmap, offset: int, header: _NutHeader) -> int | None:
    """Return where a packet or a frame ends; None if it is none."""
    read = _Reader(content, offset)
    if content[offset] == ord("N"):
        if content[offset : offset + 8] not in _NUT_PACKETS:
            return None
        read.offset += 8
        length = read.number()
        start = read.offset + (4 if length > _NUT_LONG_BYTES else 0)
        return start + length if _crc32(content[start : start + length]) == 0 else None
    return _nut_frame_end(content, offset, header)


def _nut_frame_end(content: mmap, offset: int, header: _NutHeader) -> int | None:
    read = _Reader(content, offset + 1)
    code = header.codes[content[offset]]
    flags = code.flags
    if flags & _NUT_CODED:
        flags ^= read.number()
    if flags & _NUT_INVALID:
        return None
    for _ in filter(flags.__and__, (_NUT_STREAM_ID, _NUT_CODED_PTS)):
        read.number()
    size = code.size
    if flags & _NUT_SIZE_MSB:
        size += code.size_factor * read.number()
    if flags & _NUT_MATCH_TIME:
        read.number()
    elided = read.number() if flags & _NUT_HEADER_IDX else code.header
    for _ in range(read.number() if flags & _NUT_RESERVED else code.reserved):
        read.number()
    if flags & _NUT_CHECKSUM:
        read.offset += 4
        if _crc32(content[offset : read.offset]) != 0:
            return None
    if size <= _NUT_MAX_ELIDED_BYTES:
        size -= header.elided_bytes[elided]
    return read.offset + size if size >= 0 else None


def walk_mpeg(content: mmap) -> Iterator[int]:
    """Walk over the packs and packets of an MPEG program stream (ISO/IEC 13818-1)."""
    offset, places = content.find(_PS_PREFIX + bytes((_PS_PACK,))), 0
    while 0 <= offset < len(content) - 14:
        yield places
        kind = content[offset + 3]
        if content[offset : offset + 3] != _PS_PREFIX or kind < _PS_END:
            following = content.find(_PS_PREFIX + bytes((_PS_PACK,)), offset)
            if 0 < following - offset <= _PS_PADDING_BYTES and not any(content[offset:following]):
                offset = following  # a sector of a Video CD ends in zeros
                continue
            if following < 0 and content[offset : offset + 4] == bytes(4):
                break  # padding behind the end
            places += 1
            offset = following
        elif kind == _PS_END:
            offset += 4
        elif kind == _PS_PACK:
            is_mpeg2 = content[offset + 4] >> 6 == 1
            offset += 14 + (content[offset + 13] & 7) if is_mpeg2 else 12
        else:
            offset += 6 + int.from_bytes(content[offset + 4 : offset + 6], "big")
    yield places + (offset > len(content))


def walk_gif(content: mmap) -> Iterator[int]:
    """Walk over the blocks of a GIF up to the semicolon that ends it.

    Each image is in parts of up to 255 bytes, which are full but for the last one. Where a writer
    does otherwise, it does so in most images; a few are damaged.
    """
    images = uneven = 0
    try:
        offset = 13 + _color_table_bytes(content[10])
        while True:
            kind = content[offset]
            yield 0
            if kind == _GIF_END:
                yield uneven if uneven <= _GIF_MAX_UNEVEN * images else 0
                return
            if kind == _GIF_EXTENSION:
                offset += 2
            elif kind == _GIF_IMAGE:
                offset += 11 + _color_table_bytes(content[offset + 9])
            else:
                yield 1
                return
            sizes = set()  # of the parts before the last one
            while content[offset]:  # an empty one ends them
                following = offset + 1 + content[offset]
                if content[following]:
                    sizes.add(content[offset])
                offset = following
            offset += 1
            images += kind == _GIF_IMAGE
            uneven += kind == _GIF_IMAGE and len(sizes) > 1
    except IndexError:
        yield 1


def _color_table_bytes(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0
