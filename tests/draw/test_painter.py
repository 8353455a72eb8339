"""Painting: a point is drawn where the pose says, in its side's colour; nothing else changes."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from livepose.core.arrays import FloatArray, UInt8Array
from livepose.core.colors import BT709, ColorCoding
from livepose.core.frame import Frame, PosedFrame
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.core.skeleton import KEYPOINT_NAMES, Side, side_of_keypoint
from livepose.draw import BySide, Style, paint
from livepose.draw.hud import paint_help, paint_hud, side_by_side
from livepose.sources.synthetic.source import SyntheticSource

GREY = 100
LINE = "30.0 fps  33 ms  1 person"
KEYS = [("space", "pause"), ("m", "mirror"), ("h", "help"), ("q", "quit")]


def grey(width_px: int = 160, height_px: int = 120) -> Frame:
    return Frame.from_bgr(np.full((height_px, width_px, 3), GREY, np.uint8), 7, 1.25, 99.0)


def posed(frame: Frame, xy: FloatArray, score: FloatArray) -> PosedFrame:
    region = Region.letterbox(frame.width_px, frame.height_px)
    return PosedFrame(frame, Poses.from_keypoints(xy, score), region, 0.01)


def only(frame: Frame, points: dict[str, tuple[float, float]], score: float = 1.0) -> PosedFrame:
    """Pose a person of whom only some points are seen."""
    xy = np.zeros((1, 17, 2), np.float32)
    scores = np.zeros((1, 17), np.float32)
    for name, place in points.items():
        xy[0, KEYPOINT_NAMES.index(name)] = place
        scores[0, KEYPOINT_NAMES.index(name)] = score
    return posed(frame, xy, scores)


def middle_of_change(before: Frame, after: Frame) -> tuple[float, float]:
    """Find the centre of what was painted, where a pixel's middle is its index and a half."""
    changed = np.abs(after.bgr.astype(float) - before.bgr).sum(axis=2)
    y, x = np.mgrid[: before.height_px, : before.width_px] + 0.5
    return float((x * changed).sum() / changed.sum()), float((y * changed).sum() / changed.sum())


def colour_at(frame: Frame, x: float, y: float) -> tuple[int, ...]:
    return tuple(int(value) for value in frame.bgr[int(y), int(x)])


def colour_of(side: Side) -> tuple[int, int, int]:
    colors = BySide()
    return {Side.LEFT: colors.left, Side.RIGHT: colors.right, Side.MIDDLE: colors.middle}[side]


def dancer(width_px: int = 320, height_px: int = 240) -> PosedFrame:
    source = SyntheticSource(width_px, height_px)
    frame = Frame.from_bgr(source.paint(0.0), 3, 0.5, 1.0)
    truth = source.truth(0.0)
    return PosedFrame(frame, truth, Region.letterbox(width_px, height_px), 0.01)


def test_painting_gives_a_new_frame_of_the_same_size_index_and_time() -> None:
    before = dancer()
    pixels = before.frame.bgr.copy()
    after = paint(before)
    assert (after.index, after.time_s, after.grabbed_s) == (3, 0.5, 1.0)
    assert after.bgr.shape == pixels.shape
    assert not np.array_equal(after.bgr, pixels)
    assert np.array_equal(before.frame.bgr, pixels)
    assert not after.bgr.flags.writeable


@pytest.mark.parametrize("place", [(80.5, 60.5), (80.0, 60.0), (33.25, 71.75), (20.9, 100.1)])
def test_a_point_is_drawn_where_the_pose_says_to_a_tenth_of_a_pixel(
    place: tuple[float, float],
) -> None:
    frame = grey()
    after = paint(only(frame, {"left_wrist": place}))
    assert middle_of_change(frame, after) == pytest.approx(place, abs=0.1)


@pytest.mark.parametrize("name", KEYPOINT_NAMES)
def test_every_joint_has_the_colour_of_its_side(name: str) -> None:
    after = paint(only(grey(), {name: (50.5, 40.5)}))
    wanted = colour_of(side_of_keypoint(KEYPOINT_NAMES.index(name)))
    assert colour_at(after, 50, 40) == wanted


def test_left_is_the_subjects_own_left() -> None:
    # Who faces the camera has the left hand at the right of the picture.
    before = dancer()
    after = paint(before)
    left, right = (
        before.poses.xy[0, KEYPOINT_NAMES.index(name)] for name in ("left_wrist", "right_wrist")
    )
    assert left[0] > right[0]
    assert colour_at(after, *left) == colour_of(Side.LEFT)
    assert colour_at(after, *right) == colour_of(Side.RIGHT)


def test_a_bone_is_drawn_between_its_joints_in_the_colour_of_its_side() -> None:
    arm = {"left_elbow": (40.5, 60.5), "left_wrist": (120.5, 60.5)}
    after = paint(only(grey(), arm))
    assert colour_at(after, 80, 60) == colour_of(Side.LEFT)
    hips = {"left_hip": (120.5, 60.5), "right_hip": (40.5, 60.5)}
    assert colour_at(paint(only(grey(), hips)), 80, 60) == colour_of(Side.MIDDLE)


