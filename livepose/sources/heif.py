"""HEIC images, as phones store photos; turns and mirrors of HEIC and AVIF (ISO 23008-12)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from livepose.core.arrays import UInt8Array
from livepose.core.errors import SourceError
from livepose.sources.orientation import Orientation

_HEVC_BRANDS = frozenset((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"))
_AV1_BRANDS = frozenset((b"avif", b"avis"))
_QUARTER_TURNS = {  # anticlockwise
    1: Orientation(is_transposed=True, is_flipped=True),
    2: Orientation(is_mirrored=True, is_flipped=True),
    3: Orientation(is_transposed=True, is_mirrored=True),
}
Box = tuple[bytes, bytes]
"""The type of a box, and what is in it."""


def is_heic(content: bytes) -> bool:
    """Return whether a file is an image in HEVC."""
    return _has_brand(content, _HEVC_BRANDS)


def is_avif(content: bytes) -> bool:
    """Return whether a file is an image in AV1."""
    return _has_brand(content, _AV1_BRANDS)


def apply_transforms(bgr: UInt8Array, content: bytes) -> UInt8Array:
    """Return the pixels of the main image of a file, turned and mirrored as the file asks.

    Args:
        bgr: (H, W, 3) as they are stored.
        content: The file.
    """
    items = _Items(content)
    for kind, payload in items.properties(items.primary):
        if kind == b"irot" and payload[0] & 3:
            bgr = _QUARTER_TURNS[payload[0] & 3].apply(bgr)
        elif kind == b"imir":
            swaps_sides = bool(payload[0] & 1)
            bgr = Orientation(is_mirrored=swaps_sides, is_flipped=not swaps_sides).apply(bgr)
    return bgr


def decode_heic(content: bytes) -> UInt8Array:
    """Return the (H, W, 3) pixels of the main image of a HEIC file, upright.

    Raises:
        SourceError: If it cannot be decoded.
    """
    from livepose.system.pyav import av, ffmpeg_message

    try:
        items = _Items(content)
        primary = items.primary
        bgr = (
            _decode_grid(items, primary)
            if items.kinds[primary] == b"grid"
            else _decode_tile(items, primary)
        )
        return apply_transforms(bgr, content)
    except (av.FFmpegError, LookupError, ValueError) as error:
        is_incomplete = isinstance(error, LookupError)
        reason = "a part of it is missing" if is_incomplete else ffmpeg_message(error)
        raise SourceError(f"its HEIC image cannot be decoded: {reason}") from error


def _decode_grid(items: _Items, grid: int) -> UInt8Array:
    """Join the tiles that a large image is stored in."""
    payload = items.data(grid)
    rows, columns = payload[2] + 1, payload[3] + 1
    bytes_each = 4 if payload[1] & 1 else 2
    width_px, height_px = (
        int.from_bytes(payload[4 + n * bytes_each :][:bytes_each], "big") for n in (0, 1)
    )
    tiles = [_decode_tile(items, tile) for tile in items.tiles[grid]]
    lines = [np.hstack(tiles[row * columns :][:columns]) for row in range(rows)]
    return np.ascontiguousarray(np.vstack(lines)[:height_px, :width_px])


def _decode_tile(items: _Items, item: int) -> UInt8Array:
    from livepose.sources.decoded_frame import FrameConverter
    from livepose.system.pyav import av

    properties = dict(items.properties(item))
    decoder: Any = av.CodecContext.create("hevc", "r")
    decoder.extradata = properties[b"hvcC"]
    frames: list[Any] = [*decoder.decode(av.Packet(items.data(item))), *decoder.decode(None)]
    frame = frames[0]
    colors = properties.get(b"colr", b"")
    if colors[:4] == b"nclx":
        frame.color_primaries, frame.color_trc, frame.colorspace = (
            int.from_bytes(colors[at : at + 2], "big") for at in (4, 6, 8)
        )
        frame.color_range = 2 if colors[10] & 0x80 else 1
    return FrameConverter(frame, None).convert(frame).bgr()


@dataclass(slots=True)
class _Items:
    """The items of a file: images, their tiles, and what describes them."""

    content: bytes
    primary: int = 0
    kinds: dict[int, bytes] = field(default_factory=dict)
    tiles: dict[int, list[int]] = field(default_factory=dict)
    _extents: dict[int, tuple[int, list[tuple[int, int]]]] = field(default_factory=dict)
    _property_boxes: list[Box] = field(default_factory=list)
    _property_numbers: dict[int, list[int]] = field(default_factory=dict)
    _inner_data: bytes = b""

    def __post_init__(self) -> None:
        meta = dict(_boxes(self.content))[b"meta"]
        boxes = dict(_boxes(meta[4:]))
        self._inner_data = boxes.get(b"idat", b"")
        self.primary = _Reader(boxes[b"pitm"]).id_of_version(1)
        self._read_kinds(boxes[b"iinf"])
        self._read_extents(boxes[b"iloc"])
        self._read_tiles(boxes.get(b"iref", bytes(4)))
        properties = dict(_boxes(boxes[b"iprp"]))
        self._property_boxes = list(_boxes(properties[b"ipco"]))
        self._read_property_numbers(properties[b"ipma"])

    def properties(self, item: int) -> list[Box]:
        """Return the properties of an item, in the order in which they apply."""
        numbers = self._property_numbers.get(item, [])
        return [self._property_boxes[number - 1] for number in numbers if number]

    def data(self, item: int) -> bytes:
        """Return what is stored of an item."""
        method, extents = self._extents[item]
        source = self._inner_data if method == 1 else self.content
        return b"".join(source[start : start + length] for start, length in extents)

    def _read_kinds(self, payload: bytes) -> None:
        for _, entry in _boxes(payload[6 if payload[0] == 0 else 8 :]):
            reader = _Reader(entry)
            number = reader.id_of_version(3)
            reader.skip(2)
            self.kinds[number] = reader.take(4)

    def _read_extents(self, payload: bytes) -> None:
        reader = _Reader(payload)
        offset_bytes, length_bytes = divmod(reader.number(1), 16)
        base_bytes, index_bytes = divmod(reader.number(1), 16)
        version = reader.version
        for _ in range(reader.number(2 if version < 2 else 4)):
            item = reader.number(2 if version < 2 else 4)
            method = reader.number(2) & 15 if version else 0
            reader.skip(2)
            base = reader.number(base_bytes)
            extents = []
            for _ in range(reader.number(2)):
                reader.skip(index_bytes if version else 0)
                start = base + reader.number(offset_bytes)
                extents.append((start, reader.number(length_bytes)))
            self._extents[item] = (method, extents)

    def _read_tiles(self, payload: bytes) -> None:
        id_bytes = 4 if payload[0] else 2
        for kind, entry in _boxes(payload[4:]):
            numbers = _Reader(bytes(4) + entry)
            item = numbers.number(id_bytes)
            if kind == b"dimg":
                self.tiles[item] = [numbers.number(id_bytes) for _ in range(numbers.number(2))]

    def _read_property_numbers(self, payload: bytes) -> None:
        reader = _Reader(payload)
        is_long = payload[3] & 1
        for _ in range(reader.number(4)):
            item = reader.number(4 if reader.version else 2)
            self._property_numbers[item] = [
                reader.number(2) & 0x7FFF if is_long else reader.number(1) & 0x7F
                for _ in range(reader.number(1))
            ]


class _Reader:
    """Reads big-endian numbers one after the other, from a box with a version."""

    def __init__(self, payload: bytes) -> None:
        self.version = payload[0]
        self._payload = payload
        self._at = 4

    def take(self, count: int) -> bytes:
        taken = self._payload[self._at : self._at + count]
        if len(taken) < count:
            raise ValueError("it ends in the middle of a box")
        self._at += count
        return taken

    def skip(self, count: int) -> None:
        self.take(count)

    def number(self, byte_count: int) -> int:
        return int.from_bytes(self.take(byte_count), "big")

    def id_of_version(self, first_long_version: int) -> int:
        """Return an id, which has four bytes from some version on."""
        return self.number(4 if self.version >= first_long_version else 2)


def _has_brand(content: bytes, brands: frozenset[bytes]) -> bool:
    if content[4:8] != b"ftyp":
        return False
    listed = content[8 : min(int.from_bytes(content[:4], "big"), len(content))]
    return any(listed[at : at + 4] in brands for at in range(0, len(listed), 4) if at != 4)


def _boxes(content: bytes) -> Iterator[Box]:
    """Yield the boxes of a file or of another box (ISO/IEC 14496-12)."""
    at = 0
    while at + 8 <= len(content):
        size, kind, head = int.from_bytes(content[at : at + 4], "big"), content[at + 4 : at + 8], 8
        if size == 1:
            size, head = int.from_bytes(content[at + 8 : at + 16], "big"), 16
        if size == 0:
            size = len(content) - at
        if size < head:
            raise ValueError("it has a box of an impossible size")
        yield kind, content[at + head : at + size]
        at += size
