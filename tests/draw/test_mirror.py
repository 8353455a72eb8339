"""Mirroring: places change, and left stays the subject's own left."""

from __future__ import annotations

import numpy as np
import pytest

from livepose.core.overlays import Label, Overlays, Trail
from livepose.core.pixels import BgrPixels
from livepose.core.skeleton import Keypoint, Side
from livepose.draw import Style, paint
from livepose.draw.mirror import mirrored
from tests.support.colors import CODINGS, soft_colors
from tests.support.painting import (
    SIDE_COLORS,
    center_of_change,
    color_at,
    grey_frame,
    grey_pixels,
    person_in_box,
    posed,
    posed_demo,
    visible_only,
)


def test_the_frame_and_its_keypoints_are_mirrored_together() -> None:
    frame = grey_frame()
    after = paint(
        posed(frame, visible_only({Keypoint.LEFT_WRIST: (30.25, 50.5)})), Style(mirror=True)
    )
    assert center_of_change(frame, after) == pytest.approx((160 - 30.25, 50.5), abs=0.1)


def test_mirrored_sides_keep_their_colours_and_poses_do_not_change() -> None:
    before = posed_demo()
    xy = before.poses.xy.copy()
    after = paint(before, Style(mirror=True))
    assert np.array_equal(before.poses.xy, xy)
    for keypoint, side in (
        (Keypoint.LEFT_ANKLE, Side.LEFT),
        (Keypoint.RIGHT_ANKLE, Side.RIGHT),
    ):
        x, y = xy[0, keypoint]
        assert color_at(after.pixels, 320 - x, y) == SIDE_COLORS[side]


def test_a_mirrored_painting_is_the_mirror_image_of_the_painting() -> None:
    before = posed_demo()
    straight, mirrored = paint(before).bgr, paint(before, Style(mirror=True)).bgr
    differs = np.abs(mirrored.astype(int) - straight[:, ::-1]).max(axis=2) > 60
    # A 16th of a pixel of rounding may show at the edges of lines.
    assert differs.mean() < 0.005


def test_every_plane_is_mirrored() -> None:
    before = BgrPixels(soft_colors(98, 66)).yuv420(CODINGS["BT.709"])
    after = paint(posed(before), Style(mirror=True)).pixels
    for was, now in zip(before.planes, after.planes, strict=True):
        assert np.array_equal(now, was[:, ::-1])


def test_places_are_mirrored_and_sizes_ids_and_texts_stay() -> None:
    poses = person_in_box(4, left=10, top=20)
    overlays = Overlays(
        np.array([[30, 40, 5]], np.float32),
        (Trail(Keypoint.LEFT_WRIST, 4, np.array([[1, 2], [np.nan, np.nan]], np.float32)),),
        (Label("9°", Keypoint.LEFT_WRIST, 60.0, 70.0),),
    )
    after = mirrored(posed(grey_pixels(320, 240), poses, overlays))
    assert after.poses.box.tolist() == [[190, 20, 310, 120]]
    assert np.array_equal(after.poses.xy, poses.xy * (-1, 1) + (320, 0))
    assert after.poses.track_id.tolist() == [4]
    assert after.overlays.faces.tolist() == [[290, 40, 5]]
    (trail,) = after.overlays.trails
    assert trail.xy[0].tolist() == [319, 2]
    assert np.isnan(trail.xy[1]).all()
    assert after.overlays.labels == (Label("9°", Keypoint.LEFT_WRIST, 260.0, 70.0),)