def test_points_under_the_threshold_and_their_bones_are_not_drawn() -> None:
    frame = grey()
    arm = {"left_elbow": (40.5, 60.5), "left_wrist": (120.5, 60.5)}
    assert np.array_equal(paint(only(frame, arm, score=0.29)).bgr, frame.bgr)
    assert not np.array_equal(paint(only(frame, arm, score=0.31)).bgr, frame.bgr)
    strict = Style(min_score=0.8)
    assert np.array_equal(paint(only(frame, arm, score=0.79), strict).bgr, frame.bgr)


def test_a_bone_with_one_hidden_end_is_not_drawn_and_the_other_end_is() -> None:
    person = only(grey(), {"left_elbow": (40.5, 60.5), "left_wrist": (120.5, 60.5)})
    score = person.poses.score.copy()
    score[0, KEYPOINT_NAMES.index("left_wrist")] = 0.1
    after = paint(posed(grey(), person.poses.xy, score))
    assert colour_at(after, 40, 60) == colour_of(Side.LEFT)
    assert (after.bgr[:, 50:] == GREY).all()


def test_nobody_leaves_the_picture_as_it_is() -> None:
    frame = dancer().frame
    nobody = PosedFrame(frame, Poses.empty(), Region.letterbox(320, 240), 0.0)
    assert np.array_equal(paint(nobody).bgr, frame.bgr)
    mirrored = paint(nobody, Style(mirror=True))
    assert np.array_equal(mirrored.bgr, frame.bgr[:, ::-1])


def test_every_person_is_drawn() -> None:
    xy = np.full((2, 17, 2), -500, np.float32)
    xy[0, 9], xy[1, 9] = (30.5, 30.5), (130.5, 90.5)
    after = paint(posed(grey(), xy, np.ones((2, 17), np.float32)))
    assert colour_at(after, 30, 30) == colour_at(after, 130, 90) == colour_of(Side.LEFT)


def test_a_mirror_turns_the_picture_and_the_points_with_it() -> None:
    frame = grey()
    after = paint(only(frame, {"left_wrist": (30.25, 50.5)}), Style(mirror=True))
    assert middle_of_change(frame, after) == pytest.approx((160 - 30.25, 50.5), abs=0.1)


def test_in_a_mirror_colours_stay_with_the_side_of_the_body_and_poses_stay_as_they_are() -> None:
    before = dancer()
    xy = before.poses.xy.copy()
    after = paint(before, Style(mirror=True))
    assert np.array_equal(before.poses.xy, xy)
    for name, side in (("left_ankle", Side.LEFT), ("right_ankle", Side.RIGHT)):
        x, y = xy[0, KEYPOINT_NAMES.index(name)]
        assert colour_at(after, 320 - x, y) == colour_of(side)


def test_a_mirrored_painting_is_the_painting_seen_in_a_mirror() -> None:
    before = dancer()
    straight, mirrored = paint(before).bgr, paint(before, Style(mirror=True)).bgr
    differs = np.abs(mirrored.astype(int) - straight[:, ::-1]).max(axis=2) > 60
    # A 16th of a pixel of rounding may show at the edges of lines.
    assert differs.mean() < 0.005


@pytest.mark.parametrize("far", [1e6, -1e6])
def test_points_far_outside_the_picture_are_no_trouble(far: float) -> None:
    frame = grey()
    arm = {"left_elbow": (80.5, 60.5), "left_wrist": (far, 60.5), "left_shoulder": (80.5, far)}
    after = paint(only(frame, arm))
    assert colour_at(after, 80, 60) == colour_of(Side.LEFT)
    beside = 140 if far > 0 else 20
    assert colour_at(after, beside, 60) == colour_of(Side.LEFT)
    nowhere = only(frame, {name: (far, -far) for name in KEYPOINT_NAMES})
    assert np.array_equal(paint(nowhere).bgr, frame.bgr)


@pytest.mark.parametrize("size_px", [(1, 1), (2, 3), (16, 16), (7, 200)])
@pytest.mark.parametrize("mirror", [False, True])
def test_tiny_pictures_are_painted_too(size_px: tuple[int, int], mirror: bool) -> None:
    frame = grey(*size_px)
    points = {name: (size_px[0] / 2, size_px[1] / 2) for name in KEYPOINT_NAMES}
    after = paint(only(frame, points), Style(mirror=mirror))
    assert after.bgr.shape == frame.bgr.shape
    assert (after.bgr != GREY).any()


def test_lines_grow_with_the_picture() -> None:
    def drawn_px(side: int) -> int:
        frame = grey(side, side)
        point = only(frame, {"left_wrist": (side / 2, side / 2)})
        return int((paint(point).bgr != GREY).any(axis=2).sum())

    assert drawn_px(1000) > 4 * drawn_px(200)


