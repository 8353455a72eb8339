"""Ghosts: where they are drawn, and in which colours."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from livepose.core.frame import Frame, PosedFrame
from livepose.core.overlays import Ghost, Overlays
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.core.skeleton import Keypoint
from livepose.draw import Style, paint
from livepose.draw.display_size import shrunk_to_fit
from livepose.draw.ghost import difference_color
from livepose.draw.side_by_side import Caption, side_by_side
from livepose.sources.synthetic.source import SyntheticSource

XY = SyntheticSource().truth(0.0).xy[0]
GREY = np.full((480, 640, 3), 100, np.uint8)


def posed_with_ghost(**degrees: float) -> PosedFrame:
    """Return a frame with nobody in it but a ghost."""
    difference = np.full(17, np.nan, np.float32)
    for name, value in degrees.items():
        difference[Keypoint[name.upper()]] = value
    overlays = Overlays(ghosts=(Ghost(XY, np.ones(17, np.bool_), difference),))
    frame = Frame.from_bgr(GREY)
    return PosedFrame(frame, Poses.empty(), Region.letterbox(640, 480), 0.0, overlays=overlays)


def color_at(bgr: Any, start: Keypoint, end: Keypoint) -> list[int]:
    """Return the colour in the middle of a limb."""
    x, y = (XY[start] + XY[end]) / 2
    return [int(channel) for channel in bgr[int(y), int(x)]]


def test_a_limb_has_the_colour_of_its_difference_and_lets_the_frame_through() -> None:
    painted = paint(posed_with_ghost(left_knee=40.0, right_knee=0.0)).bgr
    blue, green, red = color_at(painted, Keypoint.LEFT_KNEE, Keypoint.LEFT_ANKLE)
    assert red > green + 60
    assert red < 245  # the grey is seen through it
    blue, green, red = color_at(painted, Keypoint.RIGHT_KNEE, Keypoint.RIGHT_ANKLE)
    assert green > red + 40
    blue, green, red = color_at(painted, Keypoint.LEFT_HIP, Keypoint.LEFT_KNEE)
    assert blue == green == red > 150


def test_a_ghost_has_no_face() -> None:
    painted = paint(posed_with_ghost()).bgr
    face = XY[Keypoint.NOSE : Keypoint.RIGHT_EAR + 1]
    left, top = face.min(axis=0).astype(int) - 6
    right, bottom = face.max(axis=0).astype(int) + 6
    assert (painted[top:bottom, left:right] == GREY[0, 0]).all()
    assert (painted != GREY).any()


def test_a_ghost_is_mirrored_and_shrunk_with_its_frame() -> None:
    posed = posed_with_ghost(left_knee=40.0)
    plain, mirrored = paint(posed).bgr, paint(posed, Style(mirror=True)).bgr
    assert np.abs(plain[:, ::-1].astype(int) - mirrored).mean() < 0.5
    half = shrunk_to_fit(posed, (320, 240)).overlays.ghosts[0]
    assert half.xy == pytest.approx(XY / 2, abs=0.01)


def test_a_ghost_outside_the_frame_or_unseen_paints_nothing() -> None:
    posed = posed_with_ghost()
    ghost = posed.overlays.ghosts[0]
    for changed in (
        replace(ghost, xy=ghost.xy + 5000),
        replace(ghost, is_seen=np.zeros(17, np.bool_)),
        replace(ghost, xy=np.full_like(ghost.xy, np.nan)),
    ):
        painted = paint(replace(posed, overlays=Overlays(ghosts=(changed,))))
        assert (painted.bgr == GREY).all()


def test_colours_go_from_green_over_yellow_to_red() -> None:
    assert difference_color(0) == difference_color(5)
    assert difference_color(30) == difference_color(180)
    reds = [difference_color(degrees)[2] for degrees in (5, 10, 15)]
    assert reds == sorted(reds)


def test_texts_stand_below_the_frames_and_not_on_them() -> None:
    frames = [np.full((240, 320, 3), 200, np.uint8), np.full((480, 360, 3), 90, np.uint8)]
    page = side_by_side(frames, ["A 0:01.00", "B 0:02.00"], Caption("left knee +12°", (0, 0, 255)))
    assert (page[:240, :320] == 200).all()
    assert (page[:240, 324:504] == 90).all()
    below = page[240:]
    assert (below[..., 2] > 200).any()
    assert page.shape[0] % 2 == page.shape[1] % 2 == 0
