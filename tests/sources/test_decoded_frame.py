"""Colours of a video file: luma and chroma as they are stored, with what they mean."""

from __future__ import annotations

import gc
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from livepose.core.arrays import UInt8Array
from livepose.core.colors import ColorCoding
from livepose.core.pixels import BgrPixels, Yuv420
from livepose.sources.decoded_frame import FrameConverter
from livepose.sources.video import VideoSource
from livepose.system.pyav import av
from tests.support.colors import max_difference
from tests.support.media import (
    BLUE,
    BT601,
    BT709,
    BT2020,
    FULL,
    GREEN,
    LIMITED,
    PUBLISHED,
    QUARTERS,
    RED,
    UNSAID,
    in_420,
    make_tagged_clip,
    patch_colors,
    patches,
    quarter_colors,
    quarters,
    turn,
)
from tests.support.video_files import frames_of

BT470BG, SMPTE240M = 5, 7
BT2020_10 = 14


TAGS = {
    "SD": ((160, 120), UNSAID, 0, (BT601, LIMITED)),
    "HD": ((1280, 720), UNSAID, 0, (BT709, LIMITED)),
    "SD in BT.601": ((160, 120), BT601, LIMITED, (BT601, LIMITED)),
    "SD in BT.470": ((160, 120), BT470BG, LIMITED, (BT601, LIMITED)),
    "SD in BT.709": ((160, 120), BT709, LIMITED, (BT709, LIMITED)),
    "SD in BT.2020": ((160, 120), BT2020, LIMITED, (BT2020, LIMITED)),
    "SD of an unsaid range": ((160, 120), BT709, 0, (BT709, LIMITED)),
    "SD in the full range": ((160, 120), UNSAID, FULL, (BT601, FULL)),
    "SD in BT.709 in the full range": ((160, 120), BT709, FULL, (BT709, FULL)),
    "HD in BT.601": ((1280, 720), BT601, LIMITED, (BT601, LIMITED)),
    "HD in BT.709": ((1280, 720), BT709, LIMITED, (BT709, LIMITED)),
    "HD in the full range": ((1280, 720), UNSAID, FULL, (BT709, FULL)),
    "98 x 50": ((98, 50), BT601, LIMITED, (BT601, LIMITED)),
}


@pytest.mark.parametrize("case", TAGS)
def test_planes_are_delivered_as_stored_with_their_color_coding(tmp_path: Path, case: str) -> None:
    (width_px, height_px), matrix, color_range, meant = TAGS[case]
    packed = quarters(PUBLISHED[meant], width_px, height_px)
    path = make_tagged_clip(
        tmp_path / "clip.mp4", in_420(packed), matrix=matrix, color_range=color_range
    )
    frame, second = frames_of(path)
    for pixels in (frame.pixels, second.pixels):
        assert isinstance(pixels, Yuv420)
        assert np.array_equal(pixels.packed, packed)
        assert pixels.coding == ColorCoding(meant[0], meant[1] == FULL)
    assert frame.bgr.shape == (height_px, width_px, 3)
    assert max_difference(quarter_colors(frame.bgr), QUARTERS) <= 3


def make_coded_clip(path: Path, codec: str, pictures: list[UInt8Array], kind: str) -> Path:
    """Write packed pictures with a codec."""
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=30)
        stream.height, stream.width = pictures[0].shape[0] * 2 // 3, pictures[0].shape[1]
        stream.pix_fmt = kind
        for packed in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(packed, format=kind)))
        container.mux(stream.encode())
    return path


def test_a_frame_that_is_stored_bottom_up_is_upright(tmp_path: Path) -> None:
    packed = quarters(PUBLISHED[BT601, FULL], 160, 160)
    path = make_coded_clip(tmp_path / "clip.avi", "amv", [packed] * 3, "yuvj420p")
    with av.open(str(path)) as container:
        picture: Any = next(container.decode(video=0))
    assert picture.planes[0].line_size < 0, "this one is not"
    pixels = frames_of(path)[0].pixels
    assert isinstance(pixels, Yuv420)
    assert np.array_equal(pixels.packed, picture.to_ndarray())
    assert max_difference(quarter_colors(pixels.bgr()), QUARTERS) <= 12  # AMV is coarse


def test_planes_share_the_decoders_memory(tmp_path: Path) -> None:
    packed = quarters(PUBLISHED[BT601, LIMITED], 160, 160)
    path = make_coded_clip(tmp_path / "clip.mp4", "libx264", [packed], "yuv420p")
    with av.open(str(path)) as container:
        picture: Any = next(container.decode(video=0))
    pixels = FrameConverter(picture, None).convert(picture)
    for plane, decoded in zip(pixels.planes, picture.planes, strict=True):
        assert np.shares_memory(plane, np.frombuffer(decoded, np.uint8))


