"""Blurred faces: nothing is left of them but a few blocks of colour."""

from __future__ import annotations

import numpy as np
import pytest

from livepose.core.colors import ColorCoding
from livepose.core.overlays import Overlays
from livepose.core.pixels import BgrPixels, Pixels
from livepose.draw import BySide, Style, paint
from tests.support.colors import max_difference
from tests.support.painting import (
    color_at,
    keypoints_at,
    on_bgr_and_planes,
    people,
    posed,
    straight_and_mirrored,
)


def face_discs(*faces: tuple[float, float, float]) -> Overlays:
    return Overlays(faces=np.array(faces, np.float32).reshape(-1, 3))


def checks(
    coding: ColorCoding | None, size_px: tuple[int, int] = (320, 240), flip: int = 0
) -> Pixels:
    """Paint a fine pattern; with `flip` at 1 its negative, of the same mean."""
    width_px, height_px = size_px
    y, x = np.mgrid[:height_px, :width_px] // 2
    pattern = np.where((x + y + flip) % 2, 40, 200).astype(np.uint8)
    pixels = BgrPixels(np.repeat(pattern[..., None], 3, axis=2))
    return pixels if coding is None else pixels.yuv420(coding)


@on_bgr_and_planes
@straight_and_mirrored
@pytest.mark.parametrize(
    "face", [(100.0, 90.0, 40.0), (30.5, 20.5, 40.0), (318.0, 239.0, 30.0), (160.0, 120.0, 500.0)]
)
def test_only_the_colours_of_a_few_blocks_are_left_of_a_face(
    face: tuple[float, float, float], mirror: bool, coding: ColorCoding | None
) -> None:
    style = Style(mirror=mirror)
    one, other = (
        paint(posed(checks(coding, flip=flip), overlays=face_discs(face)), style).bgr.astype(int)
        for flip in (0, 1)
    )
    x, y, radius = face
    rows, columns = np.mgrid[:240, :320] + 0.5
    away = np.hypot(columns - (320 - x if mirror else x), rows - y)
    # What two opposite frames have in common is their mean, and nothing else is left of them.
    assert np.abs(one - other)[away < radius].max() <= 12
    assert np.abs(one - 120)[away < radius - 2].max() <= 16
    assert np.abs(one - other)[away > radius + 4].min(initial=255) > 140


@on_bgr_and_planes
def test_a_face_is_at_most_five_blocks_wide(coding: ColorCoding | None) -> None:
    random = np.random.default_rng(2).integers(0, 256, (200, 200, 3), np.uint8)
    pixels: Pixels = BgrPixels(random)
    pixels = pixels if coding is None else pixels.yuv420(coding)
    after = (
        paint(posed(pixels, overlays=face_discs((100, 100, 50)))).bgr[70:130, 70:130].astype(float)
    )
    # Noise of deviation 74 over blocks of 20 x 20 pixels is left with a 20th of that.
    assert after.std(axis=(0, 1)).max() < 8


@on_bgr_and_planes
def test_faces_are_blurred_under_the_skeleton_and_discs_outside_the_frame_do_nothing(
    coding: ColorCoding | None,
) -> None:
    before = checks(coding)
    nose = keypoints_at({})
    nose[0] = (100.5, 90.5)
    after = paint(posed(before, people(nose), face_discs((100, 90, 40)))).pixels
    assert max_difference(color_at(after, 100, 90), BySide().middle) <= 12
    far = face_discs((-100, 50, 60), (500, 500, 100), (50, 400, 60))
    assert np.array_equal(paint(posed(before, overlays=far)).bgr, before.bgr())
