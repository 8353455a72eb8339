"""Strokes: where lines, boxes and circles lie, in pixels and their sixteenths."""

from __future__ import annotations

import numpy as np
import pytest

from livepose.draw import strokes


def test_the_middle_of_a_pixel_is_a_half_for_poses_and_its_index_for_strokes() -> None:
    xy = np.array([[10.5, 20.5], [10.0, 21.0]], np.float32)
    assert strokes.subpixels(xy, (0, 0)).tolist() == [[160, 320], [152, 328]]
    assert strokes.subpixels(xy, (10, 20)).tolist() == [[0, 0], [-8, 8]]


@pytest.mark.parametrize(("width_px", "drawn_px"), [(1, 1), (2, 2), (3, 4), (4, 4), (5, 6)])
def test_a_bar_is_a_rectangle_around_its_line(width_px: int, drawn_px: int) -> None:
    ends = np.array([[[10, 20], [40, 20]]], np.float32)
    (corners,) = strokes.bars(ends, np.array([width_px]))
    assert {(float(x), float(y)) for x, y in corners} == {
        (x, 20 + side * drawn_px / 2) for x in (10, 40) for side in (-1, 1)
    }


def test_a_bar_without_length_lies_at_its_point() -> None:
    corners = strokes.bars(np.full((1, 2, 2), 7, np.float32), np.array([4]))
    assert np.array_equal(corners, np.full((1, 4, 2), 7))


def test_a_rounded_box_touches_its_sides_and_leaves_its_corners_out() -> None:
    outline = strokes.rounded_box(np.array((10, 20, 50, 40), np.float32), 5)
    assert outline.shape == (24, 2)
    assert outline.min(axis=0) == pytest.approx((10, 20), abs=1e-5)
    assert outline.max(axis=0) == pytest.approx((50, 40), abs=1e-5)
    from_corner = np.hypot(outline[:, 0] - 10, outline[:, 1] - 20)
    # A quarter of a circle has 6 points; two of them are 9 degrees beside its middle.
    nearest = 5 - 5 * np.array((np.cos(np.pi / 5), np.sin(np.pi / 5)))
    assert from_corner.min() == pytest.approx(np.hypot(*nearest), abs=1e-4)


def test_a_small_box_is_as_round_as_it_can_be() -> None:
    outline = strokes.rounded_box(np.array((0, 0, 4, 4), np.float32), 5)
    assert np.hypot(outline[:, 0] - 2, outline[:, 1] - 2) == pytest.approx(2, abs=1e-5)


def test_strokes_are_drawn_at_their_place_in_their_colour() -> None:
    layer = np.zeros((20, 20, 3), np.uint8)
    center = strokes.subpixels(np.array((10.5, 10.5), np.float32), (0, 0)).tolist()
    strokes.disc(layer, center, 3, (1, 2, 3))
    assert layer[10, 10].tolist() == layer[10, 12].tolist() == [1, 2, 3]
    assert not layer[10, 15:].any()
    square = strokes.subpixels(np.array(((2, 2), (2, 6), (6, 6), (6, 2)), np.float32), (0, 0))
    strokes.fill(layer, square, (9, 9, 9))
    assert layer[4, 4].tolist() == [9, 9, 9]
    outlined = np.zeros((20, 20, 3), np.uint8)
    strokes.polygon(outlined, square * 2, (9, 9, 9), 1)
    assert outlined.any()
    assert not outlined[6:9, 6:9].any()
