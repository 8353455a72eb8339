"""Display matrices: turned and mirrored pictures are shown as players show them."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from livepose.core.arrays import UInt8Array
from livepose.sources.orientation import Orientation
from livepose.sources.video import VideoSource
from tests.support.media import corners_of, make_clip, set_display_matrix
from tests.support.needs import SHARED, needs_shared
from tests.support.video_files import frames_of

Matrix = tuple[int, int, int, int]
MATRICES: dict[Matrix, tuple[Callable[[UInt8Array], UInt8Array], str]] = {
    (1, 0, 0, 1): (lambda bgr: bgr, "rgbw"),
    (-1, 0, 0, 1): (lambda bgr: bgr[:, ::-1], "grwb"),
    (1, 0, 0, -1): (lambda bgr: bgr[::-1], "bwrg"),
    (-1, 0, 0, -1): (lambda bgr: bgr[::-1, ::-1], "wbgr"),
    (0, 1, -1, 0): (lambda bgr: np.rot90(bgr, -1), "brwg"),
    (0, -1, 1, 0): (lambda bgr: np.rot90(bgr, 1), "gwrb"),
    (0, 1, 1, 0): (lambda bgr: bgr.transpose(1, 0, 2), "rbgw"),
    (0, -1, -1, 0): (lambda bgr: np.rot90(bgr, 2).transpose(1, 0, 2), "wgbr"),
}


@pytest.mark.parametrize("matrix", MATRICES, ids=str)
@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv444p"])
def test_all_eight_orientations_move_pixels_and_change_none(
    tmp_path: Path, pix_fmt: str, matrix: Matrix
) -> None:
    path = make_clip(tmp_path / "clip.mp4", pts=range(3), pix_fmt=pix_fmt)
    plain = frames_of(path)[0].bgr
    expected, corners = MATRICES[matrix]
    with VideoSource(set_display_matrix(path, matrix)) as source:
        info = source.info
        frames = list(source)
    assert (info.width_px, info.height_px) == expected(plain).shape[1::-1]
    for frame in frames:
        assert corners_of(frame.bgr) == corners
        assert frame.bgr.flags.c_contiguous
    assert np.array_equal(frames[0].bgr, expected(plain))


def test_wide_pixels_are_widened_before_the_picture_is_mirrored_on_its_side(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "wide.mp4", aspect=Fraction(4, 3), pts=range(2))
    frames = frames_of(set_display_matrix(path, (0, 1, 1, 0)))
    assert [(frame.width_px, frame.height_px) for frame in frames] == [(120, 213)] * 2
    assert corners_of(frames[0].bgr) == "rbgw"


def test_eight_matrices_are_eight_orientations() -> None:
    orientations = {Orientation.from_matrix((a, b, 0, c, d)) for a, b, c, d in MATRICES}
    assert len(orientations) == 8
    plane = np.arange(6, dtype=np.uint8).reshape(2, 3)
    results = {orientation.apply(plane).tobytes() for orientation in orientations}
    assert len(results) == 8


def test_a_slightly_turned_picture_stands_as_the_next_quarter_turn() -> None:
    assert Orientation.from_matrix((65000, 3000, 0, -3000, 65000)) == Orientation()


@needs_shared
def test_the_film_of_a_front_camera_is_the_mirror_image_of_the_plain_one() -> None:
    cases = SHARED / "cases"
    with VideoSource(cases / "hflip.mp4") as mirrored, VideoSource(cases / "base.mp4") as plain:
        pairs = itertools.islice(zip(mirrored, plain, strict=True), 3)
        for frame, plain_frame in pairs:
            assert np.array_equal(frame.bgr, plain_frame.bgr[:, ::-1])
