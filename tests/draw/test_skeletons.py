"""Skeletons: each keypoint and bone in its place and colour, and boxes around people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest

from livepose.core.colors import ColorCoding
from livepose.core.overlays import Overlays
from livepose.core.skeleton import COCO_SKELETON, Keypoint, Side
from livepose.draw import ByPerson, Style, paint
from livepose.draw.color_schemes import PEOPLE_COLORS
from tests.support.painting import (
    BOXES_ONLY,
    GREY,
    SIDE_COLORS,
    center_of_change,
    changed,
    color_at,
    grey_frame,
    grey_pixels,
    keypoints_at,
    on_bgr_and_planes,
    people,
    person_in_box,
    posed,
    posed_demo,
    visible_only,
)


@pytest.mark.parametrize("place", [(80.5, 60.5), (80.0, 60.0), (33.25, 71.75), (20.9, 100.1)])
def test_a_point_is_drawn_where_the_pose_says_to_a_tenth_of_a_pixel(
    place: tuple[float, float],
) -> None:
    frame = grey_frame()
    after = paint(posed(frame, visible_only({Keypoint.LEFT_WRIST: place})))
    assert center_of_change(frame, after) == pytest.approx(place, abs=0.1)


@pytest.mark.parametrize("keypoint", Keypoint)
def test_every_joint_has_the_colour_of_its_side(keypoint: Keypoint) -> None:
    after = paint(posed(grey_frame(), visible_only({keypoint: (50.5, 40.5)})))
    wanted = SIDE_COLORS[COCO_SKELETON.side_of_keypoint(keypoint)]
    assert color_at(after.pixels, 50, 40) == wanted


def test_left_is_the_subjects_own_left() -> None:
    # Who faces the camera has the left hand at the right of the frame.
    before = posed_demo()
    after = paint(before)
    left, right = (
        before.poses.xy[0, keypoint] for keypoint in (Keypoint.LEFT_WRIST, Keypoint.RIGHT_WRIST)
    )
    assert left[0] > right[0]
    assert color_at(after.pixels, *left) == SIDE_COLORS[Side.LEFT]
    assert color_at(after.pixels, *right) == SIDE_COLORS[Side.RIGHT]


def test_a_bone_is_drawn_between_its_joints_in_the_colour_of_its_side() -> None:
    arm = {Keypoint.LEFT_ELBOW: (40.5, 60.5), Keypoint.LEFT_WRIST: (120.5, 60.5)}
    after = paint(posed(grey_frame(), visible_only(arm)))
    assert color_at(after.pixels, 80, 60) == SIDE_COLORS[Side.LEFT]
    hips = {Keypoint.LEFT_HIP: (120.5, 60.5), Keypoint.RIGHT_HIP: (40.5, 60.5)}
    assert (
        color_at(paint(posed(grey_frame(), visible_only(hips))).pixels, 80, 60)
        == SIDE_COLORS[Side.MIDDLE]
    )


def test_points_under_the_threshold_and_their_bones_are_not_drawn() -> None:
    frame = grey_frame()
    arm = {Keypoint.LEFT_ELBOW: (40.5, 60.5), Keypoint.LEFT_WRIST: (120.5, 60.5)}
    assert np.array_equal(paint(posed(frame, visible_only(arm, score=0.29))).bgr, frame.bgr)
    assert not np.array_equal(paint(posed(frame, visible_only(arm, score=0.31))).bgr, frame.bgr)
    strict = Style(min_score=0.8)
    assert np.array_equal(paint(posed(frame, visible_only(arm, score=0.79)), strict).bgr, frame.bgr)


def test_a_bone_with_one_hidden_end_is_not_drawn_and_the_other_end_is() -> None:
    arm = {Keypoint.LEFT_ELBOW: (40.5, 60.5), Keypoint.LEFT_WRIST: (120.5, 60.5)}
    person = visible_only(arm)
    score = person.score.copy()
    score[0, Keypoint.LEFT_WRIST] = 0.1
    after = paint(posed(grey_frame(), replace(person, score=score)))
    assert color_at(after.pixels, 40, 60) == SIDE_COLORS[Side.LEFT]
    assert (after.bgr[:, 50:] == GREY).all()


def test_every_person_is_drawn() -> None:
    two = [keypoints_at({Keypoint.LEFT_WRIST: place}) for place in ((30.5, 30.5), (130.5, 90.5))]
    after = paint(posed(grey_frame(), people(*two)))
    assert (
        color_at(after.pixels, 30, 30) == color_at(after.pixels, 130, 90) == SIDE_COLORS[Side.LEFT]
    )


@pytest.mark.parametrize("far", [1e6, -1e6])
def test_keypoints_far_outside_the_frame_are_painted_as_far_as_it_goes(far: float) -> None:
    frame = grey_frame()
    arm = {
        Keypoint.LEFT_ELBOW: (80.5, 60.5),
        Keypoint.LEFT_WRIST: (far, 60.5),
        Keypoint.LEFT_SHOULDER: (80.5, far),
    }
    after = paint(posed(frame, visible_only(arm)))
    assert color_at(after.pixels, 80, 60) == SIDE_COLORS[Side.LEFT]
    beside = 140 if far > 0 else 20
    assert color_at(after.pixels, beside, 60) == SIDE_COLORS[Side.LEFT]
    nowhere = posed(frame, visible_only(dict.fromkeys(Keypoint, (far, -far))))
    assert np.array_equal(paint(nowhere).bgr, frame.bgr)


def test_lines_grow_with_the_frame() -> None:
    def drawn_px(side: int) -> int:
        frame = grey_frame(side, side)
        point = posed(frame, visible_only({Keypoint.LEFT_WRIST: (side / 2, side / 2)}))
        return int((paint(point).bgr != GREY).any(axis=2).sum())

    assert drawn_px(1000) > 4 * drawn_px(200)


@on_bgr_and_planes
def test_a_box_is_drawn_in_the_colour_of_its_person_around_the_box_of_its_pose(
    coding: ColorCoding | None,
) -> None:
    before = grey_pixels(coding=coding)
    after = paint(posed(before, person_in_box(2)), replace(BOXES_ONLY, colors=ByPerson())).pixels
    rows, columns = np.nonzero(changed(before, after)[80:, :])
    assert 90 <= columns.min() <= 99 and 221 <= columns.max() <= 230
    assert 181 <= rows.max() + 80 <= 190
    edge = after.bgr()[130, 85:105].astype(int)
    assert np.abs(edge - PEOPLE_COLORS[1]).max(axis=1).min() <= 60
    assert not changed(before, after)[90:170, 110:210].any()


def test_no_box_is_drawn_unless_it_is_asked_for_and_somebody_is_visible() -> None:
    before = grey_pixels()
    style = replace(BOXES_ONLY, boxes=False)
    assert np.array_equal(paint(posed(before, person_in_box()), style).bgr, before.bgr())
    unseen = replace(person_in_box(), score=np.full((1, 17), 0.2, np.float32))
    assert np.array_equal(paint(posed(before, unseen), BOXES_ONLY).bgr, before.bgr())


@on_bgr_and_planes
@pytest.mark.parametrize("hidden", [(), ["face"], Keypoint], ids=["nothing", "face", "everything"])
def test_a_box_holds_the_whole_body_whatever_is_hidden(
    hidden: Iterable[str | Keypoint], coding: ColorCoding | None
) -> None:
    # The crown of a standing person is a quarter of the trunk's length above the eyes, and the
    # soles are an eighth below the ankles.
    # Without an id there is no tag above the box; the pose's own box is around its keypoints.
    person = people(posed_demo(320, 240).poses.xy[0])
    xy = person.xy[0]
    trunk_px = np.linalg.norm(xy[Keypoint.LEFT_SHOULDER] - xy[Keypoint.LEFT_HIP])
    before = grey_pixels(coding=coding)
    style = Style(boxes=True, hidden=hidden)
    after = paint(posed(before, person), style).pixels
    rows, columns = np.nonzero(changed(before, after))
    assert rows.min() < xy[Keypoint.LEFT_EYE, 1] - 0.25 * trunk_px
    assert rows.max() > xy[Keypoint.LEFT_ANKLE, 1] + 0.125 * trunk_px
    assert columns.min() < xy[:, 0].min() and columns.max() > xy[:, 0].max()
    assert rows.min() > xy[:, 1].min() - 0.5 * trunk_px


def test_a_box_that_is_too_small_for_its_keypoints_is_enlarged() -> None:
    person = posed_demo(320, 240).poses
    middle = person.xy[0].mean(axis=0)
    small = replace(person, box=np.concatenate((middle - 2, middle + 2))[None].astype(np.float32))
    frame = grey_frame(320, 240)
    for hidden in (frozenset(), frozenset(Keypoint)):
        style = Style(boxes=True, hidden=hidden)
        rows, columns = np.nonzero((paint(posed(frame, small), style).bgr != GREY).any(axis=2))
        assert rows.min() < person.xy[0, :, 1].min() and rows.max() > person.xy[0, :, 1].max()
        assert columns.min() < person.xy[0, :, 0].min()
        assert columns.max() > person.xy[0, :, 0].max()


def test_the_box_of_the_person_who_is_chosen_is_wide() -> None:
    person = posed_demo(320, 240).poses
    number = int(person.track_id[0])
    edges_px = []
    for chosen_id in (None, number + 1, number):
        before = posed(grey_frame(320, 240), person, overlays=Overlays(chosen_id=chosen_id))
        row = paint(before, BOXES_ONLY).bgr[int(person.box[0, 1::2].mean())]
        edges_px.append(int((row[:, 2] > 200).sum()))
    # The left and the right edge, in orange.
    assert edges_px == [2, 2, 10]
