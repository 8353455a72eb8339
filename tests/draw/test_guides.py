"""Plumb lines, grid, reading and large number, as pixels."""

from __future__ import annotations

import numpy as np
import pytest

from livepose.core.frame import Frame
from livepose.core.poses import Poses
from livepose.core.skeleton import Keypoint
from livepose.draw.guides import (
    Guides,
    paint_guides,
    paint_large_number,
    paint_reading,
    plumb_lines,
)

SIZES = ((320, 240), (1280, 720), (404, 720))


def grey(width_px: int = 640, height_px: int = 480) -> Frame:
    return Frame.from_bgr(np.full((height_px, width_px, 3), 120, np.uint8), 0, 0.0)


def test_a_plumb_line_hangs_midway_between_the_ankles_from_top_to_bottom() -> None:
    xy = np.zeros((1, 17, 2), np.float32)
    xy[0, Keypoint.LEFT_ANKLE], xy[0, Keypoint.RIGHT_ANKLE] = (220, 400), (180, 400)
    score = np.full((1, 17), 0.9, np.float32)
    assert [*plumb_lines(Poses.from_keypoints(xy, score), 0.3)] == [200.0]
    score[0, Keypoint.LEFT_ANKLE] = 0.1
    assert [*plumb_lines(Poses.from_keypoints(xy, score), 0.3)] == [180.0]
    bgr = paint_guides(grey(), Guides.PLUMB, [200.0]).bgr
    changed = (bgr != 120).any(axis=2)
    assert changed[:, 200].all()
    assert not changed[:, :195].any()


@pytest.mark.parametrize("size_px", SIZES)
def test_the_grid_has_squares_and_a_line_in_the_middle(size_px: tuple[int, int]) -> None:
    width_px, height_px = size_px
    bgr = paint_guides(grey(*size_px), Guides.GRID, []).bgr
    light = bgr[..., 0] > 130
    columns, rows = np.flatnonzero(light[1] & light[2]), np.flatnonzero(light[:, 1] & light[:, 2])
    assert width_px // 2 in columns
    assert height_px // 2 in rows
    assert np.diff(columns) == pytest.approx(max(size_px) / 12, abs=1.5)
    assert np.diff(rows) == pytest.approx(max(size_px) / 12, abs=1.5)
    assert paint_guides(grey(), Guides.NONE, [5.0]).bgr.max() == 120


@pytest.mark.parametrize("size_px", SIZES)
def test_a_reading_stays_inside_the_frame_and_leaves_its_joint_free(
    size_px: tuple[int, int],
) -> None:
    width_px, height_px = size_px
    lines = ["right_shoulder  123°", "x 1234  y 1234 px", "1234 px/s"]
    for x, y in ((5, 5), (width_px - 5, height_px - 5), (width_px // 2, height_px // 2)):
        bgr = paint_reading(grey(*size_px), lines, x, y).bgr
        assert (bgr[y - 3 : y + 4, x - 3 : x + 4] == 120).all(), "the joint is hidden"
        assert (bgr.min(axis=2) > 200).sum() > 100, "nothing can be read"


def test_a_large_number_takes_a_third_of_the_height() -> None:
    rows = np.flatnonzero((paint_large_number(grey(), 5).bgr.min(axis=2) > 200).any(axis=1))
    assert len(rows) == pytest.approx(160, abs=12)
    assert rows.mean() == pytest.approx(240, abs=20)