def bright(bgr: UInt8Array) -> npt.NDArray[np.bool_]:
    """Tell where text may be: what is brighter than the dimmed background."""
    return np.asarray((bgr > GREY // 2 + 5).any(axis=2))


def bar_of(after: Frame) -> UInt8Array:
    """Cut out the bar that the head-up display lies on."""
    dimmed = (after.bgr[:, 0] != GREY).any(axis=1)
    height_px = int(np.argmin(dimmed))
    assert 0 < height_px < after.height_px / 3
    return after.bgr[:height_px]


@pytest.mark.parametrize("size_px", [(1280, 720), (640, 480), (320, 240), (240, 426), (160, 120)])
@pytest.mark.parametrize("badges", [(), ("REC",), ("PAUSED", "MIRROR")], ids=len)
def test_the_head_up_display_fits_into_the_width(
    size_px: tuple[int, int], badges: tuple[str, ...]
) -> None:
    frame = grey(*size_px)
    after = paint_hud(frame, LINE if len(badges) < 2 else "30 fps", badges)
    bar = bright(bar_of(after))
    assert bar.any()
    assert not bar[:, :1].any() and not bar[:, -1:].any()
    assert (after.bgr[bar.shape[0] :] == GREY).all()
    assert (frame.bgr == GREY).all()
    assert (after.index, after.time_s) == (7, 1.25)


def test_badges_stand_at_the_right_and_do_not_cover_the_line() -> None:
    for size_px in ((640, 480), (320, 240), (160, 120)):
        frame = grey(*size_px)
        plain = bright(bar_of(paint_hud(frame, "30 fps", ())))
        both = bar_of(paint_hud(frame, "30 fps", ("REC",)))
        is_red = both[..., 2].astype(int) - both[..., 0] > 60
        is_white = both.min(axis=2) > 150
        assert is_red.any() and plain.any()
        assert np.flatnonzero(is_white.any(axis=0)).max() < np.flatnonzero(is_red.any(axis=0)).min()


@pytest.mark.parametrize("size_px", [(1280, 720), (640, 480), (320, 240), (240, 426), (160, 120)])
def test_the_help_fits_into_the_picture(size_px: tuple[int, int]) -> None:
    frame = grey(*size_px)
    after = paint_help(frame, KEYS)
    text = np.asarray((after.bgr > GREY + 20).any(axis=2))
    rows, columns = np.flatnonzero(text.any(axis=1)), np.flatnonzero(text.any(axis=0))
    assert columns.min() > 0 and columns.max() < size_px[0] - 1
    assert rows.min() > 0 and rows.max() < size_px[1] - 1
    # The panel lies in the middle, and every row of text is on it.
    panel = np.argwhere((after.bgr != GREY).any(axis=2))
    (top, left), (bottom, right) = panel.min(axis=0), panel.max(axis=0)
    assert abs((left + right + 1) - size_px[0]) <= 2
    assert abs((top + bottom + 1) - size_px[1]) <= 2
    assert top <= rows.min() and rows.max() <= bottom
    assert left <= columns.min() and columns.max() <= right


def test_the_display_can_be_laid_over_tiny_pictures() -> None:
    for size_px in ((1, 1), (16, 16), (64, 8)):
        frame = grey(*size_px)
        assert paint_hud(frame, LINE, ("REC",)).bgr.shape == frame.bgr.shape
        assert paint_help(frame, KEYS).bgr.shape == frame.bgr.shape


def test_what_is_laid_over_luma_and_chroma_is_laid_over_their_bgr() -> None:
    plain = dancer().frame
    yuv = Frame(plain.pixels.yuv420(ColorCoding(BT709)), 7, 1.25, 99.0)
    bgr = Frame.from_bgr(yuv.bgr, 7, 1.25, 99.0)
    for of_yuv, from_bgr in (
        (paint_hud(yuv, LINE, ("REC",)), paint_hud(bgr, LINE, ("REC",))),
        (paint_help(yuv, KEYS), paint_help(bgr, KEYS)),
        (side_by_side(yuv, yuv), side_by_side(bgr, bgr)),
    ):
        assert np.array_equal(of_yuv.bgr, from_bgr.bgr)
        assert (of_yuv.index, of_yuv.time_s, of_yuv.grabbed_s) == (7, 1.25, 99.0)


def test_two_pictures_stand_side_by_side_with_a_gap() -> None:
    left, right = grey(), Frame.from_bgr(np.full((120, 100, 3), 200, np.uint8), 0, 0.0, 0.0)
    both = side_by_side(left, right)
    assert both.height_px == 120
    assert np.array_equal(both.bgr[:, :160], left.bgr)
    assert np.array_equal(both.bgr[:, -100:], right.bgr)
    assert both.width_px > 260
    assert (both.index, both.time_s) == (7, 1.25)


def test_the_input_of_painting_may_be_a_view_that_is_not_contiguous() -> None:
    base = np.full((120, 320, 3), GREY, np.uint8)
    frame = Frame.from_bgr(base[:, ::2], 0, 0.0, 0.0)
    after = paint(only(frame, {"nose": (50.5, 40.5)}))
    assert colour_at(after, 50, 40) == colour_of(Side.MIDDLE)
    assert cv2.countNonZero(cv2.absdiff(base[..., 0], np.full_like(base[..., 0], GREY))) == 0