@pytest.mark.parametrize(
    ("codec", "name", "kind"),
    [
        ("libx264", "clip.mp4", "yuv420p"),
        ("mpeg4", "clip.avi", "yuv420p"),
        ("libvpx-vp9", "clip.mkv", "yuv420p"),
        ("mjpeg", "clip.avi", "yuvj420p"),
        ("rawvideo", "clip.avi", "yuv420p"),
    ],
)
def test_frames_that_are_kept_do_not_change(
    codec: str, name: str, kind: str, tmp_path: Path
) -> None:
    draw = np.random.default_rng(0).integers
    pictures = [np.repeat(draw(0, 256, (18, 160), np.uint8), 8, axis=0) for _ in range(40)]
    path = make_coded_clip(tmp_path / name, codec, pictures, kind)
    kept, copies = [], []
    with VideoSource(path) as source:
        for frame in source:
            kept.append(frame.pixels.planes)
            copies.append([plane.copy() for plane in frame.pixels.planes])
    del source, frame
    gc.collect()
    assert len(kept) == 40
    for planes, before in zip(kept, copies, strict=True):
        assert all(map(np.array_equal, planes, before))


def test_primaries_and_transfer_are_read(tmp_path: Path) -> None:
    packed = quarters(PUBLISHED[BT2020, LIMITED], 160, 120)
    path = make_tagged_clip(
        tmp_path / "clip.mp4",
        in_420(packed),
        matrix=BT2020,
        color_range=LIMITED,
        primaries=BT2020,
        transfer=BT2020_10,
    )
    assert frames_of(path)[0].pixels.coding == ColorCoding(BT2020, False, BT2020, BT2020_10)


def test_motion_jpeg_is_in_the_full_range(tmp_path: Path) -> None:
    packed = quarters(PUBLISHED[BT601, FULL], 160, 120)
    pictures = [av.VideoFrame.from_ndarray(packed, format="yuvj420p") for _ in range(2)]
    path = make_tagged_clip(tmp_path / "clip.avi", pictures, codec="mjpeg", color_range=FULL)
    pixels = frames_of(path)[0].pixels
    assert isinstance(pixels, Yuv420)
    assert (pixels.coding.matrix, pixels.coding.is_full_range) == (BT601, True)
    assert max_difference(quarter_colors(pixels.bgr()), QUARTERS) <= 8


def test_the_full_range_is_known_by_the_tag_alone_and_by_the_format_alone(tmp_path: Path) -> None:
    packed = quarters(PUBLISHED[BT709, FULL], 160, 120)
    # VP9 tells the range and keeps the format's name; a picture may also have nothing but a name.
    path = make_tagged_clip(
        tmp_path / "clip.webm",
        in_420(packed),
        codec="libvpx-vp9",
        matrix=BT709,
        color_range=FULL,
    )
    by_tag = frames_of(path)[0].pixels
    assert by_tag.coding == ColorCoding(BT709, is_full_range=True)
    assert max_difference(quarter_colors(by_tag.bgr()), QUARTERS) <= 8
    picture = av.VideoFrame.from_ndarray(packed, format="yuvj420p")
    assert (picture.color_range, picture.format.name) == (0, "yuvj420p")
    assert FrameConverter(picture, None).convert(picture).coding.is_full_range


@pytest.mark.parametrize("size_px", [(160, 120), (98, 50)])
@pytest.mark.parametrize(
    ("degrees", "quarter_turns", "order"),
    [(90, -1, (2, 0, 3, 1)), (180, 2, (3, 2, 1, 0)), (270, 1, (1, 3, 0, 2))],
)
def test_rotation_rotates_every_plane_and_changes_no_value(
    tmp_path: Path,
    degrees: int,
    quarter_turns: int,
    order: tuple[int, ...],
    size_px: tuple[int, int],
) -> None:
    packed = quarters(PUBLISHED[BT709, LIMITED], *size_px)
    packed[:6, :8] = np.arange(48).reshape(6, 8)  # a corner in which no two values are the same
    path = make_tagged_clip(tmp_path / "clip.mp4", in_420(packed), matrix=BT709)
    plain = frames_of(path)[0].pixels
    pixels = frames_of(turn(path, degrees))[0].pixels
    assert isinstance(pixels, Yuv420)
    assert (pixels.width_px, pixels.height_px) == (size_px if degrees == 180 else size_px[::-1])
    assert pixels.coding == ColorCoding(BT709)
    for now, was in zip(pixels.planes, plain.planes, strict=True):
        assert np.array_equal(now, np.rot90(was, quarter_turns))
    assert max_difference(quarter_colors(pixels.bgr()), [QUARTERS[place] for place in order]) <= 3


OTHERS = ["yuv422p", "yuv444p", "yuv420p10le", "yuv422p10le"]


def converted(
    pixel_format: str, matrix: int, color_range: int, size_px: tuple[int, int] = (160, 120)
) -> list[Any]:
    """Return stripes of red, green and blue in a format, as FFmpeg converts them."""
    bgr = av.VideoFrame.from_ndarray(patches(0, *size_px), "bgr24")
    space = BT470BG if matrix == BT601 else matrix  # FFmpeg's scaler has numbers of its own
    return [
        bgr.reformat(format=pixel_format, dst_colorspace=space, dst_color_range=color_range)
        for _ in range(2)
    ]


