"""Writes HEIC images, and adds turns and mirrors to HEIC and AVIF."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from livepose.system.pyav import av
from tests.support.media import Picture

Box = tuple[bytes, bytes]


def box(kind: bytes, *payload: bytes) -> bytes:
    content = b"".join(payload)
    return (8 + len(content)).to_bytes(4, "big") + kind + content


def u16(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(2, "big") for number in numbers)


def u32(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(4, "big") for number in numbers)


def hevc_still(folder: Path, bgr: Picture) -> tuple[bytes, bytes]:
    """Encode a picture as one frame of HEVC: its decoder configuration, and its data."""
    path = folder / "still.mp4"
    with av.open(str(path), "w") as container:
        params = {"x265-params": "log-level=none:keyint=1:crf=8:range=limited:colormatrix=bt470bg"}
        stream: Any = container.add_stream("libx265", rate=1, options=params)
        stream.height, stream.width = bgr.shape[:2]
        stream.pix_fmt = "yuv420p"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(bgr, format="bgr24")))
        container.mux(stream.encode())
    with av.open(str(path)) as container:
        context: Any = container.streams.video[0].codec_context
        return context.extradata, bytes(next(container.demux(video=0)))


def heic(
    folder: Path, bgr: Picture, transforms: Sequence[Box] = (), tile_px: tuple[int, int] = (0, 0)
) -> bytes:
    """Write a HEIC image, in one piece or in tiles of a width and height that fit often enough."""
    height_px, width_px = bgr.shape[:2]
    tile_width_px, tile_height_px = tile_px if tile_px[0] else (width_px, height_px)
    columns, rows = -(-width_px // tile_width_px), -(-height_px // tile_height_px)
    padded = np.pad(
        bgr,
        (
            (0, rows * tile_height_px - height_px),
            (0, columns * tile_width_px - width_px),
            (0, 0),
        ),
        "edge",
    )
    stills = [
        hevc_still(folder, tile)
        for line in np.split(padded, rows)
        for tile in np.split(line, columns, axis=1)
    ]
    is_grid = tile_px[0] > 0
    tiles = list(range(1, len(stills) + 1))
    primary = len(stills) + 1 if is_grid else 1
    kinds = {tile: b"hvc1" for tile in tiles} | ({primary: b"grid"} if is_grid else {})
    grid = bytes((0, 0, rows - 1, columns - 1)) + u16(width_px, height_px)

    properties = [
        box(b"hvcC", stills[0][0]),
        box(b"ispe", bytes(4), u32(tile_width_px, tile_height_px)),
        box(b"ispe", bytes(4), u32(width_px, height_px)),
        *(box(kind, payload) for kind, payload in transforms),
    ]
    own = [3 + number for number in range(1, len(transforms) + 1)]
    numbers = {tile: [1, 2] for tile in tiles}
    numbers[primary] = [*([3] if is_grid else [1, 2]), *own]
    associations = b"".join(
        u16(item) + bytes((len(each), *each)) for item, each in sorted(numbers.items())
    )
    infes = [box(b"infe", b"\2\0\0\0", u16(item, 0), kind, b"\0") for item, kind in kinds.items()]

    def meta(data_start: int) -> bytes:
        entries, at = b"", data_start
        for item in kinds:
            payload = grid if item == primary and is_grid else stills[item - 1][1]
            entries += u16(item, 0, 1) + u32(at, len(payload))
            at += len(payload)
        return box(
            b"meta",
            bytes(4),
            box(b"hdlr", bytes(8), b"pict", bytes(13)),
            box(b"pitm", bytes(4), u16(primary)),
            box(b"iloc", bytes(4), b"\x44\0", u16(len(kinds)), entries),
            box(b"iinf", bytes(4), u16(len(kinds)), *infes),
            *(
                [box(b"iref", bytes(4), box(b"dimg", u16(primary, len(tiles), *tiles)))]
                if is_grid
                else []
            ),
            box(
                b"iprp",
                box(b"ipco", *properties),
                box(b"ipma", bytes(4), u32(len(numbers)), associations),
            ),
        )

    head = box(b"ftyp", b"heic", bytes(4), b"mif1heic")
    start = len(head) + len(meta(0)) + 8
    data = b"".join(still[1] for still in stills) + (grid if is_grid else b"")
    return head + meta(start) + box(b"mdat", data)


def with_transforms(avif: bytes, transforms: Sequence[Box]) -> bytes:
    """Add transforms to the only item of an AVIF as cv2 writes it."""
    added = b"".join(box(kind, payload) for kind, payload in transforms)
    content = bytearray(avif)

    def grow(kind: bytes, by: int) -> int:
        at = content.index(kind) - 4
        size = int.from_bytes(content[at : at + 4], "big")
        content[at : at + 4] = u32(size + by)
        return at + size

    ipco = content.index(b"ipco") - 4
    ipco_end = ipco + int.from_bytes(content[ipco : ipco + 4], "big")
    count_of_properties = 0
    at = ipco + 8
    while at < ipco_end:
        at += int.from_bytes(content[at : at + 4], "big")
        count_of_properties += 1
    ipma_end = grow(b"ipma", len(transforms))
    count_at = content.index(b"ipma") + 4 + 4 + 4 + 2
    content[count_at] += len(transforms)
    numbers = bytes(0x80 | (count_of_properties + 1 + n) for n in range(len(transforms)))
    content[ipma_end:ipma_end] = numbers
    grow(b"ipco", len(added))
    content[ipco_end:ipco_end] = added
    by = len(added) + len(numbers)
    grow(b"iprp", by)
    grow(b"meta", by)
    offset_at = content.index(b"iloc") + 4 + 4 + 2 + 2 + 2 + 2 + 2
    offset = int.from_bytes(content[offset_at : offset_at + 4], "big")
    content[offset_at : offset_at + 4] = u32(offset + by)
    return bytes(content)
