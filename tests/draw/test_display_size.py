"""Frames are painted in the size in which a window shows them, everything at its place."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from livepose.core.frame import Frame, PosedFrame
from livepose.core.overlays import Label, Overlays, Trail
from livepose.core.pixels import BgrPixels
from livepose.core.region import Region
from livepose.draw import Style, paint
from livepose.draw.display_size import shrunk_to_fit, shrunk_to_keep
from tests.support.fakes import one_person

SIZE_PX = (1920, 1080)
AREA_PX = (640, 480)
"""A frame of that size fills its width: 640 x 360, a third."""


def posed(*, is_bgr: bool) -> PosedFrame:
    """A frame with a step in it at (960, 540), and something of everything that is painted."""
    bgr = np.full((SIZE_PX[1], SIZE_PX[0], 3), 60, np.uint8)
    bgr[540:, 960:] = (30, 200, 120)
    frame = Frame.from_bgr(bgr, 4, 0.5, 1.0)
    if not is_bgr:
        pixels = BgrPixels(bgr)
        frame = Frame(pixels.yuv420(pixels.coding), 4, 0.5, 1.0)
    overlays = Overlays(
        faces=np.array(((600, 300, 90),), np.float32),
        trails=(Trail(9, 1, np.array(((300, 900), (900, 300)), np.float32)),),
        labels=(Label("147°", 7, x_px=1500.0, y_px=300.0),),
    )
    region = Region.letterbox(*SIZE_PX)
    return PosedFrame(frame, one_person((1200, 600)), region, 0.0, overlays=overlays)


@pytest.mark.parametrize("is_bgr", [True, False])
def test_everything_is_scaled_with_the_frame(is_bgr: bool) -> None:
    original = posed(is_bgr=is_bgr)
    small = shrunk_to_fit(original, AREA_PX)
    assert (small.frame.width_px, small.frame.height_px) == (640, 360)
    assert type(small.frame.pixels) is type(original.frame.pixels)
    assert (small.frame.index, small.frame.time_s, small.frame.grabbed_s) == (4, 0.5, 1.0)
    np.testing.assert_allclose(small.poses.xy, original.poses.xy / 3, rtol=1e-6)
    np.testing.assert_allclose(small.poses.box, original.poses.box / 3, rtol=1e-6)
    assert small.overlays.faces.tolist() == [pytest.approx([200, 100, 30])]
    assert small.overlays.trails[0].xy.tolist() == [
        pytest.approx(p) for p in ([100, 300], [300, 100])
    ]
    label = small.overlays.labels[0]
    assert [label.x_px, label.y_px] == pytest.approx([500, 100])
    assert label.text == "147°"
    assert small.frame.bgr[340, 600].tolist() == pytest.approx([30, 200, 120], abs=3)
    assert small.frame.bgr[178, 600].tolist() == pytest.approx([60, 60, 60], abs=3)


@pytest.mark.parametrize("style", [Style(), Style(mirror=True, boxes=True, background="dim")])
@pytest.mark.parametrize("is_bgr", [True, False])
def test_what_is_painted_small_is_where_the_large_painting_has_it(
    style: Style, is_bgr: bool
) -> None:
    original = posed(is_bgr=is_bgr)
    small = paint(shrunk_to_fit(original, AREA_PX), style).bgr.astype(float)
    large = cv2.resize(paint(original, style).bgr, (640, 360), interpolation=cv2.INTER_AREA)
    # Lines are as wide as whole pixels allow, so only their edges may differ.
    difference = cv2.blur(np.abs(small - large).max(axis=2), (9, 9))
    assert difference.mean() < 1
    assert np.mean(difference > 40) < 0.004


def test_a_frame_that_fits_is_painted_as_it_is() -> None:
    original = posed(is_bgr=True)
    assert shrunk_to_fit(original, SIZE_PX) is original
    assert shrunk_to_fit(original, (3840, 2160)) is original


def test_a_frame_of_odd_sides_keeps_its_place() -> None:
    frame = Frame.from_bgr(np.zeros((481, 641, 3), np.uint8))
    odd = PosedFrame(frame, one_person((641, 481)), Region.letterbox(641, 481), 0.0)
    small = shrunk_to_fit(odd, (320, 1000))
    assert (small.frame.width_px, small.frame.height_px) == (320, 240)
    assert small.poses.xy.mean(axis=1).tolist() == [pytest.approx([320, 240], rel=1e-3)]
    assert len(shrunk_to_fit(odd, (1, 1)).frame.bgr) == 2


def test_a_face_stays_beyond_recognition_when_it_is_shown_small() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (1080, 1920, 3), np.uint8)
    faces = np.array(((960, 540, 300),), np.float32)
    frame = Frame.from_bgr(noise)
    region = Region.letterbox(*SIZE_PX)
    whole = PosedFrame(frame, one_person((-500, -500)), region, 0.0, overlays=Overlays(faces))
    small = paint(shrunk_to_fit(whole, AREA_PX)).bgr[150:210, 290:350].astype(float)
    assert np.abs(np.diff(small, axis=1)).max() < 6


def test_all_that_is_known_of_a_frame_that_is_kept_is_in_its_scale() -> None:
    poses = replace(one_person((960, 540)), raw_xy=np.full((1, 17, 2), 300, np.float32))
    original = replace(posed(is_bgr=True), poses=poses, detections=poses)
    small = shrunk_to_keep(original, AREA_PX)
    for each in (small.poses, small.detections):
        assert each.xy.mean(axis=1) == pytest.approx(poses.xy.mean(axis=1) / 3)
        assert each.raw_xy == pytest.approx(poses.raw_xy / 3)
    assert small.region == Region.letterbox(640, 360)
    assert shrunk_to_keep(original, SIZE_PX) is original