@pytest.mark.parametrize("pixel_format", OTHERS)
@pytest.mark.parametrize("color_range", [LIMITED, FULL], ids=["limited", "full"])
@pytest.mark.parametrize("matrix", [BT601, BT709, BT2020])
def test_other_formats_than_8_bit_420_become_bgr_in_the_right_colors(
    tmp_path: Path, pixel_format: str, color_range: int, matrix: int
) -> None:
    pictures = converted(pixel_format, matrix, color_range)
    path = make_tagged_clip(tmp_path / "clip.mp4", pictures, matrix=matrix, color_range=color_range)
    frame = frames_of(path)[0]
    assert isinstance(frame.pixels, BgrPixels)
    assert frame.bgr.shape == (120, 160, 3)
    assert max_difference(patch_colors(frame.bgr), (RED, GREEN, BLUE)) <= 3


@pytest.mark.parametrize("pixel_format", OTHERS)
@pytest.mark.parametrize(("size_px", "meant"), [((160, 120), BT601), ((1280, 720), BT709)])
def test_an_untagged_format_other_than_420_is_guessed_as_players_do(
    tmp_path: Path, size_px: tuple[int, int], meant: int, pixel_format: str
) -> None:
    pictures = converted(pixel_format, meant, LIMITED, size_px)
    frame = frames_of(make_tagged_clip(tmp_path / "clip.mp4", pictures))[0]
    assert max_difference(patch_colors(frame.bgr), (RED, GREEN, BLUE)) <= 3


def test_an_unsupported_matrix_becomes_bgr(tmp_path: Path) -> None:
    pictures = converted("yuv420p", SMPTE240M, LIMITED)
    path = make_tagged_clip(tmp_path / "clip.mp4", pictures, matrix=SMPTE240M, color_range=LIMITED)
    frame = frames_of(path)[0]
    assert isinstance(frame.pixels, BgrPixels)
    assert max_difference(patch_colors(frame.bgr), (RED, GREEN, BLUE)) <= 4


@pytest.mark.parametrize("size_px", [(161, 120), (160, 121), (161, 121)])
@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv444p"])
def test_a_frame_of_an_odd_size_becomes_bgr_with_every_pixel(
    tmp_path: Path, pixel_format: str, size_px: tuple[int, int]
) -> None:
    pictures = converted(pixel_format, BT601, LIMITED, size_px)
    # FFV1, as H.264 cannot hold an odd size in 4:2:0.
    frame = frames_of(make_tagged_clip(tmp_path / "clip.mkv", pictures, codec="ffv1"))[0]
    assert isinstance(frame.pixels, BgrPixels)
    assert frame.bgr.shape == (size_px[1], size_px[0], 3)
    assert max_difference(patch_colors(frame.bgr), (RED, GREEN, BLUE)) <= 6


@pytest.mark.parametrize("meant", [(BT601, LIMITED), (BT709, LIMITED), (BT709, FULL)])
def test_pixels_that_are_not_square_become_bgr_in_the_right_colors(
    tmp_path: Path, meant: tuple[int, int]
) -> None:
    packed = quarters(PUBLISHED[meant], 160, 120)
    path = make_tagged_clip(
        tmp_path / "clip.mp4",
        in_420(packed),
        matrix=meant[0],
        color_range=meant[1],
        aspect=Fraction(3, 2),
    )
    frame = frames_of(path)[0]
    assert isinstance(frame.pixels, BgrPixels)
    assert frame.bgr.shape == (120, 240, 3)
    assert max_difference(quarter_colors(frame.bgr), QUARTERS) <= 3


def test_a_stream_that_changes_size_and_coding_keeps_its_first_size_and_its_colors(
    tmp_path: Path,
) -> None:
    parts = []
    for number, (meant, size_px) in enumerate(
        (((BT601, LIMITED), (160, 120)), ((BT709, LIMITED), (160, 120)), ((BT709, FULL), (96, 72)))
    ):
        packed = quarters(PUBLISHED[meant], *size_px)
        part = make_tagged_clip(
            tmp_path / f"{number}.ts", in_420(packed), matrix=meant[0], color_range=meant[1]
        )
        parts.append(part.read_bytes())
    path = tmp_path / "all.ts"
    path.write_bytes(b"".join(parts))
    frames = frames_of(path)
    assert len(frames) == 6
    assert {frame.bgr.shape for frame in frames} == {(120, 160, 3)}
    matrices = [frame.pixels.coding.matrix for frame in frames[:4]]
    assert matrices == [BT601, BT601, BT709, BT709]
    for frame in frames:
        assert max_difference(quarter_colors(frame.bgr), QUARTERS) <= 3
